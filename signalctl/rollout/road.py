"""What moves during a search: signals, queues and people at crossings."""

from typing import NamedTuple

import numpy as np

from signalctl.rollout.demand import Demand, Seen
from signalctl.rollout.jit import allocating, helper
from signalctl.rollout.layout import Floats, Layout, Places


class Road(NamedTuple):
    """What moves during a rollout; L lanes, G groups, C crossings."""

    green_from: Floats  # (G,)
    green_until: Floats  # (G,) past means red
    head: Places  # (L,) first vehicle that has not crossed
    arrived: Places  # (L,) first vehicle that is not yet due at the stop line
    ready_s: Floats  # (L,) the stop line is free for the next
    idle_until_s: Floats  # (L,) nobody comes to the stop line or may cross it before, unless the signals change
    crossed_s: Floats  # (L,) the last one crossed
    people: Floats  # (C,) weighted number still waiting
    walk_from: Floats  # (C,) when the last ones stepped off
    kerb_from: Floats  # (C,) since when the first of those who wait has been waiting


@helper
def is_green(road: Road, group: int, at_s: float, amber_use_s: float) -> bool:
    """Whether the group is green, or so short into amber that drivers go on."""
    return bool(road.green_from[group] <= at_s < road.green_until[group] + amber_use_s)


@allocating
def fresh_road(layout: Layout, seen: Seen, demand: Demand, green_from: Floats, green_until: Floats) -> Road:
    """The road as it is now."""
    lanes, crossings = layout.lane_speed_mps.size, layout.crossing_group.size
    return Road(
        green_from.copy(),
        green_until.copy(),
        demand.start[:lanes].copy(),
        demand.start[:lanes].copy(),
        np.zeros(lanes),
        np.zeros(lanes),
        np.full(lanes, -100.0),
        seen.crossing_people.copy(),
        np.full(crossings, -100.0),
        -seen.crossing_wait_s,
    )

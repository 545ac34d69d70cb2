"""The rollout's traffic model against sums that can be done by hand."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from plans.junction import Movement, Turn
from signalctl.rollout.demand import travel_time_s
from signalctl.rollout.layout import build_layout
from signalctl.rollout.signals import may_switch


def test_travel_time_of_a_vehicle_at_speed():
    """Distance over speed."""
    assert travel_time_s(139.0, 13.9, 13.9, 2.6) == pytest.approx(10.0)


def test_travel_time_from_standstill():
    """Half a t squared up to the top speed, then steady."""
    assert travel_time_s(5.2, 0.0, 13.9, 2.6) == pytest.approx(2.0)
    ramp_s, ramp_m = 10.0 / 2.5, 20.0
    assert travel_time_s(ramp_m + 30.0, 0.0, 10.0, 2.5) == pytest.approx(ramp_s + 3.0)


def test_a_left_turn_gives_way_to_the_oncoming_stream_alone(crossroads):
    """Not to its own arm, nor to the left turn opposite, which passes in front."""
    layout = build_layout(crossroads.junction)
    moves = crossroads.junction.movements
    north_left = next(index for index, one in enumerate(moves) if one.id == "n_left")
    foes = layout.move_foes[layout.move_foe_start[north_left] : layout.move_foe_start[north_left + 1]]
    assert [moves[index].id for index in foes] == ["s_straight"]


def test_switch_times_come_from_the_junctions_transitions(crossroads):
    """The crossing that clears for 8 s keeps the other street red that long."""
    layout = build_layout(crossroads.junction)
    names, groups = crossroads.junction.stage_order, crossroads.junction.group_order
    change = names.index("NS"), names.index("EW")
    assert layout.transition_s[change] == 8
    assert layout.green_ends_s[change][groups.index("ns")] == 0
    assert layout.green_begins_s[change][groups.index("ew")] == 8


@pytest.mark.slow
def test_the_kernels_say_the_same_without_compilation():
    """Plain Python runs the same code to the same costs."""
    script = Path(__file__).with_name("plain_costs.py")
    costs = []
    for disabled in ("0", "1"):
        done = subprocess.run(
            [sys.executable, str(script)],
            env={**os.environ, "NUMBA_DISABLE_JIT": disabled},
            capture_output=True,
            text=True,
            timeout=170,
            check=True,
        )
        costs.append(np.array([float(word) for word in done.stdout.split()]))
    assert costs[0].size == 6
    np.testing.assert_allclose(costs[0], costs[1], rtol=1e-9)


def test_an_opposing_right_turn_is_a_foe_only_where_both_ways_join(crossroads):
    """A left turn joins the lane beside the one that the right turn takes; into one lane they have to take turns."""
    moves = crossroads.junction.movements
    left = next(index for index, one in enumerate(moves) if one.id == "n_left")
    right = Movement("s_right", "s", "ns", Turn.RIGHT, "beside")
    beside = replace(crossroads.junction, movements=(*moves, right))
    joining = replace(crossroads.junction, movements=(*moves, replace(right, exit_lane=moves[left].exit_lane)))
    for junction, foes in ((beside, 1), (joining, 2)):
        layout = build_layout(junction)
        assert layout.move_foe_start[left + 1] - layout.move_foe_start[left] == foes


def test_turning_right_across_a_bicycle_lane_waits_for_those_who_go_straight_on_there(crossroads):
    """From one approach ways meet where somebody turns right across another, or where both leave by one lane."""
    moves, lanes = crossroads.junction.movements, crossroads.junction.lanes
    lanes = {**lanes, "n_bike": replace(lanes["n"], id="n_bike"), "n_left": replace(lanes["n"], id="n_left")}
    bike = Movement("bike", "n_bike", "ns", Turn.STRAIGHT, "out_bike", yields_to=("ns",))
    more = (
        bike,
        Movement("right", "n", "ns", Turn.RIGHT, "out_right", yields_to=("ns",)),
        Movement("left", "n_left", "ns", Turn.LEFT, "out_left"),
        Movement("merges", "n_left", "ns", Turn.STRAIGHT, "out_bike"),
    )
    alone = tuple(one for one in moves if one.lane == "e")
    layout = build_layout(replace(crossroads.junction, lanes=lanes, movements=(*alone, *more)))
    names = [one.id for one in (*alone, *more)]

    def foes(name):
        at = names.index(name)
        return {names[one] for one in layout.move_foes[layout.move_foe_start[at] : layout.move_foe_start[at + 1]]}

    assert foes("right") == {"bike", "left", "merges"}
    assert foes("bike") == {"merges"}
    assert foes("left") == set()


def test_a_group_that_has_just_ended_comes_back_after_amber_red_and_red_amber(crossroads):
    """The search must not switch a street off and on for the sake of those who give way to it."""
    junction = crossroads.junction
    layout = build_layout(junction)
    group = junction.group_order.index("ns")
    timing = junction.groups["ns"]
    assert layout.clear_s[group, group] == timing.amber_s + 1 + timing.red_amber_s
    origin, target = junction.stage_order.index("EW"), junction.stage_order.index("NS")
    green_from = np.full(len(junction.group_order), -100.0)
    green_until = np.full(len(junction.group_order), np.inf)
    green_until[group] = -1.0
    begins = layout.green_begins_s[origin, target, group]
    cleared_s = -1.0 + timing.amber_s + 1 + timing.red_amber_s
    assert not may_switch(layout, origin, target, cleared_s - begins - 0.1, green_from, green_until)
    green_until[:] = -100.0
    assert may_switch(layout, origin, target, 0.0, green_from, green_until)
    green_until[group] = cleared_s - begins - layout.clear_s[group, group]
    assert may_switch(layout, origin, target, cleared_s - begins, green_from, green_until)

"""Empty lists and buffers for a run."""

import numpy as np

from sim.engine.arrays import (
    AT_STOPS,
    DEPARTURES,
    IGNORE_BLOCKER_S,
    IMPATIENCE_S,
    LANES_IN_A_WORD,
    LONGEST_M,
    MAX_DEPART_DELAY_S,
    NOW,
    SEED,
    STEP_S,
    TELEPORT_BIDI_S,
    TELEPORT_S,
    TELEPORTING,
    Net,
    Table,
    Traffic,
    Vehicles,
    table,
)
from sim.engine.records import APPROACH, DISTANT, ITEM, LANE_STATE
from sim.engine.stepping import LOOK_PAST, MOST_ITEMS
from sim.scenario import Scenario


def buffers(vehicles_at_once: int) -> tuple[Table, Table]:
    """Room for the items and announcements of so many vehicles."""
    size = (vehicles_at_once + 8) * MOST_ITEMS
    return table(ITEM, size), table(APPROACH, size)


def new_traffic(net: Net, veh: Vehicles, scenario: Scenario, seed: int, begin_s: float, room: int) -> Traffic:
    """Nobody on the road yet."""
    lanes, links, vehicles = len(net.lane), len(net.link), len(veh) - 1
    counters = np.zeros(AT_STOPS + 1, np.int64)
    counters[SEED] = seed
    counters[DEPARTURES] = vehicles
    longest_s = max(scenario.time_to_teleport_s, scenario.time_to_teleport_bidi_s)
    counters[TELEPORTING] = max(longest_s, veh.teleport_s.max(), veh.teleport_bidi_s.max()) > 0
    clock = np.zeros(8)
    clock[NOW] = begin_s
    clock[STEP_S] = scenario.step_s
    clock[TELEPORT_S] = scenario.time_to_teleport_s
    clock[TELEPORT_BIDI_S] = scenario.time_to_teleport_bidi_s
    clock[IMPATIENCE_S] = scenario.time_to_impatience_s
    clock[MAX_DEPART_DELAY_S] = scenario.max_depart_delay_s
    clock[IGNORE_BLOCKER_S] = scenario.ignore_junction_blocker_s if scenario.ignore_junction_blocker_s >= 0 else 1e12
    clock[LONGEST_M] = (veh.length + veh.min_gap).max()
    items, approaches = buffers(room)
    return Traffic(
        lane=table(
            LANE_STATE,
            lanes,
            last=-1,
            first=-1,
            space_known=-1,
            refused_at=-1,
            entered_at=-1,
            first_blocked=-1,
            last_blocked=-1,
        ),
        brutto=np.zeros(lanes),
        busy=np.zeros(lanes, np.int32),
        used=np.zeros(lanes // LANES_IN_A_WORD + 1, np.int64),
        heads=np.full(links, -1, np.int32),
        asked=np.full(links, -1, np.int32),
        distant=table(DISTANT, vehicles + 1),
        item=items,
        approach=approaches,
        active=np.zeros(vehicles + 1 + LOOK_PAST, np.int64),
        pending=np.zeros(vehicles + 1, np.int64),
        transfer=np.zeros(vehicles + 1, np.int64),
        touched=np.zeros(links + 1, np.int64),
        order=np.zeros(lanes + LOOK_PAST, np.int64),
        counters=counters,
        clock=clock,
    )

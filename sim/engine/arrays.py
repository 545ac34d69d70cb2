"""The engine's data: a few tables of records, which is all that kernels ever see.

A table has one row per lane, link, vehicle and so on, and is read as `net.lane.length[i]`. Tables instead of one array
per property keep the number of arguments of compiled functions, and with it the time to compile them, small.

Conventions: -1 is "none". Tables with a `..._start` column have one row more than things, so that the slice of row i is
`start[i]:start[i + 1]`. Lengths in m, speeds in m/s, times in s.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.engine.records import (
    APPROACH,
    CELL,
    CHAIN,
    CONFLICT,
    CROSSING,
    DISTANT,
    DRAFT,
    EDGE,
    FAN,
    FOOTWAY,
    FORK,
    HALF,
    HURDLE,
    ITEM,
    JUNCTION,
    LANE,
    LANE_STATE,
    LINE_BYTES,
    LINK,
    PERSON,
    PIECE,
    PLACE,
    PLAN,
    REAL,
    STOP,
    TRUTH,
    VEHICLE,
    WORD,
)

F8 = NDArray[np.float64]
I4 = NDArray[np.int64]
I8 = NDArray[np.int64]
U1 = NDArray[np.uint8]
B1 = NDArray[np.bool_]
Table = Any  # np.recarray, whose columns no type checker knows

INFINITE = 1e15
LANES_IN_A_WORD = 32  # of `Traffic.used`

# As arguments of compiled functions, so that no function is compiled anew for every constant.
NONE: Any = np.int64(-1)
NOTHING: Any = np.int64(0)
NO: Any = np.bool_(False)
YES: Any = np.bool_(True)
RIGHTWARD: Any = np.int64(-1)
LEFTWARD: Any = np.int64(1)


class Net(NamedTuple):
    """The street network; only letters and announcements change while the simulation runs."""

    lane: Table
    link: Table
    edge: Table
    conflict: Table
    junction: Table
    lane_link: I4  # links that leave a lane
    lane_in_link: I4
    foe_link: I4
    conflict_lane: I4  # per conflict: the foe's internal lane, -1 for a crossing
    response: B1  # junction.request_start + own * links + other
    signal_start: I4  # links of each signal
    signal_link: I4
    fan: Table
    signal_fan_start: I4  # fans of each signal
    signal_fan: I4


Vehicles = Table


class Plans(NamedTuple):
    """Routes, stops and which lane is best on each edge of a route."""

    plan: Table
    place: Table
    table_offset: I8
    cell: Table
    chain: Table  # per cell, for those who follow the route
    stop: Table
    draft: Table  # room for judging the lanes of one look-ahead
    free: I8  # first cells of blocks that vehicles had for themselves and gave back
    block: I8  # cells of a block, first cell of the next new one, how many blocks are in `free`


class Traffic(NamedTuple):
    """Who is where: lists per lane, plans of this step, announcements at links."""

    lane: Table
    brutto: F8  # per lane: sum of the lengths of its vehicles, with their gaps
    busy: I4  # per lane: vehicles whose front or rear is on it; short, so that looking for foes reads little
    used: I8  # a bit for each lane: whether any vehicle's front is on it
    heads: I4  # per link: the first announcement of this step
    asked: I4  # per link: the last step in which somebody had to know who comes through it
    distant: (
        Table  # vehicles that looked no further than their lane, and the link ahead at which one may listen to them
    )
    item: Table
    approach: Table
    active: I4  # who drives, in the order of the lanes on which the last plans were made
    pending: I4
    transfer: I4  # vehicles that are teleported or parked
    touched: I4  # links with announcements
    order: I4  # lanes with vehicles
    counters: I8
    clock: F8


class Walkers(NamedTuple):
    """People on foot and the crossings that they share with drivers."""

    crossing: Table
    person: Table
    piece: Table
    fork: Table
    way: Table
    hurdle: Table
    link: I4  # per crossing: links of vehicles that cross it
    counters: I8  # walking, arrived, next to depart
    active: I4  # those who walk


# Every array behind `pointers.World`, by the path under which kernels read it.
LAYOUT: dict[str, np.dtype[Any]] = {
    "net.lane": LANE, "net.link": LINK, "net.edge": EDGE, "net.conflict": CONFLICT, "net.junction": JUNCTION,
    "net.lane_link": WORD, "net.lane_in_link": WORD, "net.foe_link": HALF, "net.conflict_lane": HALF,
    "net.response": TRUTH, "net.signal_start": WORD, "net.signal_link": WORD,
    "net.fan": FAN, "net.signal_fan_start": WORD, "net.signal_fan": WORD,
    "veh": VEHICLE,
    "plans.plan": PLAN, "plans.place": PLACE, "plans.table_offset": WORD, "plans.cell": CELL,
    "plans.chain": CHAIN, "plans.stop": STOP, "plans.draft": DRAFT, "plans.free": WORD, "plans.block": WORD,
    "tra.lane": LANE_STATE, "tra.brutto": REAL, "tra.busy": HALF, "tra.used": WORD, "tra.heads": HALF,
    "tra.asked": HALF, "tra.distant": DISTANT,
    "tra.item": ITEM, "tra.approach": APPROACH,
    "tra.active": WORD, "tra.pending": WORD, "tra.transfer": WORD, "tra.touched": WORD, "tra.order": WORD,
    "tra.counters": WORD, "tra.clock": REAL,
    "wal.crossing": CROSSING, "wal.person": PERSON, "wal.piece": PIECE,
    "wal.fork": FORK, "wal.way": FOOTWAY, "wal.hurdle": HURDLE, "wal.link": WORD, "wal.counters": WORD,
    "wal.active": WORD,
}  # fmt: skip

# link.heard
NOBODY, WHO_YIELDS, PEOPLE = range(3)

# vehicle.status
LOADED, PENDING, DRIVING, PARKED, TRANSFER, ARRIVED, GIVEN_UP = range(7)

# Traffic.counters
STEP, ACTIVE, APPROACHES, TOUCHED, PENDING_COUNT, NEXT_DEPARTURE, INSERTED, ARRIVED_COUNT, TELEPORTS, UPDATES = range(
    10
)
TRANSFER_COUNT, RED_RUNS, SEED, DEPARTURES, TELEPORTING, MIXED_FANS, DISTANT_COUNT, AT_STOPS = range(10, 18)

# Plans.block
BLOCK_CELLS, NEXT_BLOCK, FREE_BLOCKS = range(3)

# Traffic.clock
NOW, STEP_S, TELEPORT_S, TELEPORT_BIDI_S, IMPATIENCE_S, MAX_DEPART_DELAY_S, IGNORE_BLOCKER_S, LONGEST_M = range(8)


def table(kind: np.dtype[Any], rows: int, /, **columns: Any) -> Table:
    """A table of `rows` rows; columns that are not given are 0. A column may be shorter than the table."""
    room = np.zeros(rows * kind.itemsize + LINE_BYTES, np.uint8)
    first = -room.ctypes.data % LINE_BYTES
    result: Table = room[first : first + rows * kind.itemsize].view(kind).view(np.recarray)
    for name, values in columns.items():
        array = np.asarray(values)
        if array.ndim == 0:
            result[name] = array
        else:
            result[name][: len(array)] = array
    return result

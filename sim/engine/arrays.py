"""The engine's data: a few tables of records, which is all that kernels ever see.

A table has one row per lane, link, vehicle and so on, and is read as `net.lane.length[i]`. Tables instead of one array
per property keep the number of arguments of compiled functions, and with it the time to compile them, small.

Conventions: -1 is "none". Tables with a `..._start` column have one row more than things, so that the slice of row i is
`start[i]:start[i + 1]`. Lengths in m, speeds in m/s, times in s.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

F8 = NDArray[np.float64]
I4 = NDArray[np.int64]
I8 = NDArray[np.int64]
U1 = NDArray[np.uint8]
B1 = NDArray[np.bool_]
Table = Any  # np.recarray, whose columns no type checker knows

LINE_BYTES = 64
MAX_FURTHER = 24
MAX_PARTIAL = 8
MAX_ADVICE = 8
INFINITE = 1e15

# As arguments of compiled functions, so that no function is compiled anew for every constant.
NONE: Any = np.int64(-1)
NOTHING: Any = np.int64(0)
NO: Any = np.bool_(False)
YES: Any = np.bool_(True)
RIGHTWARD: Any = np.int64(-1)
LEFTWARD: Any = np.int64(1)


def record(*fields: tuple[Any, ...], lines: bool = False) -> np.dtype[Any]:
    """A row of these fields in this order; with `lines` it fills whole cache lines."""
    kind = np.dtype(list(fields), align=True)
    rest = -kind.itemsize % LINE_BYTES
    return np.dtype([*fields, ("filler", "u1", (rest,))], align=True) if lines and rest else kind


# Fields that are read together stand together. Compiled code reads all whole numbers as 64 bits.
LANE = record(
    ("length", "f8"), ("speed", "f8"),
    ("edge", "i4"), ("index", "i4"),
    ("link_start", "i4"),  # links that leave it
    ("exit", "i4"),  # of an internal lane: the one link that leaves it
    ("internal", "?"), ("roundabout", "?"),
    ("permissions", "i8"), ("change_left", "i8"), ("change_right", "i8"),
    # seldom needed
    ("width", "f8"),
    ("junction", "i4"),  # of an internal lane: the junction that it lies in
    ("entry_link", "i4"),  # of an internal lane: the link that leads into it
    ("bidi", "i4"),  # the same rails in the other direction
    ("before", "i4"),  # of an internal lane: the lane that leads into it
    ("source", "i4"),  # of an internal lane: the normal lane where its way began; of a normal lane: itself
    ("in_start", "i4"),  # links that lead into it
    lines=True,
)  # fmt: skip
LINK = record(
    ("state", "u1"), ("green_state", "u1"),  # SUMO's letter now; the last G or g
    ("heard", "i1"),  # who listens to announcements at it: NOBODY, WHO_YIELDS, PEOPLE at a crossing
    ("cont", "?"), ("has_foes", "?"), ("keep_clear", "?"),
    ("crossing_foe", "?"),
    ("visibility", "f8"), ("length", "f8"),  # of its via lane
    ("src", "i4"), ("dst", "i4"),  # lane it leaves, normal lane behind the junction
    ("via", "i4"), ("next", "i4"),  # first internal lane; that or the target
    ("junction", "i4"),
    ("foe_start", "i4"),  # links that it waits for
    ("conflict_start", "i4"),  # lanes that its way crosses, joins or leaves (links that leave an internal lane)
    ("entry", "i4"),  # the link that enters the same way through the junction
    ("tls", "i4"),
    ("changed_s", "f8"),  # when the letter changed
    ("stop_before", "f8"),  # metres before its line where one stops that gives way to a crossing close behind it
    ("radius", "f8"),  # turning radius, 0 for straight ways
    ("direction", "u1"),
    ("tls_index", "i4"),
    ("index", "i4"),  # request index in its junction
    lines=True,
)  # fmt: skip
EDGE = record(
    ("length", "f8"),
    ("refused_at", "i4"), ("refusing", "i4"),  # the last step in which somebody could not enter, and on how many lanes
    ("lane_start", "i4"), ("fringe", "?"),
)  # fmt: skip
CONFLICT = record(
    ("behind", "f8"), ("extent", "f8"),  # from the conflict to the end of my internal lane
    ("foe_behind", "f8"), ("foe_extent", "f8"),
    ("crossing", "i4"),  # when the foe is a pedestrian crossing
    ("same_target", "?"), ("same_source", "?"), ("cont", "?"),  # the foe may be waiting inside
)  # fmt: skip
JUNCTION = record(("request_start", "i4"), ("links", "i4"))

VEHICLE = record(
    # what others look at
    ("position", "f8"), ("speed", "f8"), ("length", "f8"), ("decel", "f8"), ("min_gap", "f8"),
    ("lane", "i4"), ("ahead", "i4"), ("behind", "i4"), ("further_count", "i4"),
    ("status", "i1"), ("requests_exit", "i1"),  # asked to pass the next link: no, yes, unknown
    ("must_wait", "?"), ("stop_reached", "?"), ("railway", "?"), ("dont_brake", "?"),
    ("is_idm", "?"),  # follows by the Intelligent Driver Model, not by Krauss' model
    ("mode", "i1"),
    # planning
    ("accel", "f8"), ("max_speed", "f8"), ("emergency_decel", "f8"), ("tau", "f8"), ("speed_factor", "f8"),
    ("waiting", "f8"),
    ("way", "i4"), ("edges", "i4"),  # first place of its route, and how many there are
    ("route_index", "i4"),
    ("row", "i4"),  # first cell of that place in the table for its next stop
    # driving
    ("stop_distance", "f8"), ("acceleration", "f8"), ("startup_s", "f8"), ("startup_delay", "f8"), ("sigma", "f8"),
    ("item_start", "i4"), ("item_count", "i4"), ("own_state", "i4"), ("advice_count", "i4"), ("next_stop", "i4"),
    ("last_stop", "i4"),
    ("draws", "i8"),  # random numbers drawn so far
    ("time_loss", "f8"), ("driven", "f8"), ("total_waiting", "f8"), ("stopline_gap", "f8"), ("left_space", "f8"),
    ("blocker_length", "f8"), ("halts", "i4"), ("lane_was", "i4"),
    # lane changing
    ("class_bit", "i8"), ("speed_gain_chance", "f8"), ("keep_right_chance", "f8"), ("look_ahead_speed", "f8"),
    ("strategic", "f8"), ("cooperative", "f8"), ("speed_gain", "f8"), ("keep_right", "f8"),
    # at junctions
    ("impatience", "f8"), ("timegap_minor", "f8"), ("crossing_gap", "f8"), ("after_yellow", "f8"),
    ("after_red", "f8"), ("width", "f8"),
    ("entry_s", "f8"), ("entry_never_yield_s", "f8"), ("conflict_entry_s", "f8"),  # INFINITE when not inside
    ("name_rank", "i4"),  # place of its name among all, which decides where nothing else does
    # the trip
    ("stop_left_s", "f8"), ("arrival_position", "f8"), ("teleport_s", "f8"),
    ("teleport_bidi_s", "f8"), ("inserted_at", "f8"), ("arrived_at", "f8"), ("ready_s", "f8"),
    ("further", "i4", (MAX_FURTHER,)),  # lanes that its rear still covers
    ("idm_delta", "f8"), ("idm_stepping", "f8"),
    ("depart", "f8"), ("depart_position", "f8"), ("depart_speed", "f8"), ("depart_delay", "f8"),
    ("advice", "f8", (MAX_ADVICE,)),  # accelerations that would help a lane change
    ("plan", "i4"), ("first_stop", "i4"), ("depart_lane", "i4"),
    ("cells", "i4"),  # first cell of the table for its next stop
    ("own_cells", "i4"),  # first cell of those that are its own, -1 for none
    lines=True,
)  # fmt: skip

PLAN = record(("start", "i4"), ("table_start", "i4"))  # first place; first table (one per next stop)
PLACE = record(
    ("edge", "i4"), ("row", "i4"),  # a position of a route; offset of its lanes in a table
    ("fan", "i4"),  # where several lanes lead on past a signal; -1 where it cannot favour one of them
)  # fmt: skip
FAN = record(("edge", "i4"), ("following", "i4"), ("mixed", "?"))  # mixed: the lanes do not all have priority, or not
CELL = record(
    ("length", "f8"),  # how far one gets without changing lanes
    ("link", "i4"),  # the link to take from this lane, -1 when it does not lead on
    ("offset", "i2"),  # lanes to change to the best one
    ("depth", "i2"),  # edges that the look-ahead covered
)
CHAIN = record(
    ("link", "i4"),  # of the cell
    ("lane", "i4"), ("next", "i4"),  # the lane that it leads to, and that lane's cell; -1 for none
)  # fmt: skip
DRAFT = record(
    ("length", "f8"), ("own", "f8"), ("link", "i4"), ("offset", "i4"),  # as in a cell; its length on this edge alone
    ("goes", "?"),  # whether the route goes on from it
)  # fmt: skip
STOP = record(
    ("start", "f8"), ("end", "f8"), ("duration", "f8"), ("until", "f8"),
    ("lane", "i4"), ("position", "i4"), ("place", "i4"),  # position: route index
    ("parking", "?"),
)  # fmt: skip

LANE_STATE = record(
    ("last", "i4"), ("first", "i4"), ("count", "i4"),  # rearmost, foremost vehicle
    ("partial_count", "i4"),
    ("cursor", "i4"), ("planned_at", "i4"),  # the step in which that was done
    ("first_blocked", "i4"), ("last_blocked", "i4"),
    ("density", "f8"),
    ("space", "f8"), ("space_known", "i4"),  # the step in which it was computed
    ("space_standing", "?"),
    ("partial", "i4", (MAX_PARTIAL,)),  # vehicles whose front is further on
    ("refused_at", "i4"),  # the last step in which somebody could not enter here
    ("entered_at", "i4"), ("entered_front", "f8"), ("entered_rear", "f8"),  # who came onto it in this step, and where
    lines=True,
)  # fmt: skip
ITEM = record(
    ("go", "f8"), ("wait", "f8"), ("arrival", "f8"), ("arrival_speed", "f8"), ("braking_speed", "f8"),
    ("distance", "f8"), ("leave", "f8"), ("space", "f8"),
    ("link", "i4"), ("request", "?"), ("stopped", "?"),
    ("heard", "i1"),  # as of the link
)  # fmt: skip
DISTANT = record(("vehicle", "i4"), ("link", "i4"))
APPROACH = record(
    ("arrival", "f8"), ("leaving", "f8"), ("braking", "f8"), ("distance", "f8"), ("leave", "f8"),
    ("vehicle", "i4"), ("next", "i4"),
)  # fmt: skip

CROSSING = record(
    ("length", "f8"), ("width", "f8"), ("free_forward", "f8"), ("free_back", "f8"),
    ("left_forward", "f8"), ("left_back", "f8"),
    ("signal", "i4"), ("index", "i4"), ("link_start", "i4"),
    ("head", "i4"), ("approaching", "i4"),  # first on it, first who comes to it
    ("state", "u1"),
)  # fmt: skip
PERSON = record(
    ("position", "f8"), ("arrival", "f8"), ("leaving", "f8"), ("speed", "f8"), ("waiting", "f8"),
    ("depart", "f8"), ("along", "f8"), ("wait_total", "f8"), ("wait_longest", "f8"),
    ("walked", "f8"), ("started_at", "f8"), ("arrived_at", "f8"),
    ("piece", "i4"), ("halts", "i4"), ("next", "i4"),
    ("direction", "i1"), ("status", "i1"),
)  # fmt: skip
PIECE = record(
    ("length", "f8"), ("rest", "f8"), ("until", "f8"), ("crossing", "i4"),
    ("next", "i4"),  # the piece after it; -1 where the plan ends or people choose
    ("fork", "i4"),  # where they choose after it, or (with a piece after it) could still have chosen otherwise
    ("direction", "i1"),
)  # fmt: skip
FORK = record(("way_start", "i4"))
FOOTWAY = record(("length", "f8"), ("piece", "i4"), ("hurdle_start", "i4"))  # all its metres, the piece it begins with
HURDLE = record(("before", "f8"), ("crossing", "i4"))  # a crossing with signals, metres before it

WORD, HALF, REAL, TRUTH = np.dtype("i8"), np.dtype("i4"), np.dtype("f8"), np.dtype("?")


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
    multi_edges: I4  # edges on which lanes can be changed


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
    heads: I4  # per link: the first announcement of this step
    asked: I4  # per link: the last step in which somebody had to know who comes through it
    distant: (
        Table  # vehicles that looked no further than their lane, and the link ahead at which one may listen to them
    )
    item: Table
    approach: Table
    active: I4
    pending: I4
    transfer: I4  # vehicles that are teleported or parked
    touched: I4  # links with announcements
    order: I4  # lanes with vehicles, in the order in which their vehicles plan
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
    "net.fan": FAN, "net.signal_fan_start": WORD, "net.signal_fan": WORD, "net.multi_edges": WORD,
    "veh": VEHICLE,
    "plans.plan": PLAN, "plans.place": PLACE, "plans.table_offset": WORD, "plans.cell": CELL,
    "plans.chain": CHAIN, "plans.stop": STOP, "plans.draft": DRAFT, "plans.free": WORD, "plans.block": WORD,
    "tra.lane": LANE_STATE, "tra.brutto": REAL, "tra.busy": HALF, "tra.heads": HALF,
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
TRANSFER_COUNT, RED_RUNS, SEED, DEPARTURES, TELEPORTING, MIXED_FANS, DISTANT_COUNT = range(10, 17)

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

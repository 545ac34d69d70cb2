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

LANE = np.dtype(
    [
        ("length", "f8"), ("speed", "f8"), ("width", "f8"),
        ("permissions", "i8"), ("change_left", "i8"), ("change_right", "i8"),
        ("edge", "i8"), ("index", "i8"),
        ("before", "i8"),  # of an internal lane: the lane that leads into it
        ("source", "i8"),  # of an internal lane: the normal lane where its way began; of a normal lane: itself
        ("entry_link", "i8"),  # of an internal lane: the link that leads into it
        ("junction", "i8"),  # of an internal lane: the junction that it lies in
        ("bidi", "i8"),  # the same rails in the other direction
        ("link_start", "i8"), ("in_start", "i8"),  # links that leave it, links that lead into it
        ("internal", "?"),
    ],
    align=True,
)  # fmt: skip
LINK = np.dtype(
    [
        ("changed_s", "f8"),  # when the letter changed
        ("visibility", "f8"), ("length", "f8"),  # of its via lane
        ("radius", "f8"),  # turning radius, 0 for straight ways
        ("src", "i8"), ("dst", "i8"),  # lane it leaves, normal lane behind the junction
        ("via", "i8"), ("next", "i8"),  # first internal lane; that or the target
        ("tls", "i8"), ("tls_index", "i8"),
        ("index", "i8"), ("junction", "i8"),  # request index in its junction
        ("entry", "i8"),  # the link that enters the same way through the junction
        ("foe_start", "i8"),  # links that it waits for
        ("conflict_start", "i8"),  # lanes that its way crosses, joins or leaves (links that leave an internal lane)
        ("approach_head", "i8"),  # first announcement of this step
        ("state", "u1"), ("green_state", "u1"),  # SUMO's letter now; the last G or g
        ("direction", "u1"),
        ("cont", "?"), ("has_foes", "?"), ("keep_clear", "?"),
        ("second_part", "?"),  # exit after an inner stop line
        ("crossing_foe", "?"),
    ],
    align=True,
)  # fmt: skip
EDGE = np.dtype(
    [("length", "f8"), ("failed_at", "i8"), ("lane_start", "i8"), ("roundabout", "?"), ("fringe", "?")], align=True
)
CONFLICT = np.dtype(
    [
        ("behind", "f8"), ("extent", "f8"),  # from the conflict to the end of my internal lane
        ("foe_behind", "f8"), ("foe_extent", "f8"),
        ("lane", "i8"), ("crossing", "i8"),  # the foe: an internal lane or a pedestrian crossing
        ("same_target", "?"), ("same_source", "?"), ("cont", "?"),  # the foe may be waiting inside
    ],
    align=True,
)  # fmt: skip
JUNCTION = np.dtype([("request_start", "i8"), ("links", "i8")], align=True)

VEHICLE = np.dtype(
    [
        # state that every step touches
        ("position", "f8"), ("speed", "f8"), ("acceleration", "f8"), ("waiting", "f8"), ("time_loss", "f8"),
        ("stop_distance", "f8"), ("driven", "f8"), ("total_waiting", "f8"), ("startup_s", "f8"),
        ("draws", "i8"),  # random numbers drawn so far
        ("lane", "i8"), ("route_index", "i8"), ("ahead", "i8"), ("behind", "i8"), ("lane_was", "i8"),
        ("item_start", "i8"), ("item_count", "i8"), ("further_count", "i8"), ("next_stop", "i8"), ("halts", "i8"),
        ("own_state", "i8"), ("advice_count", "i8"), ("plan", "i8"), ("first_stop", "i8"), ("last_stop", "i8"),
        ("status", "i1"), ("requests_exit", "i1"),  # asked to pass the next link: no, yes, unknown
        ("must_wait", "?"), ("stop_reached", "?"), ("railway", "?"), ("dont_brake", "?"), ("changed", "?"),
        ("mode", "i1"),
        # abilities and habits
        ("length", "f8"), ("min_gap", "f8"), ("max_speed", "f8"), ("speed_factor", "f8"), ("accel", "f8"),
        ("decel", "f8"), ("emergency_decel", "f8"), ("tau", "f8"), ("sigma", "f8"), ("width", "f8"),
        ("class_bit", "i8"), ("impatience", "f8"), ("startup_delay", "f8"), ("timegap_minor", "f8"),
        ("stopline_gap", "f8"), ("crossing_gap", "f8"), ("after_yellow", "f8"), ("after_red", "f8"),
        ("strategic", "f8"), ("cooperative", "f8"), ("speed_gain", "f8"), ("keep_right", "f8"),
        # lane changing
        ("speed_gain_chance", "f8"), ("keep_right_chance", "f8"), ("look_ahead_speed", "f8"),
        ("blocker_length", "f8"), ("left_space", "f8"),
        # inside junctions: when it entered; INFINITE when not there
        ("entry_s", "f8"), ("entry_never_yield_s", "f8"), ("conflict_entry_s", "f8"),
        # the trip
        ("stop_left_s", "f8"), ("depart", "f8"), ("depart_position", "f8"), ("depart_speed", "f8"),
        ("arrival_position", "f8"), ("depart_delay", "f8"), ("inserted_at", "f8"), ("arrived_at", "f8"),
        ("teleport_s", "f8"), ("teleport_bidi_s", "f8"), ("ready_s", "f8"),
        ("depart_lane", "i8"),
        ("further", "i8", (MAX_FURTHER,)),  # lanes that its rear still covers
        ("advice", "f8", (MAX_ADVICE,)),  # accelerations that would help a lane change
    ],
    align=True,
)  # fmt: skip

PLAN = np.dtype([("start", "i8"), ("table_start", "i8")], align=True)  # first place; first table (one per next stop)
PLACE = np.dtype([("edge", "i8"), ("row", "i8")], align=True)  # a position of a route; offset of its lanes in a table
CELL = np.dtype(
    [
        ("length", "f8"),  # how far one gets without changing lanes
        ("offset", "i8"),  # lanes to change to the best one
        ("link", "i8"),  # the link to take from this lane, -1 when it does not lead on
        ("depth", "i8"),  # edges that the look-ahead covered
        ("goes_on", "?"),
    ],
    align=True,
)
STOP = np.dtype(
    [
        ("start", "f8"), ("end", "f8"), ("duration", "f8"), ("until", "f8"),
        ("lane", "i8"), ("position", "i8"), ("place", "i8"),  # position: route index
        ("parking", "?"),
    ],
    align=True,
)  # fmt: skip

LANE_STATE = np.dtype(
    [
        ("brutto", "f8"),  # sum of lengths with gaps
        ("space", "f8"), ("density", "f8"),
        ("space_known", "i8"), ("planned_at", "i8"),  # steps in which that was computed
        ("last", "i8"), ("first", "i8"), ("count", "i8"),  # rearmost, foremost vehicle
        ("partial_count", "i8"), ("cursor", "i8"), ("first_blocked", "i8"), ("last_blocked", "i8"),
        ("partial", "i8", (MAX_PARTIAL,)),  # vehicles whose front is further on
        ("space_standing", "?"),
    ],
    align=True,
)  # fmt: skip
ITEM = np.dtype(
    [
        ("go", "f8"), ("wait", "f8"), ("arrival", "f8"), ("arrival_speed", "f8"), ("braking_speed", "f8"),
        ("distance", "f8"), ("leave", "f8"), ("space", "f8"),
        ("link", "i8"), ("request", "?"), ("stopped", "?"),
    ],
    align=True,
)  # fmt: skip
APPROACH = np.dtype(
    [
        ("arrival", "f8"), ("leaving", "f8"), ("braking", "f8"), ("distance", "f8"), ("leave", "f8"),
        ("vehicle", "i8"), ("next", "i8"),
    ],
    align=True,
)  # fmt: skip

CROSSING = np.dtype(
    [
        ("length", "f8"), ("width", "f8"), ("entered_forward", "f8"), ("entered_back", "f8"),
        ("signal", "i8"), ("index", "i8"), ("link_start", "i8"),
        ("head", "i8"), ("approaching", "i8"),  # first on it, first who comes to it
        ("state", "u1"),
    ],
    align=True,
)  # fmt: skip
PERSON = np.dtype(
    [
        ("position", "f8"), ("arrival", "f8"), ("leaving", "f8"), ("speed", "f8"), ("waiting", "f8"),
        ("depart", "f8"), ("along", "f8"), ("wait_total", "f8"), ("wait_longest", "f8"),
        ("walked", "f8"), ("free_s", "f8"), ("started_at", "f8"), ("arrived_at", "f8"),
        ("first", "i8"), ("last", "i8"), ("piece", "i8"), ("halts", "i8"), ("next", "i8"),
        ("direction", "i1"), ("status", "i1"),
    ],
    align=True,
)  # fmt: skip
PIECE = np.dtype(
    [("length", "f8"), ("rest", "f8"), ("until", "f8"), ("crossing", "i8"), ("direction", "i1")], align=True
)


WORD, REAL, TRUTH = np.dtype("i8"), np.dtype("f8"), np.dtype("?")


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
    response: B1  # junction.request_start + own * links + other
    multi_edges: I4  # edges on which lanes can be changed


Vehicles = Table


class Plans(NamedTuple):
    """Routes, stops and which lane is best on each edge of a route."""

    plan: Table
    place: Table
    table_offset: I8
    cell: Table
    stop: Table


class Traffic(NamedTuple):
    """Who is where: lists per lane, plans of this step, announcements at links."""

    lane: Table
    item: Table
    approach: Table
    active: I4
    pending: I4
    transfer: I4  # vehicles that are teleported or parked
    touched: I4  # links with announcements
    counters: I8
    clock: F8


class Walkers(NamedTuple):
    """People on foot and the crossings that they share with drivers."""

    crossing: Table
    person: Table
    piece: Table
    link: I4  # per crossing: links of vehicles that cross it
    counters: I8  # walking, arrived, next to depart


# Every array behind `pointers.World`, by the path under which kernels read it.
LAYOUT: dict[str, np.dtype[Any]] = {
    "net.lane": LANE, "net.link": LINK, "net.edge": EDGE, "net.conflict": CONFLICT, "net.junction": JUNCTION,
    "net.lane_link": WORD, "net.lane_in_link": WORD, "net.foe_link": WORD, "net.response": TRUTH,
    "net.multi_edges": WORD,
    "veh": VEHICLE,
    "plans.plan": PLAN, "plans.place": PLACE, "plans.table_offset": WORD, "plans.cell": CELL, "plans.stop": STOP,
    "tra.lane": LANE_STATE, "tra.item": ITEM, "tra.approach": APPROACH, "tra.active": WORD, "tra.pending": WORD,
    "tra.transfer": WORD, "tra.touched": WORD, "tra.counters": WORD, "tra.clock": REAL,
    "wal.crossing": CROSSING, "wal.person": PERSON, "wal.piece": PIECE, "wal.link": WORD, "wal.counters": WORD,
}  # fmt: skip

# vehicle.status
LOADED, PENDING, DRIVING, PARKED, TRANSFER, ARRIVED, GIVEN_UP = range(7)

# Traffic.counters
STEP, ACTIVE, APPROACHES, TOUCHED, PENDING_COUNT, NEXT_DEPARTURE, INSERTED, ARRIVED_COUNT, TELEPORTS, UPDATES = range(
    10
)
TRANSFER_COUNT, RED_RUNS, SEED, DEPARTURES = range(10, 14)

# Traffic.clock
NOW, STEP_S, TELEPORT_S, TELEPORT_BIDI_S, IMPATIENCE_S, MAX_DEPART_DELAY_S, IGNORE_BLOCKER_S = range(7)


def table(kind: np.dtype[Any], rows: int, /, **columns: Any) -> Table:
    """A table of `rows` rows; columns that are not given are 0. A column may be shorter than the table."""
    result = np.zeros(rows, kind).view(np.recarray)
    for name, values in columns.items():
        array = np.asarray(values)
        if array.ndim == 0:
            result[name] = array
        else:
            result[name][: len(array)] = array
    return result

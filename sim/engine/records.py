"""The rows of the engine's tables, in the order in which they lie in memory: what is read together stands together."""

from typing import Any

import numpy as np

LINE_BYTES = 64
MAX_FURTHER = 24
MAX_PARTIAL = 8
MAX_ADVICE = 8


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
    ("internal", "?"), ("roundabout", "?"), ("changes", "?"),  # whether lanes can be changed on its edge
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
    ("cursor", "i4"),
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

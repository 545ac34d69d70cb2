"""The data of signals: what each shows, and the programmes that react to traffic with what they see of the road.

Conventions as in `arrays.py`; times of programmes are whole milliseconds, as in SUMO. Every table has one
row more than things, which ends the last slices. Numbers of phases, loops and areas count through all programmes.
"""

from typing import Any, NamedTuple

import numpy as np

from sim.engine.arrays import B1, F8, I4, U1, Table, table
from sim.engine.records import REAL, TRUTH, WORD, record

NOT_GIVEN = -(10**15)  # of a time that a phase need not have
NOT_BEGUN: Any = np.int64(-1)
EVERYBODY = -1
MOST_ON_LOOP = 4

SIGNAL = record(
    ("letter_start", "i4"),  # its letters
    ("programme", "i4"),  # the reacting programme that it shows, -1 for other letters
    ("phase", "i4"),  # the phase of it that the letters are from, -1 for none yet
    ("switched", "?"),  # its letters have changed and are not shown yet
)
PROGRAMME = record(
    ("due", "i8"),  # when it decides next, NOT_BEGUN before the first time
    ("phase", "i4"), ("phase_start", "i4"),  # the phase that runs; its first phase
    ("delay_based", "?"),  # or actuated
    ("coordinated", "?"), ("chooses", "?"), ("extends", "?"),  # parameters; whether some `next` names several phases
    ("limit_start", "i4"),  # links with bounds of their own, or whose times are asked for
    ("assignments", "i4"),  # where their instructions begin, NO_RULE where it has none
    ("offset", "i8"), ("cycle", "i8"), ("inactive", "i8"), ("decided_at", "i8"),
    ("detector_gap", "f8"),
)  # fmt: skip
PHASE = record(
    ("least", "i8"), ("most", "i8"), ("earliest_end", "i8"), ("latest_end", "i8"),
    ("most_given", "i8"),  # as the file has it, also where an expression stands for it
    ("began", "i8"), ("ended", "i8"),  # when it did the last time
    ("letter_start", "i4"),
    ("target", "i4"),  # the green phase that it leads to
    ("after_start", "i4"),  # phases that may follow
    ("speaks_start", "i4"),  # loops that speak for it, or areas of links that are green
    ("others_start", "i4"),  # areas of links that are not
    ("crossing_start", "i4"),  # crossings with green, where it may be chosen or lengthened
    ("early_rule", "i4"), ("final_rule", "i4"),  # instructions that say whether to go on to it, NO_RULE or BY_GAPS
    ("least_rule", "i4"), ("most_rule", "i4"), ("earliest_rule", "i4"), ("latest_rule", "i4"),  # for bounds
    ("green", "?"),
    ("asks", "?"),  # rules say what follows
    ("bounded", "?"),  # some bound is an expression
)  # fmt: skip
AFTER = record(("phase", "i4"), ("serves_start", "i4"))  # green phases that are reached soonest through it
LIMIT = record(  # green, red: for how long it has been
    ("least", "i8"), ("most", "i8"), ("green", "i8"), ("red", "i8"), ("link", "i4")
)  # fmt: skip
CODE = record(("value", "f8"), ("op", "i4"), ("arg", "i4"))  # instructions of `sim/reactive/rule_code.py`

LOOP = record(
    ("length", "f8"), ("left", "f8"), ("covered", "f8"),  # when somebody left it, and was on it, last
    ("max_gap", "f8"), ("jam", "f8"),
    ("last_green", "i8"),
    ("since", "f8", (MOST_ON_LOOP,)), ("who", "i4", (MOST_ON_LOOP,)),  # on it, -1 where there are fewer
    ("counted_start", "i4"),  # in the list of vehicles that count, EVERYBODY without one
    ("lookout_start", "i4"),
)  # fmt: skip
LOOKOUT = record(  # a lane on which vehicles near a loop are looked for
    ("shift", "f8"),  # what to add to a position on it, for the metres beyond the loop's begin
    ("lane", "i4"), ("lies", "i4"),
    ("way_start", "i4"),  # lanes from which one comes there over the loop
)  # fmt: skip
AREA = record(
    ("length", "f8"), ("late_from", "f8"), ("speed", "f8"),  # speed: limit of the lane at the line
    ("late", "f8"),  # metres to the end of the last who is late, 0 where nobody is
    ("count", "i4"),  # how many are in it
    ("counted_start", "i4"), ("stretch_start", "i4"),
    ("inmate_start", "i4"),  # its room in the list of those in areas; behind the last one's there is as much as any has
)  # fmt: skip
STRETCH = record(("offset", "f8"), ("lane", "i4"))  # where the lane begins, seen from the area's start
INMATE = record(("lost", "f8"), ("ahead", "f8"), ("vehicle", "i4"))  # seconds lost there, metres to the area's end
LETTER = np.dtype("u1")


class Signals(NamedTuple):
    """Signals and reacting programmes."""

    signal: Table
    letter: U1  # what signals show
    programme: Table
    phase: Table
    phase_letter: U1
    after: Table
    serves: I4
    speaks: I4
    others: I4
    crossing: I4
    limit: Table
    loop: Table
    lookout: Table
    way: I4
    area: Table
    stretch: Table
    inmate: Table
    counted: B1
    code: Table
    variable: F8  # of all programmes' expressions
    stack: F8  # room for the values of an expression


SIGNAL_LAYOUT: dict[str, np.dtype[Any]] = {
    "sig.signal": SIGNAL, "sig.letter": LETTER, "sig.programme": PROGRAMME, "sig.phase": PHASE,
    "sig.phase_letter": LETTER, "sig.after": AFTER, "sig.serves": WORD, "sig.speaks": WORD, "sig.others": WORD,
    "sig.crossing": WORD, "sig.limit": LIMIT, "sig.loop": LOOP, "sig.lookout": LOOKOUT, "sig.way": WORD,
    "sig.area": AREA, "sig.stretch": STRETCH, "sig.inmate": INMATE, "sig.counted": TRUTH,
    "sig.code": CODE, "sig.variable": REAL, "sig.stack": REAL,
}  # fmt: skip
STARTS = {  # by table: columns with the first of a slice, and the table that it is a slice of
    "programme": {"phase_start": "phase", "limit_start": "limit"},
    "phase": {
        "letter_start": "phase_letter", "after_start": "after", "speaks_start": "speaks", "others_start": "others",
        "crossing_start": "crossing",
    },
    "after": {"serves_start": "serves"},
    "loop": {"lookout_start": "lookout"},
    "lookout": {"way_start": "way"},
    "area": {"stretch_start": "stretch", "inmate_start": "inmate"},
}  # fmt: skip


def new_signals(letters: list[int]) -> Signals:
    """Signals with so many letters each, none of which shows anything yet, and no programme.

    Args:
        letters: Per signal.
    """
    start = np.cumsum([0, *letters])
    empty = {
        path.removeprefix("sig."): np.zeros(0, kind) if kind.fields is None else table(kind, 1)
        for path, kind in SIGNAL_LAYOUT.items()
    }
    empty["signal"] = table(SIGNAL, len(letters) + 1, letter_start=start, programme=-1, phase=-1)
    empty["letter"] = np.zeros(start[-1], np.uint8)
    return Signals(**empty)

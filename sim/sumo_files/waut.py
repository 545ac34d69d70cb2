"""Reader of WAUT elements: which programme a signal runs from what time on."""

import math
from collections.abc import Mapping, Sequence

from sim.signal_programme import TrafficLightLogic
from sim.sumo_files.xml import Element

TAGS = frozenset({"WAUT", "wautJunction"})
Schedule = tuple[tuple[float, str], ...]


def read_schedules(
    elements: Sequence[Element], programs: Mapping[str, tuple[TrafficLightLogic, ...]]
) -> Mapping[str, Schedule]:
    """By signal: from what second on which programme, the first entry from ever on. Programmes switch at once.

    Raises:
        SumoFileError: A reference into nowhere, or a way of switching that is not simulated here.
    """
    known: dict[str, Schedule] = {}
    result: dict[str, Schedule] = {}
    for element in elements:
        if element.tag == "WAUT":
            _only(element, "id", "refTime", "startProg")
            if element.number("refTime", 0.0) != 0.0:
                element.fail(f"refTime: expected 0, got {element.text('refTime')}")
            known[element.text("id")] = _schedule(element)
            continue
        _only(element, "wautID", "junctionID")
        name, signal = element.text("wautID"), element.text("junctionID")
        if name not in known:
            element.fail(f"wautID: expected a WAUT named before it ({', '.join(known) or 'none'}), got {name!r}")
        if signal not in programs:
            element.fail(f"junctionID: expected a signal of the net, got {signal!r}")
        ids = {program.program_id for program in programs[signal]}
        for _, program in known[name]:
            if program not in ids:
                element.fail(f"programme: expected one of {', '.join(sorted(ids))} at {signal!r}, got {program!r}")
        result[signal] = known[name]
    return result


def _schedule(element: Element) -> Schedule:
    entries = [(-math.inf, element.text("startProg"))]
    for switch in element:
        if switch.tag != "wautSwitch":
            switch.fail("expected wautSwitch")
        _only(switch, "time", "to")
        time_s = switch.number("time")
        if time_s <= entries[-1][0]:
            switch.fail(f"time: expected later than {entries[-1][0]:g}, got {time_s:g}")
        entries.append((time_s, switch.text("to")))
    return tuple(entries)


def _only(element: Element, *names: str) -> None:
    for name in element.attributes:
        if name not in names:
            element.fail(f"{name}: expected one of {', '.join(names)}; others are not simulated here")

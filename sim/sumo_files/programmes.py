"""Reader of `tlLogic`: signal programmes of nets and additional files."""

from dataclasses import replace

from sim.signal_programme import Phase, TrafficLightLogic
from sim.sumo_files.switching_rules import overrides, read_rules
from sim.sumo_files.xml import Element

SIGNAL_LETTERS = frozenset("GgyYrRusoO")
PROGRAM_TYPES = frozenset({"static", "actuated", "delay_based"})
OPEN_END_S = 86400.0  # SUMO's longest duration of a phase with `minDur` and without `maxDur`


def knows_program(element: Element) -> bool:
    """Whether a `tlLogic` is of a kind that is known here."""
    return element.text("type", "static") in PROGRAM_TYPES


def read_program(element: Element) -> TrafficLightLogic:
    """One `tlLogic`, from a net or from an additional file."""
    kind = element.text("type", "static")
    if kind not in PROGRAM_TYPES:
        element.fail(f"type: expected one of {', '.join(sorted(PROGRAM_TYPES))}, got {kind!r}")
    offset = element.text("offset", "0")
    if offset == "begin":
        element.fail("offset: expected seconds, got 'begin'")
    phases = tuple(_phase(child, kind) for child in element.named("phase"))
    if not phases:
        element.fail("expected at least one phase, got none")
    if len({len(phase.state) for phase in phases}) != 1:
        element.fail("expected phases of equal length, got " + ", ".join(str(len(phase.state)) for phase in phases))
    if sum(phase.duration_s for phase in phases) <= 0:
        element.fail("expected a cycle longer than 0 s")
    for number, child in enumerate(element.named("phase")):
        for following in phases[number].next:
            if not 0 <= following < len(phases):
                child.fail(f"next: expected numbers of phases, 0 to {len(phases) - 1}, got {following}")
    if kind == "static":
        phases = _as_they_run(phases)
        if sum(phase.duration_s for phase in phases) <= 0:
            element.fail("next: expected phases that last longer than 0 s before they repeat, got none")
    parameters = {child.text("key"): child.text("value") for child in element.named("param")}
    return TrafficLightLogic(
        element.text("id"),
        element.text("programID", "0"),
        kind,
        element.time("offset", 0.0),
        phases,
        parameters,
        f"{element.file}:{element.line}",
        read_rules(element) if kind == "actuated" else None,
    )


def _as_they_run(phases: tuple[Phase, ...]) -> tuple[Phase, ...]:
    """The phases of a fixed programme in the order in which they repeat, where `next` names another than the following.

    Those that it never comes back to are left out. Of several that `next` names, fixed programmes go to the first.
    """
    order: list[int] = []
    number = 0
    while number not in order:
        order.append(number)
        following = phases[number].next
        number = following[0] if following else (number + 1) % len(phases)
    return tuple(replace(phases[which], next=()) for which in order[order.index(number) :])


def _phase(element: Element, kind: str) -> Phase:
    state = element.text("state")
    if unknown := set(state) - SIGNAL_LETTERS:
        element.fail(f"state: expected letters of {''.join(sorted(SIGNAL_LETTERS))}, got {sorted(unknown)}")
    duration = element.time("duration")
    least = element.time("minDur", duration)
    most = element.time("maxDur", OPEN_END_S if element.has("minDur") else duration)
    earliest, latest = (
        element.time(name) if element.has(name) and not (kind == "actuated" and overrides(element, name)) else None
        for name in ("earliestEnd", "latestEnd")
    )
    most = duration if most < 0 or most < least else most
    return Phase(
        duration,
        state,
        least if least >= 0 else min(duration, most),
        most,
        tuple(int(word) for word in element.words("next")),
        element.text("name", ""),
        earliest,
        latest,
    )

"""SUMO's own ways to control signals, as programmes for a network: the peers that a strategy is measured against.

SUMO runs them, and so does the embedded engine, which has both algorithms too (`sim/reactive`).

`sumo-shipped` is the network as it comes. `sumo-actuated` (green is extended while vehicles follow each other closely)
and `sumo-delay-based` (green is extended while approaching vehicles have lost time) are the network's own programmes
with SUMO's algorithm behind them: the same phases in the same order, amber as a derived site has it, and bounds on
the phases that serve vehicles.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from xml.sax.saxutils import quoteattr

from plans.defaults import MIN_GREEN_S
from plans.junction import GroupKind, Junction
from sim.network import Network
from sim.signal_programme import Phase, TrafficLightLogic
from sim.signals import junction_id
from sim.site_derivation.groups import group_of_links
from sim.site_derivation.programme import AMBER_S, GREEN, read_programme
from sim.site_derivation.stages import main_phases

LONGEST_PHASE_S = 50  # netconvert's default (--tls.max-dur)


class SumoControl(StrEnum):
    """How SUMO itself may control the signals of a network."""

    SHIPPED = "sumo-shipped"
    ACTUATED = "sumo-actuated"
    DELAY_BASED = "sumo-delay-based"


SETTINGS: Mapping[SumoControl, tuple[str, Mapping[str, str]]] = {
    SumoControl.ACTUATED: (
        "actuated",
        {"max-gap": "3.0", "detector-gap": "2.0", "passing-time": "1.9", "inactive-threshold": "180"},
    ),
    SumoControl.DELAY_BASED: ("delay_based", {"detectorRange": "100", "minTimeLoss": "1"}),
}
"""Type and parameters of the programmes; the numbers are SUMO's defaults, written down to be seen."""


def write_control(network: Network, junctions: Iterable[Junction], control: SumoControl, path: Path) -> None:
    """Write the additional file that puts the signals of `junctions` under one of SUMO's controls.

    Signals without a junction keep the network's programme, as they do under any strategy.
    """
    body = "\n".join(_element(logic) for logic in _programmes(network, junctions, control))
    path.write_text(f'<?xml version="1.0" encoding="UTF-8"?>\n<additional>\n{body}\n</additional>\n', encoding="utf-8")


def with_control(network: Network, junctions: Iterable[Junction], control: SumoControl) -> Network:
    """The network with the signals of `junctions` under one of SUMO's controls all day, for whoever runs it here."""
    if control is SumoControl.SHIPPED:
        return network
    programs, schedules = dict(network.programs), dict(network.schedules)
    for logic in _programmes(network, junctions, control):
        programs[logic.id] = (*programs[logic.id], logic)
        schedules.pop(logic.id, None)
    return replace(network, programs=programs, schedules=schedules)


def _programmes(network: Network, junctions: Iterable[Junction], control: SumoControl) -> Iterator[TrafficLightLogic]:
    known = {junction.id: junction for junction in junctions}
    for tls_id, logic in network.tl_logics.items():
        if junction_id(tls_id) in known:
            yield controlled(logic, known[junction_id(tls_id)], control)


def controlled(logic: TrafficLightLogic, junction: Junction, control: SumoControl) -> TrafficLightLogic:
    """The signal's programme with one of SUMO's algorithms instead of fixed times.

    Phases keep their letters and order; amber is cut as in a derived site. Where the programme says of any phase how
    short and long it may become, that holds. Elsewhere the phases that serve vehicles last as long as the least green
    of vehicles at least, and 50 s or their shipped duration at most. A phase is lengthened until every group that it
    serves gets its own minimum green.
    """
    kind, parameters = SETTINGS[control]
    phases = [_with_short_amber(phase) for phase in logic.phases]
    variable = _given(phases) or {number: _usual(phases[number]) for number in _serving(logic, junction)}
    least_s = [variable[n][0] if n in variable else phase.duration_s for n, phase in enumerate(phases)]
    for group in junction.groups.values():
        for run in _green_runs(phases, group.links):
            short_s = group.min_green_s - sum(least_s[number] for number in run)
            adjustable = [number for number in run if number in variable]
            if short_s > 0 and adjustable:
                least_s[max(adjustable, key=lambda number: phases[number].duration_s)] += short_s
    bounded = tuple(
        replace(phase, min_duration_s=least_s[n], max_duration_s=max(variable[n][1], least_s[n]))
        if n in variable
        else replace(phase, min_duration_s=phase.duration_s, max_duration_s=phase.duration_s)
        for n, phase in enumerate(phases)
    )
    return TrafficLightLogic(logic.id, control.value, kind, logic.offset_s, bounded, parameters)


def _with_short_amber(phase: Phase) -> Phase:
    return replace(phase, duration_s=min(phase.duration_s, AMBER_S)) if "y" in phase.state else phase


def _given(phases: list[Phase]) -> dict[int, tuple[float, float]]:
    """Bounds that the programme itself states, by number of the phase."""
    return {
        number: (phase.min_duration_s, phase.max_duration_s)
        for number, phase in enumerate(phases)
        if "y" not in phase.state and phase.min_duration_s < phase.max_duration_s
    }


def _usual(phase: Phase) -> tuple[float, float]:
    return float(MIN_GREEN_S[GroupKind.VEHICLE]), max(float(LONGEST_PHASE_S), phase.duration_s)


def _serving(logic: TrafficLightLogic, junction: Junction) -> list[int]:
    """Numbers of the phases that are stages and show green to vehicles; clearing phases keep their length."""
    programme = read_programme(logic)
    group_of = group_of_links(junction.groups)
    serving = [
        phase
        for phase in main_phases(programme, junction.groups, group_of)
        if any(junction.groups[group].kind != GroupKind.PEDESTRIAN for group in phase.groups)
    ]
    return [phase.step.phase for phase in serving]


def _green_runs(phases: list[Phase], links: tuple[int, ...]) -> list[list[int]]:
    """Numbers of the phases of each green of a group, in their order; none when it is never or always green."""
    green = [any(phase.state[link] in GREEN for link in links) for phase in phases]
    runs = []
    for first in [number for number, shown in enumerate(green) if shown and not green[number - 1]]:
        run, at = [], first
        while green[at]:
            run.append(at)
            at = (at + 1) % len(phases)
        runs.append(run)
    return runs


def _element(logic: TrafficLightLogic) -> str:
    """The programme as SUMO reads it."""
    head = {"id": logic.id, "type": logic.type, "programID": logic.program_id, "offset": f"{logic.offset_s:g}"}
    parameters = [{"key": key, "value": value} for key, value in logic.parameters.items()]
    lines = [f"    <tlLogic {_attributes(head)}>"]
    lines += [f"        <param {_attributes(parameter)}/>" for parameter in parameters]
    lines += [f"        <phase {_attributes(_phase(phase))}/>" for phase in logic.phases]
    return "\n".join([*lines, "    </tlLogic>"])


def _phase(phase: Phase) -> dict[str, str]:
    written = {"duration": f"{phase.duration_s:g}", "state": phase.state}
    if phase.min_duration_s < phase.max_duration_s:
        written |= {"minDur": f"{phase.min_duration_s:g}", "maxDur": f"{phase.max_duration_s:g}"}
    for name, end_s in (("earliestEnd", phase.earliest_end_s), ("latestEnd", phase.latest_end_s)):
        if end_s is not None:
            written[name] = f"{end_s:g}"
    if phase.next:
        written["next"] = " ".join(map(str, phase.next))
    return written


def _attributes(values: Mapping[str, str]) -> str:
    return " ".join(f"{key}={quoteattr(value)}" for key, value in values.items())

"""Gating: areas that a site protects from overload, the signals that meter the way in, and what lets them begin."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from plans.codes import Code
from plans.defaults import (
    AIR_INFLOW_RATIO,
    AIR_OFF_AFTER_S,
    AIR_OFF_UGM3,
    AIR_ON_AFTER_S,
    AIR_ON_UGM3,
    AIR_SILENT_S,
    GATE_CLOSE_RATIO,
    GATE_FULL_RATIO,
    GATE_OPEN_RATIO,
    GATE_RED_S,
    GATING_INTEGRAL_PER_H,
    GATING_INTERVAL_S,
    GATING_OFF_RATIO,
    GATING_ON_RATIO,
    GATING_PROPORTIONAL_PER_H,
    GATING_SIGN,
)
from plans.junction import GroupKind, Junction, Lane
from plans.table import expand
from plans.timing import Finding, TimingPlan

if TYPE_CHECKING:
    from plans.site import Site


@dataclass(frozen=True, slots=True)
class PerimeterGate:
    """A signal that meters who enters an area.

    `groups` are metered. `storage_m` is the room for the queue before it, from the stop line to the junction upstream;
    None takes what the lanes and their feeders have. The gate opens when the queue fills `open_ratio` of that room,
    asks for green from `full_ratio` on, and meters again below `close_ratio`. Metering never leaves its groups red for
    longer than `red_s`.
    """

    id: str
    junction: str
    groups: tuple[str, ...]
    storage_m: float | None = None
    close_ratio: float = GATE_CLOSE_RATIO
    open_ratio: float = GATE_OPEN_RATIO
    full_ratio: float = GATE_FULL_RATIO
    red_s: int = GATE_RED_S


@dataclass(frozen=True, slots=True)
class AirTrigger:
    """Stations whose NO2 lengthens the red of the gates: on above one value for a while, off below a lower one.

    While it is on, the gates let in at most `inflow_ratio` of what the due plans give.
    """

    stations: tuple[str, ...]
    on_ugm3: float = AIR_ON_UGM3
    off_ugm3: float = AIR_OFF_UGM3
    on_after_s: int = AIR_ON_AFTER_S
    off_after_s: int = AIR_OFF_AFTER_S
    silent_s: int = AIR_SILENT_S
    inflow_ratio: float = AIR_INFLOW_RATIO


@dataclass(frozen=True, slots=True)
class ProtectedArea:
    """A part of the network that holds `target_veh` vehicles at best, and the gates around it.

    Its accumulation is what the picture shows on `lanes` (by junction) and on all approach lanes of `junctions`.
    `proportional_per_h` and `integral_per_h` are the gains of the feedback, `interval_s` its step. It begins above
    `on_ratio` of the target and ends below `off_ratio`. `sign` is what drivers are told.
    """

    id: str
    target_veh: float
    gates: Mapping[str, PerimeterGate]
    junctions: tuple[str, ...] = ()
    lanes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    name: str = ""
    interval_s: int = GATING_INTERVAL_S
    proportional_per_h: float = GATING_PROPORTIONAL_PER_H
    integral_per_h: float = GATING_INTEGRAL_PER_H
    on_ratio: float = GATING_ON_RATIO
    off_ratio: float = GATING_OFF_RATIO
    air: AirTrigger | None = None
    sign: str = GATING_SIGN

    def protected_lanes(self, junctions: Mapping[str, Junction]) -> dict[str, tuple[str, ...]]:
        """The lanes that are counted, by junction; those where a gate's own queue stands are not."""
        waiting = {lane.id for gate in self.gates.values() for lane in gate_lanes(junctions[gate.junction], gate)}
        named = {name: tuple(junctions[name].lanes) for name in self.junctions}
        for name, lanes in self.lanes.items():
            named[name] = tuple(dict.fromkeys((*named.get(name, ()), *lanes)))
        return {name: tuple(lane for lane in lanes if lane not in waiting) for name, lanes in named.items()}


def gate_lanes(junction: Junction, gate: PerimeterGate) -> tuple[Lane, ...]:
    """The lanes before a gate: those with a movement that it meters."""
    metered = {movement.lane for movement in junction.movements if movement.group in gate.groups}
    return tuple(lane for lane in junction.lanes.values() if lane.id in metered)


def storage_m(lane: Lane, gate: PerimeterGate) -> float:
    """Room for the queue on a lane before the gate."""
    if gate.storage_m is not None:
        return gate.storage_m
    return max([lane.length_m, *(feeder.offset_m + feeder.length_m for feeder in lane.feeders)])


def metered_stages(junction: Junction, groups: tuple[str, ...]) -> frozenset[str]:
    """Stages that let metered traffic in."""
    return frozenset(stage.id for stage in junction.stages.values() if stage.groups.intersection(groups))


def saturation_vph(junction: Junction, gate: PerimeterGate) -> float:
    """What the gate lets in while it is green."""
    return sum(lane.saturation_flow_vph for lane in gate_lanes(junction, gate))


def nominal_ratio(junction: Junction, gate: PerimeterGate, plan: TimingPlan) -> float:
    """The part of the cycle that the plan gives to the metered groups, lane by lane, weighed by saturation flow."""
    green_s = dict.fromkeys(gate.groups, 0)
    for interval in expand(junction, plan).intervals:
        if interval.group in green_s:
            green_s[interval.group] += interval.end_s - interval.start_s
    given = 0.0
    for lane in gate_lanes(junction, gate):
        best_s = max(green_s.get(movement.group, 0) for movement in junction.movements_by_lane[lane.id])
        given += lane.saturation_flow_vph * min(1.0, best_s / plan.cycle_s)
    total = saturation_vph(junction, gate)
    return given / total if total else 0.0


def check_gating(site: "Site") -> list[Finding]:
    """Areas and gates that name what does not exist, or that could not work."""
    return [finding for area in site.gating.values() for finding in _check_area(site, area)] + list(_twice(site))


def _check_area(site: "Site", area: ProtectedArea) -> Iterator[Finding]:
    at = f"gating/{area.id}"
    for index, name in enumerate(area.junctions):
        if name not in site.junctions:
            yield _unknown(f"{at}/junctions/{index}", "a junction", site.junctions, name)
    for name, lanes in area.lanes.items():
        if name not in site.junctions:
            yield _unknown(f"{at}/lanes/{name}", "a junction", site.junctions, name)
            continue
        known = site.junctions[name].lanes
        yield from (
            _unknown(f"{at}/lanes/{name}", "an approach lane", known, lane) for lane in lanes if lane not in known
        )
    broken = False
    for gate in area.gates.values():
        found = list(_check_gate(site, gate, f"{at}/gates/{gate.id}"))
        broken = broken or bool(found)
        yield from found
    sound = not broken and set(area.junctions) | set(area.lanes) <= set(site.junctions)
    if sound and not any(area.protected_lanes(site.junctions).values()):
        yield Finding(Code.GATING_AREA_EMPTY, at, "lanes to protect besides those before the gates", "none")


def _check_gate(site: "Site", gate: PerimeterGate, at: str) -> Iterator[Finding]:
    junction = site.junctions.get(gate.junction)
    if junction is None:
        yield _unknown(f"{at}/junction", "a junction", site.junctions, gate.junction)
        return
    dangling = [group for group in gate.groups if group not in junction.groups]
    if dangling:
        yield from (_unknown(f"{at}/groups", "a signal group", junction.groups, group) for group in dangling)
        return
    for group in gate.groups:
        if junction.groups[group].kind is not GroupKind.VEHICLE:
            got = f"{group} of kind {junction.groups[group].kind}"
            yield Finding(Code.GATING_GROUP_KIND, f"{at}/groups", "groups of kind vehicle", got)
    if not gate_lanes(junction, gate):
        expected = "groups with a movement from an approach lane"
        yield Finding(Code.GATING_GROUP_KIND, f"{at}/groups", expected, ", ".join(gate.groups))
    metered = metered_stages(junction, gate.groups)
    for plan in site.plans.get(gate.junction, {}).values():
        shown = {stage.stage for stage in plan.stages}
        if not shown - metered or not shown & metered:
            expected = f"plan {plan.id} with a stage that meters nobody, and one that lets them in"
            yield Finding(Code.GATING_NO_OTHER_STAGE, f"{at}/groups", expected, ", ".join(sorted(shown)))


def _twice(site: "Site") -> Iterator[Finding]:
    """A group is metered by one gate alone."""
    first: dict[tuple[str, str], str] = {}
    for area in site.gating.values():
        for gate in area.gates.values():
            at = f"gating/{area.id}/gates/{gate.id}"
            for group in gate.groups:
                other = first.setdefault((gate.junction, group), at)
                if other != at:
                    expected = f"each group once, {group} belongs to {other} already"
                    yield Finding(Code.GATING_GROUP_TWICE, f"{at}/groups", expected, group)


def _unknown(element: str, what: str, known: Mapping[str, object], name: str) -> Finding:
    listed = ", ".join(list(known)[:8]) or "none exists"
    return Finding(Code.UNKNOWN_REFERENCE, element, f"{what}: one of {listed}", name)

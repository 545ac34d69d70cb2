"""Names that point nowhere: a stage of an unknown group, a movement from an unknown lane, a plan of an unknown one."""

from collections.abc import Iterable, Iterator, Mapping

from plans.codes import Code
from plans.gating import check_gating
from plans.junction import Junction
from plans.site import Site
from plans.timing import Finding, PlanEntry, TimingPlan
from plans.transit import check_reporting_points


def check_references(junction: Junction) -> list[Finding]:
    """Every name inside the junction that does not exist."""
    found: list[Finding] = []
    groups, stages, lanes = junction.groups, junction.stages, junction.lanes
    for a, b in junction.intergreens:
        found += _unknown(f"{junction.id}/intergreens/{a}", [a], groups, "a signal group")
        found += _unknown(f"{junction.id}/intergreens/{a}/{b}", [b], groups, "a signal group")
    for stage in stages.values():
        found += _unknown(f"{junction.id}/stages/{stage.id}/groups", sorted(stage.groups), groups, "a signal group")
    found += _unknown(f"{junction.id}/rest/stage", [junction.rest] if junction.rest else [], stages, "a stage")
    for change in junction.transitions.values():
        element = f"{junction.id}/transitions/{change.origin}/{change.target}"
        found += _unknown(element, [change.origin, change.target], stages, "a stage")
        found += _unknown(element, [switch.group for switch in change.switches], groups, "a signal group")
    for movement in junction.movements:
        element = f"{junction.id}/movements/{movement.id}"
        found += _unknown(f"{element}/lane", [movement.lane], lanes, "an approach lane")
        found += _unknown(f"{element}/group", [movement.group], groups, "a signal group")
        found += _unknown(f"{element}/yields_to", movement.yields_to, groups, "a signal group")
    feeders = dict.fromkeys(feeder.lane for lane in lanes.values() for feeder in lane.feeders)
    watched: Mapping[str, object] = {**lanes, **feeders}
    for detector in junction.detectors.values():
        element = f"{junction.id}/detectors/{detector.id}"
        place = [detector.lane] if detector.lane else []
        found += _unknown(f"{element}/lane", place, watched, "an approach lane or one that feeds it")
        found += _unknown(f"{element}/group", [detector.group] if detector.group else [], groups, "a signal group")
    for stop in junction.stops.values():
        element = f"{junction.id}/stops/{stop.id}/lane"
        found += _unknown(element, [stop.lane], watched, "an approach lane or one that feeds it")
    return list(dict.fromkeys(found))


def check_plan_references(junction: Junction, plan: TimingPlan) -> list[Finding]:
    """The plan's junction and stages that do not exist."""
    found = []
    if plan.junction != junction.id:
        found.append(Finding(Code.WRONG_JUNCTION, plan_element(plan), junction.id, plan.junction))
    parts: dict[str, tuple[PlanEntry, ...]] = {"stages": plan.stages, "on_demand": plan.on_demand}
    for part, entries in parts.items():
        for index, entry in enumerate(entries):
            if entry.stage not in junction.stages:
                element = f"{plan_element(plan)}/{part}/{index}/stage"
                found.append(Finding(Code.UNKNOWN_STAGE, element, _one_of(junction.stages), entry.stage))
    return found


def check_site_references(site: Site) -> list[Finding]:
    """Every dangling name of a site."""
    found: list[Finding] = []
    for junction in site.junctions.values():
        found += check_references(junction)
    for name, plans in site.plans.items():
        found += _unknown(f"{name}/plans", [name], site.junctions, "a junction")
        for plan in plans.values():
            found += check_plan_references(site.junctions[name], plan) if name in site.junctions else []
    for corridor in site.corridors.values():
        for index, stop in enumerate(corridor.stops):
            element = f"corridors/{corridor.id}/junctions/{index}/junction"
            found += _unknown(element, [stop.junction], site.junctions, "a junction")
    known_sets = dict.fromkeys(name for plans in site.plans.values() for name in plans)
    found += _unknown("refined", sorted(site.refined), known_sets, "a plan set")
    for index, uplink in enumerate(site.uplinks):
        if not uplink.junction:
            continue
        found += _unknown(f"uplinks/{index}/junction", [uplink.junction], site.junctions, "a junction")
        detectors = site.junctions[uplink.junction].detectors if uplink.junction in site.junctions else {}
        found += _unknown(f"uplinks/{index}/detector", [uplink.detector], detectors, "a detector of the junction")
    return found + check_reporting_points(site.transit, site.junctions) + check_gating(site)


def plan_element(plan: TimingPlan) -> str:
    """Where a plan stands in a site file."""
    return f"{plan.junction}/plans/{plan.id}"


def _unknown(element: str, names: Iterable[str], known: Mapping[str, object], what: str) -> Iterator[Finding]:
    for name in names:
        if name not in known:
            yield Finding(Code.UNKNOWN_REFERENCE, element, f"{what}: {_one_of(known)}", name)


def _one_of(known: Mapping[str, object]) -> str:
    """The known names, cut where there are many."""
    names = list(known)
    listed = ", ".join(names[:8])
    return f"one of {listed}{', ...' if len(names) > 8 else ''}" if names else "none exists"

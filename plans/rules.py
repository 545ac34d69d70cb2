"""Which junctions, plans and sites are allowed. One entry per question; the rules themselves stand in `rules_*`."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import combinations

from plans.codes import Code
from plans.junction import Junction
from plans.references import check_plan_references, check_references, check_site_references
from plans.rules_groups import check_group, check_stages
from plans.rules_intergreens import check_intergreens
from plans.rules_on_demand import check_on_demand
from plans.rules_plan import check_frames, check_shape
from plans.rules_step import check_step
from plans.rules_table import check_table
from plans.rules_transition import check_transition
from plans.site import Site
from plans.stops import check_stops
from plans.table import expand, used_cycle_s
from plans.timing import Finding, Severity, TimingPlan

__all__ = ["check_junction", "check_plan", "check_site", "check_step", "check_transition", "errors"]


def errors(findings: list[Finding]) -> list[Finding]:
    """Those findings that forbid operation."""
    return [finding for finding in findings if finding.severity is Severity.ERROR]


def check_junction(junction: Junction) -> list[Finding]:
    """Every broken rule in the description of a junction."""
    dangling = check_references(junction)
    if dangling:
        return dangling
    found = [finding for group in junction.groups.values() for finding in check_group(junction, group)]
    found += check_intergreens(junction)
    found += check_stages(junction)
    for change in junction.transitions.values():
        found += check_transition(junction, change)
    return found + check_stops(junction)


def check_plan(junction: Junction, plan: TimingPlan) -> list[Finding]:
    """Every broken rule in a plan of a junction that itself is free of errors.

    Minimum greens, intergreens and longest reds are taken from the whole cyclic group table, so that an intergreen that
    outlasts a short stage is seen. Where greens and transitions do not fill the cycle, the table of what they do fill
    is looked at, to tell a wrong sum from a wrong green.
    """
    dangling = check_plan_references(junction, plan)
    if dangling:
        return dangling
    found = check_shape(junction, plan)
    if any(finding.code in (Code.STAGE_REPEATED, Code.STAGE_GREEN) for finding in found):
        return found
    used_s = used_cycle_s(junction, plan)
    found += check_table(junction, plan, expand(junction, replace(plan, cycle_s=used_s)))
    found += check_on_demand(junction, plan)
    if used_s == plan.cycle_s:
        found += check_frames(junction, plan)
    return found


def check_site(site: Site) -> list[Finding]:
    """Every broken rule of a site: its junctions, their plans, and what calendar and controllers need of them."""
    found = check_site_references(site)
    if found:
        return found
    for name, junction in site.junctions.items():
        broken = check_junction(junction)
        found += broken
        plans = site.plans.get(name, {})
        if not errors(broken):
            found += [finding for plan in plans.values() for finding in check_plan(junction, plan)]
        found += _check_calendar(site, name, plans)
        if site.controllers and name not in site.controllers:
            found.append(Finding(Code.CONTROLLER_MISSING, name, "a controller", "none", severity=Severity.WARNING))
    return found


def _check_calendar(site: Site, name: str, plans: Mapping[str, TimingPlan]) -> Iterator[Finding]:
    """Each plan set that the calendar names is there, and any of them can follow any other within the site's steps."""
    for plan_set in site.calendar.plan_sets:
        if plan_set not in plans:
            got = ", ".join(plans) or "no plans"
            yield Finding(Code.PLAN_MISSING, f"{name}/plans", f"{plan_set}, as in the calendar", got)
    due = [plans[plan_set] for plan_set in site.calendar.plan_sets if plan_set in plans]
    for before, after in combinations(due, 2):
        yield from check_step(before, after, site.control.max_cycle_step_s, site.control.max_green_step_s)

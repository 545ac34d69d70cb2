"""Rules on signal groups and stages: minimum green, amber, clearance, longest red, leading interval, cycle range."""

from collections.abc import Iterator
from itertools import combinations

from plans.amber import required_amber_s, walking_s
from plans.codes import Code
from plans.defaults import CYCLE_MAX_S, CYCLE_MIN_S, LEADING_MAX_S, MIN_GREEN_S, RED_AMBER_MAX_S
from plans.junction import GroupKind, Junction, SignalGroup
from plans.timing import Finding, Severity


def severity_of(junction: Junction, element: str) -> Severity:
    """A number derived from an imported network cannot be held against the site; an engineer is told instead."""
    inside = element.removeprefix(f"{junction.id}/")
    field = inside.rsplit("/", 1)[-1]
    derived = any(name in (inside, field) or inside.startswith(f"{name}/") for name in junction.derived)
    return Severity.WARNING if derived else Severity.ERROR


def check_group(junction: Junction, group: SignalGroup) -> Iterator[Finding]:
    """The numbers of one signal group."""
    element = f"{junction.id}/groups/{group.id}"
    on_foot = group.kind is GroupKind.PEDESTRIAN

    least = MIN_GREEN_S[group.kind]
    if group.min_green_s < least:
        rule = f"minimum green of a {group.kind} group"
        yield _finding(Code.MIN_GREEN_SHORT, f"{element}/min_green_s", f">= {least} s", group.min_green_s, rule)
    half_s = walking_s(group.crossing_m / 2, group.walking_mps) if on_foot else 0
    if least <= group.min_green_s < half_s:
        rule = "green on foot reaches half of the crossing (RiLSA 2015)"
        where = f"{element}/min_green_s"
        severity = severity_of(junction, where)
        yield _finding(Code.MIN_GREEN_SHORT, where, f">= {half_s} s", group.min_green_s, rule, severity)

    clear_s = walking_s(group.crossing_m, group.walking_mps) if on_foot else 0
    if group.clearance_s < clear_s:
        rule = f"a crossing of {group.crossing_m:g} m is cleared at {group.walking_mps:g} m/s"
        where = f"{element}/clearance_s"
        yield _finding(
            Code.CLEARANCE_SHORT, where, f">= {clear_s} s", group.clearance_s, rule, severity_of(junction, where)
        )
    yield from _amber(junction, group, element)
    if group.max_red_s <= group.min_green_s:
        where = f"{element}/max_red_s"
        yield _finding(Code.MAX_RED_OUT_OF_RANGE, where, f"> {group.min_green_s} s", group.max_red_s, "longest red")
    if group.leading_s:
        yield from _leading(junction, group, f"{element}/leading_s")


def _leading(junction: Junction, group: SignalGroup, where: str) -> Iterator[Finding]:
    leads = group.kind in (GroupKind.PEDESTRIAN, GroupKind.BICYCLE)
    longest = LEADING_MAX_S if leads else 0
    if not 0 <= group.leading_s <= longest:
        rule = "leading interval of people on foot and cyclists" if leads else f"{group.kind} groups lead nobody"
        expected = f"0 to {longest} s" if longest else "0 s"
        yield _finding(Code.LEADING_OUT_OF_RANGE, where, expected, group.leading_s, rule)
    elif not any(leader == group.id for leader, _ in junction.head_starts):
        expected = f"a movement of a compatible group that names {group.id} in yields_to"
        yield Finding(Code.LEADING_NOBODY, where, expected, "none")


def _amber(junction: Junction, group: SignalGroup, element: str) -> Iterator[Finding]:
    where = f"{element}/amber_s"
    severity = severity_of(junction, where)
    required = required_amber_s(junction, group.id)
    if group.kind is GroupKind.PEDESTRIAN:
        if group.amber_s:
            yield _finding(Code.AMBER_ON_FOOT, where, "0 s", group.amber_s, "no amber on foot", severity)
        if group.red_amber_s:
            where = f"{element}/red_amber_s"
            yield _finding(Code.AMBER_ON_FOOT, where, "0 s", group.red_amber_s, "no amber on foot", severity)
        return
    if group.kind is GroupKind.VEHICLE:
        rule = "amber by the limit on the approach (VwV-StVO section 37)"
        if group.amber_s < required:
            yield _finding(Code.AMBER_SHORT, where, f"{required} s", group.amber_s, rule, severity)
        elif group.amber_s > required:
            yield _finding(Code.AMBER_LONG, where, f"{required} s", group.amber_s, rule, Severity.WARNING)
    least = 1 if group.kind is GroupKind.VEHICLE else 0
    if not least <= group.red_amber_s <= RED_AMBER_MAX_S:
        where = f"{element}/red_amber_s"
        expected = f"{least} to {RED_AMBER_MAX_S} s"
        severity = severity_of(junction, where) if group.red_amber_s <= RED_AMBER_MAX_S else Severity.ERROR
        yield _finding(Code.RED_AMBER_OUT_OF_RANGE, where, expected, group.red_amber_s, "red-amber", severity)


def check_stages(junction: Junction) -> Iterator[Finding]:
    """No stage holds two conflicting groups, every mandatory group is in one, and the cycle range is a usual one."""
    for stage in junction.stages.values():
        for a, b in combinations(sorted(stage.groups), 2):
            if junction.conflicts(a, b):
                element = f"{junction.id}/stages/{stage.id}"
                yield Finding(Code.STAGE_CONFLICT, element, "compatible groups", f"{a} and {b}")
    served = {group for stage in junction.stages.values() for group in stage.groups}
    for group in junction.groups.values():
        if group.mandatory and group.id not in served:
            yield Finding(Code.GROUP_IN_NO_STAGE, f"{junction.id}/groups/{group.id}", "a stage with it", "none")
    if not CYCLE_MIN_S <= junction.cycle_min_s <= junction.cycle_max_s <= CYCLE_MAX_S:
        where = f"{junction.id}/cycle_s"
        sane = 1 <= junction.cycle_min_s <= junction.cycle_max_s
        yield Finding(
            Code.CYCLE_RANGE,
            where,
            f"{CYCLE_MIN_S} to {CYCLE_MAX_S} s",
            f"{junction.cycle_min_s} to {junction.cycle_max_s} s",
            "cycle (RiLSA 2015)",
            severity_of(junction, where) if sane else Severity.ERROR,
        )


def _finding(
    code: Code, element: str, expected: str, got_s: int, rule: str, severity: Severity = Severity.ERROR
) -> Finding:
    return Finding(code, element, expected, f"{got_s} s", rule, severity)

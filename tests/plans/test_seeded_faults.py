"""A fault of every kind, put into a legal junction or plan, is refused with its own code."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from plans.codes import Code
from plans.junction import GroupKind, Junction, SignalGroup, Stage
from plans.rules import check_junction, check_plan, check_site, check_step, errors
from plans.site import Site
from plans.stage_transition import GroupSwitch, StageTransition
from plans.table import expand, fixed_frames
from plans.timing import MAX_ENTRIES, OnDemandStage, PlanStage, TimingPlan
from plans.transition import transition, transition_matrix

JunctionFault = Callable[[Junction], Junction]
PlanFault = Callable[[Junction, TimingPlan], tuple[Junction, TimingPlan]]


def with_group(junction: Junction, name: str, **changes: object) -> Junction:
    """The junction with one group changed."""
    return replace(junction, groups={**junction.groups, name: replace(junction.groups[name], **changes)})


def with_intergreens(junction: Junction, changes: dict[tuple[str, str], int]) -> Junction:
    """The junction with some intergreens changed, its transitions as they were."""
    frozen = dict(transition_matrix(junction))
    return replace(junction, intergreens={**junction.intergreens, **changes}, transitions=frozen)


def without_intergreen(junction: Junction, pair: tuple[str, str]) -> Junction:
    """The junction without one direction of a conflict."""
    return replace(junction, intergreens={p: s for p, s in junction.intergreens.items() if p != pair})


def with_transition(junction: Junction, *switches: GroupSwitch, duration_s: int = 15) -> Junction:
    """The junction with a transition of its own from A to B."""
    return replace(junction, transitions={("A", "B"): StageTransition("A", "B", switches, duration_s)})


def ends(*groups: str, at_s: int = 0) -> tuple[GroupSwitch, ...]:
    """Ends of green."""
    return tuple(GroupSwitch(group, at_s, green=False) for group in groups)


def begins(*groups: str, at_s: int) -> tuple[GroupSwitch, ...]:
    """Begins of green."""
    return tuple(GroupSwitch(group, at_s, green=True) for group in groups)


FULL = (*ends("K1", "K2", "F2"), *begins("K3", "F1", at_s=15))

JUNCTION_FAULTS: dict[str, tuple[Code, JunctionFault]] = {
    "stage of an unknown group": (
        Code.UNKNOWN_REFERENCE,
        lambda j: replace(j, stages={**j.stages, "C": Stage("C", frozenset({"K9"}))}),
    ),
    "one direction missing": (Code.INTERGREEN_MISSING, lambda j: without_intergreen(j, ("K3", "K1"))),
    "intergreen far too long": (Code.INTERGREEN_OUT_OF_RANGE, lambda j: with_intergreens(j, {("K1", "K3"): 90})),
    "intergreen of a group to itself": (Code.INTERGREEN_OUT_OF_RANGE, lambda j: with_intergreens(j, {("K1", "K1"): 5})),
    "intergreen within amber": (Code.INTERGREEN_BELOW_AMBER, lambda j: with_intergreens(j, {("K1", "K3"): 2})),
    "intergreen does not clear the crossing": (Code.CLEARANCE_SHORT, lambda j: with_intergreens(j, {("F1", "K1"): 10})),
    "clearance below the walk": (Code.CLEARANCE_SHORT, lambda j: with_group(j, "F1", clearance_s=9)),
    "minimum green below 5 s": (Code.MIN_GREEN_SHORT, lambda j: with_group(j, "K3", min_green_s=4)),
    "green does not reach half of the crossing": (Code.MIN_GREEN_SHORT, lambda j: with_group(j, "F1", crossing_m=22.0)),
    "amber at 50 km/h": (Code.AMBER_SHORT, lambda j: with_group(j, "K1", amber_s=2)),
    "amber at 70 km/h": (
        Code.AMBER_SHORT,
        lambda j: replace(j, lanes={**j.lanes, "east_1": replace(j.lanes["east_1"], speed_mps=19.4)}),
    ),
    "amber on foot": (Code.AMBER_ON_FOOT, lambda j: with_group(j, "F1", amber_s=3)),
    "red-amber on foot": (Code.AMBER_ON_FOOT, lambda j: with_group(j, "F1", red_amber_s=1)),
    "red-amber over 2 s": (Code.RED_AMBER_OUT_OF_RANGE, lambda j: with_group(j, "K1", red_amber_s=3)),
    "no red-amber": (Code.RED_AMBER_OUT_OF_RANGE, lambda j: with_group(j, "K1", red_amber_s=0)),
    "longest red below minimum green": (Code.MAX_RED_OUT_OF_RANGE, lambda j: with_group(j, "K1", max_red_s=8)),
    "cycle up to 200 s": (Code.CYCLE_RANGE, lambda j: replace(j, cycle_max_s=200)),
    "conflict inside a stage": (
        Code.STAGE_CONFLICT,
        lambda j: replace(j, stages={**j.stages, "C": Stage("C", frozenset({"K1", "K3"}))}),
    ),
    "mandatory group in no stage": (
        Code.GROUP_IN_NO_STAGE,
        lambda j: replace(j, groups={**j.groups, "B1": SignalGroup("B1", GroupKind.BICYCLE, 5, amber_s=2)}),
    ),
    "transition without an end": (
        Code.TRANSITION_INCOMPLETE,
        lambda j: with_transition(j, *ends("K1", "K2"), *begins("K3", "F1", at_s=15)),
    ),
    "transition with a stranger": (
        Code.TRANSITION_FOREIGN_GROUP,
        lambda j: with_transition(
            with_group(replace(j, stages={**j.stages, "C": Stage("C", frozenset({"K3"}))}), "K3"),
            *ends("K1", "K2", "F2"),
            *begins("K3", "F1", at_s=15),
            *begins("F2", at_s=15),
        ),
    ),
    "switch after the end": (
        Code.TRANSITION_TIME,
        lambda j: with_transition(j, *ends("K1", "K2", "F2"), *begins("K3", "F1", at_s=16)),
    ),
    "transition too quick": (
        Code.TRANSITION_INTERGREEN,
        lambda j: with_transition(j, *ends("K1", "K2", "F2", at_s=9), *begins("K3", "F1", at_s=14)),
    ),
    "no time for red-amber": (
        Code.TRANSITION_RED_AMBER,
        lambda j: with_transition(
            replace(j, intergreens={}), *ends("K1", "K2", "F2"), *begins("K3", at_s=0), *begins("F1", at_s=3)
        ),
    ),
}


@pytest.mark.parametrize("name", JUNCTION_FAULTS)
def test_faulty_junction_is_refused_with_its_code(crossroads: Junction, name: str) -> None:
    """The example is legal; with the fault in it, the fault's own code is among the errors."""
    code, spoil = JUNCTION_FAULTS[name]
    assert not errors(check_junction(crossroads))
    found = errors(check_junction(spoil(crossroads)))
    assert code in {finding.code for finding in found}
    for finding in found:
        assert finding.element.startswith("J1/")
        assert finding.expected
        assert finding.got


def with_stage(plan: TimingPlan, index: int, **changes: object) -> TimingPlan:
    """The plan with one stage changed."""
    stages = list(plan.stages)
    stages[index] = replace(stages[index], **changes)
    return replace(plan, stages=tuple(stages))


def shifted(junction: Junction, plan: TimingPlan, seconds: int) -> TimingPlan:
    """The plan with green moved from the second stage to the first."""
    first, second = plan.stages
    stages = (
        replace(first, green_s=first.green_s + seconds),
        replace(second, green_s=second.green_s - seconds),
    )
    return fixed_frames(junction, replace(plan, stages=stages))


def unserved(junction: Junction) -> Junction:
    """A new mandatory group that is green in a stage of its own, which no plan has."""
    group = SignalGroup("B1", GroupKind.BICYCLE, 5, amber_s=2)
    return replace(
        junction,
        groups={**junction.groups, "B1": group},
        stages={**junction.stages, "C": Stage("C", frozenset({"B1"}))},
    )


def conflicting(junction: Junction) -> Junction:
    """K1 and F2 share stage A; now they conflict."""
    return with_intergreens(junction, {("K1", "F2"): 5, ("F2", "K1"): 8})


PLAN_FAULTS: dict[str, tuple[Code, PlanFault]] = {
    "another junction's plan": (Code.WRONG_JUNCTION, lambda j, p: (j, replace(p, junction="J2"))),
    "unknown stage": (Code.UNKNOWN_STAGE, lambda j, p: (j, with_stage(p, 0, stage="Z"))),
    "stage after itself": (Code.STAGE_REPEATED, lambda j, p: (j, with_stage(p, 0, stage="B"))),
    "no stages": (Code.STAGE_REPEATED, lambda j, p: (j, replace(p, stages=()))),
    "no green": (Code.STAGE_GREEN, lambda j, p: (j, with_stage(p, 0, green_s=0))),
    "cycle below its range": (Code.CYCLE_OUT_OF_RANGE, lambda j, p: (replace(j, cycle_min_s=71), p)),
    "cycle above its range": (Code.CYCLE_OUT_OF_RANGE, lambda j, p: (replace(j, cycle_max_s=69), p)),
    "greens do not fill the cycle": (Code.CYCLE_SUM, lambda j, p: (j, replace(p, cycle_s=71))),
    "greens overfill the cycle": (Code.CYCLE_SUM, lambda j, p: (j, with_stage(p, 1, green_s=23))),
    "offset of a whole cycle": (Code.OFFSET_OUT_OF_RANGE, lambda j, p: (j, replace(p, offset_s=70))),
    "frame longer than the cycle": (
        Code.FRAME_WINDOW,
        lambda j, p: (j, with_stage(p, 0, earliest_start_s=0, latest_end_s=71)),
    ),
    "frame that ends before it begins": (
        Code.FRAME_WINDOW,
        lambda j, p: (j, with_stage(p, 0, earliest_start_s=40, latest_end_s=20)),
    ),
    "nominal times outside of the frame": (
        Code.FRAME_NOMINAL,
        lambda j, p: (j, with_stage(p, 0, earliest_start_s=1, latest_end_s=40)),
    ),
    "green below its minimum": (Code.GREEN_SHORT, lambda j, p: (j, shifted(j, p, 18))),
    "intergreen short": (Code.INTERGREEN_SHORT, lambda j, p: (with_intergreens(j, {("K2", "F1"): 8}), p)),
    "intergreen across a short stage": (
        Code.INTERGREEN_SHORT,
        lambda j, p: (with_intergreens(unserved(j), {("F1", "B1"): 50, ("B1", "F1"): 5}), across(j, p)),
    ),
    "conflicting greens": (Code.CONFLICTING_GREENS, lambda j, p: (conflicting(j), p)),
    "mandatory group never green": (Code.GROUP_NEVER_GREEN, lambda j, p: (unserved(j), p)),
    "red too long": (Code.RED_LONG, lambda j, p: (with_group(j, "K3", max_red_s=40), p)),
    "amber into the next green": (Code.RED_SHORT, lambda j, p: (with_group(j, "K3", amber_s=47), p)),
}


def rich(junction: Junction) -> Junction:
    """The junction with further stages: C is the side road without its crossing, D the crossings alone."""
    more = {"C": Stage("C", frozenset({"K3"})), "D": Stage("D", frozenset({"F1", "F2"}))}
    return replace(junction, stages={**junction.stages, **more})


def asked(plan: TimingPlan, *frames: tuple[str, int, int]) -> TimingPlan:
    """The plan with these stages on demand: (stage, earliest start, latest end)."""
    return replace(plan, on_demand=tuple(OnDemandStage(*frame) for frame in frames))


def hurried(junction: Junction, origin: str, target: str) -> Junction:
    """The junction with a transition of its own that begins a second too early."""
    change = transition(junction, origin, target)
    early = tuple(replace(one, at_s=one.at_s - 1) if one.green else one for one in change.switches)
    own = StageTransition(origin, target, early, change.duration_s)
    return replace(junction, transitions={(origin, target): own})


def many(junction: Junction) -> Junction:
    """The junction with so many further stages that a plan cannot list them all."""
    more = {f"C{number}": Stage(f"C{number}", frozenset({"K3"})) for number in range(MAX_ENTRIES)}
    return replace(junction, stages={**junction.stages, **more})


ON_DEMAND_FAULTS: dict[str, tuple[Code, PlanFault]] = {
    "unknown stage": (Code.UNKNOWN_STAGE, lambda j, p: (j, asked(p, ("C", 0, 70), ("Z", 0, 70)))),
    "twice": (Code.ON_DEMAND_REPEATED, lambda j, p: (j, asked(p, ("C", 0, 70), ("C", 10, 30)))),
    "in the cycle": (Code.ON_DEMAND_REPEATED, lambda j, p: (j, asked(p, ("B", 0, 70)))),
    "frame that begins in the next cycle": (Code.FRAME_WINDOW, lambda j, p: (j, asked(p, ("C", 70, 80)))),
    "frame longer than the cycle": (Code.FRAME_WINDOW, lambda j, p: (j, asked(p, ("C", 0, 71)))),
    "frame that ends before it begins": (Code.FRAME_WINDOW, lambda j, p: (j, asked(p, ("C", 40, 20)))),
    "frame below the minimum green": (Code.FRAME_WINDOW, lambda j, p: (j, asked(p, ("D", 40, 47)))),
    "no legal way in": (Code.ON_DEMAND_WAY, lambda j, p: (hurried(j, "A", "C"), asked(p, ("C", 0, 70)))),
    "no legal way back": (Code.ON_DEMAND_WAY, lambda j, p: (hurried(j, "C", "A"), asked(p, ("C", 0, 70)))),
    "more than a plan can list": (
        Code.PLAN_TOO_LONG,
        lambda j, p: (many(j), asked(p, *((f"C{number}", 0, 70) for number in range(MAX_ENTRIES - 1)))),
    ),
}


@pytest.mark.parametrize("name", ON_DEMAND_FAULTS)
def test_faulty_stage_on_demand_is_refused_with_its_code(crossroads: Junction, day_plan: TimingPlan, name: str) -> None:
    """The example with two stages on demand is legal; with the fault, its code alone is found, at that entry."""
    code, spoil = ON_DEMAND_FAULTS[name]
    junction = rich(crossroads)
    assert not errors(check_junction(junction))
    assert not errors(check_plan(junction, asked(day_plan, ("C", 60, 90), ("D", 40, 48))))
    found = errors(check_plan(*spoil(junction, day_plan)))
    assert {finding.code for finding in found} == {code}
    assert all(finding.element.startswith(("J1/plans/day/on_demand/", "J1/plans/day/stages")) for finding in found)


def across(junction: Junction, plan: TimingPlan) -> TimingPlan:
    """Stages B, A, C: the crossing of B still clears while C, after a short A, begins."""
    order = ("B", "A", "C")
    stages = tuple(PlanStage(name, 10, 0, 1) for name in order)
    return fixed_frames(unserved(junction), replace(plan, stages=stages))


@pytest.mark.parametrize("name", PLAN_FAULTS)
def test_faulty_plan_is_refused_with_its_code(crossroads: Junction, day_plan: TimingPlan, name: str) -> None:
    """The example's plan is legal; with the fault, the fault's own code is among the errors."""
    code, spoil = PLAN_FAULTS[name]
    assert not errors(check_plan(crossroads, day_plan))
    junction, plan = spoil(crossroads, day_plan)
    found = errors(check_plan(junction, plan))
    assert code in {finding.code for finding in found}
    assert all(finding.expected and finding.got for finding in found)


def test_a_step_too_large_is_refused(crossroads: Junction, day_plan: TimingPlan) -> None:
    """Cycle and greens may move by the allowed step and not by a second more."""
    moved = shifted(crossroads, day_plan, 4)
    assert not check_step(day_plan, moved, 5, 4)
    assert {f.code for f in check_step(day_plan, moved, 5, 3)} == {Code.STEP_TOO_LARGE}
    longer = replace(day_plan, cycle_s=76)
    assert {f.element for f in check_step(day_plan, longer, 5, 30)} == {"J1/plans/day/cycle_s"}


def test_long_waits_on_foot_are_a_warning(crossroads: Junction, day_plan: TimingPlan) -> None:
    """A pedestrian red over 60 s does not forbid a plan, but an engineer hears of it."""
    junction = replace(crossroads, cycle_max_s=120)
    plan = fixed_frames(junction, replace(with_stage(day_plan, 0, green_s=60), cycle_s=100))
    found = check_plan(junction, plan)
    assert [finding.code for finding in found] == [Code.PEDESTRIAN_WAIT]
    assert not errors(found)
    assert expand(junction, plan).cycle_s == 100


def test_derived_numbers_warn_where_own_ones_are_errors(crossroads: Junction) -> None:
    """What was derived from an imported network cannot be held against the site, but it is told."""
    spoilt = with_group(crossroads, "K1", amber_s=2)
    derived = replace(spoilt, derived=frozenset({"groups"}))
    assert errors(check_junction(spoilt))
    assert not errors(check_junction(derived))
    assert {finding.code for finding in check_junction(derived)} == {Code.AMBER_SHORT}


def test_plan_sets_that_cannot_follow_one_another_are_an_error(example: Site) -> None:
    """Day to night is 20 s of cycle: with steps of at most 15 s the gate would never let it happen."""
    strict = replace(example, control=replace(example.control, max_cycle_step_s=15))
    assert not check_site(example)
    assert [(f.code, f.element, f.got) for f in check_site(strict)] == [
        (Code.STEP_TOO_LARGE, "J1/plans/night/cycle_s", "50 s")
    ]

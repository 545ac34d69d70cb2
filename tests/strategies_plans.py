"""Hypothesis strategies for legal junctions and plans, and for plans that may break any rule."""

from dataclasses import replace
from itertools import combinations

from hypothesis import assume
from hypothesis import strategies as st

from plans.codes import Code
from plans.junction import GroupKind, Junction, Lane, Movement, SignalGroup, Stage, Turn
from plans.rules import check_junction, check_plan, errors
from plans.stage_transition import GroupSwitch, StageTransition
from plans.table import fixed_frames, used_cycle_s
from plans.timing import OnDemandStage, PlanStage, TimingPlan
from plans.transition import derive_transition, with_head_starts

SPEED_50 = 13.9


@st.composite
def groups(draw: st.DrawFn, name: str) -> SignalGroup:
    """A signal group whose own numbers are legal."""
    kind = draw(st.sampled_from(list(GroupKind)))
    on_foot = kind is GroupKind.PEDESTRIAN
    crossing_m = float(draw(st.integers(4, 15))) if on_foot else 0.0
    clearance_s = -(-int(crossing_m * 10) // 12)
    return SignalGroup(
        id=name,
        kind=kind,
        min_green_s=max(draw(st.integers(5, 10)), -(-int(crossing_m * 10) // 24)),
        amber_s={GroupKind.VEHICLE: 3, GroupKind.PEDESTRIAN: 0}.get(kind, 2),
        red_amber_s=0 if on_foot else draw(st.integers(1, 2)),
        clearance_s=clearance_s,
        max_red_s=draw(st.integers(150, 300)),
        mandatory=draw(st.integers(0, 9)) < 8,
        crossing_m=crossing_m,
    )


@st.composite
def junctions(draw: st.DrawFn, own_transitions: bool = True) -> Junction:
    """A legal junction: two to six groups, two to four stages, intergreens where no stage joins two groups."""
    names = [f"G{number}" for number in range(1, draw(st.integers(2, 6)) + 1)]
    found = {name: draw(groups(name)) for name in names}
    stage_names = [f"S{number}" for number in range(1, draw(st.integers(2, 4)) + 1)]
    members: dict[str, set[str]] = {stage: set() for stage in stage_names}
    for index, name in enumerate(names):
        # every stage gets somebody first
        home = stage_names[index % len(stage_names)] if index < len(stage_names) else draw(st.sampled_from(stage_names))
        members[home].add(name)
        if draw(st.integers(0, 3)) == 0:
            members[draw(st.sampled_from(stage_names))].add(name)
    for stage in stage_names:
        if not members[stage]:
            members[stage].add(draw(st.sampled_from(names)))
    intergreens = {}
    for a, b in combinations(names, 2):
        together = any({a, b} <= groups_of for groups_of in members.values())
        if not together and draw(st.integers(0, 5)) > 0:
            for ending, starting in ((a, b), (b, a)):
                least = max(found[ending].amber_s, found[ending].clearance_s, found[starting].red_amber_s)
                intergreens[ending, starting] = least + draw(st.sampled_from([0, 0, 1, 2, 3, 5, 14]))
    lanes = {f"L_{name}": Lane(f"L_{name}", "a", 100.0, SPEED_50) for name in names}
    yields = {name: draw(_crossings_of(found, intergreens, name)) for name in names}
    for leader in sorted({crossing for crossings in yields.values() for crossing in crossings}):
        found[leader] = replace(found[leader], leading_s=draw(st.sampled_from([0, 1, 2, 3, 7])))
    junction = Junction(
        id="J",
        name="generated",
        groups=found,
        intergreens=intergreens,
        stages={stage: Stage(stage, frozenset(members[stage])) for stage in stage_names},
        lanes=lanes,
        movements=tuple(Movement(f"M_{name}", f"L_{name}", name, Turn.STRAIGHT, "out", yields[name]) for name in names),
    )
    if own_transitions and draw(st.booleans()):
        origin, target = draw(st.permutations(stage_names))[:2]
        junction = replace(junction, transitions={(origin, target): draw(_own_transition(junction, origin, target))})
    assume(not errors(check_junction(junction)))
    return junction


@st.composite
def _crossings_of(
    draw: st.DrawFn, found: dict[str, SignalGroup], intergreens: dict[tuple[str, str], int], name: str
) -> tuple[str, ...]:
    """Groups on foot or of cyclists that somebody turns across with a green that yields."""
    kind = found[name].kind
    softer = {GroupKind.PEDESTRIAN: (), GroupKind.BICYCLE: (GroupKind.PEDESTRIAN,)}
    leads = softer.get(kind, (GroupKind.PEDESTRIAN, GroupKind.BICYCLE))
    others = [other for other in found if found[other].kind in leads and (name, other) not in intergreens]
    return tuple(other for other in others if draw(st.booleans()))


@st.composite
def _own_transition(draw: st.DrawFn, junction: Junction, origin: str, target: str) -> StageTransition:
    """A transition that ends some groups later and begins some later than the derived one."""
    derived = derive_transition(junction, origin, target)
    ends = {switch.group: draw(st.integers(0, 2)) for switch in derived.switches if not switch.green}
    begins = {}
    for switch in derived.switches:
        if switch.green:
            needed = [at_s + junction.intergreens.get((end, switch.group), 0) for end, at_s in ends.items()]
            begins[switch.group] = max([junction.groups[switch.group].red_amber_s, *needed]) + draw(st.integers(0, 2))
    begins = with_head_starts(junction, begins)
    switches = [GroupSwitch(group, at_s, green=False) for group, at_s in ends.items()]
    switches += [GroupSwitch(group, at_s, green=True) for group, at_s in begins.items()]
    return StageTransition(
        origin, target, tuple(switches), max([*ends.values(), *begins.values()], default=0) + draw(st.integers(0, 1))
    )


@st.composite
def with_more_stages(draw: st.DrawFn, junction: Junction) -> Junction:
    """The junction with some further stages, `E1` and so on: some have a transition of their own, one is all red."""
    stages = dict(junction.stages)
    for number in range(1, draw(st.integers(1, 3)) + 1):
        members: list[str] = []
        for name in draw(st.permutations(junction.group_order)):
            if not any(junction.conflicts(name, other) for other in members) and (not members or draw(st.booleans())):
                members.append(name)
        stages[f"E{number}"] = Stage(f"E{number}", frozenset(members))
    if draw(st.integers(0, 3)) == 0:
        stages["E0"] = Stage("E0", frozenset())  # all red
    junction = replace(junction, stages=stages)
    if draw(st.booleans()):
        pair = ("E1", draw(st.sampled_from([name for name in stages if name != "E1"])))
        origin, target = draw(st.permutations(pair))
        own = {(origin, target): draw(_own_transition(junction, origin, target))}
        junction = replace(junction, transitions={**junction.transitions, **own})
    assert not errors(check_junction(junction))
    return junction


@st.composite
def with_on_demand(draw: st.DrawFn, junction: Junction, plan: TimingPlan) -> TimingPlan:
    """The plan with some or all stages outside of its cycle on demand, in frames that are open or just long enough."""
    cycle = {stage.stage for stage in plan.stages}
    entries = []
    for name in draw(st.permutations([name for name in junction.stages if name not in cycle])):
        if draw(st.integers(0, 3)) == 0:
            continue
        least_s = max((junction.groups[group].min_green_s for group in junction.stages[name].groups), default=1)
        if draw(st.booleans()) or least_s >= plan.cycle_s:
            entries.append(OnDemandStage(name, 0, plan.cycle_s))
        else:
            earliest = draw(st.integers(0, plan.cycle_s - 1))
            entries.append(OnDemandStage(name, earliest, earliest + draw(st.integers(least_s, plan.cycle_s))))
    return replace(plan, on_demand=tuple(entries))


@st.composite
def raw_plans(draw: st.DrawFn, junction: Junction, least_green_s: int = 1) -> TimingPlan:
    """A plan that fills its cycle but may break any rule on greens, intergreens and reds."""
    order = draw(st.permutations(junction.stage_order))
    names = list(order[: draw(st.integers(2, len(order)))])
    if len(names) > 2 and draw(st.integers(0, 4)) == 0:
        names.insert(2, names[0])
        assume(names[2] != names[3 % len(names)])
    greens = [draw(st.integers(least_green_s, 25)) for _ in names]
    stages = tuple(PlanStage(name, green_s, 0, 1) for name, green_s in zip(names, greens, strict=True))
    plan = TimingPlan("P", junction.id, 1, 0, stages)
    cycle_s = used_cycle_s(junction, plan)
    return fixed_frames(junction, replace(plan, cycle_s=cycle_s, offset_s=draw(st.integers(0, cycle_s - 1))))


@st.composite
def plans_for(draw: st.DrawFn, junction: Junction, frames: bool = True) -> TimingPlan:
    """A legal plan with frames that are fixed, open or a window around the nominal times."""
    order = draw(st.permutations(junction.stage_order))
    greens = {name: draw(st.integers(2, 15)) for name in order}
    for _ in range(60):
        stages = tuple(PlanStage(name, greens[name], 0, 1) for name in order)
        plan = TimingPlan("P", junction.id, 1, 0, stages)
        cycle_s = used_cycle_s(junction, plan)
        plan = fixed_frames(junction, replace(plan, cycle_s=cycle_s))
        codes = {finding.code for finding in errors(check_plan(junction, plan))}
        if not codes:
            break
        assume(cycle_s <= junction.cycle_max_s and codes <= GROWING)
        greens = {name: green_s + 1 for name, green_s in greens.items()}
    else:
        assume(False)
    plan = replace(plan, offset_s=draw(st.integers(0, plan.cycle_s - 1)))
    return draw(_framed(plan)) if frames else plan


GROWING = {Code.GREEN_SHORT, Code.INTERGREEN_SHORT, Code.RED_SHORT, Code.CYCLE_OUT_OF_RANGE}


@st.composite
def _framed(draw: st.DrawFn, plan: TimingPlan) -> TimingPlan:
    stages = []
    for stage in plan.stages:
        kind = draw(st.sampled_from(["fixed", "open", "window"]))
        if kind == "open":
            stages.append(replace(stage, earliest_start_s=0, latest_end_s=plan.cycle_s))
        elif kind == "window":
            before = draw(st.integers(0, min(15, plan.cycle_s - stage.green_s)))
            after = draw(st.integers(0, min(15, plan.cycle_s - stage.green_s - before)))
            earliest = (stage.earliest_start_s - before) % plan.cycle_s
            stages.append(PlanStage(stage.stage, stage.green_s, earliest, earliest + before + stage.green_s + after))
        else:
            stages.append(stage)
    return replace(plan, stages=tuple(stages))


@st.composite
def junctions_with_plans(draw: st.DrawFn) -> tuple[Junction, TimingPlan]:
    """A legal junction and a legal plan of it."""
    junction = draw(junctions())
    return junction, draw(plans_for(junction))

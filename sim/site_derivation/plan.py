"""The shipped programme as a timing plan: the same greens, on the same clock."""

from plans.junction import GroupKind, Junction
from plans.table import fixed_frames
from plans.timing import PlanStage, TimingPlan
from plans.transition import transition
from sim.clock import SCENARIO_EPOCH_UTC_S
from sim.site_derivation.programme import GREEN, Programme
from sim.site_derivation.stages import MainPhase


def shipped_plan(junction: Junction, programme: Programme, phases: tuple[MainPhase, ...], plan_id: str) -> TimingPlan:
    """The plan that runs the main phases as the programme does.

    A stage leaves when its first group ends in the programme and the next one is complete one transition later; what
    the programme spends above the transition lengthens that stage's green. Greens never fall below the groups' minima,
    so that the cycle may come out longer than the programme's; and a short stage waits until whoever ended before it
    has cleared for whoever begins after it.
    """
    stages = [_stage_of(junction, phase) for phase in phases]
    if len(stages) == 1:
        only = PlanStage(stages[0], programme.cycle_s, 0, programme.cycle_s)
        return TimingPlan(plan_id, junction.id, programme.cycle_s, SCENARIO_EPOCH_UTC_S % programme.cycle_s, (only,))
    leaves = [_leave_s(junction, programme, phases, number) for number in range(len(phases))]
    greens = []
    for number, stage in enumerate(stages):
        change = transition(junction, stages[number - 1], stage)
        available = (leaves[number] - leaves[number - 1]) % programme.cycle_s - change.duration_s
        greens.append(max(available, _least_green_s(junction, stages, number)))
    changes = [transition(junction, stages[n - 1], stage).duration_s for n, stage in enumerate(stages)]
    _wait_for_intergreens(junction, stages, greens)
    cycle_s = sum(greens) + sum(changes)
    complete_s = leaves[-1] + changes[0]
    offset_s = (SCENARIO_EPOCH_UTC_S + programme.offset_s + complete_s) % cycle_s
    planned = tuple(PlanStage(stage, green_s, 0, cycle_s) for stage, green_s in zip(stages, greens, strict=True))
    return fixed_frames(junction, TimingPlan(plan_id, junction.id, cycle_s, offset_s, planned))


def _wait_for_intergreens(junction: Junction, stages: list[str], greens: list[int]) -> None:
    """Lengthen stages until intergreens hold across them too; one transition alone keeps its own in any case."""
    count = len(stages)
    changes = [transition(junction, stages[n - 1], stage) for n, stage in enumerate(stages)]
    for number, change in enumerate(changes):
        begins = {switch.group: switch.at_s for switch in change.switches if switch.green}
        passed_s = 0  # from the start of an earlier transition to the start of this one
        for back in range(1, count):
            earlier = changes[(number - back) % count]
            passed_s += earlier.duration_s + greens[(number - back) % count]
            for switch in earlier.switches:
                if switch.green:
                    continue
                for group, at_s in begins.items():
                    wanted_s = junction.intergreens.get((switch.group, group), 0)
                    short_s = wanted_s - (passed_s - switch.at_s + at_s)
                    if short_s > 0:
                        greens[(number - 1) % count] += short_s
                        passed_s += short_s


def _stage_of(junction: Junction, phase: MainPhase) -> str:
    return next(name for name, stage in junction.stages.items() if stage.groups == phase.groups)


def _leave_s(junction: Junction, programme: Programme, phases: tuple[MainPhase, ...], number: int) -> int:
    """Second at which the first group of this main phase ends that the next one does not hold.

    Where nobody begins, crossings end with the vehicles beside them: nobody waits for their clearance.
    """
    phase, following = phases[number], phases[(number + 1) % len(phases)]
    ending = phase.groups - following.groups
    if not following.groups - phase.groups:
        driving = [group for group in ending if junction.groups[group].kind != GroupKind.PEDESTRIAN]
        ending = frozenset(driving) or ending
    links = [link for group in ending for link in junction.groups[group].links]
    cycle = programme.cycle_s
    if not links:
        return following.step.start_s % cycle
    for second in range(phase.step.start_s, phase.step.start_s + cycle):
        state = programme.seconds[second % cycle]
        if any(state[link] not in GREEN for link in links):
            return second % cycle
    return phase.step.end_s % cycle


def _least_green_s(junction: Junction, stages: list[str], number: int) -> int:
    """What the stage must last so that groups which are green in it alone get their minimum green."""
    before, after = (
        junction.stages[stages[number - 1]].groups,
        junction.stages[stages[(number + 1) % len(stages)]].groups,
    )
    alone = junction.stages[stages[number]].groups - before - after
    return max((junction.groups[group].min_green_s for group in alone), default=1)

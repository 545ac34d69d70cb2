"""The field controller's own safety check of plans and transitions, on what the signal groups would show.

Seconds are counted, one by one, with `controllers.greenwatch`; the service's gate (`plans.rules`) shares none of it.
"""

from collections.abc import Sequence

from controllers.greenwatch import GreenWatch, SafetyTable
from controllers.refusals import Refusal, RefusalCode
from controllers.registers import MAX_STAGES
from controllers.wire import StagedPlan
from plans.junction import Junction
from plans.stage_transition import StageTransition


def cyclic_masks(cycle_s: int, greens: Sequence[tuple[int, int, int]]) -> list[int]:
    """Per plan second the bits of the groups that are green; `greens` holds (group, start, length)."""
    masks = [0] * cycle_s
    for group, start, length in greens:
        for second in range(start, start + length):
            masks[second % cycle_s] |= 1 << group
    return masks


def check_cycle(table: SafetyTable, masks: Sequence[int]) -> Refusal | None:
    """Run the cycle three times over and judge every second of it; then who never got green, or too late."""
    watch = GreenWatch(table)
    for lap in range(3):
        for mask in masks:
            # the first lap has no past: a green that is cut by its begin is judged in the second
            found = watch.step(mask, cut=lap == 0)
            if found is not None:
                return found
    cycle_s = len(masks)
    for group, mandatory in enumerate(table.mandatory):
        if not mandatory:
            continue
        seconds = [second for second in range(cycle_s) if masks[second] >> group & 1]
        if not seconds:
            return Refusal(RefusalCode.NEVER_GREEN, group + 1)
        following = [*seconds[1:], seconds[0] + cycle_s]
        longest_red_s = max(after - second - 1 for second, after in zip(seconds, following, strict=True))
        if longest_red_s > table.max_red_s[group]:
            return Refusal(RefusalCode.MAX_RED, group + 1)
    return None


def transition_masks(junction: Junction, change: StageTransition, *, before_s: int, after_s: int) -> list[int]:
    """What groups are green from `before_s` before a stage transition begins to `after_s` after it is complete."""
    number = {name: index for index, name in enumerate(junction.group_order)}
    mask = 0
    for name in junction.stages[change.origin].groups:
        mask |= 1 << number[name]
    masks = [mask] * before_s
    for second in range(change.duration_s + after_s):
        for switch in change.switches:
            if switch.at_s == second:
                bit = 1 << number[switch.group]
                mask = mask | bit if switch.green else mask & ~bit
        masks.append(mask)
    return masks


def check_transition(junction: Junction, table: SafetyTable, change: StageTransition) -> Refusal | None:
    """Judge one stage transition second by second, and that it ends in its target stage."""
    number = {name: index for index, name in enumerate(junction.group_order)}
    settle_s = max((*table.min_green_s, *(seconds for row in table.head_starts for _, seconds in row), 1))
    masks = transition_masks(junction, change, before_s=settle_s, after_s=settle_s)
    watch = GreenWatch(table)
    for second, mask in enumerate(masks):
        # what shows first has been shown for long, in whatever order it came
        found = watch.step(mask, cut=second == 0)
        if found is not None:
            return found
    begins = {number[switch.group]: switch.at_s for switch in change.switches if switch.green}
    for group, at_s in begins.items():
        if any(leader in begins and at_s - begins[leader] < seconds for leader, seconds in table.head_starts[group]):
            return Refusal(RefusalCode.HEAD_START, group + 1)
    for switch in change.switches:
        if switch.green and switch.at_s < table.red_amber_s[number[switch.group]]:
            return Refusal(RefusalCode.INTERGREEN, number[switch.group] + 1)
    wanted = sum(1 << number[name] for name in junction.stages[change.target].groups)
    difference = masks[-1] ^ wanted
    if difference:
        return Refusal(RefusalCode.GREENS_DIFFER, difference.bit_length())
    return None


def check_plan(
    junction: Junction,
    table: SafetyTable,
    transitions: "Sequence[Sequence[StageTransition | None]]",
    plan: StagedPlan,
) -> Refusal | None:
    """Everything that a staged plan must be, from its numbers to each second of its cycle.

    `transitions[origin][target]` are the junction's legal stage transitions by stage number from 0.
    """
    if not table.cycle_min_s <= plan.cycle <= table.cycle_max_s:
        return Refusal(RefusalCode.CYCLE_RANGE)
    found = _check_numbers(junction, plan)
    if found is not None:
        return found
    greens = [(green.group - 1, green.start, green.length) for green in plan.greens]
    masks = cyclic_masks(plan.cycle, greens)
    found = check_cycle(table, masks)
    if found is not None:
        return found
    return _check_stages(junction, transitions, plan, masks) or _check_on_demand(junction, table, transitions, plan)


def _check_numbers(junction: Junction, plan: StagedPlan) -> Refusal | None:
    cycle = plan.cycle_stages
    if not cycle or len(plan.stages) > MAX_STAGES or plan.stages[: len(cycle)] != cycle:
        return Refusal(RefusalCode.BAD_FORMAT)
    if plan.offset >= plan.cycle:
        return Refusal(RefusalCode.BAD_FORMAT)
    for stage in plan.stages:
        if not 1 <= stage.stage <= len(junction.stages):
            return Refusal(RefusalCode.UNKNOWN_ELEMENT, stage.stage)
    for green in plan.greens:
        if not 1 <= green.group <= len(junction.groups):
            return Refusal(RefusalCode.UNKNOWN_ELEMENT, green.group)
        if not (0 <= green.start < plan.cycle and 0 < green.length <= plan.cycle):
            return Refusal(RefusalCode.BAD_FORMAT, green.group)
    return None


def _check_stages(
    junction: Junction,
    transitions: "Sequence[Sequence[StageTransition | None]]",
    plan: StagedPlan,
    masks: Sequence[int],
) -> Refusal | None:
    """Stages and transitions fill the cycle, give the same greens, and lie within their frames."""
    laid_out: list[int] = []
    starts: list[int] = []
    cycle = plan.cycle_stages
    for index, stage in enumerate(cycle):
        target = cycle[(index + 1) % len(cycle)].stage - 1
        starts.append(len(laid_out))
        change = transitions[stage.stage - 1][target]
        if change is None:
            return Refusal(RefusalCode.INTERGREEN, _first_new_group(junction, stage.stage - 1, target))
        # the switches of the last second of a transition show with the target stage
        seconds = transition_masks(junction, change, before_s=stage.green, after_s=0)
        laid_out.extend(seconds)
    if len(laid_out) != plan.cycle:
        return Refusal(RefusalCode.CYCLE_SUM)
    for shown, said in zip(laid_out, masks, strict=True):
        if shown != said:
            return Refusal(RefusalCode.GREENS_DIFFER, (shown ^ said).bit_length())
    for stage, start in zip(cycle, starts, strict=True):
        window = stage.latest_end - stage.earliest_start
        if not (0 <= stage.earliest_start < plan.cycle and 0 < window <= plan.cycle):
            return Refusal(RefusalCode.FRAME, stage.stage)
        if window < plan.cycle and (start - stage.earliest_start) % plan.cycle + stage.green > window:
            return Refusal(RefusalCode.FRAME, stage.stage)
    return None


def _check_on_demand(
    junction: Junction,
    table: SafetyTable,
    transitions: "Sequence[Sequence[StageTransition | None]]",
    plan: StagedPlan,
) -> Refusal | None:
    """Each stage without nominal green stands alone, has time for its minimum greens, and leads out and back."""
    cycle = {stage.stage for stage in plan.cycle_stages}
    taken = set(cycle)
    for entry in plan.on_demand:
        if entry.stage in taken:
            return Refusal(RefusalCode.ON_DEMAND_REPEATED, entry.stage)
        taken.add(entry.stage)
        window = entry.latest_end - entry.earliest_start
        groups = junction.stages[junction.stage_order[entry.stage - 1]].groups
        least = [table.min_green_s[number] for number, name in enumerate(junction.group_order) if name in groups]
        if entry.earliest_start >= plan.cycle or not 0 < window <= plan.cycle:
            return Refusal(RefusalCode.FRAME, entry.stage)
        if window < plan.cycle and any(seconds > window for seconds in least):
            return Refusal(RefusalCode.FRAME, entry.stage)
        own = transitions[entry.stage - 1]
        if any(transitions[other - 1][entry.stage - 1] is None or own[other - 1] is None for other in cycle):
            return Refusal(RefusalCode.ON_DEMAND_WAY, entry.stage)
    return None


def _first_new_group(junction: Junction, origin: int, target: int) -> int:
    order = junction.stage_order
    new = junction.stages[order[target]].groups - junction.stages[order[origin]].groups
    return min((junction.group_order.index(name) + 1 for name in new), default=0)


def check_way_over(
    junction: Junction,
    table: SafetyTable,
    running: Sequence[int],
    plan: StagedPlan,
    configured: "Sequence[Sequence[StageTransition]]",
) -> Refusal | None:
    """From every stage that may be showing, a legal transition leads into the plan's cycle, judged second by second.

    `running` are the stages that may show before it, numbers from 0.
    """
    entries = {stage.stage - 1 for stage in plan.cycle_stages}
    for origin in running:
        if origin in entries:
            continue
        worst: Refusal | None = None
        for target in sorted(entries):
            worst = check_transition(junction, table, configured[origin][target])
            if worst is None:
                break
        if worst is not None:
            return Refusal(RefusalCode.INTERGREEN_TRANSITION, worst.element)
    return None

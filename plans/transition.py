"""How one stage follows another: who ends, who begins, and when.

The derived transition ends every group that the target stage does not hold at second 0 and begins each new one as soon
as the intergreens from all ending groups are over, and whoever has a head start over it has had it. Transitions that
the site defines itself take precedence.
"""

from collections.abc import Collection, Mapping

from plans.junction import Junction
from plans.stage_transition import GroupSwitch, StageTransition


def transition(junction: Junction, origin: str, target: str) -> StageTransition:
    """The transition from `origin` to `target`: the site's own where it has one, else the derived one."""
    own = junction.transitions.get((origin, target))
    return own if own is not None else derive_transition(junction, origin, target)


def derive_transition(junction: Junction, origin: str, target: str) -> StageTransition:
    """The shortest transition that keeps intergreens between who ends and who begins, and head starts among those.

    A group that begins needs its red-amber first, so it begins no earlier than `red_amber_s`. Groups without a conflict
    to an ending one begin early. Intergreens to groups that ended before this transition depend on how long `origin`
    ran, and so does the head start of a crossing that `origin` holds already; `plans.rules` checks them on the whole
    cycle and the gate on what was really shown.
    """
    memo = junction.transition_memo
    if (origin, target) not in memo:
        memo[origin, target] = _derive(junction, origin, target)
    return memo[origin, target]


def _derive(junction: Junction, origin: str, target: str) -> StageTransition:
    before, after = junction.stages[origin].groups, junction.stages[target].groups
    ending = [group for group in junction.group_order if group in before - after]
    soonest = {
        group: max([junction.groups[group].red_amber_s] + [junction.intergreens.get((end, group), 0) for end in ending])
        for group in junction.group_order
        if group in after - before
    }
    begins = with_head_starts(junction, soonest)
    switches = [GroupSwitch(group, 0, green=False) for group in ending]
    switches += [GroupSwitch(group, at_s, green=True) for group, at_s in begins.items()]
    return StageTransition(origin, target, tuple(switches), max(begins.values(), default=0))


def with_head_starts(junction: Junction, begins: Mapping[str, int]) -> dict[str, int]:
    """The begins of green, those of turning traffic so late that whoever leads it and begins as well is ahead."""
    later = dict(begins)
    for (leader, turning), leading_s in junction.head_starts.items():
        if leader in later and turning in later:
            later[turning] = max(later[turning], later[leader] + leading_s)
    return later


def transition_matrix(junction: Junction) -> Mapping[tuple[str, str], StageTransition]:
    """Every transition between two different stages."""
    return {
        (origin, target): transition(junction, origin, target)
        for origin in junction.stages
        for target in junction.stages
        if origin != target
    }


def quickest_way(
    junction: Junction, stage: str, group: str, among: Collection[str] | None = None
) -> tuple[StageTransition, int] | None:
    """The transition out of `stage` that brings the group's green soonest, and after how many seconds.

    It leads to one of the stages `among`, any by default.
    """
    ways = []
    for target in junction.stages.values() if among is None else [junction.stages[name] for name in among]:
        if target.id != stage and group in target.groups:
            change = transition(junction, stage, target.id)
            begins = [switch.at_s for switch in change.switches if switch.green and switch.group == group]
            ways += [(begin_s, change.duration_s, target.id, change) for begin_s in begins]
    if not ways:
        return None
    lead_s, _, _, change = min(ways, key=lambda way: way[:3])
    return change, lead_s

"""Everything that is legal at a junction as one plan: for control that chooses every stage by itself."""

from dataclasses import replace

from plans.junction import Junction
from plans.rules_on_demand import has_ways
from plans.table import open_frames
from plans.timing import MAX_ENTRIES, OnDemandStage, TimingPlan

REMEMBERED_PLANS = 32


def open_plan(junction: Junction, nominal: TimingPlan) -> TimingPlan:
    """The nominal plan with open frames, and every other stage of the junction on demand, the most useful ones first.

    The stage that the junction rests in comes before all others.

    Stages without a legal way from and to the whole cycle stay out, and so does what a plan has no room for.
    """
    memo = junction.open_plan_memo
    opened = memo.get(nominal)
    if opened is None:
        if len(memo) >= REMEMBERED_PLANS:
            memo.clear()
        opened = memo[nominal] = _opened(junction, nominal)
    return opened


def _opened(junction: Junction, nominal: TimingPlan) -> TimingPlan:
    cycle = tuple(dict.fromkeys(stage.stage for stage in nominal.stages))
    others = [name for name in junction.stages if name not in cycle and has_ways(junction, cycle, name)]
    others.sort(key=lambda name: (name != junction.rest, -_free_movements(junction, name)))
    room = max(0, MAX_ENTRIES - len(nominal.stages))
    on_demand = tuple(OnDemandStage(name, 0, nominal.cycle_s) for name in others[:room])
    return replace(open_frames(nominal), on_demand=on_demand)


def _free_movements(junction: Junction, stage: str) -> int:
    """Movements that the stage lets go without giving way to another one in it."""
    groups = junction.stages[stage].groups
    return sum(move.group in groups and not groups.intersection(move.yields_to) for move in junction.movements)

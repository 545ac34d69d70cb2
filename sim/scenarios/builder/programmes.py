"""Time-of-day programmes: as timing plans, and as the SUMO `tlLogic` that shows the same second by second."""

from collections.abc import Mapping
from itertools import groupby
from xml.sax.saxutils import quoteattr

from plans.junction import Aspect, Junction
from plans.table import expand, fixed_frames, used_cycle_s
from plans.timing import GreenTable, PlanStage, TimingPlan
from sim.network import Network
from sim.scenarios.builder.source import PlanSource
from sim.signals import signal_heads


def timing_plan(junction: Junction, plan_id: str, source: PlanSource) -> TimingPlan:
    """The junction's part of a programme, every stage at its fixed time.

    Raises:
        ValueError: Greens and transitions do not add up to the cycle.
    """
    own = source.junctions[junction.id]
    stages = tuple(PlanStage(stage, green_s, 0, source.cycle_s) for stage, green_s in own.greens_s.items())
    plan = TimingPlan(plan_id, junction.id, source.cycle_s, own.offset_s, stages, source.name)
    used_s = used_cycle_s(junction, plan)
    if used_s != source.cycle_s:
        raise ValueError(f"{plan_id}: {junction.id}: expected greens that fill {source.cycle_s} s, got {used_s} s")
    return fixed_frames(junction, plan)


def aspects_at(junction: Junction, table: GreenTable, second: int) -> Mapping[str, tuple[Aspect, int]]:
    """What each group shows in a plan second and for how long it has done so."""
    return {group: _aspect(junction, table, group, second) for group in junction.groups}


def _aspect(junction: Junction, table: GreenTable, group: str, second: int) -> tuple[Aspect, int]:
    lights = junction.groups[group]

    def green(at: int) -> bool:
        return table.is_green(group, at % table.cycle_s)

    now = green(second)
    same_s = next((n for n in range(1, table.cycle_s) if green(second - n) != now), table.cycle_s) - 1
    if now:
        return Aspect.GREEN, same_s
    if any(green(second + ahead) for ahead in range(1, lights.red_amber_s + 1)):
        return Aspect.RED_AMBER, 0
    if same_s < lights.amber_s:
        return Aspect.AMBER, same_s
    return Aspect.RED, same_s - lights.amber_s


def tl_logic(network: Network, junction: Junction, plan: TimingPlan) -> str:
    """The `tlLogic` element. SUMO shows second (time - offset) modulo cycle, as `TimingPlan` does."""
    heads = signal_heads(network, junction.id, junction)
    table = expand(junction, plan)
    letters = []
    for second in range(plan.cycle_s):
        shown = aspects_at(junction, table, second)
        letters.append(heads.letters({g: a for g, (a, _) in shown.items()}, {g: s for g, (_, s) in shown.items()}))
    head = f'id={quoteattr(junction.id)} type="static" programID={quoteattr(plan.id)} offset="{plan.offset_s}"'
    lines = [f"    <tlLogic {head}>"]
    lines += [f'        <phase duration="{len(list(run))}" state="{state}"/>' for state, run in groupby(letters)]
    return "\n".join([*lines, "    </tlLogic>"])


def programme_elements(network: Network, junctions: Mapping[str, Junction], plan_id: str, source: PlanSource) -> str:
    """All signals' `tlLogic` of one programme."""
    elements = [tl_logic(network, junctions[j], timing_plan(junctions[j], plan_id, source)) for j in source.junctions]
    return "\n".join(elements)

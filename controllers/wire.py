"""From a timing plan to what goes over the wire, by the junction's own numbering of stages and groups."""

import zlib

from controllers.codec import StagedPlan, WireGreen, WireStage
from plans.junction import Junction
from plans.sealed import TransitionMode
from plans.table import expand
from plans.timing import TimingPlan


def number_of(name: str) -> int:
    """The u32 by which a site or junction is known in block A: CRC-32 of its id."""
    return zlib.crc32(name.encode())


def staged_plan(
    junction: Junction,
    plan: TimingPlan,
    *,
    sequence: int,
    activate_at_utc_s: int,
    expires_utc_s: int,
    safety_hash: int,
    transition: TransitionMode = TransitionMode.SHORT_WAY,
) -> StagedPlan:
    """The plan as block G carries it, with the group greens that its stages give.

    Raises:
        KeyError: the plan names a stage that the junction does not have.
    """
    stages = {name: number for number, name in enumerate(junction.stage_order, start=1)}
    groups = {name: number for number, name in enumerate(junction.group_order, start=1)}
    return StagedPlan(
        sequence=sequence,
        activate_at=activate_at_utc_s,
        expires=expires_utc_s,
        safety_hash=safety_hash,
        cycle=plan.cycle_s,
        offset=plan.offset_s % plan.cycle_s,
        transition=transition,
        stages=tuple(
            WireStage(stages[stage.stage], stage.green_s, stage.earliest_start_s, stage.latest_end_s)
            for stage in plan.stages
        ),
        greens=tuple(
            WireGreen(groups[interval.group], interval.start_s, interval.end_s - interval.start_s)
            for interval in expand(junction, plan).intervals
        ),
    )

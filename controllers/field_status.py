"""What a controller says of itself and of its groups, from its registers into the service's terms."""

from controllers.codec import CodecError, Status, meaning, read_group_word
from controllers.driver import ControllerMode, FieldStatus, PlanState
from plans.junction import Aspect, Junction


def field_status(
    junction: Junction, status: Status, group_words: list[int], *, takes_on_demand: bool = True
) -> FieldStatus:
    """Blocks B and C in the service's terms.

    Raises:
        CodecError: A register holds a number that the map does not know.
    """
    stages = ("", *junction.stage_order)
    aspects: dict[str, Aspect] = {}
    times: dict[str, int] = {}
    for name, word in zip(junction.group_order, group_words, strict=True):
        aspects[name], times[name] = read_group_word(word)
    for register, number in (("stage", status.stage), ("next_stage", status.next_stage)):
        if number >= len(stages):
            raise CodecError(f"{register}: expected 0 to {len(stages) - 1}, got {number}")
    return FieldStatus(
        junction=junction.id,
        utc_s=status.utc,
        mode=meaning(ControllerMode, "mode", status.mode),
        plan_state=meaning(PlanState, "plan_state", status.plan_state),
        active_sequence=status.active_sequence,
        active_crc=status.active_crc,
        cycle_s=status.cycle,
        plan_second=status.second,
        stage=stages[status.stage],
        next_stage=stages[status.next_stage],
        time_in_stage_s=status.time_in_stage // 10,
        aspects=aspects,
        time_in_aspect_s=times,
        lease_left_s=status.lease_left / 10,
        heartbeat_echo=status.heartbeat_echo,
        epoch=status.epoch,
        clock_synchronised=bool(status.clock_quality),
        reject_code=status.reject_code,
        reject_element=status.reject_element,
        boots=status.boots,
        rejects=status.rejects,
        fallbacks=status.fallbacks,
        conflict_trips=status.conflict_trips,
        alarms=status.alarms,
        takes_on_demand=takes_on_demand,
    )

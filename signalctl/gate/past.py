"""What a controller's status says about the past: when each group's green began or ended."""

from collections.abc import Mapping

from controllers.driver import FieldStatus
from plans.history import GroupPast, History
from plans.junction import Aspect, Junction

# a decision reaches the street no earlier than in the second after the status it was made from
ACT_AFTER_S = 1


def history_of(junction: Junction, status: FieldStatus) -> History | None:
    """Begin or end of green of every group, in the controller's UTC seconds; None where the status is unclear.

    Amber and red follow green, so a group that shows red ended its green one amber before. A group in red-amber is
    counted by the junction's own times as well: it ended no later than its red-amber began. As long as no group changes
    it is the same object, so that what follows from it can be kept.
    """
    utc_s, aspects = status.utc_s, status.aspects
    since_s = {name: utc_s - shown_s for name, shown_s in status.time_in_aspect_s.items()}
    known = junction.last_memo.get("history")
    if known is not None and known[0] == aspects and known[1] == since_s:
        history: History | None = known[2]
        return history
    history = _history(junction, aspects, since_s)
    junction.last_memo["history"] = (dict(aspects), since_s, history)
    return history


def _history(junction: Junction, aspects: Mapping[str, Aspect], shown_since_s: Mapping[str, int]) -> History | None:
    past: dict[str, GroupPast] = {}
    for name, group in junction.groups.items():
        aspect, since_s = aspects.get(name), shown_since_s.get(name)
        if since_s is None:
            return None
        if aspect is Aspect.GREEN:
            past[name] = GroupPast(True, since_s)
        elif aspect is Aspect.AMBER:
            past[name] = GroupPast(False, since_s)
        elif aspect in (Aspect.RED, Aspect.RED_AMBER):
            past[name] = GroupPast(False, since_s - group.amber_s)
        else:
            return None
    return past


def completed(junction: Junction, stage: str, utc_s: int, history: History) -> History:
    """The past as it will be when the transition to `stage` is complete, at `utc_s` at the earliest."""
    wanted = junction.stages[stage].groups
    return {
        name: past if past.green == (name in wanted) else GroupPast(name in wanted, utc_s)
        for name, past in history.items()
    }


def stage_agrees(junction: Junction, status: FieldStatus, history: History) -> bool:
    """Whether exactly the groups of the stage that the controller names are green."""
    return {name for name, past in history.items() if past.green} == junction.stages[status.stage].groups

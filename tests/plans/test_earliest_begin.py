"""When a transition may begin: the rules looked up once say what going through them one by one says."""

from hypothesis import given
from hypothesis import strategies as st

from plans.history import GroupPast, earliest_begin_s, waits
from plans.junction import Junction
from plans.stage_transition import GroupSwitch, StageTransition
from plans.transition import transition_matrix

SECONDS = st.integers(-400, 0)


@given(data=st.data())
def test_the_last_of_the_waits_decides(crossroads: Junction, data: st.DataObject) -> None:
    """For every transition of the junction and any past, and for one with other switches in its place."""
    history = {
        group: GroupPast(data.draw(st.booleans(), label=f"{group} green"), data.draw(SECONDS, label=group))
        for group in crossroads.groups
    }
    for change in transition_matrix(crossroads).values():
        expected = max((wait.until_s for wait in waits(crossroads, history, change)), default=None)
        assert earliest_begin_s(crossroads, history, change) == expected
        later = tuple(
            GroupSwitch(one.group, one.at_s + data.draw(st.integers(0, 9)), one.green) for one in change.switches
        )
        other = StageTransition(change.origin, change.target, later, change.duration_s)
        expected = max((wait.until_s for wait in waits(crossroads, history, other)), default=None)
        assert earliest_begin_s(crossroads, history, other) == expected

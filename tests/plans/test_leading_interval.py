"""People on foot and cyclists get green ahead of the traffic that turns across them."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from plans.codes import Code
from plans.history import GroupPast, earliest_begin_s, waits
from plans.junction import GroupKind, Junction, SignalGroup, Stage
from plans.rules import check_junction, check_plan, errors
from plans.safety_hash import safety_bytes, safety_hash
from plans.schema import parse_site
from plans.site import Site
from plans.site_dump import site_text
from plans.stage_order import StageOrder
from plans.stage_transition import GroupSwitch, StageTransition
from plans.table import fixed_frames, used_cycle_s
from plans.timing import PlanStage, TimingPlan
from plans.transition import transition


def leading(junction: Junction, **seconds: int) -> Junction:
    """The junction with these leading intervals."""
    groups = {name: replace(junction.groups[name], leading_s=value) for name, value in seconds.items()}
    return replace(junction, groups={**junction.groups, **groups})


def begins(junction: Junction, origin: str, target: str) -> dict[str, int]:
    """When groups begin green in a transition."""
    return {switch.group: switch.at_s for switch in transition(junction, origin, target).switches if switch.green}


def with_bicycles(junction: Junction) -> Junction:
    """Cyclists along the main road yield to F2, and K1 turns right across them."""
    movements = [replace(m, yields_to=(*m.yields_to, "R1")) if m.id == "east_right" else m for m in junction.movements]
    beside = replace(junction.movements[0], id="bicycles", group="R1", yields_to=("F2",))
    return replace(
        junction,
        groups={**junction.groups, "R1": SignalGroup("R1", GroupKind.BICYCLE, 5, amber_s=2)},
        stages={**junction.stages, "A": replace(junction.stages["A"], groups=junction.stages["A"].groups | {"R1"})},
        movements=(*movements, beside),
        intergreens={**junction.intergreens, ("R1", "K3"): 5, ("K3", "R1"): 6, ("R1", "F1"): 4, ("F1", "R1"): 11},
    )


def with_crossing_alone(junction: Junction) -> Junction:
    """The junction with a stage D in which only the crossing F2 is green."""
    return replace(junction, stages={**junction.stages, "D": Stage("D", frozenset({"F2"}))})


def planned(junction: Junction, *stages: tuple[str, int]) -> TimingPlan:
    """A plan of these stages and greens."""
    plan = TimingPlan("P", "J1", 1, 0, tuple(PlanStage(name, green_s, 0, 1) for name, green_s in stages))
    return fixed_frames(junction, replace(plan, cycle_s=used_cycle_s(junction, plan)))


def test_turning_traffic_begins_later_by_the_leading_interval(crossroads: Junction) -> None:
    """F1 waits 6 s for the main road, K3 turns across it: 9 s instead of the 7 s that intergreens ask of it."""
    assert begins(crossroads, "A", "B") == {"K3": 7, "F1": 6}
    led = leading(crossroads, F1=3)
    assert begins(led, "A", "B") == {"K3": 9, "F1": 6}
    assert transition(led, "A", "B").duration_s == 9
    assert not errors(check_junction(led))
    # K1 and K2 wait so long for F1 to clear that F2 is ahead anyway
    assert begins(leading(crossroads, F2=3), "B", "A") == begins(crossroads, "B", "A")


def test_people_on_foot_lead_cyclists_who_lead_motor_traffic(crossroads: Junction) -> None:
    """F2 leads bicycles and both roads' turns by 7 s; bicycles lead K1, which turns across them, by 2 s more."""
    led = leading(with_bicycles(crossroads), F2=7, R1=2)
    led = replace(led, intergreens={**led.intergreens, ("F1", "R1"): 6, ("F1", "K1"): 6, ("F1", "K2"): 6})
    assert begins(led, "B", "A") == {"F2": 5, "R1": 12, "K1": 14, "K2": 12}
    assert led.head_starts == {("F2", "K1"): 7, ("F2", "K2"): 7, ("F2", "R1"): 7, ("R1", "K1"): 2}


def test_nobody_leads_whom_they_conflict_with_or_softer_traffic(crossroads: Junction) -> None:
    """Yielding to a group in conflict, or on foot to cyclists, gives no head start; neither does yielding to cars."""
    junction = leading(with_bicycles(crossroads), R1=2, F1=2)
    walkers = replace(junction.movements[0], id="walk", group="F2", yields_to=("R1",))
    turning = replace(junction.movements[0], id="far", yields_to=("F1", "K3"))
    junction = replace(junction, movements=(*junction.movements, walkers, turning))
    assert junction.head_starts == {("F1", "K3"): 2, ("R1", "K1"): 2}


def test_an_own_transition_must_keep_it(crossroads: Junction) -> None:
    """The site's own transition is not changed; one that lets K3 begin beside F1 is an error."""
    switches = [GroupSwitch(group, 0, green=False) for group in ("K1", "K2", "F2")]
    switches += [GroupSwitch("F1", 6, green=True), GroupSwitch("K3", 8, green=True)]
    own = replace(crossroads, transitions={("A", "B"): StageTransition("A", "B", tuple(switches), 8)})
    assert not check_junction(leading(own, F1=2))
    found = check_junction(leading(own, F1=3))
    assert [(f.code, f.element, f.expected, f.got) for f in found] == [
        (Code.TRANSITION_LEADING, "J1/transitions/A/B/F1/K3", ">= 3 s", "2 s")
    ]


def test_a_crossing_that_is_green_already_has_had_its_head_start_or_waits_for_the_rest(crossroads: Junction) -> None:
    """After a stage with the crossing alone, traffic begins when the crossing has been green for 7 s in all."""
    led = with_crossing_alone(leading(crossroads, F2=7))
    short, enough = planned(led, ("A", 20), ("B", 15), ("D", 5)), planned(led, ("A", 20), ("B", 15), ("D", 6))
    found = errors(check_plan(led, short))
    assert [(f.code, f.expected, f.got) for f in found if f.element == "J1/plans/P/F2/K1"] == [
        (Code.LEADING_SHORT, ">= 7 s", "6 s")
    ]
    assert Code.LEADING_SHORT not in {f.code for f in check_plan(led, enough)}
    order = StageOrder(led, ("A", "B", "D"))
    assert not order.keeps((20, 15, 5))
    found_greens = order.feasible(80)
    assert found_greens is not None
    assert found_greens[2] >= 6


def test_the_past_holds_turning_traffic_back(crossroads: Junction) -> None:
    """F2 is green since second 100 and leads by 7 s; red-amber of K1 may begin at 106, and its green at 107."""
    led = with_crossing_alone(leading(crossroads, F2=7))
    change = transition(led, "D", "A")
    past = {name: GroupPast(name == "F2", 100 if name == "F2" else 0) for name in led.groups}
    assert earliest_begin_s(led, past, change) == 106
    waiting = [wait for wait in waits(led, past, change) if wait.code is Code.LEADING_SHORT]
    assert {(wait.group, wait.until_s, wait.needed_s) for wait in waiting} == {("K1", 106, 7), ("K2", 106, 7)}


def test_a_crossing_that_begins_into_running_traffic_gets_none_and_an_engineer_is_told(crossroads: Junction) -> None:
    """From C (main road without its crossing) to A only F2 begins: at once, and `check` warns."""
    led = leading(crossroads, F2=3)
    led = replace(led, stages={**led.stages, "C": Stage("C", frozenset({"K1", "K2"}))})
    assert begins(led, "C", "A") == {"F2": 0}
    found = check_plan(led, planned(led, ("C", 10), ("A", 20), ("B", 22)))
    assert not errors(found)
    assert {(f.code, f.element) for f in found if "F2" in f.element} == {
        (Code.LEADING_LOST, "J1/plans/P/F2/K1"),
        (Code.LEADING_LOST, "J1/plans/P/F2/K2"),
    }


FAULTS: dict[str, tuple[Code, Callable[[Junction], Junction]]] = {
    "of motor traffic": (Code.LEADING_OUT_OF_RANGE, lambda j: leading(j, K1=2)),
    "longer than anybody's": (Code.LEADING_OUT_OF_RANGE, lambda j: leading(j, F1=11)),
    "over nobody": (Code.LEADING_NOBODY, lambda j: leading(replace(j, movements=()), F1=2)),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_leading_interval_that_means_nothing_is_refused(crossroads: Junction, name: str) -> None:
    """It belongs to people on foot and cyclists, is no slip of the pen, and somebody turns across them."""
    code, spoil = FAULTS[name]
    found = [f for f in errors(check_junction(spoil(crossroads))) if f.element.endswith("/leading_s")]
    assert [f.code for f in found] == [code]


def test_the_safety_hash_knows_who_leads_whom(crossroads: Junction) -> None:
    """Without leading intervals it is what it was; with one, seconds and turning groups count."""
    assert b"head_starts" not in safety_bytes(crossroads)
    led = leading(crossroads, F1=3)
    others = [crossroads, leading(crossroads, F1=2), leading(crossroads, F1=3, F2=3)]
    assert safety_hash(led) not in {safety_hash(other) for other in others}
    renamed = replace(led, movements=tuple(replace(movement, id=f"m_{movement.id}") for movement in led.movements))
    assert safety_hash(renamed) == safety_hash(led)


def test_it_stands_in_the_site_file(example: Site) -> None:
    """`leading_s` of a group is read and written back; without it nothing is written."""
    assert "leading_s" not in site_text(example)
    led = replace(example, junctions={"J1": leading(example.junctions["J1"], F1=3)})
    text = site_text(led)
    assert "leading_s: 3" in text
    assert parse_site(text).site.junctions["J1"].groups["F1"].leading_s == 3

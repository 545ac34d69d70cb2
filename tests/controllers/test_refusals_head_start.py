"""The cabinet keeps leading intervals itself: from a start on, in its transitions, against plans and requests."""

from dataclasses import replace

from controllers.logic import FieldController
from controllers.refusals import RefusalCode
from plans.junction import Aspect, Junction, Lane, Movement, Stage, Turn
from plans.sealed import RequestAction
from plans.stage_transition import GroupSwitch, StageTransition
from tests.controllers.samples import Master, make_controller, make_plan, run, sample_junction
from tests.controllers.seeded import reached, verify

LEAD_S = 6
K1 = 1  # its number on the wire


def led_junction(**changes: object) -> Junction:
    """The sample junction: F2, green with K1 in stage A and alone in stage W, leads K1, which turns across it."""
    base = sample_junction()
    return replace(
        base,
        groups={**base.groups, "F2": replace(base.groups["F2"], leading_s=LEAD_S)},
        stages={**base.stages, "W": Stage("W", frozenset({"F2"}))},
        lanes={"main": Lane("main", "main", 100.0, 13.9)},
        movements=(Movement("turn", "main", "K1", Turn.LEFT, "out", ("F2",)),),
        **changes,  # type: ignore[arg-type]
    )


def begins(controller: FieldController, seconds: int) -> list[tuple[str, int]]:
    """Who of F2 and K1 begins green after how many seconds."""
    found = []
    before = controller.aspects()
    for second in range(1, seconds + 1):
        run(controller, 1)
        after = controller.aspects()
        found += [(g, second) for g in ("F2", "K1") if after[g] is Aspect.GREEN and before[g] is not Aspect.GREEN]
        before = after
    return found


def under_lease(junction: Junction) -> Master:
    """A controller of the junction in its local plan."""
    local = make_plan(junction, [("A", 20), ("C", 12), ("B", 15)], is_open=True, name="day")
    master = Master(make_controller(junction, local_plans={"day": local}))
    run(master.controller, 100)
    assert master.lease(120) is None
    return master


def test_from_a_start_on_the_crossing_is_ahead() -> None:
    """After all red, and whenever the stage comes again, F2 begins 6 s or more before K1; the monitor agrees."""
    junction = led_junction()
    local = make_plan(junction, [("A", 20), ("C", 12), ("B", 15)], name="day")
    controller = make_controller(junction, local_plans={"day": local})
    found = begins(controller, 300)
    assert len(found) >= 8
    assert [group for group, _ in found] == ["F2", "K1"] * (len(found) // 2)
    assert all(later - earlier >= LEAD_S for (_, earlier), (_, later) in zip(found[::2], found[1::2], strict=True))
    assert controller.conflict_trips == 0


def test_a_request_waits_for_the_rest_of_the_head_start() -> None:
    """F2 has been green alone for less than 6 s: the cabinet refuses to let K1 follow, and then lets it."""
    master = under_lease(led_junction())
    controller = master.controller
    greens = [("A", 20), ("C", 12), ("B", 15)]
    plan = make_plan(controller.config.junction, greens, is_open=True, on_demand=["W"])
    assert master.push(master.wire(plan)) is None
    wanted = iter(("C", "W"))
    stage = next(wanted)
    for _ in range(400):
        master.lease(120)
        if controller.status().stage == stage:
            if stage == "W":
                break
            stage = next(wanted)
        master.request(RequestAction.GO, stage)
        run(controller, 1)
    status = controller.status()
    assert (status.stage, status.time_in_aspect_s["F2"]) == ("W", 0)
    for _ in range(4):
        reached(master.request(RequestAction.GO, "A"), RefusalCode.HEAD_START, K1)
        master.request(RequestAction.HOLD, "W")
        run(controller, 1)
    assert master.request(RequestAction.GO, "A") is None
    assert begins(controller, 2) == [("K1", 2)]
    assert controller.conflict_trips == 0


def test_a_plan_whose_short_stage_spoils_it_is_refused() -> None:
    """Stage W for 4 s and then A: K1 would begin 5 s after F2. With a second more the plan is accepted."""
    master = under_lease(led_junction())
    junction = master.controller.config.junction
    for green_s, code in ((4, RefusalCode.HEAD_START), (5, None)):
        plan = make_plan(junction, [("W", green_s), ("A", 20), ("C", 12), ("B", 15)], is_open=True)
        refusal = verify(master, master.wire(plan))
        if code is None:
            assert refusal is None
        else:
            reached(refusal, code, K1)


def test_a_transition_that_spoils_it_is_never_made() -> None:
    """The site's own transition lets both begin at once: no plan may use it, nor a request."""
    switches = [GroupSwitch("K3", 0, green=False), GroupSwitch("K1", 9, green=True), GroupSwitch("F2", 9, green=True)]
    own = StageTransition("C", "A", tuple(switches), 9)
    good = led_junction()
    master = under_lease(good)
    spoilt = make_controller(
        replace(good, transitions={("C", "A"): own}),
        local_plans={"day": make_plan(good, [("A", 20), ("B", 15), ("C", 12), ("B", 15)], is_open=True)},
    )
    assert spoilt.compiled.transitions[2][0] is None
    assert master.controller.compiled.transitions[2][0] is not None


def test_a_crossing_does_not_begin_in_the_second_in_which_the_others_did() -> None:
    """Stage X (K1 alone) is complete and left for A at once: F2 waits a second, or nobody could tell who leads."""
    base = led_junction()
    compiled = make_controller(
        replace(base, stages={**base.stages, "X": Stage("X", frozenset({"K1"}))}),
        local_plans={"day": make_plan(base, [("A", 20), ("C", 12), ("B", 15)])},
    ).compiled
    change = compiled.transitions[4][0]
    assert change is not None
    assert change.begins == ((4, 0),)
    assert change.led == ((4, 0, 1),)

"""Adaptive control on situations whose answer is known without calculation."""

from dataclasses import replace

import pytest

from detectors.picture import CrossingPicture, PriorityRequest
from plans.junction import Mode, Stage, Turn
from plans.sealed import RequestAction, RequestReason
from signalctl.gate import Gate
from signalctl.strategies.observe import Observer
from signalctl.strategies.parameters import AdaptiveParameters
from signalctl.strategy import SECONDS_TO_SERVE

HOLD, GO = RequestAction.HOLD, RequestAction.GO
QUEUE = [(1.0, 0.0), (8.5, 0.0), (16.0, 0.0), (23.5, 0.0)]


def test_an_empty_junction_rests(crossroads, decide):
    """Nobody is there: nothing changes."""
    decision = decide(crossroads.picture(), crossroads.status("NS", 40))
    assert (decision.action, decision.stage) == (HOLD, "NS")


def test_one_who_waits_at_an_empty_junction_is_served_at_once(crossroads, decide, vehicles):
    """A single car on red gets its green in the same second when nobody else comes."""
    picture = crossroads.picture({"e": vehicles([(1.0, 0.0)])})
    decision = decide(picture, crossroads.status("NS", 40))
    assert (decision.action, decision.stage) == (GO, "EW")


def test_a_queue_that_discharges_is_not_cut_for_one_car(crossroads, decide, vehicles):
    """Eight cars that cross now outweigh one that waits."""
    flowing = [(2.0 + 12.0 * k, 8.0) for k in range(8)]
    picture = crossroads.picture({"n": vehicles(flowing), "s": vehicles(flowing), "e": vehicles([(1.0, 0.0)])})
    assert decide(picture, crossroads.status("NS", 8)).action is HOLD


def test_a_bus_outweighs_cars(crossroads, decide, vehicles):
    """What eight cars could not be cut for, a bus with thirty people is."""
    flowing = [(40.0 + 25.0 * k, 13.9) for k in range(5)]
    cars = {"n": vehicles(flowing), "e": vehicles([(1.0, 0.0)])}
    bus = {**cars, "e": vehicles([(1.0, 0.0)], mode=Mode.BUS)}
    status = crossroads.status("NS", 12)
    assert decide(crossroads.picture(cars), status).action is HOLD
    assert decide(crossroads.picture(bus), status).action is GO


def test_a_request_counts_like_the_vehicle_it_stands_for(crossroads, decide, vehicles):
    """A bus that only its telegram announces is served as well, and the reason says so."""
    flowing = [(40.0 + 25.0 * k, 13.9) for k in range(5)]
    request = PriorityRequest("r", "J", "ew", Mode.BUS, level=3, eta_s=4.0, persons=40.0)
    picture = crossroads.picture({"n": vehicles(flowing)}, requests=(request,))
    decision = decide(picture, crossroads.status("NS", 12))
    assert (decision.action, decision.stage, decision.reason) == (GO, "EW", RequestReason.TRANSIT)


def test_a_bus_ahead_of_schedule_waits(crossroads, decide, vehicles):
    """Priority is conditional: ahead of schedule it loses its weight."""
    flowing = [(30.0 + 18.0 * k, 13.9) for k in range(9)]
    arms = {"n": vehicles(flowing), "s": vehicles(flowing)}
    late = PriorityRequest("r", "J", "ew", Mode.BUS, level=3, eta_s=3.0, persons=20.0, lateness_s=240.0)
    early = replace(late, lateness_s=-120.0)
    status = crossroads.status("NS", 12)
    assert decide(crossroads.picture(arms, requests=(late,)), status).action is GO
    assert decide(crossroads.picture(arms, requests=(early,)), status).action is HOLD


@pytest.mark.parametrize(("wait_s", "action"), [(5.0, HOLD), (65.0, GO)])
def test_one_pedestrian_near_the_cap_stops_a_stream(crossroads, decide, vehicles, wait_s, action):
    """One person at the kerb lets a platoon pass first, but not when the wait nears 73 s: the change takes 8 s."""
    flowing = [(5.0 + 15.0 * k, 13.9) for k in range(10)]
    people = {"walk_ew": CrossingPicture("walk_ew", requested=True, waiting=1.0, longest_wait_s=wait_s)}
    picture = crossroads.picture({"n": vehicles(flowing), "s": vehicles(flowing)}, people)
    assert decide(picture, crossroads.status("NS", 20)).action is action


def test_nobody_on_foot_waits_longer_than_the_cap(crossroads, decide, vehicles):
    """A hundred cars on green do not outweigh one person who has waited 70 s: the change takes 8 s more."""
    flowing = [(2.0 + 7.5 * k, 8.0) for k in range(25)]
    arms = {"n": vehicles(flowing), "s": vehicles(flowing)}
    people = {"walk_ew": CrossingPicture("walk_ew", requested=True, waiting=1.0, longest_wait_s=70.0)}
    decision = decide(crossroads.picture(arms, people), crossroads.status("NS", 10))
    assert (decision.action, decision.stage, decision.reason) == (GO, "EW", RequestReason.PEDESTRIAN)
    assert (decision.cost, decision.unit) == (8, SECONDS_TO_SERVE)


def test_a_green_lane_that_does_not_move_is_not_being_served(crossroads, decide, vehicles):
    """Believe what you see: a queue that stands on green does not keep a stage from one that can move."""
    status = crossroads.status("NS", 20)
    moving = {"n": vehicles(QUEUE), "e": vehicles([(1.0, 0.0)])}
    standing = {**moving, "n": vehicles(QUEUE, head_still_s=5.0)}
    assert decide(crossroads.picture(moving), status).action is HOLD
    assert decide(crossroads.picture(standing), status).action is GO


def test_no_green_is_given_to_a_full_exit(crossroads, decide, vehicles):
    """A queue whose exit is blocked would only stand on green."""
    arms = {"e": vehicles([(1.0, 0.0)]), "w": vehicles(QUEUE)}
    full = frozenset({"out_e", "out_w"})
    assert decide(crossroads.picture(arms), crossroads.status("NS", 20)).action is GO
    assert decide(crossroads.picture(arms, blocked=full), crossroads.status("NS", 20)).action is HOLD


@pytest.mark.parametrize("turn", [Turn.STRAIGHT, Turn.LEFT, None])
@pytest.mark.parametrize("since_s", range(0, 8))
def test_a_requested_change_never_breaks_a_minimum_green(crossroads, decide, vehicles, turn, since_s):
    """Whatever waits, the gate finds nothing to refuse."""
    arms = {arm: vehicles(QUEUE, turn=turn, waiting_s=90.0) for arm in "ew"}
    status = crossroads.status("NS", since_s)
    decision = decide(crossroads.picture(arms), status)
    gate = Gate({"J": crossroads.junction})
    verdict = gate.check_request(decision, status, decide.all(crossroads.picture(arms), status).plans["J"].plan)
    assert hasattr(verdict, "seal"), verdict
    assert decision.action is (HOLD if since_s < 4 else GO)


def test_the_longest_red_is_kept_whatever_traffic_says(crossroads, decide, vehicles):
    """A group that nobody claims still gets green before its longest red is over."""
    flowing = [(5.0 + 15.0 * k, 13.9) for k in range(10)]
    status = crossroads.status("NS", 288)
    status = replace(status, time_in_aspect_s={**status.time_in_aspect_s, "ew": 288, "walk_ew": 288})
    decision = decide(crossroads.picture({"n": vehicles(flowing)}), status)
    assert (decision.action, decision.stage) == (GO, "EW")


def test_during_a_change_only_its_target_is_asked_for(crossroads, decide, vehicles):
    """A change that has begun is finished."""
    decision = decide(crossroads.picture({"n": vehicles(QUEUE)}), crossroads.status("", 2, next_stage="EW"))
    assert decision.stage == "EW"


def test_the_same_picture_gives_the_same_decision(crossroads, decide, vehicles):
    """Deterministic to the last digit."""
    picture = crossroads.picture({"n": vehicles(QUEUE), "e": vehicles(QUEUE[:2], turn=None)})
    status = crossroads.status("NS", 9)
    assert decide(picture, status) == decide(picture, status)


def test_the_order_of_lanes_and_stages_does_not_matter(crossroads, decide, vehicles):
    """A junction written down the other way round is controlled the same."""
    junction = crossroads.junction
    turned = replace(
        junction,
        lanes=dict(reversed(junction.lanes.items())),
        stages=dict(reversed(junction.stages.items())),
        groups=dict(reversed(junction.groups.items())),
    )
    picture = crossroads.picture({"n": vehicles(QUEUE), "e": vehicles(QUEUE), "w": vehicles([(60.0, 13.9)])})
    status = crossroads.status("NS", 9)
    before = decide(picture, status)
    crossroads.junction = turned
    after = decide(picture, status)
    assert (after.action, after.stage) == (before.action, before.stage)
    assert after.cost == pytest.approx(before.cost)


def test_a_decision_says_why_and_what_else_was_weighed(crossroads, decide, vehicles):
    """One sentence, and what the other first step would cost: never less than what was chosen."""
    decision = decide(crossroads.picture({"e": vehicles(QUEUE)}), crossroads.status("NS", 20))
    assert decision.why.endswith(".")
    assert "EW" in decision.why
    assert [one.action for one in decision.alternatives] == [HOLD]
    assert all(one.cost >= decision.cost for one in decision.alternatives)


def test_a_change_that_saves_hardly_anything_is_not_made(crossroads, decide, vehicles):
    """Noise in the forecast must not flicker the signals; the words say that the change was cheaper."""
    arms = {
        "n": vehicles([(120.0 + 15.0 * k, 13.0) for k in range(4)]),
        "e": vehicles([(1.0 + 7.5 * k, 0.0) for k in range(8)]),
    }
    picture, status = crossroads.picture(arms), crossroads.status("NS", 20)
    assert decide(picture, status).action is GO
    decide.options = {"parameters": AdaptiveParameters(switch_ratio=0.05)}
    decision = decide(picture, status)
    assert decision.action is HOLD
    assert decision.alternatives[0].cost < decision.cost
    assert decision.why.endswith("too few.")


def test_a_stage_that_serves_nobody_is_left_although_its_twin_has_no_crossing(crossroads, decide, vehicles):
    """Lanes that stand on green would stand as well once only their crossing is red: that is no way out."""
    junction = crossroads.junction
    without = Stage("NS_nowalk", frozenset({"ns"}))
    crossroads.junction = replace(junction, stages={**junction.stages, without.id: without})
    jammed = vehicles([(1.0 + 7.5 * k, 0.0) for k in range(12)], waiting_s=600.0, head_still_s=40.0)
    picture = crossroads.picture({"n": jammed, "s": jammed, "e": vehicles(QUEUE)})
    status = replace(crossroads.status("NS", 60), takes_on_demand=True)
    assert (decide(picture, status).action, decide(picture, status).stage) == (GO, "EW")


@pytest.mark.parametrize(("mode", "weight"), [(Mode.BICYCLE, 2.0), (Mode.CAR, 1.25)])
def test_long_waits_weigh_more_and_those_of_bicycles_sooner(crossroads, vehicles, mode, weight):
    """After a minute a cyclist counts double, a car by a quarter more."""
    observer = Observer.of(crossroads.junction, dict.fromkeys(Mode, 1.0), AdaptiveParameters())
    picture = crossroads.picture({"e": vehicles([(1.0, 0.0)], mode=mode, waiting_s=60.0)})
    assert observer.see(picture.junctions["J"], {}).weight.tolist() == [weight]


def test_a_full_exit_is_expected_to_have_room_before_long(crossroads, decide, vehicles):
    """Nobody is written off for the whole horizon: the queue is predicted to leave once the exit has room."""
    arms, full = {"e": vehicles([]), "w": vehicles(QUEUE)}, frozenset({"out_e", "out_w"})
    costs = []
    for blocked_s in (5.0, 15.0, 1000.0):
        numbers = AdaptiveParameters().numbers._replace(blocked_s=blocked_s)
        decide.options = {"parameters": AdaptiveParameters(numbers=numbers)}
        costs.append(decide(crossroads.picture(arms, blocked=full), crossroads.status("EW", 20)).cost)
    assert costs[0] < costs[1] < costs[2]

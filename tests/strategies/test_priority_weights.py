"""What a request weighs: emergency vehicles above everything, liars less and less, by the policy of the site."""

import pytest

from detectors.picture import PriorityRequest, RequestState
from plans.junction import Mode
from plans.policy import WEIGHTS, Policy
from plans.sealed import RequestAction, RequestReason

HOLD, GO = RequestAction.HOLD, RequestAction.GO
CROWDED = [(2.0 + 14.0 * k, 10.0) for k in range(18)]


def request(mode: Mode, **more: object) -> PriorityRequest:
    """Somebody on the road that has red, four seconds away."""
    return PriorityRequest("r", "J", "ew", mode, level=14, eta_s=4.0, **more)  # type: ignore[arg-type]


def test_an_emergency_vehicle_outweighs_everybody(crossroads, decide, vehicles):
    """Full trams on both main approaches, for ever: the fire engine gets its green, an ordinary bus does not."""
    trams = {"n": vehicles(CROWDED, mode=Mode.TRAM), "s": vehicles(CROWDED, mode=Mode.TRAM)}
    status = crossroads.status("NS", 12)
    bus = decide(crossroads.picture(trams, requests=(request(Mode.BUS),)), status)
    engine = decide(crossroads.picture(trams, requests=(request(Mode.EMERGENCY),)), status)
    assert bus.action is HOLD
    assert (engine.action, engine.stage, engine.reason) == (GO, "EW", RequestReason.TRANSIT)


def test_a_distrusted_request_counts_less(crossroads, decide, vehicles):
    """A bus that stops a stream of cars does not when it has not come so often that it is hardly believed."""
    arms = {"n": vehicles([(30.0 + 18.0 * k, 13.9) for k in range(9)]), "s": vehicles([])}
    status = crossroads.status("NS", 12)
    for trust_ratio, action in ((1.0, GO), (0.1, HOLD)):
        asking = request(Mode.BUS, persons=20.0, trust_ratio=trust_ratio)
        assert decide(crossroads.picture(arms, requests=(asking,)), status).action is action


def test_who_is_only_received_does_not_count(crossroads, decide, vehicles):
    """Beyond the cap of what counts at once, a request changes nothing."""
    arms = {"n": vehicles([(30.0 + 18.0 * k, 13.9) for k in range(9)])}
    waiting = request(Mode.BUS, persons=40.0, state=RequestState.RECEIVED)
    decision = decide(crossroads.picture(arms, requests=(waiting,)), crossroads.status("NS", 12))
    assert (decision.action, decision.reason) == (HOLD, RequestReason.TRAFFIC)


@pytest.mark.parametrize(("policy", "action"), [(Policy.BALANCED, HOLD), (Policy.TRANSIT_FIRST, GO)])
def test_the_policy_decides_between_bus_and_cars(crossroads, decide, vehicles, policy, action):
    """A bus that has to let a stream of cars pass under the balanced policy goes first where transit comes first."""
    arms = {arm: vehicles([(2.0 + 7.5 * k, 8.0) for k in range(25)]) for arm in "ns"}
    decide.options = {"weights": WEIGHTS[policy]}
    decision = decide(crossroads.picture(arms, requests=(request(Mode.BUS),)), crossroads.status("NS", 12))
    assert decision.action is action

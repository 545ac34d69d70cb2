"""What a request weighs: emergency vehicles above everything, liars less and less, by the policy of the site."""

import pytest

from detectors.picture import CrossingPicture, PriorityRequest, RequestState
from plans.junction import Mode
from plans.policy import WEIGHTS, Policy
from plans.sealed import RequestAction, RequestReason
from signalctl.strategies import make_strategy
from signalctl.strategies.observe import Observer
from signalctl.strategies.parameters import AdaptiveParameters

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


def test_who_lost_green_to_priority_counts_more(crossroads, vehicles):
    """Twice for vehicles and people whose group is owed, whether its turn is seen or not."""
    weights = dict.fromkeys(Mode, 1.0)
    observer = Observer.of(crossroads.junction, weights, AdaptiveParameters())
    arms = {"n": vehicles([(5.0, 0.0)]), "e": vehicles([(5.0, 0.0)]), "w": vehicles([(5.0, 0.0)], turn=None)}
    people = {name: CrossingPicture(name, requested=True, waiting=2.0, longest_wait_s=9.0) for name in ("walk_ew",)}
    seen = crossroads.picture(arms, people).junctions["J"]
    aspects = crossroads.status("NS", 40).aspects
    plain, owed = observer.see(seen, aspects), observer.see(seen, aspects, {"ew": 2.0, "walk_ew": 3.0})
    assert (owed.weight / plain.weight).tolist() == [1.0, 2.0, 2.0]
    walkers = observer.rates.groups.index("walk_ew")
    assert owed.crossing_people[walkers] == 3.0 * plain.crossing_people[walkers]


def play_bus(crossroads, vehicles, parameters):
    """A bus holds the main green for 25 s beyond its 30 s while three cars wait; then what the strategy says next."""
    strategy = make_strategy("adaptive", {"J": crossroads.junction}, parameters=parameters)
    asking = PriorityRequest("r", "J", "ns", Mode.BUS, level=7, eta_s=30.0)
    queue = {"e": vehicles([(1.0, 0.0), (8.5, 0.0), (16.0, 0.0)]), "n": vehicles(CROWDED)}
    begin_s = crossroads.utc_s
    for second in range(56):
        crossroads.utc_s = begin_s + second
        picture = crossroads.picture(queue, requests=(asking,))
        decisions = strategy.decide(picture, {"J": crossroads.status("NS", second)}, {"J": crossroads.plan})
    return decisions


def test_what_priority_takes_is_owed_and_told(crossroads, vehicles):
    """The strategy keeps the book, and says each second what is charged and owed."""
    debts = play_bus(crossroads, vehicles, AdaptiveParameters()).debts["J"]
    assert debts.charged_s == debts.owed_s == 25.0


def test_a_debt_makes_waiting_dearer(crossroads, vehicles):
    """The change that serves those who are owed saves more than it would without compensation."""

    def gain(most_owed_weight):
        parameters = AdaptiveParameters(most_owed_weight=most_owed_weight)
        stage = play_bus(crossroads, vehicles, parameters).stages["J"]
        other = next(one for one in stage.alternatives if one.action is not stage.action)
        stay, go = (stage.cost, other.cost) if stage.action is HOLD else (other.cost, stage.cost)
        return stay - go

    assert gain(2.0) > gain(0.0)

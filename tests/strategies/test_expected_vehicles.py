"""A queue that is only expected counts by how probable it is: no more, no less, and it teaches nothing."""

from dataclasses import replace

import numpy as np
import pytest

from plans.policy import WEIGHTS, Policy
from plans.sealed import RequestAction
from signalctl.strategies.claims import Claims
from signalctl.strategies.observe import Observer
from signalctl.strategies.parameters import AdaptiveParameters

HOLD, GO = RequestAction.HOLD, RequestAction.GO
WEIGHED = WEIGHTS[Policy.BALANCED]


def expecting(picture, arm, presence):
    """The picture with these probabilities for the vehicles of one arm."""
    one = picture.junctions["J"]
    lane = replace(one.lanes[arm], presence=np.array(presence))
    return replace(picture, junctions={"J": replace(one, lanes={**one.lanes, arm: lane})})


@pytest.fixture
def three(crossroads, vehicles):
    """Three stand in the east, nobody elsewhere."""
    return crossroads.picture({"e": vehicles([(1.0, 0.0), (8.5, 0.0), (16.0, 0.0)])})


def test_each_vehicle_weighs_by_its_probability(crossroads, three):
    """Half a vehicle weighs half; those who were seen weigh whole."""
    observer = Observer.of(crossroads.junction, WEIGHED, AdaptiveParameters())
    aspects = crossroads.status("NS", 12).aspects
    whole = observer.see(three.junctions["J"], aspects).weight
    likely = observer.see(expecting(three, "e", [1.0, 0.5, 0.1]).junctions["J"], aspects).weight
    assert (likely / whole).tolist() == pytest.approx([1.0, 0.5, 0.1])


def test_claims_count_what_is_expected(crossroads, three):
    """Baselines count the same way: 1.6 vehicles where three may be."""
    claims = Claims.of(crossroads.junction, WEIGHED)
    groups = frozenset({"ew"})
    lane = expecting(three, "e", [1.0, 0.5, 0.1]).junctions["J"].lanes["e"]
    assert lane.vehicles() == pytest.approx(1.6)
    assert lane.vehicles(10.0) == pytest.approx(1.5)
    ratio = claims.lane(lane, groups, frozenset(), 60.0) / claims.lane(
        three.junctions["J"].lanes["e"], groups, frozenset(), 60.0
    )
    assert ratio == pytest.approx(1.6 / 3.0)


def test_an_unlikely_queue_takes_no_green(crossroads, decide, vehicles):
    """A car that comes in the north keeps its green against three who are hardly there, not against three who are."""
    arms = {"n": vehicles([(130.0, 13.9)]), "e": vehicles([(1.0, 0.0), (8.5, 0.0), (16.0, 0.0)])}
    picture, status = crossroads.picture(arms), crossroads.status("NS", 12)
    assert decide(picture, status).action is GO
    assert decide(expecting(picture, "e", [0.1, 0.05, 0.05]), status).action is HOLD


def test_what_is_expected_teaches_no_headways(crossroads, three):
    """Saturation flow is learned from queues that were seen."""
    observer = Observer.of(crossroads.junction, WEIGHED, AdaptiveParameters())
    picture = expecting(three, "e", [1.0, 1.0, 1.0]).junctions["J"]
    before = observer.discharge.headway_ratio.tolist()
    for second in range(40):
        aspects = crossroads.status("EW" if second >= 5 else "NS", 12).aspects
        crossing = {"e": replace(picture.lanes["e"], passed=int(second > 5 and second % 5 == 0))}
        lanes = [{**picture.lanes, **crossing}[name] for name in crossroads.junction.lanes]
        observer.discharge.observe(lanes, aspects, frozenset(), 1_700_000_000 + second)
    assert observer.discharge.headway_ratio.tolist() == before

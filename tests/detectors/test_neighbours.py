"""A lane that nobody sees knows from the stop lines upstream when its traffic comes."""

from dataclasses import replace

import numpy as np
import pytest

from detectors.loop_evidence import Expected
from detectors.neighbours import LONGEST_WAY_S, Neighbours
from detectors.picture import JunctionPicture
from detectors.signal_view import SignalView
from plans.junction import Aspect, Feeder, Junction, Mode
from tests.detectors.request_samples import lane

WAY_M, SPEED_MPS = 200.0, 13.9
ALL_GREEN = {"J1": SignalView({"K1": Aspect.GREEN, "K2": Aspect.GREEN})}
AVERAGE_VPH = 360.0


@pytest.fixture
def neighbours(junction: Junction) -> Neighbours:
    """Who leaves J1 to the west comes to the eastern lane of J2, 200 m on."""
    east = replace(junction.lanes["e_0"], length_m=80.0, feeders=(Feeder("w_0", 80.0, 120.0, 1.0),))
    second = replace(junction, id="J2", lanes={**junction.lanes, "e_0": east})
    return Neighbours({"J1": junction, "J2": second})


def crossed(vehicles: int) -> dict[str, JunctionPicture]:
    """So many have just left J1's eastern lane."""
    return {"J1": JunctionPicture("J1", lane(Mode.CAR, passed=vehicles), {})}


def tick(neighbours: Neighbours, seen: dict[str, JunctionPicture], signals: dict[str, SignalView]) -> None:
    """One second, at whose end this is seen."""
    neighbours.observe(seen, signals)
    neighbours.advance(1.0)


def follow(neighbours: Neighbours, seconds: int, average_vph: float = AVERAGE_VPH) -> list[Expected]:
    """What J2's eastern lane expects in each of the next seconds, in which nobody else leaves J1."""
    told = []
    for _ in range(seconds):
        told.append(neighbours.expected("J2", "e_0", average_vph))
        tick(neighbours, crossed(0), ALL_GREEN)
    return told


def test_a_platoon_joins_a_travel_time_later(neighbours: Neighbours) -> None:
    """Nobody before the fastest can be there, most when the platoon arrives, and a few stragglers."""
    follow(neighbours, 200)
    for _ in range(5):
        tick(neighbours, crossed(2), ALL_GREEN)
    told = follow(neighbours, LONGEST_WAY_S, average_vph=1e6)
    background = told[0].rate_vph
    surplus = np.array([one.rate_vph - background for one in told]) / 3600.0
    peak_s = int(np.argmax(surplus))
    assert surplus[:7] == pytest.approx(np.zeros(7), abs=0.02)
    assert 0.8 * WAY_M / SPEED_MPS - 5.0 <= peak_s <= WAY_M / SPEED_MPS
    assert surplus[peak_s + 2] > surplus[peak_s + 8] > 0.0


def test_who_is_on_the_way_is_listed_where_they_are(neighbours: Neighbours) -> None:
    """They come nearer by the speed of the road, and are gone from the list when they have joined."""
    for second in range(300):
        tick(neighbours, crossed(int(second % 10 == 0)), ALL_GREEN)
    follow(neighbours, 40)
    for _ in range(4):
        tick(neighbours, crossed(2), ALL_GREEN)
    told = follow(neighbours, 25, average_vph=1e5)
    assert told[0].coming_m.size == pytest.approx(8 * 0.7 / 0.9, abs=1)  # two of nine turn left, by usual shares
    assert told[0].reach_m == pytest.approx(WAY_M, rel=0.15)
    assert bool((told[0].coming_m <= told[0].reach_m * 1.2).all())
    assert (told[0].coming_m[:3] - told[4].coming_m[:3]).mean() == pytest.approx(4 * SPEED_MPS, rel=0.35)
    assert told[-1].coming_m.size == 0


def test_the_whole_is_the_lanes_own_average(neighbours: Neighbours) -> None:
    """Platoons every minute: however many set off upstream, over some minutes as many join as come on average."""
    for vehicles in (1, 6):
        rates = []
        for second in range(1800):
            tick(neighbours, crossed(vehicles if second % 60 < 5 else 0), ALL_GREEN)
            rates.append(neighbours.expected("J2", "e_0", AVERAGE_VPH).rate_vph)
        assert np.mean(rates[-600:]) == pytest.approx(AVERAGE_VPH, rel=0.12)
        assert max(rates[-600:]) > 2.0 * min(rates[-600:])


def test_only_ways_with_green_are_taken(neighbours: Neighbours) -> None:
    """Who crosses while only the way north is green does not come west."""
    signals = {"J1": SignalView({"K1": Aspect.GREEN, "K2": Aspect.RED})}
    north = {"J1": JunctionPicture("J1", {"n_0": replace(lane(passed=3)["e_0"], lane="n_0")}, {})}
    for _ in range(100):
        tick(neighbours, north, signals)
    assert neighbours.expected("J2", "e_0", AVERAGE_VPH) == Expected(AVERAGE_VPH)


def test_without_a_signal_upstream_the_average_comes_evenly(neighbours: Neighbours) -> None:
    """A lane whose road begins at no signal of the site, and one of a junction that is not ours."""
    for _ in range(50):
        tick(neighbours, crossed(1), ALL_GREEN)
    for place in (("J2", "n_0"), ("J9", "e_0")):
        told = neighbours.expected(*place, AVERAGE_VPH)
        assert (told.rate_vph, told.coming_m.size, told.reach_m) == (AVERAGE_VPH, 0, 0.0)

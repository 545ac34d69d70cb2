"""Lanes that nobody watches live from what they usually carry, as much more or less as today shows elsewhere."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.builder import PictureBuilder
from detectors.equipment import Detection, equip
from detectors.picture import JunctionPicture
from detectors.rates import ArrivalRate
from detectors.readings import LoopReading
from detectors.signal_view import SignalView
from detectors.source import Batch
from detectors.usual import CONFIDENCE, LARGEST_RATIO, Today
from plans.junction import Aspect, Junction

T0 = 1000.0
RED = SignalView({"K1": Aspect.RED, "K2": Aspect.RED, "F1": Aspect.RED})


class Street:
    """One approach whose loops count so many vehicles an hour, another one without any detector."""

    def __init__(self, junction: Junction) -> None:
        whole = equip({"J1": junction}, Detection.LOOPS)["J1"]
        watched = {id_: one for id_, one in whole.detectors.items() if one.lane is None or not one.lane.startswith("e")}
        self.junction = replace(whole, detectors=watched)
        self.builder = PictureBuilder({"J1": self.junction})
        self.second = 0

    def drive(self, seconds: int, vph: float, usual_vph: Mapping[str, float]) -> JunctionPicture:
        """So much later; a lane without signals' help: everybody crosses at the speed limit."""
        for _ in range(seconds):
            self.second += 1
            count = int(self.second * vph / 3600.0) - int((self.second - 1) * vph / 3600.0)
            readings = [
                LoopReading("J1", id_, T0 + self.second, self.second, count, 0.3 if count else 0.0, bool(count))
                for id_, one in self.junction.detectors.items()
                if one.lane == "n_0" and one.mode is None
            ]
            batch = Batch(tuple(readings))
            picture = self.builder.update(T0 + self.second, batch, {"J1": RED}, {"J1": usual_vph} if usual_vph else {})
        return picture.junctions["J1"]


def test_after_a_restart_a_dead_lane_carries_what_is_usual(junction: Junction) -> None:
    """Without history it would stand at the prior; with it, it is usual at once, and says that it only is that."""
    blind = Street(junction).drive(60, 0.0, {}).lanes["e_0"]
    known = Street(junction).drive(60, 0.0, {"e_0": 600.0}).lanes["e_0"]
    assert blind.arrival_vph == pytest.approx(100.0, abs=5.0)
    assert known.arrival_vph == pytest.approx(600.0, rel=0.1)
    assert (blind.confidence_ratio, blind.by_usual) == (0.2, False)
    assert (known.confidence_ratio, known.by_usual) == (CONFIDENCE, True)
    assert known.arrival_deviation_vph < 0.6 * known.arrival_vph
    assert known.queue_veh > 2.0 * blind.queue_veh > 0.0


@pytest.mark.parametrize(("today_vph", "least", "most"), [(900.0, 1.3, 2.0), (450.0, 0.9, 1.1), (150.0, 0.45, 0.75)])
def test_a_busy_day_is_busy_where_nobody_looks(junction: Junction, today_vph: float, least: float, most: float) -> None:
    """The watched lane usually carries 450 an hour; what it carries today scales the other one."""
    lane = Street(junction).drive(2400, today_vph, {"n_0": 450.0, "e_0": 300.0}).lanes["e_0"]
    assert least * 300.0 < lane.arrival_vph < most * 300.0


def test_the_last_average_fades_into_what_is_usual(junction: Junction) -> None:
    """From evening to morning: after an hour the lane is nearer to the new usual than to the old one."""
    street = Street(junction)
    street.drive(900, 0.0, {"e_0": 100.0})
    lane = street.drive(3600, 0.0, {"e_0": 500.0}).lanes["e_0"]
    assert 450.0 < lane.arrival_vph <= 500.0


def test_who_is_watched_believes_what_is_seen(junction: Junction) -> None:
    """A lane with loops takes no notice of what is usual once it has counted for some minutes."""
    lanes = [Street(junction).drive(1200, 360.0, usual).lanes["n_0"] for usual in ({}, {"n_0": 1200.0, "e_0": 300.0})]
    assert lanes[0].arrival_vph == pytest.approx(lanes[1].arrival_vph, rel=0.05)
    assert not lanes[1].by_usual


def test_history_that_is_lost_leaves_what_was_known(junction: Junction) -> None:
    """The store is gone in the middle: the lane keeps its average and says that nothing stands behind it any more."""
    street = Street(junction)
    before = street.drive(60, 0.0, {"e_0": 600.0}).lanes["e_0"]
    after = street.drive(60, 0.0, {}).lanes["e_0"]
    assert after.arrival_vph == pytest.approx(before.arrival_vph)
    assert (after.confidence_ratio, after.by_usual) == (0.2, False)


@given(
    st.lists(st.tuples(st.floats(0.0, 5000.0), st.floats(0.0, 5000.0)), max_size=20),
    st.floats(0.0, 5000.0),
    st.lists(st.floats(0.0, 600.0), max_size=20),
)
def test_averages_stay_between_what_was_and_what_is_usual(
    lanes: list[tuple[float, float]], usual_vph: float, steps_s: list[float]
) -> None:
    """Today is half to twice what is usual at most, and no average leaves the range that it moves in."""
    today = Today()
    for flow_vph, usually_vph in lanes:
        today.add(flow_vph, usually_vph)
    assert 1.0 / LARGEST_RATIO <= today.ratio <= LARGEST_RATIO
    rate = ArrivalRate()
    rate.observe(3.0, 60.0)
    ends = sorted((rate.flow_vph, usual_vph))
    for step_s in steps_s:
        rate.drift(usual_vph, step_s)
        assert ends[0] - 1e-6 <= rate.flow_vph <= ends[1] + 1e-6

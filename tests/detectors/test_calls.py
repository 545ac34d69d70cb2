"""A loop at the stop line calls for who stands there and is not shown by the radar."""

import pytest

from detectors.calls import ANSWERED_S, CALL_CONFIDENCE, FELT_S, StopLineCall
from detectors.lanes import LaneView
from detectors.radar import EMPTY, RadarLanes
from detectors.readings import LoopReading, RadarObject
from detectors.signal_view import SignalView
from plans.junction import Aspect, Junction, Mode
from tests.detectors.test_picture import Seen

NOBODY = EMPTY[True]
RED = SignalView({"K1": Aspect.RED, "K2": Aspect.GREEN, "F1": Aspect.RED})


def loop(*, count: int = 0, covered: bool = True, second: int = 0) -> LoopReading:
    """A second of the loop at the stop line of the lane from the north."""
    return LoopReading("J1", "n_0.stop", 1000.0 + second, second, count, 1.0 if covered else 0.0, covered)


def after(call: StopLineCall, seconds: float, said: LoopReading, *, green: bool = False) -> LaneView:
    """The view when this was said for so long and the radar showed nobody."""
    for _ in range(int(seconds)):
        view = call.complete(NOBODY, said, 1.0, green=green)
    return view


def test_who_stands_on_the_loop_is_there_although_the_radar_shows_nobody() -> None:
    """One vehicle at the line after some seconds, with the confidence of a contradiction; none for who drives over."""
    call = StopLineCall(movement=2)
    assert after(call, FELT_S - 1, loop()).distance_m.size == 0
    view = after(call, 1, loop())
    assert (view.distance_m.tolist(), view.speed_mps.tolist(), view.movement.tolist()) == ([1.0], [0.0], [2])
    assert view.confidence_ratio == CALL_CONFIDENCE
    assert view.waiting_s.tolist() == [FELT_S]
    assert after(call, 1, loop(count=1)).distance_m.size == 0
    assert after(call, FELT_S - 1, loop()).distance_m.size == 0


def test_a_loop_that_stays_covered_through_green_calls_no_more() -> None:
    """One green answers a loop that is stuck; when it has been free, it may call again."""
    call = StopLineCall(movement=0)
    assert after(call, 30, loop()).distance_m.size == 1
    assert after(call, ANSWERED_S, loop(), green=True).distance_m.size == 1
    assert after(call, 1, loop(), green=True).distance_m.size == 0
    assert after(call, 60, loop()).distance_m.size == 0
    assert after(call, 1, loop(covered=False)).distance_m.size == 0
    assert after(call, FELT_S, loop()).distance_m.size == 1


@pytest.mark.parametrize("said", [None, loop(covered=False)])
def test_without_a_covered_loop_the_radar_stands(said: LoopReading | None) -> None:
    """A loop that is free, or is not believed, adds nobody."""
    call = StopLineCall(movement=0)
    for _ in range(30):
        assert call.complete(NOBODY, said, 1.0, green=False) is NOBODY


def test_whom_the_radar_shows_is_not_doubled(junction: Junction) -> None:
    """Where the radar shows anybody on the lane, its view is left as it is."""
    lanes, call = RadarLanes(junction), StopLineCall(movement=0)
    for _ in range(20):
        shown = lanes.update([RadarObject("n_0", 1.0, 0.0, Mode.CAR)], 1.0, {"n_0": False})["n_0"]
        assert call.complete(shown, loop(), 1.0, green=False) is shown


def test_a_radar_that_shows_an_empty_road_does_not_starve_its_approach(junction: Junction) -> None:
    """Red, somebody on the loop, and scenes without anybody: the picture has a queue to be served."""
    seen = Seen(junction)
    for second in range(12):
        picture = seen.see(seen.radar(), loop(second=second), signals=RED)
    assert picture.lanes["n_0"].queue_veh == 1.0
    assert picture.lanes["n_1"].queue_veh == 0.0

"""A bus in sight that stands at its stop is expected when its doors will have closed, and not at once."""

from dataclasses import replace

import numpy as np

from detectors.boarding import MOST_HALT_S, with_halts
from detectors.picture import PriorityRequest, RequestState
from plans.junction import Junction, Mode
from tests.detectors.request_samples import lane

BUS = PriorityRequest("b", "J1", "K2", Mode.BUS, 7, 25.0, halts=True)


def halts(junction: Junction, modes: tuple[Mode, ...], *requests: PriorityRequest) -> list[float] | None:
    """What the eastern lane says of its vehicles."""
    marks = with_halts(lane(*modes), requests, junction)["e_0"].not_before_s
    return None if marks is None else marks.tolist()


def test_the_bus_that_stands_is_the_one_that_announced_a_halt(junction: Junction) -> None:
    """It comes as late as it says; cars beside it, and lanes without such a bus, are left as they are."""
    assert halts(junction, (Mode.CAR, Mode.BUS), BUS) == [0.0, 25.0]
    assert halts(junction, (Mode.CAR, Mode.TRUCK), BUS) is None
    assert halts(junction, (Mode.BUS,), replace(BUS, group="K1")) is None


def test_doors_that_are_closed_hold_nobody_back(junction: Junction) -> None:
    """Without a halt, or when the request is over, the bus is on its way."""
    assert halts(junction, (Mode.BUS,), replace(BUS, halts=False)) is None
    assert halts(junction, (Mode.BUS,), replace(BUS, state=RequestState.COMPLETED)) is None


def test_two_requests_are_two_buses(junction: Junction) -> None:
    """The first takes the first bus, the second the next one, a third finds none."""
    second = replace(BUS, id="c", eta_s=40.0)
    assert halts(junction, (Mode.BUS, Mode.BUS), BUS, second, replace(BUS, id="d")) == [25.0, 40.0]


def test_nobody_is_kept_away_for_long_by_what_is_said(junction: Junction) -> None:
    """An announced halt of minutes counts as `MOST_HALT_S`: whoever says so may be wrong."""
    assert halts(junction, (Mode.BUS,), replace(BUS, eta_s=255.0)) == [MOST_HALT_S]


def test_a_standing_bus_is_taken_before_one_that_drives(junction: Junction) -> None:
    """Of two buses the one that stands has its doors open."""
    both = lane(Mode.BUS, Mode.BUS)
    both["e_0"].speed_mps[0] = 8.0
    marked = with_halts(both, [BUS], junction)["e_0"]
    assert marked.not_before_s is not None
    assert marked.not_before_s.tolist() == [0.0, 25.0]


def test_a_bus_with_open_doors_is_no_head_that_green_does_not_serve(junction: Junction) -> None:
    """It stands on green because of its passengers: its lane is as good as any other."""
    stands = {"e_0": replace(lane(Mode.BUS)["e_0"], head_still_s=12.0)}
    assert with_halts(stands, [BUS], junction)["e_0"].head_still_s == 0.0
    behind = {"e_0": replace(lane(Mode.CAR, Mode.BUS)["e_0"], head_still_s=12.0)}
    assert with_halts(behind, [BUS], junction)["e_0"].head_still_s == 12.0


def test_nobody_halts_and_nothing_is_copied(junction: Junction) -> None:
    """The lanes of nearly every second stay the very same objects."""
    lanes = lane(Mode.CAR)
    assert with_halts(lanes, [replace(BUS, halts=False)], junction) is lanes
    assert np.array_equal(lanes["e_0"].distance_m, [10.0])

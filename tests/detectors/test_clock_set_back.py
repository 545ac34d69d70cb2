"""A clock that is set back by an hour: waits, requests and detectors go on as if no hour had come again."""

from dataclasses import replace

import pytest

from detectors.builder import PictureBuilder
from detectors.equipment import Detection, equip
from detectors.picture import Health, JunctionPicture, PriorityRequest
from detectors.readings import ButtonReading, LoopReading, RadarReading, Reading, TransitKind, TransitReading
from detectors.signal_view import SignalView
from detectors.source import Batch
from plans.junction import Aspect, Junction, Mode

HOUR_S = 3600.0
T0 = 100_000.0
RED = SignalView({"K1": Aspect.GREEN, "K2": Aspect.RED, "F1": Aspect.RED}, {})
BUS = TransitReading("J1", "bus", 0.0, TransitKind.NEW, Mode.BUS, 7, 20.0, movement="e-w")


class Street:
    """A junction whose service and senders go by one clock, which somebody sets."""

    def __init__(self, junction: Junction) -> None:
        equipped = equip({junction.id: junction}, Detection.RADAR)
        self.detectors = equipped[junction.id].detectors
        self.builder = PictureBuilder(equipped)
        self.utc_s, self.seq = T0, 0
        self.ended: list[PriorityRequest] = []

    def second(self, *said: TransitReading, pressed: bool = False, silent: str = "") -> JunctionPicture:
        """One second in which all detectors but the silent one speak; requests are sent as of now."""
        self.utc_s += 1.0
        self.seq += 1
        readings: list[Reading] = [replace(one, t_s=self.utc_s) for one in said]
        for id_, detector in self.detectors.items():
            where = ("J1", id_, self.utc_s - 0.2, self.seq)
            if id_ == silent:
                continue
            match detector.kind.value:
                case "loop":
                    readings.append(LoopReading(*where, 0, 0.0, False))
                case "radar":
                    readings.append(RadarReading(*where, ()))
                case _:
                    readings.append(ButtonReading(*where, pressed))
        picture = self.builder.update(self.utc_s, Batch(tuple(readings)), {"J1": RED}).junctions["J1"]
        self.ended.extend(picture.ended)
        return picture

    def set_back(self) -> None:
        """Somebody sets the clock."""
        self.utc_s -= HOUR_S


@pytest.fixture
def street(junction: Junction) -> Street:
    """All detectors well, and somebody has pressed the button at F1 ten seconds ago."""
    street = Street(junction)
    street.second()
    street.second(pressed=True)
    for _ in range(10):
        street.second()
    return street


def test_who_waits_at_a_crossing_has_waited_as_long_as_before(street: Street) -> None:
    """The wait counts on from ten seconds; it is never negative, nor is the number of people."""
    before = street.second().crossings["F1"]
    street.set_back()
    after = [street.second().crossings["F1"] for _ in range(5)]
    assert before.longest_wait_s == 11.0
    assert [one.longest_wait_s for one in after] == [10.0 + second for second in range(1, 6)]
    assert all(one.requested and one.waiting >= 1.0 for one in after)


def test_detectors_by_the_same_clock_stay_well(street: Street) -> None:
    """What they say is not taken for a replay of the hour before."""
    street.set_back()
    for _ in range(10):
        assert set(street.second().health.values()) == {Health.OK}


def test_a_detector_that_falls_silent_then_is_noticed_as_soon_as_ever(street: Street) -> None:
    """Its last word is seconds old, not an hour ahead."""
    silent = next(id_ for id_, detector in street.detectors.items() if detector.kind.value == "radar")
    street.set_back()
    for _ in range(7):
        picture = street.second(silent=silent)
    assert picture.health[silent] is Health.SILENT


def test_a_request_is_heard_out_and_checks_out(street: Street) -> None:
    """A bus that was on its way is as near as before, and its check-out, by the new clock, ends its request."""
    (before,) = street.second(BUS).requests
    street.set_back()
    (after,) = street.second().requests
    assert (before.eta_s, after.eta_s) == (20.0, 20.0)  # no time has passed by any clock but this one
    assert street.second().requests[0].eta_s == 19.0
    street.second(replace(BUS, kind=TransitKind.CHECK_OUT))
    assert [(one.id, one.state.value) for one in street.ended] == [("bus", "completed")]


def test_a_request_that_nobody_ends_times_out_as_ever(street: Street) -> None:
    """It does not stay open for an hour to hold a green that nobody uses."""
    street.second(BUS)
    street.set_back()
    for _ in range(60):
        street.second()
    assert [(one.id, one.state.value) for one in street.ended] == [("bus", "timed_out")]


def test_turns_to_ask_come_back(street: Street) -> None:
    """A line that has used up its turns gets new ones within minutes, not after an hour."""
    for number in range(30):
        street.second(replace(BUS, id=f"bus {number}", kind=TransitKind.NEW))
        street.second(replace(BUS, id=f"bus {number}", kind=TransitKind.CANCEL))
    assert any(one.reason.value == "rate" for one in street.ended)
    street.set_back()
    for _ in range(120):
        street.second()
    assert street.second(replace(BUS, id="another")).requests

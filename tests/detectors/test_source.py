"""The buffer between a source and the tick: newest wins, counts are conserved, drops are counted."""

from collections import defaultdict

from hypothesis import given
from hypothesis import strategies as st

from detectors.intake import Intake
from detectors.readings import (
    AirReading,
    ButtonReading,
    LoopReading,
    LorawanReading,
    RadarReading,
    TransitKind,
    TransitReading,
)
from detectors.source import NewestWins
from plans.site import Uplink

loops = st.builds(
    lambda detector, t, count, occupancy: LoopReading("J", detector, float(t), t, count, occupancy, occupancy > 0),
    st.sampled_from(["a", "b", "c"]),
    st.integers(0, 30),
    st.integers(0, 3),
    st.floats(0.0, 1.0),
)


@given(st.lists(st.one_of(loops, st.none()), max_size=60))
def test_counts_are_conserved(events: list[LoopReading | None]) -> None:
    """Every count that came is handed over once or counted as dropped, wherever the drains (None) fall."""
    buffer = NewestWins()
    came = handed = stale = 0
    newest: dict[str, float] = {}
    for event in [*events, None]:
        if event is None:
            handed += sum(r.count for r in buffer.drain().readings if isinstance(r, LoopReading))
            newest = {}
        else:
            came += event.count
            stale += event.count if event.t_s <= newest.get(event.detector, -1.0) else 0
            newest[event.detector] = max(newest.get(event.detector, -1.0), event.t_s)
            buffer.add(event)
    assert handed + stale == came
    assert sum(buffer.received.values()) == len([event for event in events if event])


@given(st.lists(loops, max_size=40))
def test_one_reading_per_detector_and_it_is_the_newest(events: list[LoopReading]) -> None:
    """A tick sees each detector once, with its newest time and an occupancy averaged over what was merged."""
    buffer = NewestWins()
    times: dict[str, float] = defaultdict(float)
    for event in events:
        buffer.add(event)
        times[event.detector] = max(times[event.detector], event.t_s)
    readings = buffer.drain().readings
    assert {reading.detector: reading.t_s for reading in readings} == dict(times)
    assert all(isinstance(r, LoopReading) and 0.0 <= r.occupancy_ratio <= 1.0 for r in readings)
    assert buffer.drain().readings == ()


def test_two_seconds_of_a_loop_become_one_interval() -> None:
    """When a tick was late, counts add up and occupancy is the mean of both seconds."""
    buffer = NewestWins()
    buffer.add(LoopReading("J", "a", 1.0, 1, 2, 1.0, True))
    buffer.add(LoopReading("J", "a", 2.0, 2, 1, 0.5, False))
    assert buffer.drain().readings == (LoopReading("J", "a", 2.0, 2, 3, 0.75, False, span_s=2.0),)


def test_a_press_is_not_lost_to_a_newer_reading() -> None:
    """Who pressed between two ticks is heard although the newest message says that nobody presses."""
    buffer = NewestWins()
    buffer.add(ButtonReading("J", "b", 1.0, 1, True))
    buffer.add(ButtonReading("J", "b", 2.0, 2, False))
    (reading,) = buffer.drain().readings
    assert isinstance(reading, ButtonReading)
    assert reading.pressed


def test_radar_scenes_replace_each_other_and_transit_messages_do_not() -> None:
    """Of scenes only the newest counts; a request and its cancellation within a second both do, in order."""
    buffer = NewestWins()
    buffer.add(RadarReading("J", "r", 1.0, 1, ()))
    buffer.add(RadarReading("J", "r", 2.0, 2, ()))
    new = TransitReading("J", "bus", 1.0, TransitKind.NEW)
    cancel = TransitReading("J", "bus", 1.5, TransitKind.CANCEL)
    buffer.add(new)
    buffer.add(cancel)
    batch = buffer.drain()
    assert batch.readings == (RadarReading("J", "r", 2.0, 2, ()), new, cancel)
    assert batch.dropped == 1
    assert buffer.dropped == {("radar", "superseded"): 1}


def test_the_buffer_is_bounded() -> None:
    """A flood of made-up detectors or requests costs bounded memory and is counted."""
    buffer = NewestWins(bound=3)
    for number in range(10):
        buffer.add(LoopReading("J", str(number), 1.0, 1, 1, 0.0, False))
        buffer.add(TransitReading("J", str(number), 1.0, TransitKind.NEW))
    assert len(buffer.drain().readings) == 6
    assert buffer.dropped == {("loop", "full"): 7, ("transit", "full"): 7}


def test_uplinks_of_air_devices_become_their_stations_readings() -> None:
    """The site's table says which device measures what where."""
    intake = Intake([Uplink("A1", "air.no2", station="Rheinstraße"), Uplink("a1", "PM10", station="Rheinstraße")])
    intake.put(LorawanReading("app", "a1", 5.0, 3, {"air.no2": 40.0, "PM10": 20.0, "battery": 3.0}))
    assert AirReading("Rheinstraße", 5.0, 3, 40.0, 20.0) in intake.buffer.drain().readings


def test_wrong_messages_are_counted_by_kind() -> None:
    """What cannot be read never reaches the tick and shows in the statistics."""
    intake = Intake()
    intake.accept("signalctl/v1/s/J/loop/a", b"no json")
    intake.accept("signalctl/v1/s/J/loop/a", b"{}")
    intake.accept("elsewhere", b"{}")
    assert intake.buffer.drain().readings == ()
    assert intake.invalid == {"loop": 2, "unknown": 1}

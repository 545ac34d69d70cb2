"""Faults by seed: the right number fails, in its own way, after a while; and ghosts talk as vehicles do."""

from dataclasses import replace

import pytest

from detectors.equipment import Detection, detectors_of
from detectors.readings import (
    ButtonReading,
    LoopReading,
    RadarObject,
    RadarReading,
    Reading,
    TransitKind,
    TransitReading,
)
from plans.junction import Detector, DetectorKind, GroupKind, Junction, Lane, Mode, Movement, SignalGroup, Stage, Turn
from sim.sensors.faults import AFTER_S, Failure, Faults, FaultSpec, Lie


@pytest.fixture
def junctions() -> dict[str, Junction]:
    """Ten arms of one lane with radar and loops."""
    lanes = {f"a{n}_0": Lane(f"a{n}_0", f"a{n}", 200.0, 13.9, modes=frozenset({Mode.CAR})) for n in range(10)}
    junction = Junction(
        id="J",
        name="J",
        groups={"K": SignalGroup("K", GroupKind.VEHICLE, 5)},
        intergreens={},
        stages={"1": Stage("1", frozenset({"K"}))},
        lanes=lanes,
        movements=tuple(Movement(f"{lane}>x", lane, "K", Turn.STRAIGHT, "x_0") for lane in lanes),
    )
    return {"J": _equipped(junction)}


def _equipped(junction: Junction) -> Junction:
    return replace(junction, detectors=detectors_of(junction, Detection.RADAR))


def said(detector: Detector, second: int) -> Reading:
    """One second of a busy road."""
    t_s = 1000.0 + second
    if detector.kind is DetectorKind.RADAR:
        objects = tuple(RadarObject(detector.lane or "", 10.0 * n + second, 5.0, Mode.CAR) for n in range(4))
        return RadarReading("J", detector.id, t_s, second, objects)
    if detector.kind is DetectorKind.BUTTON:
        return ButtonReading("J", detector.id, t_s, second, pressed=False)
    return LoopReading("J", detector.id, t_s, second, 1, 0.4, present=False)


def heard(faults: Faults, junctions: dict[str, Junction], second: int) -> dict[str, Reading]:
    """What comes through in one second, by detector."""
    everything = [said(detector, second) for detector in junctions["J"].detectors.values()]
    return {reading.detector: reading for reading in faults.distort(everything, 1000.0 + second)}


@pytest.mark.parametrize("seed", range(6))
def test_a_fifth_of_the_detectors_fails_after_a_while(junctions: dict[str, Junction], seed: int) -> None:
    """Four of twenty say something else than the truth, each as its failure has it; before, all is well."""
    faults = Faults(junctions, FaultSpec(0.2), seed)
    assert len(faults.failures) == round(0.2 * len(junctions["J"].detectors)) == 4
    truth = {id_: said(detector, 0) for id_, detector in junctions["J"].detectors.items()}
    assert heard(faults, junctions, 0) == truth
    later = int(AFTER_S) + 1
    told = heard(faults, junctions, later)
    wrong = {id_ for id_, detector in junctions["J"].detectors.items() if told.get(id_) != said(detector, later)}
    frozen = {id_ for (_, id_), how in faults.failures.items() if how == Failure.STUCK_ON and id_.endswith("radar")}
    assert wrong | frozen == {id_ for _, id_ in faults.failures}
    for (_, id_), how in faults.failures.items():
        assert (id_ not in told) == (how == Failure.SILENT)


def test_the_choice_depends_on_the_seed_alone(junctions: dict[str, Junction]) -> None:
    """The same seed fails the same detectors, another one others."""
    first, again, other = (Faults(junctions, FaultSpec(0.2), seed).failures for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_a_stuck_radar_repeats_itself_and_a_phantom_queue_stands_beside_the_truth(
    junctions: dict[str, Junction],
) -> None:
    """One shows the same scene for ever, the other three vehicles too many."""
    later = int(AFTER_S)
    for lie in (Lie.STUCK_RADAR, Lie.PHANTOM_QUEUE):
        faults = Faults(junctions, FaultSpec(lies=(lie,)), 1)
        heard(faults, junctions, 0)
        ((_, liar),) = faults.failures
        first, second = (heard(faults, junctions, later + n)[liar] for n in range(2))
        assert isinstance(first, RadarReading)
        assert isinstance(second, RadarReading)
        if lie is Lie.STUCK_RADAR:
            assert first.objects == second.objects
        else:
            assert len(second.objects) == 4 + 3


@pytest.mark.parametrize(
    ("lie", "names", "level"),
    [(Lie.SPOOFED_BUS, 1, 7), (Lie.SPOOFED_BUSES, 8, 7), (Lie.SPOOFED_EMERGENCY, 8, 14)],
)
def test_a_ghost_announces_itself_and_says_that_it_has_crossed(
    junctions: dict[str, Junction], lie: Lie, names: int, level: int
) -> None:
    """Eight visits in ten minutes, each from check-in to check-out, under one name or under new ones."""
    faults = Faults(junctions, FaultSpec(lies=(lie,)), 1)
    ghosts = [
        reading
        for second in range(int(AFTER_S) + 600)
        for reading in faults.distort([], float(second))
        if isinstance(reading, TransitReading)
    ]
    assert [one.kind for one in ghosts].count(TransitKind.NEW) == 8
    assert [one.kind for one in ghosts].count(TransitKind.CHECK_OUT) == 8
    assert len({one.id for one in ghosts}) == names
    assert {one.level for one in ghosts} == {level}


def test_a_lie_needs_a_liar(junctions: dict[str, Junction]) -> None:
    """Without a radar on the road none can be stuck: the call says what is missing."""
    bare = {"J": replace(junctions["J"], detectors={})}
    with pytest.raises(ValueError, match="stuck-radar: expected a detector of kind radar"):
        Faults(bare, FaultSpec(lies=(Lie.STUCK_RADAR,)), 1)

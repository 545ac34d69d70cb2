"""How well the picture knows the queue at each level of detection, against the street's truth."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from detectors.builder import PictureBuilder
from detectors.equipment import Detection, equip
from detectors.local import LocalSource
from detectors.picture import Health, Picture
from detectors.readings import LoopReading, RadarReading, Reading
from detectors.signal_view import SignalView
from plans.junction import Aspect, Junction
from sim.sensors import Sensors

RunStreet = Callable[..., Iterator[Any]]
T0 = 1_800_000_000.0
SIGHT_M = 75.0
QUEUED_MPS = 1.4


@dataclass
class Eyes:
    """Sensors and picture of one level."""

    sensors: Sensors
    builder: PictureBuilder
    source: LocalSource

    @classmethod
    def of(cls, junctions: dict[str, Junction], plant: Any, detection: Detection) -> "Eyes":
        """All that is needed to see with one level of detection."""
        equipped = equip(junctions, detection)
        return cls(Sensors(equipped, plant, detection, 11), PictureBuilder(equipped), LocalSource())

    def see(
        self, state: Any, signals: dict[str, SignalView], keep: Callable[[Reading], bool] = lambda reading: True
    ) -> Picture:
        """The picture of this second; readings that are not kept are lost on the way."""
        utc_s = T0 + state.time_s
        self.source.put(reading for reading in self.sensors.read(state, utc_s) if keep(reading))
        return self.builder.update(utc_s, self.source.drain(), signals)


def queue(distance_m: Any, speed_mps: Any, presence: Any = None) -> float:
    """Vehicles in the queue, as far as loops can know of it, each by how probable it is."""
    queued = (np.asarray(speed_mps) < QUEUED_MPS) & (np.asarray(distance_m) < SIGHT_M)
    return float(queued.sum() if presence is None else presence[queued].sum())


def street_errors(
    junction: Junction,
    run: Iterator[Any],
    street: Any,
    detection: Detection,
    keep: Callable[[float, Reading], bool] = lambda time_s, reading: True,
) -> np.ndarray[Any, Any]:
    """Estimated minus true queue, one row per second and lane, after a minute of warm-up."""
    eyes = Eyes.of({"J": junction}, street, detection)
    errors = []
    for second in run:
        picture = eyes.see(
            second.state, {"J": SignalView(second.aspects)}, lambda r, t=second.state.time_s: keep(t, r)
        ).junctions["J"]
        for lane in (0, 1):
            seen = picture.lanes[f"n_{lane}"]
            mine = [(d, v) for which, d, v in second.cars if which == lane]
            truth = queue([d for d, _ in mine], [v for _, v in mine])
            if second.state.time_s > 60.0:
                errors.append((queue(seen.distance_m, seen.speed_mps, seen.presence) - truth, truth))
    return np.array(errors)


@pytest.mark.parametrize(
    ("detection", "mean_error_veh"), [(Detection.PERFECT, 1e-9), (Detection.RADAR, 0.08), (Detection.LOOPS, 0.4)]
)
def test_queues_are_known_at_each_level(
    street_junction: Junction, run_street: RunStreet, street: Any, detection: Detection, mean_error_veh: float
) -> None:
    """Perfect is exact, radar nearly so, loops within half a vehicle on average, and none drifts."""
    errors = street_errors(street_junction, run_street(900, flow_vph=500.0), street, detection)
    assert errors[:, 1].max() >= 5
    assert np.abs(errors[:, 0]).mean() <= mean_error_veh
    assert abs(errors[:, 0].mean()) < 0.5


def test_a_queue_does_not_vanish_with_its_radar(street_junction: Junction, run_street: RunStreet, street: Any) -> None:
    """When the radar falls silent, stop-line loops and the average carry on from what it last saw."""
    errors = street_errors(
        street_junction,
        run_street(600, flow_vph=500.0),
        street,
        Detection.RADAR,
        lambda time_s, reading: not (time_s > 200.0 and isinstance(reading, RadarReading)),
    )
    after = errors[2 * 150 :]
    assert np.abs(after[:, 0]).mean() < 1.0
    assert np.corrcoef(after.sum(axis=1), after[:, 1])[0, 1] > 0.6  # the estimate still follows the queue


def test_without_any_detector_the_average_is_shown_with_little_confidence(
    street_junction: Junction, run_street: RunStreet, street: Any
) -> None:
    """When all fall silent, queues grow at red by the learned average, and the picture says how little it knows."""
    eyes = Eyes.of({"J": street_junction}, street, Detection.LOOPS)
    longest = 0
    for second in run_street(500, flow_vph=600.0):
        blind = second.state.time_s > 300.0
        picture = eyes.see(second.state, {"J": SignalView(second.aspects)}, lambda r, b=blind: not b).junctions["J"]
        lane = picture.lanes["n_0"]
        if second.state.time_s > 320.0:
            assert lane.confidence_ratio <= 0.2
            assert picture.health["n_0.stop"] is Health.SILENT
            assert 200.0 < lane.arrival_vph < 1200.0
            longest = max(longest, int(lane.queue_veh))
    assert 2 <= longest <= 20


def test_a_stuck_loop_is_not_an_empty_road(street_junction: Junction, run_street: RunStreet, street: Any) -> None:
    """A stop-line loop that reports nothing while traffic passes is found out and no longer believed."""

    def dead(reading: Reading) -> Reading:
        if isinstance(reading, LoopReading) and reading.detector == "n_0.stop":
            return LoopReading(reading.junction, reading.detector, reading.t_s, reading.seq, 0, 0.0, False)
        return reading

    eyes = Eyes.of({"J": street_junction}, street, Detection.LOOPS)
    health = []
    for second in run_street(900, flow_vph=600.0):
        utc_s = T0 + second.state.time_s
        eyes.source.put(map(dead, eyes.sensors.read(second.state, utc_s)))
        picture = eyes.builder.update(utc_s, eyes.source.drain(), {"J": SignalView(second.aspects)}).junctions["J"]
        health.append(picture.health["n_0.stop"])
        assert picture.health["n_1.stop"] is Health.OK
    assert health[0] is Health.OK
    assert health[-1] is Health.STUCK_OFF
    assert picture.lanes["n_0"].confidence_ratio == 0.5
    assert picture.lanes["n_1"].confidence_ratio == 0.7


@pytest.mark.sumo
def test_radar_knows_a_real_junctions_queues(require_scenario: Callable[[str], Path]) -> None:
    """On a public scenario in SUMO, radar queues follow the true ones although turns are unknown and objects missed."""
    pytest.importorskip("libsumo")
    from sim.scenario import load_scenario
    from sim.signals import junction_id
    from sim.site_derivation import derive_site
    from sim.sumo_plant import SumoPlant

    configuration = next(require_scenario("ingolstadt1").glob("*.sumocfg"))
    site = derive_site(load_scenario(configuration).network)
    plant = SumoPlant(configuration, seed=1)
    try:
        eyes = {detection: Eyes.of(dict(site.junctions), plant, detection) for detection in Detection}
        letters = {"G": Aspect.GREEN, "g": Aspect.GREEN, "y": Aspect.AMBER}
        tls_of = {junction_id(tls): tls for tls in plant.tls_ids}
        queues: dict[Detection, list[int]] = {detection: [] for detection in Detection}
        for _ in range(600):
            plant.step({})
            signals = {
                id_: SignalView(
                    {
                        group.id: letters.get(plant.displayed(tls_of[id_])[group.links[0]], Aspect.RED)
                        for group in junction.groups.values()
                    }
                )
                for id_, junction in site.junctions.items()
            }
            state = plant.state()
            for detection, eye in eyes.items():
                picture = eye.see(state, signals)
                queues[detection] += [
                    queue(lane.distance_m, lane.speed_mps)
                    for junction in picture.junctions.values()
                    for lane in junction.lanes.values()
                ]
    finally:
        plant.close()
    truth = np.array(queues[Detection.PERFECT])
    assert truth.max() >= 5
    assert np.corrcoef(truth, queues[Detection.RADAR])[0, 1] > 0.9
    assert np.corrcoef(truth, queues[Detection.LOOPS])[0, 1] > 0.75
    assert abs(np.mean(queues[Detection.LOOPS]) - truth.mean()) < 0.35 * truth.mean()

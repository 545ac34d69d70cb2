"""Eyes for a simulated road: from where everybody is to what detectors would have said."""

from collections.abc import Mapping

from detectors.equipment import Detection
from detectors.readings import Reading
from plans.junction import Junction
from sim.plant import Plant, RoadState
from sim.sensors.exact import ExactSensors
from sim.sensors.kerb import KerbSensors
from sim.sensors.loops import LoopSensors
from sim.sensors.messages import to_messages
from sim.sensors.noise import Noise
from sim.sensors.radar import RadarSensors
from sim.sensors.roadmap import Roadmap
from sim.sensors.transit import TransitSensors

__all__ = ["Sensors", "to_messages"]


class Sensors:
    """All detectors of all junctions, the same for every plant.

    `junctions` must carry the detectors of this level (`detectors.equipment.equip`). A junction's id is the id of its
    signal in the plant, a movement's `link` the signal's link, and a lane's id the plant's lane id. Noise depends on
    `seed` alone, never on the plant's own randomness.
    """

    def __init__(self, junctions: Mapping[str, Junction], plant: Plant, detection: Detection, seed: int) -> None:
        roadmap = Roadmap(junctions, plant.lane_ids, plant.tls_ids)
        noise = Noise(seed)
        perfect = detection is Detection.PERFECT
        self._exact = ExactSensors(roadmap) if perfect else None
        self._radar = RadarSensors(roadmap, noise)
        self._loops = LoopSensors(roadmap, noise)
        self._last_s: float | None = None
        self._kerb = KerbSensors(roadmap, plant.step_s, presence=perfect)
        self._transit = TransitSensors(roadmap)

    def read(self, state: RoadState, utc_s: float) -> list[Reading]:
        """What all detectors say of this instant, stamped with `utc_s`; call it once per second, in order."""
        elapsed_s = 0.0 if self._last_s is None else state.time_s - self._last_s
        self._last_s = state.time_s
        readings: list[Reading] = []
        if self._exact is not None:
            readings.extend(self._exact.read(state, utc_s))
        readings.extend(self._radar.read(state, utc_s))
        readings.extend(self._loops.read(state, utc_s, elapsed_s))
        readings.extend(self._kerb.read(state, utc_s))
        readings.extend(self._transit.read(state, utc_s))
        return readings

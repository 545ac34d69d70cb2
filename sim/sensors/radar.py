"""Radar detection: per lane objects with distance and speed within 150 m; turn unknown, 2 % missed, 0.5 m/s noise."""

from collections import defaultdict
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from detectors.equipment import approach_lanes
from detectors.picture import MODES
from detectors.readings import RadarObject, RadarReading
from plans.junction import DetectorKind
from sim.plant import RoadState
from sim.sensors.noise import Noise
from sim.sensors.roadmap import Roadmap

RANGE_M = 150.0
MISSED_RATIO = 0.02
SPEED_NOISE_MPS = 0.5
MISS, SPEED = 11, 12


class RadarSensors:
    """All radars of all junctions.

    A radar sees where objects are, so it works on lanes and places and knows nothing of routes: whoever is on an
    approach lane or on a lane that feeds it. Objects inside a junction further upstream are seen on the lane that they
    are about to reach.
    """

    def __init__(self, roadmap: Roadmap, noise: Noise) -> None:
        self._roadmap = roadmap
        self._noise = noise
        self._seq = 0
        self._radars: list[tuple[str, str]] = []
        watched: list[tuple[int, int, float]] = []
        self._by_approach_lane: dict[tuple[int, int], int] = {}
        for number, junction in enumerate(roadmap.junctions):
            for detector in junction.detectors.values():
                if detector.kind is not DetectorKind.RADAR:
                    continue
                radar = len(self._radars)
                self._radars.append((junction.id, detector.id))
                watched.extend(self._watch(number, radar, approach_lanes(junction, detector)))
        self._lanes = np.full((len(roadmap.lane_ids), 2), -1, np.int32)
        self._stop_line_m = np.zeros((len(roadmap.lane_ids), 2))
        for lane, radar, stop_line_m in watched:
            # a lane that two junctions watch is rare, more than two are not possible with one signal in between
            slot = 0 if self._lanes[lane, 0] in (-1, radar) else 1
            self._lanes[lane, slot] = radar
            self._stop_line_m[lane, slot] = stop_line_m
        internal = np.array([name.startswith(":") for name in roadmap.lane_ids], np.bool_)
        self._internal = internal & (self._lanes[:, 0] < 0)

    def _watch(self, number: int, radar: int, lanes: tuple[str, ...]) -> Iterator[tuple[int, int, float]]:
        junction = self._roadmap.junctions[number]
        order = tuple(junction.lanes)
        for lane_id in lanes:
            lane = junction.lanes[lane_id]
            self._by_approach_lane[number, order.index(lane_id)] = radar
            if lane_id in self._roadmap.lane_index:
                yield self._roadmap.lane_index[lane_id], radar, lane.length_m
            for feeder in lane.feeders:
                if feeder.lane in self._roadmap.lane_index and feeder.lane not in junction.lanes:
                    place = self._roadmap.lane_index[feeder.lane]
                    yield place, radar, feeder.offset_m + feeder.length_m

    def read(self, state: RoadState, utc_s: float) -> Iterator[RadarReading]:
        """One reading per radar."""
        if not self._radars:
            return
        self._seq += 1
        moment = round(state.time_s * 1000.0)
        missed = self._noise.uniform(state.vehicle_id, moment, MISS) < MISSED_RATIO
        noisy_mps = np.abs(state.speed_mps + SPEED_NOISE_MPS * self._noise.normal(state.vehicle_id, moment, SPEED))
        scenes: dict[int, list[RadarObject]] = defaultdict(list)
        lane_ids = self._roadmap.lane_ids
        for slot in (0, 1):
            radar = self._lanes[state.lane, slot]
            distance_m = self._stop_line_m[state.lane, slot] - state.position_m
            for row in np.flatnonzero((radar >= 0) & (distance_m <= RANGE_M) & ~missed):
                scenes[int(radar[row])].append(
                    RadarObject(
                        lane_ids[state.lane[row]],
                        max(0.0, float(distance_m[row])),
                        float(noisy_mps[row]),
                        MODES[state.mode[row]],
                    )
                )
        self._add_internal(state, missed, noisy_mps, scenes)
        for number, (junction, detector) in enumerate(self._radars):
            objects = tuple(sorted(scenes.get(number, ()), key=lambda found: (found.lane, found.distance_m)))
            yield RadarReading(junction, detector, utc_s, self._seq, objects, count=len(objects))

    def _add_internal(
        self,
        state: RoadState,
        missed: NDArray[np.bool_],
        noisy_mps: NDArray[np.float64],
        scenes: dict[int, list[RadarObject]],
    ) -> None:
        found = self._roadmap.approaching(state, RANGE_M)
        seen = self._internal[state.lane[found.row]] & ~missed[found.row]
        for row, number, lane in zip(found.row[seen], found.junction[seen], found.lane[seen], strict=True):
            radar = self._by_approach_lane.get((int(number), int(lane)))
            if radar is not None:
                lane_id = tuple(self._roadmap.junctions[number].lanes)[lane]
                place_m = max(0.0, float(state.tls_distance_m[row]))
                scenes[radar].append(RadarObject(lane_id, place_m, float(noisy_mps[row]), MODES[state.mode[row]]))

"""One lane as virtual vehicles between an advance loop and the stop line.

Input-output counting (vehicles in at the advance loop, out at the stop line) drifts with every miss and lane change, so
that it is corrected by what occupancy shows: a covered stop line has a vehicle, a free one has none that stands, a
covered advance loop has a queue that reaches it. Vehicles move by Newell's simplified car following (2002): each copies
its leader's place, one reaction time later and one jam spacing behind. Without a loop at the stop line the saturation
flow stands in for what leaves; without an advance loop the lane is one of `detectors.unseen_queue`.
"""

from dataclasses import dataclass

import numpy as np

from detectors.lanes import HEAD_ZONE_M, QUEUE_SPEED_MPS, STANDING_SPEED_MPS, LaneView
from detectors.loop_evidence import ACCELERATION_MPS2, COVERED_RATIO, HALT_M, PROOF_S, LoopEvidence, Stream

PULL_M = 30.0
ENTRY_M = 80.0
MAX_VEHICLES = 80
REACTION_S = 1.0
BALANCE_PRIOR_VEH = 20.0
BALANCE_MEMORY_VEH = 200.0
MAX_BALANCE = 3.0
VARIANCE = {False: (0.3, 1.2), True: (0.15, 0.6)}
"""Of the number in the queue, for the lane and for each vehicle in it, by whether those who leave are counted."""
CONFIDENCE = {False: 0.5, True: 0.7}
ROUNDING = 0.5
"""Whole vehicles from parts of them: the nearest number, so that a counted one is there at once."""


@dataclass(slots=True)
class _Virtual:
    distance_m: float
    speed_mps: float
    waiting_s: float = 0.0


class QueueModel:
    """The virtual vehicles of one lane and one kind of road user."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._vehicles: list[_Virtual] = []
        self._expected = 0.0
        self._counted_in = self._counted_out = BALANCE_PRIOR_VEH
        self._discharge = 0.0
        self._covered_s = 0.0
        self._unseen_s = 0.0
        self._advance_covered_s = 0.0
        self._advance_free_s = 0.0

    def seed(self, view: LaneView) -> None:
        """Begin from what another kind of sensing last saw."""
        there = slice(None) if view.presence is None else view.presence >= ROUNDING
        rows = zip(view.distance_m[there], view.speed_mps[there], view.waiting_s[there], strict=True)
        self._vehicles = [_Virtual(float(d), float(v), float(w)) for d, v, w in rows][:MAX_VEHICLES]

    def update(self, evidence: LoopEvidence, rate_vph: float) -> LaneView:
        """Move everybody by `elapsed_s` and fold in the evidence; `rate_vph` is the lane's average of arrivals."""
        self._balance(evidence)
        passed = self._depart(evidence)
        passed += self._move(evidence)
        arrived = self._arrive(evidence, rate_vph)
        self._correct_stop_line(evidence)
        self._correct_advance(evidence)
        for vehicle in self._vehicles:
            if vehicle.speed_mps < STANDING_SPEED_MPS:
                vehicle.waiting_s += evidence.elapsed_s
        return self._view(passed, arrived, evidence)

    def _balance(self, evidence: LoopEvidence) -> None:
        """Compare what comes in with what goes out over the last hundred vehicles or so.

        An advance loop does not see who turns in behind it, and sees who changes to another lane behind it.
        """
        if evidence.arrivals is None or evidence.departures is None:
            return
        self._counted_in += evidence.arrivals
        self._counted_out += evidence.departures
        fade = min(1.0, BALANCE_MEMORY_VEH / (self._counted_in + self._counted_out))
        self._counted_in *= fade
        self._counted_out *= fade

    def _depart(self, evidence: LoopEvidence) -> int:
        """Who the stop-line loop counted is gone; the model's own vehicles may be fewer than that."""
        if evidence.departures is None:
            return 0
        del self._vehicles[: evidence.departures]
        return evidence.departures

    def _move(self, evidence: LoopEvidence) -> int:
        elapsed_s = evidence.elapsed_s
        counted = evidence.departures is not None
        self._discharge = min(self._discharge + self._stream.saturation_vps * elapsed_s, 1.0) if evidence.green else 0.0
        limit_m = (0.0 if counted else -np.inf) if evidence.green else HALT_M
        passed = 0
        kept: list[_Virtual] = []
        for vehicle in self._vehicles:
            speed_mps = min(self._stream.speed_mps, vehicle.speed_mps + ACCELERATION_MPS2 * elapsed_s)
            place_m = max(vehicle.distance_m - speed_mps * elapsed_s, min(limit_m, vehicle.distance_m))
            if place_m <= 0.0 and not counted:
                if self._discharge >= 1.0:
                    self._discharge -= 1.0
                    passed += 1
                    continue
                place_m = max(place_m, 0.0)
            vehicle.speed_mps = (vehicle.distance_m - place_m) / elapsed_s if elapsed_s > 0.0 else vehicle.speed_mps
            limit_m = vehicle.distance_m + self._stream.spacing_m
            vehicle.distance_m = place_m
            kept.append(vehicle)
        self._vehicles = kept
        return passed

    def _arrive(self, evidence: LoopEvidence, rate_vph: float) -> float:
        arrivals = evidence.arrivals or 0
        blind = self._advance_covered_s >= PROOF_S
        if blind and (evidence.departures is None or self._queue_stands()):
            # a queue stands on the loop, and nobody is counted: the average goes on arriving
            self._expected += rate_vph / 3600.0 * evidence.elapsed_s
        else:
            ratio = self._counted_out / self._counted_in
            self._expected += arrivals * min(MAX_BALANCE, max(1.0 / MAX_BALANCE, ratio))
        number = int(self._expected + ROUNDING)
        self._expected -= number
        speed_mps = min(self._stream.speed_mps, evidence.arrival_speed_mps or self._stream.speed_mps)
        for _ in range(min(number, MAX_VEHICLES - len(self._vehicles))):
            arriving = _Virtual(evidence.arrival_m, speed_mps)
            last = self._vehicles[-1] if self._vehicles else None
            behind_m = last.distance_m + self._stream.spacing_m + last.speed_mps * REACTION_S if last else 0.0
            if last is not None and behind_m > arriving.distance_m:
                arriving = _Virtual(behind_m, min(speed_mps, last.speed_mps))
            self._vehicles.append(arriving)
        return float(arrivals)

    def _correct_stop_line(self, evidence: LoopEvidence) -> None:
        if evidence.stop_ratio is None:
            return
        self._covered_s = self._covered_s + evidence.elapsed_s if evidence.stop_covered else 0.0
        head = self._vehicles[0] if self._vehicles else None
        unseen = evidence.stop_free and head is not None and head.distance_m <= HALT_M
        self._unseen_s = self._unseen_s + evidence.elapsed_s if unseen else 0.0
        needed_s = PROOF_S if evidence.green else 1.0  # at green a rear may stand on the loop, waiting in the junction
        if self._covered_s >= needed_s and (head is None or head.distance_m > HEAD_ZONE_M):
            if head is not None and head.distance_m <= PULL_M:
                head.distance_m, head.speed_mps = HALT_M, 0.0
            elif len(self._vehicles) < MAX_VEHICLES:
                self._vehicles.insert(0, _Virtual(HALT_M, 0.0, self._covered_s))
        elif self._unseen_s >= PROOF_S:
            del self._vehicles[0]  # counted in, but never came here, or went over the line without being counted
            self._unseen_s = 0.0

    def _queue_stands(self) -> bool:
        return bool(self._vehicles) and self._vehicles[0].distance_m <= HEAD_ZONE_M and self._covered_s > 0.0

    def _correct_advance(self, evidence: LoopEvidence) -> None:
        if evidence.advance_ratio is None:
            return
        covered = evidence.advance_ratio >= COVERED_RATIO
        free = evidence.advance_ratio <= 0.0
        self._advance_covered_s = self._advance_covered_s + evidence.elapsed_s if covered else 0.0
        self._advance_free_s = self._advance_free_s + evidence.elapsed_s if free else 0.0
        if self._advance_covered_s >= PROOF_S:
            self._fill(evidence.arrival_m)
        elif self._advance_free_s >= PROOF_S:  # nobody stands on or behind the loop
            self._vehicles = [v for v in self._vehicles if v.distance_m <= evidence.arrival_m]

    def _fill(self, reach_m: float) -> None:
        """A queue stands on the advance loop: close the model's gaps up to there."""
        spacing_m = self._stream.spacing_m
        filled: list[_Virtual] = []
        last_m = HALT_M - spacing_m
        for vehicle in self._vehicles:
            while vehicle.distance_m - last_m >= 2.0 * spacing_m and last_m + spacing_m <= reach_m:
                last_m += spacing_m
                filled.append(_Virtual(last_m, 0.0, PROOF_S))
            filled.append(vehicle)
            last_m = vehicle.distance_m
        while last_m + spacing_m <= reach_m:
            last_m += spacing_m
            filled.append(_Virtual(last_m, 0.0, PROOF_S))
        self._vehicles = filled[:MAX_VEHICLES]

    def _view(self, passed: int, arrived: float, evidence: LoopEvidence) -> LaneView:
        number = len(self._vehicles)
        counted = evidence.departures is not None
        base, per_vehicle = VARIANCE[counted]
        return LaneView(
            distance_m=np.array([vehicle.distance_m for vehicle in self._vehicles], np.float64),
            speed_mps=np.array([vehicle.speed_mps for vehicle in self._vehicles], np.float64),
            movement=np.full(number, self._stream.movement, np.int32),
            mode=np.full(number, self._stream.mode, np.int8),
            waiting_s=np.array([vehicle.waiting_s for vehicle in self._vehicles], np.float64),
            passed=passed,
            arrived=arrived,
            confidence_ratio=CONFIDENCE[counted],
            queue_variance=base + per_vehicle * sum(vehicle.speed_mps < QUEUE_SPEED_MPS for vehicle in self._vehicles),
        )

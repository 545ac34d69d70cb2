"""The queue of a lane on which nobody is seen to come: how probable each length is, from signal and stop line alone.

When a radar or an advance loop is lost, vehicles still join the queue at the lane's average rate and leave it at green.
What the stop line says sorts the probable lengths from the others (a Bayesian filter over the number in the queue):
somebody covers it or it is free, counts follow each other as those of a queue do, or a gap shows that the queue has
ended. Without a loop at the stop line either, the average comes and the saturation flow leaves.

The view lists the k-th vehicle with the probability that the queue is so long (`presence`), so that a queue which is
only expected counts by its expected length: no more and no less.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from detectors.lanes import STANDING_SPEED_MPS, LaneView
from detectors.loop_evidence import ACCELERATION_MPS2, HALT_M, PROOF_S, Expected, LoopEvidence, Stream

LONGEST_VEH = 60
LIKELY, LEAST_PRESENCE = 0.5, 0.05
"""Who is at least so probable is ahead of those who come; who is less probable than the latter is not listed."""
GROUP_STEP_VEH = 0.1
MOST_GROUPS = 0.5
"""At most so many groups in one step of the filter."""
WAVE_S = 1.0
"""In a queue that starts, each vehicle sets off so much later than the one ahead."""
START_S = 2.0
"""From begin of green to the first one at the stop line that may be gone."""
SETTLE_S = 8.0
"""Who had green until now and must stop is not at the stop line yet."""
FOLLOW_S = 3.0
FOLLOW_RATIO = 0.25
"""Who crosses within this time of the last one need not come from the queue: platoons have such headways too."""
COUNTED = 0.5
"""Chance that a queue which discharges has somebody counted in any one second."""
FREE_IN_QUEUE = (0.5, 0.3, 0.1, 0.04)
"""Chance that the stop line is free in a second although a queue discharges, by seconds without anybody before it."""
COVERED_EMPTY, PASSING_EMPTY = 0.05, 0.3
"""Chance that a stop line without a queue is covered for a whole second, and that somebody is over it."""
FREE_AT_RED = 0.15
"""Chance that somebody who waits at red leaves the loop free for a second, standing short of it or rolling up."""
FREE_WHILE_STOPPING = 0.8
UNTOLD_PER_S = 0.005
"""Chance that the queue is gone although nobody was counted: misses, and who parked or changed lanes."""
SEEN_RATIO = 0.9
"""Of those that another kind of sensing saw last so many really stand here."""
CONFIDENCE = {True: 0.5, False: 0.2}
"""By whether there is a loop at the stop line."""


class UnseenQueue:
    """The number in the queue of one lane as probabilities of 0, 1, 2 and so on."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._chance = _binomial(0, SEEN_RATIO)
        self._waiting_s = np.zeros(LONGEST_VEH)
        self._green_s = 0.0
        self._red_s = SETTLE_S
        self._served_veh = 0
        self._covered_s = 0.0
        self._gap_s = 0.0
        self._headway_s = np.inf
        self._owed_veh = 0.0

    def seed(self, view: LaneView) -> None:
        """Begin from what another kind of sensing last saw."""
        there = view.distance_m.size if view.presence is None else round(float(view.presence.sum()))
        number = min(there, LONGEST_VEH)
        self._chance = _binomial(number, SEEN_RATIO)
        self._waiting_s[:] = 0.0
        self._waiting_s[:number] = view.waiting_s[:number]

    def update(self, evidence: LoopEvidence, expected: Expected, group_veh: float = 1.0) -> LaneView:
        """Fold in `elapsed_s` seconds; who is expected comes in groups of this mean size."""
        elapsed_s, rate_vps = evidence.elapsed_s, expected.rate_vph / 3600.0
        before_veh = self._expected_veh
        self._clock(evidence)
        self._chance = _joined(self._chance, rate_vps * elapsed_s, group_veh)
        passed = self._discharge(evidence) if evidence.departures is None else self._believe(evidence, rate_vps)
        # what the stop line proves wrong in the queue was wrong in the average
        arrived = passed + self._expected_veh - before_veh
        return self._view(passed, arrived, evidence, expected)

    @property
    def _expected_veh(self) -> float:
        return float(self._chance @ _NUMBERS)

    def _clock(self, evidence: LoopEvidence) -> None:
        """For how long the signal and the stop line have been as they are."""
        elapsed_s = evidence.elapsed_s
        if evidence.green:
            self._green_s += elapsed_s
            self._red_s = 0.0
        else:
            self._red_s += elapsed_s
            self._green_s, self._served_veh = 0.0, 0
        self._covered_s = self._covered_s + elapsed_s if evidence.stop_covered else 0.0

    def _discharge(self, evidence: LoopEvidence) -> int:
        """Nobody counts: at green the saturation flow leaves as far as there is a queue."""
        if self._green_s <= START_S:
            return 0
        flow_veh = min(1.0, self._stream.saturation_vps * evidence.elapsed_s)
        self._owed_veh += flow_veh * float(1.0 - self._chance[0])
        stay, self._chance = self._chance, _left(self._chance)
        self._chance = (1.0 - flow_veh) * stay + flow_veh * self._chance
        passed = int(self._owed_veh)
        self._owed_veh -= passed
        self._serve(passed)
        return passed

    def _believe(self, evidence: LoopEvidence, rate_vps: float) -> int:
        """Weigh each length by how well it explains what the stop line says; who was counted is gone."""
        counted = evidence.departures or 0
        self._forget(min(1.0, UNTOLD_PER_S * evidence.elapsed_s))
        self._headway_s += evidence.elapsed_s
        came_alone = min(COUNTED, rate_vps * evidence.elapsed_s + 0.01)
        if self._headway_s <= FOLLOW_S:
            came_alone = max(came_alone, FOLLOW_RATIO)
        for _ in range(counted):
            self._empty_is(came_alone / COUNTED)
            self._chance = _left(self._chance)
        self._serve(counted)
        if counted:
            self._headway_s = self._gap_s = 0.0
        elif self._covered_s > 0.0:
            self._empty_is(COVERED_EMPTY)
            self._gap_s = 0.0
        elif not evidence.stop_free:
            self._empty_is(PASSING_EMPTY)
            self._gap_s = 0.0
        else:
            self._doubt(evidence, came_alone)
        return counted

    def _doubt(self, evidence: LoopEvidence, came_alone: float) -> None:
        """The stop line is free: each second more speaks against a queue."""
        if evidence.green:
            in_queue = FREE_IN_QUEUE[min(int(self._gap_s), len(FREE_IN_QUEUE) - 1)]
            self._gap_s += evidence.elapsed_s
        else:
            in_queue = FREE_WHILE_STOPPING if self._red_s <= SETTLE_S else FREE_AT_RED
        self._empty_is((1.0 - came_alone) / in_queue)

    def _forget(self, ratio: float) -> None:
        """What was believed may be wrong altogether."""
        self._chance *= 1.0 - ratio
        self._chance[0] += ratio

    def _empty_is(self, times: float) -> None:
        """What was seen is so many times as probable without a queue as with one."""
        self._chance[0] *= times
        self._chance /= self._chance.sum()

    def _serve(self, number: int) -> None:
        if number:
            self._served_veh += number
            self._waiting_s[:-number] = self._waiting_s[number:]
            self._waiting_s[-number:] = 0.0

    def _view(self, passed: int, arrived: float, evidence: LoopEvidence, expected: Expected) -> LaneView:
        presence = self._chance[::-1].cumsum()[::-1][1:]  # of the k-th: that there are k or more
        number = int(np.count_nonzero(presence >= LEAST_PRESENCE))
        places = np.arange(number)
        since_s = self._green_s - WAVE_S * (places + 1 + self._served_veh)
        speed_mps = np.minimum(self._stream.speed_mps, ACCELERATION_MPS2 * since_s.clip(min=0.0))
        if self._covered_s >= PROOF_S:
            speed_mps[:] = 0.0  # whoever stands there at green does not go
        self._waiting_s[number:] = 0.0
        self._waiting_s[:number] += evidence.elapsed_s * (speed_mps < STANDING_SPEED_MPS)
        mean = float(presence.sum())
        queue_m = HALT_M + self._stream.spacing_m * places.astype(np.float64)
        coming_m = self._behind(int(np.count_nonzero(presence >= LIKELY)), expected.coming_m)
        distance_m = np.concatenate((queue_m, coming_m))
        order = np.argsort(distance_m, kind="stable")
        rows = order.size
        return LaneView(
            distance_m=distance_m[order],
            speed_mps=np.concatenate((speed_mps, np.full(coming_m.size, self._stream.speed_mps)))[order],
            movement=np.full(rows, self._stream.movement, np.int32),
            mode=np.full(rows, self._stream.mode, np.int8),
            waiting_s=np.concatenate((self._waiting_s[:number], np.zeros(coming_m.size)))[order],
            passed=passed,
            arrived=arrived,
            confidence_ratio=CONFIDENCE[evidence.departures is not None],
            presence=np.concatenate((presence[:number], np.ones(coming_m.size)))[order],
            queue_variance=float(self._chance @ _SQUARES) - mean**2,
            reach_m=expected.reach_m,
        )

    def _behind(self, queued: int, coming_m: NDArray[np.float64]) -> NDArray[np.float64]:
        """Where those are who are on the way: not in the queue yet."""
        first_m = HALT_M + self._stream.spacing_m * queued
        placed_m: NDArray[np.float64] = np.maximum(
            coming_m, first_m + self._stream.spacing_m * np.arange(coming_m.size)
        )
        return placed_m


_NUMBERS = np.arange(LONGEST_VEH + 1, dtype=np.float64)
_SQUARES = _NUMBERS**2


def _binomial(number: int, ratio: float) -> NDArray[np.float64]:
    """Each of `number` is there with this chance."""
    chance = np.zeros(LONGEST_VEH + 1)
    chance[0] = 1.0
    for _ in range(number):
        chance[1:] = ratio * chance[:-1] + (1.0 - ratio) * chance[1:]
        chance[0] *= 1.0 - ratio
    return chance


def _left(chance: NDArray[np.float64]) -> NDArray[np.float64]:
    """One of the queue is gone, where there is one."""
    fewer = np.append(chance[1:], 0.0)
    fewer[0] += chance[0]
    return fewer


@lru_cache(maxsize=64)
def _group(steps: int) -> NDArray[np.float64]:
    """Chances of a group's size, geometric with a mean of so many steps."""
    ends = 1.0 / (GROUP_STEP_VEH * steps)
    return np.append(0.0, ends * (1.0 - ends) ** _NUMBERS[:-1])


def _joined(chance: NDArray[np.float64], expected_veh: float, group_veh: float) -> NDArray[np.float64]:
    """Groups of a random number have joined the queue, `expected_veh` vehicles on average."""
    sizes = _group(max(round(group_veh / GROUP_STEP_VEH), round(1.0 / GROUP_STEP_VEH)))
    groups = expected_veh / group_veh
    while groups > 0.0:
        part = min(groups, MOST_GROUPS)
        groups -= part
        more = (1.0 - part) * chance + part * np.convolve(chance, sizes)[: chance.size]
        chance = more / more.sum()
    return chance

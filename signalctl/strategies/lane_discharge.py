"""How fast the queue of each lane leaves when it gets green: start-up and headways, learned from what crosses."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeGuard

import numpy as np

from detectors.picture import LanePicture
from plans.junction import Aspect, Junction, Movement
from signalctl.rollout.demand import HEADWAY_RATIO
from signalctl.rollout.layout import Floats, Layout
from signalctl.strategies.kerb_rates import LEAST_CONFIDENCE, MAX_STEP_S

USUAL_HEADWAY_S = 2.0
PRIOR_HEADWAYS = 30.0
MEMORY_HEADWAYS = 600.0
PRIOR_STARTS = 10.0
MEMORY_STARTS = 200.0
LEAST_CROSSED = 3
"""The first two vehicles of a queue say nothing about its headways."""
STANDING_MPS = 2.0
GAP_RATIO = 2.5
"""Who comes so many headways after the one before was no part of the queue; the first two may take longer."""
RATIO_RANGE = (0.6, 2.0)
STARTUP_RANGE_S = (0.5, 5.0)


@dataclass
class _Queue:
    """A queue that has got green: who stood in it as headways, and what has crossed since."""

    began_s: float
    headways_s: Sequence[float]
    crossed: int = 0
    second_s: float = 0.0  # the second vehicle over the line, after the begin of green
    last_s: float = 0.0  # and the last one


def _is_known(lane: LanePicture | None) -> TypeGuard[LanePicture]:
    """Whether who stands there was seen: what is only expected teaches nothing."""
    return lane is not None and lane.presence is None and lane.confidence_ratio >= LEAST_CONFIDENCE


@dataclass
class LaneDischarge:
    """Fading sums by lane; rows are lanes. Starts from what is usual and moves as queues are seen to leave.

    A queue teaches when all signals of its lane turned green together, nobody in it gave way, no exit was full and at
    least three vehicles crossed with headways of a queue.

    Args:
        junction: Whose lanes.
        layout: Its usual headways.
        startup_s: Usual begin of the steady headways after the begin of green.
    """

    junction: Junction
    layout: Layout
    startup_s: float
    real_s: Floats = field(init=False)
    usual_s: Floats = field(init=False)
    starts: Floats = field(init=False)
    start_s: Floats = field(init=False)
    headway_ratio: Floats = field(init=False)  # (L,) over the usual headway
    lane_startup_s: Floats = field(init=False)  # (L,)
    _groups: tuple[frozenset[str], ...] = field(init=False)
    _red: list[bool] = field(init=False)  # by lane, whether none of its signals was green
    _before: tuple[LanePicture | None, ...] | None = field(init=False, default=None)
    _green: set[str] | None = field(init=False, default=None)  # groups
    _queues: dict[int, _Queue] = field(init=False, default_factory=dict)
    _utc_s: float = field(init=False, default=0.0)

    def __post_init__(self) -> None:
        """Begin from what is usual."""
        lanes = len(self.junction.lanes)
        self.real_s = np.full(lanes, PRIOR_HEADWAYS * USUAL_HEADWAY_S)
        self.usual_s = np.full(lanes, PRIOR_HEADWAYS * USUAL_HEADWAY_S)
        self.starts = np.full(lanes, PRIOR_STARTS)
        self.start_s = np.full(lanes, PRIOR_STARTS * self.startup_s)
        self.headway_ratio = np.ones(lanes)
        self.lane_startup_s = np.full(lanes, self.startup_s)
        moves = self.junction.movements
        self._groups = tuple(
            frozenset(movement.group for movement in moves if movement.lane == lane) for lane in self.junction.lanes
        )
        self._red = [False] * lanes

    def observe(
        self,
        lanes: Sequence[LanePicture | None],
        aspects: Mapping[str, Aspect],
        blocked_exits: frozenset[str],
        utc_s: float,
    ) -> None:
        """Fold in one second: `lanes` as in the junction, and what was shown during that second."""
        if not 0.0 < utc_s - self._utc_s <= MAX_STEP_S:
            self._before, self._queues = None, {}
        self._utc_s = utc_s
        green = {group for group, aspect in aspects.items() if aspect == Aspect.GREEN}
        if green != self._green and (aspects or self._green is not None):
            self._switch(green, utc_s)
            self._green = green
        for index in tuple(self._queues):
            self._count(index, lanes[index], blocked_exits, utc_s)
        self._before = tuple(lanes)

    def _switch(self, green: set[str], utc_s: float) -> None:
        """Queues begin where every signal of a lane has turned green, and end where one does not show green."""
        for index, groups in enumerate(self._groups):
            was_red, self._red[index] = self._red[index], groups.isdisjoint(green)
            if not groups <= green:
                self._end(index)
            elif was_red and groups and self._before is not None and _is_known(before := self._before[index]):
                headways_s = self._standing(index, before)
                if len(headways_s) >= LEAST_CROSSED:
                    self._queues[index] = _Queue(utc_s - 1.0, headways_s)

    def _count(self, index: int, lane: LanePicture | None, blocked_exits: frozenset[str], utc_s: float) -> None:
        """One second of a queue that has green."""
        queue = self._queues[index]
        full = blocked_exits and any(move.exit_lane in blocked_exits for _, move in self._moves(index))
        if full or not _is_known(lane):
            del self._queues[index]
            return
        now_s = utc_s - queue.began_s - 0.5
        slack_s = STARTUP_RANGE_S[1] if queue.crossed < LEAST_CROSSED - 1 else 0.0
        if now_s > queue.last_s + GAP_RATIO * queue.headways_s[max(0, queue.crossed - 1)] + slack_s:
            self._end(index)
            return
        for _ in range(min(lane.passed, len(queue.headways_s) - queue.crossed)):
            queue.crossed += 1
            queue.last_s = now_s
            if queue.crossed == LEAST_CROSSED - 1:
                queue.second_s = now_s
        if queue.crossed == len(queue.headways_s):
            self._end(index)

    def _standing(self, index: int, lane: LanePicture) -> list[float]:
        """Usual headways of those who stand in a row from the stop line on, up to the first who gives way."""
        moves = self._moves(index)
        anybody_yields = any(move.yields_to for _, move in moves)
        usual_s = float(sum(self.layout.move_headway_s[m] * self.layout.move_share[m] for m, _ in moves))
        headways_s = []
        for row in range(lane.distance_m.size):
            move = int(lane.movement[row])
            yields = bool(self.junction.movements[move].yields_to) if move >= 0 else anybody_yields
            if lane.speed_mps[row] > STANDING_MPS or yields:
                break
            headway_s = float(self.layout.move_headway_s[move]) if move >= 0 else usual_s
            headways_s.append(headway_s * float(HEADWAY_RATIO[lane.mode[row]]))
        return headways_s

    def _moves(self, index: int) -> list[tuple[int, Movement]]:
        start = self.layout.lane_move_start
        return [(int(m), self.junction.movements[m]) for m in self.layout.lane_moves[start[index] : start[index + 1]]]

    def _end(self, index: int) -> None:
        """The queue has gone, or its green: what it taught."""
        queue = self._queues.pop(index, None)
        if queue is None or queue.crossed < LEAST_CROSSED:
            return
        between = queue.headways_s[1 : queue.crossed - 1]
        keep = max(0.0, 1.0 - len(between) / MEMORY_HEADWAYS)
        self.real_s[index] = self.real_s[index] * keep + queue.last_s - queue.second_s
        self.usual_s[index] = self.usual_s[index] * keep + sum(between)
        ratio = float(np.clip(self.real_s[index] / self.usual_s[index], *RATIO_RANGE))
        self.headway_ratio[index] = ratio
        keep = 1.0 - 1.0 / MEMORY_STARTS
        self.starts[index] = self.starts[index] * keep + 1.0
        self.start_s[index] = self.start_s[index] * keep + queue.second_s - ratio * queue.headways_s[0]
        self.lane_startup_s[index] = np.clip(self.start_s[index] / self.starts[index], *STARTUP_RANGE_S)

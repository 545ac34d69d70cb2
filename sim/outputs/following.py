"""How vehicles have moved in a step, for those who measure at places of the road.

Vehicles move by their speed times the step, and change lanes at its end. What is not told is by which lanes one came
that was somewhere else a step ago; that is searched on the network.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.network import Network
from sim.outputs.watching import Step

NEVER = -2
MOST_BETWEEN = 6


@dataclass(frozen=True, slots=True)
class Moved:
    """One vehicle's step."""

    lane: int  # at its end
    position_m: float
    before: int  # lane at its begin, `NEVER` when the vehicle was not on the road
    start_m: float  # position there
    moved_m: float
    length_m: float
    speed_mps: float
    loss_s: float  # time lost in the step
    drove_to: int  # lane at the end of the move, before it changed to the lane beside
    between: tuple[int, ...] = ()  # lanes that the front has passed from `before` to `drove_to`

    @property
    def across(self) -> bool:
        """Whether it came from the lane beside, after it had moved."""
        return self.drove_to != self.lane

    @property
    def appeared(self) -> bool:
        """Whether it was not on the road before."""
        return self.before == NEVER


class Follower:
    """Remembers where everybody was a step ago."""

    def __init__(self, lane_ids: Sequence[str], network: Network) -> None:
        self._lane_ids, self._network = lane_ids, network
        self._edge = [name.rsplit("_", 1)[0] for name in lane_ids]
        self._length_m = [network.lanes[name].length_m for name in lane_ids]
        self._number = {name: index for index, name in enumerate(lane_ids)}
        self._ways: dict[tuple[int, int], tuple[int, tuple[int, ...]]] = {}
        self._before: NDArray[np.int32] = np.full(1024, NEVER, np.int32)
        self._position_m: NDArray[np.float64] = np.zeros(1024)
        self._loss_s: NDArray[np.float64] = np.zeros(1024)
        self._here: NDArray[np.int64] = np.zeros(0, np.int64)

    def moves(self, step: Step, looked_at: NDArray[np.bool_], kept: Collection[int]) -> dict[int, Moved]:
        """What vehicles did in a step.

        Args:
            step: The step; each must be given.
            looked_at: Per lane: whether something is measured on it.
            kept: Vehicles that are told wherever they are.

        Returns:
            By vehicle: those on a lane that is looked at, those who changed to another lane, and those kept.
        """
        state = step.state
        step_s = state.time_s - step.begin_s
        vehicles = state.vehicle_id
        self._make_room(int(vehicles.max(initial=0)))
        before = self._before[vehicles]
        told = looked_at[state.lane] | ((before != state.lane) & (before != NEVER))
        if kept:
            told |= np.isin(vehicles, np.fromiter(kept, np.int64, len(kept)))
        rows = np.flatnonzero(told)
        columns = (
            vehicles[rows], state.lane[rows], state.position_m[rows], before[rows], self._position_m[vehicles[rows]],
            state.speed_mps[rows], state.length_m[rows], state.time_loss_s[rows] - self._loss_s[vehicles[rows]],
        )  # fmt: skip
        result = {
            vehicle: Moved(lane, at_m, was, was_m, speed * step_s, length_m, speed, loss_s, *self._way(was, lane))
            for vehicle, lane, at_m, was, was_m, speed, length_m, loss_s in zip(
                *(column.tolist() for column in columns), strict=True
            )
        }
        self._before[self._here] = NEVER
        self._here = vehicles
        self._before[vehicles] = state.lane
        self._position_m[vehicles] = state.position_m
        self._loss_s[vehicles] = state.time_loss_s
        return result

    def ways(self, move: Moved) -> list[tuple[int, float]]:
        """Lanes over which the front went, and where it was at the begin of the step, seen from each lane's start."""
        if move.lane == move.before:
            return [(move.lane, move.position_m - move.moved_m)]
        start_m = move.start_m
        ways = [(move.before, start_m)]
        for lane in (*move.between, *([move.drove_to] if move.drove_to != move.before else [])):
            start_m -= self._length_m[ways[-1][0]]
            ways.append((lane, start_m))
        return ways

    def beside(self, lane: int, other: int) -> bool:
        """Whether two lanes belong to the same road."""
        return lane != other and self._edge[lane] == self._edge[other]

    def _way(self, before: int, lane: int) -> tuple[int, tuple[int, ...]]:
        """The lane to which one drove who was on `before` and is on `lane` a step later, and what lies between."""
        if before in (NEVER, lane):
            return lane, ()
        if self.beside(lane, before):
            return before, ()
        if (before, lane) not in self._ways:
            self._ways[before, lane] = self._search(before, lane)
        return self._ways[before, lane]

    def _search(self, before: int, lane: int) -> tuple[int, tuple[int, ...]]:
        """The shortest way to the lane, or to one beside it where none leads there."""
        beside = {self._number[other.id] for other in self._network.edges[self._edge[lane]].lanes} - {lane}
        found: tuple[int, tuple[int, ...]] | None = None
        ways: list[tuple[int, ...]] = [()]
        for _ in range(MOST_BETWEEN):
            longer = []
            for way in ways:
                here = self._lane_ids[way[-1] if way else before]
                for link in self._network.outgoing.get(here, ()):
                    following = self._number.get(link.via or link.to_lane, -1)
                    if following == lane:
                        return lane, way
                    if following in beside:
                        found = found or (following, way)
                    elif following >= 0:
                        longer.append((*way, following))
            ways = longer
        return found or (lane, ())

    def _make_room(self, most: int) -> None:
        while most >= len(self._before):
            self._before = np.concatenate([self._before, np.full_like(self._before, NEVER)])
            self._position_m = np.concatenate([self._position_m, np.zeros_like(self._position_m)])
            self._loss_s = np.concatenate([self._loss_s, np.zeros_like(self._loss_s)])

"""From one junction's picture to the flat arrays that the rollout reads: weights, priority, waits, blocked exits."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from detectors.picture import MODES, JunctionPicture, LanePicture, PriorityRequest, RequestState
from plans.junction import Aspect, GroupKind, Junction, Mode
from signalctl.rollout.demand import Seen
from signalctl.rollout.layout import Flags, Floats, Ints, Layout, build_layout, crossing_groups
from signalctl.rollout.parameters import RolloutNumbers
from signalctl.strategies.debts import NOTHING_OWED
from signalctl.strategies.kerb_rates import KerbRates
from signalctl.strategies.lane_discharge import LaneDischarge
from signalctl.strategies.parameters import AdaptiveParameters
from signalctl.strategies.vehicle_rows import VehicleRows, joined, rows_of

CAR = MODES.index(Mode.CAR)
LIVE = frozenset({RequestState.QUEUED, RequestState.ACTIVATED})


@dataclass(frozen=True)
class Observer:
    """Knows one junction's layout and turns its pictures into `Seen`."""

    junction: Junction
    layout: Layout
    weights: Floats
    stop_s: Floats  # by mode: what a stop costs
    patience_s: Floats  # by mode: who waited so long counts double
    parameters: AdaptiveParameters
    numbers: RolloutNumbers
    farthest_m: Floats  # (L,) at which a vehicle was ever seen; where the road begins or sensing ends
    rates: KerbRates
    discharge: LaneDischarge

    @classmethod
    def of(cls, junction: Junction, weights: Mapping[Mode, float], parameters: AdaptiveParameters) -> "Observer":
        """Compile the junction."""
        layout = build_layout(junction)
        weight = np.array([weights[mode] for mode in MODES])
        patience_s = np.full(len(MODES), parameters.long_wait_s)
        patience_s[MODES.index(Mode.BICYCLE)] = parameters.long_wait_bicycle_s
        stop_s = np.array([parameters.stop_s.of(mode) for mode in MODES])
        numbers = _scaled(parameters, shortest_round_s(layout))
        farthest_m = np.zeros(len(junction.lanes))
        rates = KerbRates(crossing_groups(junction))
        discharge = LaneDischarge(junction, layout, numbers.startup_s)
        return cls(junction, layout, weight, stop_s, patience_s, parameters, numbers, farthest_m, rates, discharge)

    @cached_property
    def rate_weight(self) -> Floats:
        """(L,) persons in an average vehicle."""
        return np.full(len(self.junction.lanes), self.weights[CAR])

    @cached_property
    def none_blocked(self) -> Flags:
        """(M,) every exit has room."""
        return np.zeros(len(self.junction.movements), np.bool_)

    @cached_property
    def none_stuck(self) -> tuple[Floats, Ints]:
        """(L,) each: no head has stood on green, so none of them wants another signal."""
        lanes = len(self.junction.lanes)
        return np.zeros(lanes), np.full(lanes, -1, np.int64)

    @cached_property
    def no_crossings(self) -> tuple[Floats, Floats, Floats, Floats]:
        """Rows of a junction without anything to cross on foot."""
        return np.zeros(0), np.zeros(0), np.ones(0), np.zeros(0)

    def see(
        self, picture: JunctionPicture, aspects: Mapping[str, Aspect], owed: Mapping[str, float] = NOTHING_OWED
    ) -> Seen:
        """Flat arrays of what is known now; lanes without a picture are empty.

        `owed` is how much more those who wait for a group count because of what priority took from it.
        """
        lanes = [picture.lanes.get(lane) for lane in self.junction.lanes]
        rows = self._rows(lanes)
        if owed:
            rows = rows.weighted(self._owed_ratio(rows, owed))
        for request in picture.requests:
            if request.state in LIVE:
                rows = self._with_request(rows, request)
        stuck_s, stuck_move = self._stuck(lanes, aspects)
        blocked = picture.blocked_exits
        people, wait_s, limit_s, come_ps = self._crossings(picture, owed)
        return Seen(
            rows.start,
            rows.distance_m,
            rows.speed_mps,
            rows.move,
            rows.mode,
            rows.weight,
            rows.not_before_s,
            self.stop_s,
            np.array([0.0 if lane is None else lane.arrival_vph / 3600.0 for lane in lanes]),
            self.rate_weight,
            self._reach(rows, lanes),
            self.discharge.lane_startup_s,
            self.discharge.headway_ratio,
            stuck_s,
            stuck_move,
            np.array([movement.exit_lane in blocked for movement in self.junction.movements], np.bool_)
            if blocked
            else self.none_blocked,
            people,
            wait_s,
            limit_s,
            come_ps,
        )

    def _rows(self, lanes: Sequence[LanePicture | None]) -> VehicleRows:
        """Everybody who is seen, with the weight that the wait gives."""
        rows = rows_of(lanes)
        if not rows.mode.size:
            return rows
        waiting_s = joined([lane.waiting_s for lane in lanes if lane is not None])
        impatience = np.minimum(waiting_s / self.patience_s[rows.mode], self.parameters.most_patiences)
        return rows.weighted(self.weights[rows.mode] * (1.0 + impatience**2))

    def _owed_ratio(self, rows: VehicleRows, owed: Mapping[str, float]) -> Floats:
        """(n,) by how much each vehicle counts more; one whose turn is not seen by the usual shares of its lane."""
        layout = self.layout
        by_move = np.array([owed.get(movement.group, 1.0) for movement in self.junction.movements])
        by_lane = np.bincount(layout.move_lane, by_move * layout.move_share, minlength=len(self.junction.lanes))
        lane = np.repeat(np.arange(len(self.junction.lanes)), np.diff(rows.start))
        ratio: Floats = np.where(rows.move >= 0, by_move[rows.move], by_lane[lane])
        return ratio

    def _reach(self, rows: VehicleRows, lanes: Sequence[LanePicture | None]) -> Floats:
        """How far back each lane has been seen to be sensed."""
        if rows.distance_m.size:
            used = rows.start[1:] > rows.start[:-1]
            self.farthest_m[used] = np.maximum(self.farthest_m[used], rows.distance_m[rows.start[1:][used] - 1])
        if all(lane is None or lane.reach_m == math.inf for lane in lanes):
            return self.farthest_m.copy()
        return np.minimum(self.farthest_m, [math.inf if lane is None else lane.reach_m for lane in lanes])

    def request_weight(self, request: PriorityRequest) -> float:
        """Persons that a request stands for: more when late, little when ahead of schedule or when it is distrusted."""
        persons = request.persons if request.persons > 0.0 else float(self.weights[MODES.index(request.mode)])
        persons *= request.trust_ratio
        if request.lateness_s < -self.parameters.early_s:
            return persons * self.parameters.early_ratio
        late = min(max(request.lateness_s, 0.0) / self.parameters.late_s, 1.0)
        return persons * (self.parameters.transit_ratio + late)

    def _with_request(self, rows: VehicleRows, request: PriorityRequest) -> VehicleRows:
        """Give the request's weight to the vehicle that made it when a detector sees it, else add that vehicle."""
        moves = [
            index
            for index, movement in enumerate(self.junction.movements)
            if movement.group == request.group and request.lane in (None, movement.lane)
        ]
        if not moves:
            return rows
        mode = MODES.index(request.mode)
        weight = self.request_weight(request)
        for move in moves:
            lane = int(self.layout.move_lane[move])
            inside = range(int(rows.start[lane]), int(rows.start[lane + 1]))
            same = [row for row in inside if rows.mode[row] == mode and rows.move[row] in (move, -1)]
            if same:
                best = min(same, key=lambda row: abs(rows.eta_s(row, self.layout.lane_speed_mps[lane]) - request.eta_s))
                waiting = float(rows.weight[best]) / float(self.weights[mode])
                return rows.reweighted(best, weight * waiting)
        lane = int(self.layout.move_lane[moves[0]])
        speed = float(self.layout.lane_speed_mps[lane])
        return rows.inserted(lane, request.eta_s * speed, speed, moves[0], mode, weight)

    def _stuck(
        self, lanes: Sequence[LanePicture | None], aspects: Mapping[str, Aspect]
    ) -> tuple[np.ndarray, np.ndarray]:
        """For how long heads have stood on green, and the red movement that this head probably wants."""
        least_s = min(self.parameters.believe_after_s, self.parameters.believe_gap_s)
        if all(lane is None or lane.head_still_s < least_s for lane in lanes):
            return self.none_stuck
        stuck_s, wanted = np.zeros(len(lanes)), np.full(len(lanes), -1, np.int64)
        for index, lane in enumerate(lanes):
            if lane is None or lane.head_still_s < least_s or lane.head_still_s < self._still_limit_s(lane, aspects):
                continue
            stuck_s[index] = lane.head_still_s
            moves = self.layout.lane_moves[self.layout.lane_move_start[index] : self.layout.lane_move_start[index + 1]]
            red = [m for m in moves if aspects.get(self.junction.movements[m].group) != Aspect.GREEN]
            if red:
                wanted[index] = max(red, key=lambda m: self.layout.move_share[m])
        return stuck_s, wanted

    def _still_limit_s(self, lane: LanePicture, aspects: Mapping[str, Aspect]) -> float:
        """How long a head may stand on green before it counts as not being served: longer when it has to give way."""
        move = int(lane.movement[0]) if lane.movement.size else -1
        if move < 0:
            return self.parameters.believe_after_s
        movement = self.junction.movements[move]
        gives_way = any(aspects.get(group) == Aspect.GREEN for group in movement.yields_to)
        return self.parameters.believe_gap_s if gives_way else self.parameters.believe_after_s

    def _crossings(self, picture: JunctionPicture, owed: Mapping[str, float]) -> tuple[Floats, Floats, Floats, Floats]:
        groups = self.rates.groups
        if not groups:
            return self.no_crossings
        people, wait_s = np.zeros(len(groups)), np.zeros(len(groups))
        limit_s, come_ps = np.ones(len(groups)), np.zeros(len(groups))
        transit = any(request.state in LIVE for request in picture.requests)
        for index, group in enumerate(groups):
            bicycle = self.junction.groups[group].kind is GroupKind.BICYCLE
            weight = self.weights[MODES.index(Mode.BICYCLE if bicycle else Mode.PEDESTRIAN)]
            limit_s[index] = (
                self.parameters.bicycle_wait_s
                if bicycle
                else (self.parameters.pedestrian_transit_wait_s if transit else self.parameters.pedestrian_wait_s)
            )
            come_ps[index] = weight * self.rates.per_s(group)
            crossing = picture.crossings.get(group)
            if crossing is not None and (crossing.requested or crossing.waiting > 0.0):
                people[index] = weight * max(crossing.waiting, 1.0) * owed.get(group, 1.0)
                wait_s[index] = crossing.longest_wait_s
        return people, wait_s, limit_s, come_ps


def shortest_round_s(layout: Layout) -> float:
    """Time to show every group once at its minimum green: what the horizon of a junction is measured in.

    The round is of as few stages as serve everybody, as far as taking the widest first finds them; stages on demand
    that add nobody do not make it longer.
    """
    missing = layout.stage_green.any(axis=0)
    round_s, shown = 0.0, []
    while missing.any():
        stage = int(np.argmax((layout.stage_green & missing).sum(axis=1)))
        missing = missing & ~layout.stage_green[stage]
        round_s += float(layout.group_min_green_s[layout.stage_green[stage]].max(initial=1.0))
        shown.append(stage)
    if len(shown) > 1:
        round_s += float(layout.transition_s[np.ix_(shown, shown)].sum()) / (len(shown) - 1)
    return round_s


def _scaled(parameters: AdaptiveParameters, round_s: float) -> RolloutNumbers:
    """Looks further ahead where a round takes longer; who is left over waits for a good part of the next one."""
    numbers = parameters.numbers
    horizon_s = min(parameters.longest_horizon_s, max(numbers.horizon_s, parameters.round_ratio * round_s))
    ratio = horizon_s / numbers.horizon_s
    return numbers._replace(horizon_s=float(round(horizon_s)), terminal_s=numbers.terminal_s * ratio)

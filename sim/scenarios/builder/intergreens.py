"""Intergreens from the geometry of a network, by RiLSA 2015: t_z = t_cross + t_clear - t_enter, rounded up.

The distances come from the centre lines of the paths inside the junction: two road users are in conflict while the
lines are nearer than `CONFLICT_WIDTH_M`. A path begins at the stop line.
"""

import math
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from sim.network import Connection, Network, Shape

CONFLICT_WIDTH_M = 2.0
SAMPLE_M = 0.25
PEDESTRIAN_CLEARING_MPS = 1.2
VEHICLE_LEAST_S = 4  # amber 3 s and red-amber 1 s never overlap


class User(Enum):
    """Who clears or enters: overrun after green, length, clearing speed, entering speed."""

    CAR_STRAIGHT = (3.0, 6.0, 10.0, 11.1)
    CAR_TURNING = (2.0, 6.0, 7.0, 11.1)
    BICYCLE = (1.0, 0.0, 4.0, 5.0)

    def __init__(self, overrun_s: float, length_m: float, clear_mps: float, enter_mps: float) -> None:
        self.overrun_s = overrun_s
        self.length_m = length_m
        self.clear_mps = clear_mps
        self.enter_mps = enter_mps


@dataclass(frozen=True)
class SignalPath:
    """The way of one signal link across the junction and who takes it; nobody in `users` means people on foot."""

    link: int
    points: NDArray[np.float64]  # (n, 2), SAMPLE_M apart
    users: tuple[User, ...]
    length_m: float


def signal_path(network: Network, connection: Connection) -> SignalPath:
    """The path of a connection at a signal, a crossing included."""
    if connection.to_edge in network.crossings:
        crossing = network.crossings[connection.to_edge]
        lane = crossing.lanes[0]
        return SignalPath(connection.link_index, _sampled(lane.shape), (), lane.length_m)
    shape: list[tuple[float, float]] = []
    for lane_id in network.via_lanes(connection):
        shape += network.lanes[lane_id].shape
    if not shape:
        raise ValueError(
            f"{connection.from_lane} -> {connection.to_lane}: expected a path inside the junction, got none"
        )
    classes = network.lanes[connection.from_lane].permissions & network.lanes[connection.to_lane].permissions
    users = []
    if classes & {"passenger", "bus"}:
        users.append(User.CAR_STRAIGHT if connection.direction == "s" else User.CAR_TURNING)
    if "bicycle" in classes:
        users.append(User.BICYCLE)
    points = _sampled(tuple(shape))
    return SignalPath(connection.link_index, points, tuple(users), (len(points) - 1) * SAMPLE_M)


def intergreen_s(ending: SignalPath, starting: SignalPath) -> int:
    """Least whole seconds from the end of green of one path to the begin of green of another; 0: they never meet."""
    distances = np.linalg.norm(ending.points[:, None, :] - starting.points[None, :, :], axis=2)
    walker = not ending.users or not starting.users
    near = distances < CONFLICT_WIDTH_M + (1.0 if walker else 0.0)  # a crossing is 4 m wide, a vehicle about 2 m
    if not near.any():
        return 0
    if not ending.users:
        return math.ceil(ending.length_m / PEDESTRIAN_CLEARING_MPS)
    clear_m = float(np.flatnonzero(near.any(axis=1))[-1]) * SAMPLE_M
    enter_m = float(np.flatnonzero(near.any(axis=0))[0]) * SAMPLE_M
    enter_s = min((enter_m / user.enter_mps for user in starting.users), default=0.0)
    longest = max(user.overrun_s + (clear_m + user.length_m) / user.clear_mps for user in ending.users)
    return max(VEHICLE_LEAST_S, math.ceil(longest - enter_s))


def _sampled(shape: Shape) -> NDArray[np.float64]:
    corners = np.asarray(shape, dtype=np.float64)
    along = np.concatenate(([0.0], np.cumsum(np.linalg.norm(np.diff(corners, axis=0), axis=1))))
    stations = np.arange(0.0, along[-1] + SAMPLE_M, SAMPLE_M)
    return np.column_stack([np.interp(stations, along, corners[:, axis]) for axis in (0, 1)])

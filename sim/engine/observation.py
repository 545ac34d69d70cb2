"""What can be seen of the road: positions in the plane, the next signal of everybody, and records of trips."""

import bisect
import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

from sim.demand import Vehicle
from sim.engine.arrays import (
    ACTIVE,
    ARRIVED,
    F8,
    GIVEN_UP,
    I4,
    LOADED,
    NONE,
    NOW,
    PENDING,
    Net,
    Plans,
    Traffic,
    Vehicles,
)
from sim.engine.jit import helper, kernel
from sim.engine.pointers import World
from sim.engine.routes import cell_beyond, route_edge
from sim.engine.streets import Streets
from sim.network import Network
from sim.plant import CRAWL_MPS, RoadMode, RoadState, Trip

if TYPE_CHECKING:
    from sim.engine.people import People

FAR_M = 3000.0
BUS, TRAM = int(RoadMode.BUS), int(RoadMode.TRAM)
MODES = tuple(RoadMode)


@helper
def place(start: I4, xs: F8, ys: F8, along: F8, lane: int, ratio: float) -> tuple[float, float, float]:
    """Point and heading at a fraction of a lane's shape."""
    first, end = start[lane], start[lane + 1]
    want = max(0.0, min(1.0, ratio)) * along[end - 1]
    i = first
    while i < end - 2 and along[i + 1] < want:
        i += 1
    piece = along[i + 1] - along[i]
    t = (want - along[i]) / piece if piece > 0.0 else 0.0
    dx, dy = xs[i + 1] - xs[i], ys[i + 1] - ys[i]
    return xs[i] + t * dx, ys[i] + t * dy, np.degrees(np.arctan2(dx, dy)) % 360.0


@helper
def next_signal(net: Net, veh: Vehicles, plans: Plans, v: int) -> tuple[int, float, int]:
    """The next signalised link on a vehicle's way, the distance of its stop line, and where in the route that is."""
    lane, route_index = veh.lane[v], veh.route_index[v]
    seen = net.lane.length[lane] - veh.position[v]
    edges = veh.edges[v]
    cell = NONE if net.lane.internal[lane] else veh.row[v] + net.lane.index[lane]
    while seen < FAR_M:
        if not net.lane.internal[lane] and route_index >= edges - 1:
            break
        if net.lane.internal[lane]:
            link = net.lane.exit[lane]
        else:
            if cell < 0:
                cell = cell_beyond(net, veh, plans, v, lane, route_index)
            link, cell = plans.chain.link[cell], plans.chain.next[cell]
        if link < 0:
            cell = NONE
            link = any_link_to(net, plans, veh, v, lane, route_index)
            if link < 0:
                break
        if net.link.tls[link] >= 0 and not net.lane.internal[lane]:
            return link, seen, route_index
        lane = net.link.next[link]
        if net.link.via[link] < 0:
            route_index += 1
        seen += net.lane.length[lane]
    return -1, 0.0, -1


@helper
def any_link_to(net: Net, plans: Plans, veh: Vehicles, v: int, lane: int, route_index: int) -> int:
    """From a lane that does not lead on: the link of a neighbouring lane that does."""
    following = route_edge(plans, veh, v, route_index + 1)
    edge = net.lane.edge[lane]
    for other in range(net.edge.lane_start[edge], net.edge.lane_start[edge + 1]):
        for k in range(net.lane.link_start[other], net.lane.link_start[other + 1]):
            link = net.lane_link[k]
            if net.lane.edge[net.link.dst[link]] == following and net.lane.permissions[other] & veh.class_bit[v]:
                return int(link)
    return -1


@helper
def halt_ahead_s(veh: Vehicles, plans: Plans, tra: Traffic, v: int, route_index: int, distance: float) -> float:
    """How long a vehicle has yet to stand at stops up to the end of an edge of its route, `distance` metres ahead."""
    left = 0.0
    for stop in range(veh.next_stop[v], veh.last_stop[v]):
        if plans.stop.position[stop] > route_index:
            break
        if stop == veh.next_stop[v] and veh.stop_reached[v]:
            left += veh.stop_left_s[v]
        else:
            arrives = tra.clock[NOW] + left + distance / max(veh.speed[v], CRAWL_MPS)
            left += max(plans.stop.duration[stop], plans.stop.until[stop] - arrives)
    return left


@kernel
def look(world: World, start: I4, xs: F8, ys: F8, along: F8, out: F8, tls: I4) -> None:
    """Fill columns of `out` (x, y, heading, metres to the next signal, halts before it) and of `tls` (its indices)."""
    net, veh, plans, tra = world.net, world.veh, world.plans, world.tra
    for i in range(tra.counters[ACTIVE]):
        v = tra.active[i]
        lane = veh.lane[v]
        out[i, 0], out[i, 1], out[i, 2] = place(start, xs, ys, along, lane, veh.position[v] / net.lane.length[lane])
        link, distance, route_index = next_signal(net, veh, plans, v)
        tls[i, 0] = net.link.tls[link] if link >= 0 else -1
        tls[i, 1] = net.link.tls_index[link] if link >= 0 else -1
        out[i, 3] = distance
        timetable = veh.mode[v] == BUS or veh.mode[v] == TRAM
        out[i, 4] = halt_ahead_s(veh, plans, tra, v, route_index, distance) if timetable and link >= 0 else 0.0


@contextmanager
def not_collecting() -> Iterator[None]:
    """Make many records at once: looking through all of a scenario for garbage meanwhile takes longer than they do."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


class Observer:
    """Takes pictures of the road; knows the shapes of lanes."""

    def __init__(self, network: Network, streets: Streets) -> None:
        shapes = [np.asarray(network.lanes[name].shape, np.float64) for name in streets.lane_ids]
        self._start: I4 = np.concatenate([[0], np.cumsum([len(shape) for shape in shapes])]).astype(np.int64)
        points = np.concatenate(shapes) if shapes else np.zeros((0, 2))
        self._x: F8 = np.ascontiguousarray(points[:, 0])
        self._y: F8 = np.ascontiguousarray(points[:, 1])
        self._along: F8 = np.concatenate(
            [np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(shape, axis=0).T))]) for shape in shapes]
            or [np.zeros(0)]
        )

    def state(self, now_s: float, world: World, people: "People") -> RoadState:
        """Everybody at this instant."""
        veh, tra = world.veh, world.tra
        n = int(tra.counters[ACTIVE])
        out, tls = np.zeros((n, 5)), np.zeros((n, 2), np.int64)
        look(world, self._start, self._x, self._y, self._along, out, tls)
        rows = tra.active[:n]
        walking, per, pieces = people.active, people.persons, people.walkers.piece
        segment = per.piece[walking]
        length = np.maximum(pieces.length[segment], 1e-9) if walking.size else np.zeros(0)
        share = np.where(pieces.rest[segment] >= 0, 0.0, np.minimum(1.0, per.along[walking] / length))[:, None]
        xy = people.start_xy[segment] * (1 - share) + people.end_xy[segment] * share
        ahead = pieces.next[segment]
        here = pieces.crossing[segment]
        waits = per.waiting[walking] > 0
        crossing = np.where(here >= 0, here, np.where(waits, pieces.crossing[ahead], -1))
        signal, index = people.walkers.crossing.signal, people.walkers.crossing.index
        known = crossing >= 0
        safe = np.where(known, crossing, 0)
        ped_tls = np.where(known, signal[safe], -1).astype(np.int32)
        ped_link = np.where(known, index[safe], -1).astype(np.int32)
        return RoadState(
            time_s=now_s,
            vehicle_id=rows.astype(np.int64),
            lane=veh.lane[rows].astype(np.int32),
            position_m=veh.position[rows],
            speed_mps=veh.speed[rows],
            length_m=veh.length[rows],
            mode=veh.mode[rows],
            tls=tls[:, 0].astype(np.int32),
            tls_link=tls[:, 1].astype(np.int32),
            tls_distance_m=out[:, 3].copy(),
            x_m=out[:, 0].copy(),
            y_m=out[:, 1].copy(),
            angle_deg=out[:, 2].copy(),
            time_loss_s=veh.time_loss[rows],
            halt_s=out[:, 4].copy(),
            ped_id=walking.astype(np.int64),
            ped_tls=ped_tls,
            ped_link=ped_link,
            ped_waiting=waits,
            ped_waiting_s=per.waiting[walking],
            ped_x_m=xy[:, 0].copy(),
            ped_y_m=xy[:, 1].copy(),
        )

    def trips(self, now_s: float, demand: Sequence[Vehicle], veh: Vehicles) -> list[Trip]:
        """One record per vehicle whose departure is due."""
        due = bisect.bisect_right(demand, now_s + 1e-9, key=lambda vehicle: vehicle.depart_s)
        missing = np.isin(veh.status[:due], (LOADED, PENDING, GIVEN_UP))
        depart_s = np.array([vehicle.depart_s for vehicle in demand[:due]])
        columns = (
            np.where(missing, now_s - depart_s, veh.depart_delay[:due]),
            np.where(veh.status[:due] == ARRIVED, veh.arrived_at[:due], -1.0),
            veh.time_loss[:due],
            veh.total_waiting[:due],
            veh.halts[:due],
            veh.driven[:due],
            ~missing,
        )
        names, lines = [vehicle.id for vehicle in demand[:due]], [vehicle.line for vehicle in demand[:due]]
        modes = map(MODES.__getitem__, veh.mode[:due].tolist())
        with not_collecting():
            return list(map(Trip, names, modes, depart_s.tolist(), *(column.tolist() for column in columns), lines))

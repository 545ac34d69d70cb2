"""Best lanes: for every position of a route, how far each lane leads and how many lanes lie between it and the best.

The method is that of SUMO's MSVehicle::updateBestLanes: look ahead over the next edges, add up backwards.
"""

import numpy as np

from sim.engine.arrays import B1, F8, I4, I8, Net, Table
from sim.engine.jit import helper, setup_helper, setup_kernel
from sim.engine.letters import has_priority

FAR_M = 3000.0
NEAR_M = 200.0
MOST_EDGES = 64


@helper
def link_rank(net: Net, link: int) -> int:
    """Whether a link has priority when no signal rules it (a signal's letter now says nothing about later)."""
    if link < 0:
        return -1
    return 1 if net.link.tls[link] >= 0 or has_priority(net.link.state[link]) else 0


@helper
def best_link(net: Net, lane: int, target: int, bit: int) -> int:
    """The link from one lane to another, -1 when there is none."""
    for k in range(net.lane.link_start[lane], net.lane.link_start[lane + 1]):
        if net.link.dst[net.lane_link[k]] == target and net.lane.permissions[target] & bit:
            return int(net.lane_link[k])
    return -1


@helper
def edge_horizon(net: Net, edges: I4, position: int, stop_at: int, look_m: float, railway: bool) -> int:
    """How many edges the look-ahead covers."""
    seen, length = 0, 0.0
    i = position
    while i < edges.size:
        if i == stop_at and not railway:
            return seen + 1
        seen += 1
        length += net.edge.length[edges[i]]
        i += 1
        if seen > 4 and length >= max(look_m, FAR_M):
            break
        if seen > 8 and length >= max(look_m, NEAR_M) and not railway:
            break
        if seen >= MOST_EDGES:
            break
    return seen


@setup_helper
def first_edge(
    net: Net, edges: I4, position: int, count: int, bit: int, stop_lane: int, stop_at: int, stop_start: float,
    length: F8, offset: I4, link: I4,
) -> None:  # fmt: skip
    """Fill the row of one position; the three last arguments have one entry per lane of its edge."""
    next_length = np.zeros(0)
    next_offset = np.zeros(0, np.int64)
    next_goes = np.zeros(0, np.bool_)
    for back in range(count - 1, -1, -1):
        edge = edges[position + back]
        base = net.edge.lane_start[edge]
        lanes = net.edge.lane_start[edge + 1] - base
        here = np.zeros(lanes)
        own = np.zeros(lanes)
        off = np.zeros(lanes, np.int64)
        way = np.full(lanes, -1, np.int64)
        on = np.ones(lanes, np.bool_)
        is_stop = position + back == stop_at
        for j in range(lanes):
            allowed = (net.lane.permissions[base + j] & bit) != 0
            own[j] = net.edge.length[edge] if allowed else 0.0
            if is_stop and base + j != stop_lane:
                own[j] = stop_start
            here[j] = own[j]
        if back == count - 1:
            last_row(net, base, lanes, bit, here, off)
            if position + back + 1 < edges.size:
                following = edges[position + back + 1]
                for j in range(lanes):
                    on[j] = False
                    for k in range(net.lane.link_start[base + j], net.lane.link_start[base + j + 1]):
                        target = net.link.dst[net.lane_link[k]]
                        if net.lane.edge[target] == following and net.lane.permissions[target] & bit:
                            if way[j] < 0:
                                way[j] = net.lane_link[k]
                            on[j] = True
            if is_stop:
                for j in range(lanes):
                    on[j] = on[j] and base + j == stop_lane
        else:
            following = edges[position + back + 1]
            backward_row(
                net, base, lanes, following, bit, is_stop, stop_lane, here, own, off, way, on,
                next_length, next_offset, next_goes,
            )  # fmt: skip
        next_length, next_offset, next_goes = here, off, on
        if back == 0:
            for j in range(lanes):
                length[j], offset[j], link[j] = here[j], off[j], way[j]


@helper
def last_row(net: Net, base: int, lanes: int, bit: int, here: F8, off: I4) -> None:
    """The last edge of the look-ahead: the longest lanes are best."""
    best, low, high = -1.0, 0, 0
    for j in range(lanes):
        if here[j] > best:
            best, low, high = here[j], j, j
        elif here[j] == best:
            high = j
    right_closed, left_closed = False, -1
    for j in range(lanes):
        if here[j] < best:
            off[j] = low - j if abs(low - j) < abs(high - j) else high - j
            if off[j] < 0 and (
                not net.lane.change_right[base + j] & bit
                or not net.lane.permissions[base + j - 1] & bit
                or right_closed
            ):
                right_closed = True
                here[j] = 0.0
            elif off[j] > 0 and (
                not net.lane.change_left[base + j] & bit or not net.lane.permissions[base + j + 1] & bit
            ):
                left_closed = j
    for j in range(left_closed, -1, -1):
        here[j] = 0.0


@helper
def backward_row(
    net: Net, base: int, lanes: int, following: int, bit: int, is_stop: bool, stop_lane: int, here: F8, own: F8,
    off: I4, way: I4, on: B1, next_length: F8, next_offset: I4, next_goes: B1,
) -> None:  # fmt: skip
    """One edge further back: a lane is worth its own length and that of the best lane that it leads to."""
    target_base = net.edge.lane_start[following]
    best_length, best_connected = -1.0, -1.0
    for m in range(next_length.size):
        best_length = max(best_length, next_length[m])
        for j in range(lanes):
            if best_link(net, base + j, target_base + m, bit) >= 0:
                best_connected = max(best_connected, next_length[m])
                break
    low, high = 0, 0
    for j in range(lanes):
        target = -1
        if not is_stop or base + j == stop_lane:
            for m in range(next_length.size):
                if best_link(net, base + j, target_base + m, bit) < 0:
                    continue
                if (
                    target < 0
                    or next_length[target] < next_length[m]
                    or (next_length[target] == next_length[m] and abs(next_offset[target]) > abs(next_offset[m]))
                ):
                    target = m
        if target >= 0:
            if next_length[target] == best_connected and abs(next_offset[target]) < 2:
                here[j] += best_length
            else:
                here[j] += next_length[target]
            off[j] = next_offset[target]
        if target >= 0 and (next_goes[target] or next_length[target] > 0.0):
            way[j] = best_link(net, base + j, target_base + target, bit)
        else:
            on[j] = False
            if target >= 0:
                way[j] = best_link(net, base + j, target_base + target, bit)
        rank, best_rank = link_rank(net, way[j]), link_rank(net, way[low])
        if (
            here[low] < here[j]
            or (here[low] == here[j] and abs(off[low]) > abs(off[j]))
            or (here[low] == here[j] and abs(off[low]) == abs(off[j]) and best_rank < rank)
        ):
            low, high = j, j
        elif here[low] == here[j] and abs(off[low]) == abs(off[j]) and best_rank == rank:
            high = j
    right_closed, left_closed = False, -1
    best_here, best_off, best_rank = here[low], off[low], link_rank(net, way[low])
    for j in range(lanes):
        rank = link_rank(net, way[j])
        if here[j] < best_here or (here[j] == best_here and abs(off[j]) > abs(best_off)) or rank < best_rank:
            off[j] = low - j if abs(low - j) < abs(high - j) else high - j
            if rank < best_rank:
                here[j] = own[j]
            if off[j] < 0 and (
                not net.lane.change_right[base + j] & bit
                or not net.lane.permissions[base + j - 1] & bit
                or right_closed
            ):
                right_closed = True
                if here[j] == own[j]:
                    here[j] = 0.0
            elif off[j] > 0 and (
                not net.lane.change_left[base + j] & bit or not net.lane.permissions[base + j + 1] & bit
            ):
                left_closed = j
        else:
            off[j] = 0
    for j in range(left_closed, -1, -1):
        if here[j] == own[j]:
            here[j] = 0.0


@setup_kernel
def fill_tables(
    net: Net, plan_start: I4, plan_edge: I4, plan_row: I4, table_start: I4, table_offset: I8, class_bit: I8,
    look_m: F8, railway: B1, stop_first: I4, stop_lane: I4, stop_position: I4, stop_begin: F8,
    cell: Table,
) -> None:  # fmt: skip
    """All tables of all plans."""
    for p in range(plan_start.size - 1):
        edges = plan_edge[plan_start[p] : plan_start[p + 1]]
        for t in range(table_start[p], table_start[p + 1]):
            stop = stop_first[p] + t - table_start[p]
            at, lane, begin = -1, -1, 0.0
            if stop < stop_first[p + 1]:
                at, lane = stop_position[stop], stop_lane[stop]
                begin = max(0.1, min(stop_begin[stop], net.lane.length[lane] - 0.2))
            for i in range(edges.size):
                count = edge_horizon(
                    net, edges, i, at if at >= i else -1, look_m[p] + net.edge.length[edges[i]], railway[p]
                )
                first = table_offset[t] + plan_row[plan_start[p] + i]
                lanes = net.edge.lane_start[edges[i] + 1] - net.edge.lane_start[edges[i]]
                first_edge(
                    net, edges, i, count, class_bit[p], lane, at if at >= i else -1, begin,
                    cell.length[first : first + lanes], cell.offset[first : first + lanes],
                    cell.link[first : first + lanes],
                )  # fmt: skip
                for j in range(lanes):
                    cell.depth[first + j] = count

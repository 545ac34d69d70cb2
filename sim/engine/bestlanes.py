"""Best lanes: for every position of a route, how far each lane leads and how many lanes lie between it and the best.

The method is that of SUMO's MSVehicle::updateBestLanes: look ahead over the next edges, add up backwards.
"""

from sim.engine.arrays import B1, F8, I4, I8, NO, Net, Table
from sim.engine.jit import helper, setup_kernel
from sim.engine.letters import has_priority

FAR_M = 3000.0
NEAR_M = 200.0
MOST_EDGES = 64


@helper
def link_rank(net: Net, link: int, by_signal: bool) -> int:
    """Whether a link has priority: by the signal's letter now, or as if all signals showed the same."""
    if link < 0:
        return -1
    if net.link.tls[link] >= 0 and not by_signal:
        return 1
    return 1 if has_priority(net.link.state[link]) else 0


@helper
def best_link(net: Net, lane: int, target: int, bit: int) -> int:
    """The link from one lane to another, -1 when there is none."""
    for k in range(net.lane.link_start[lane], net.lane.link_start[lane + 1]):
        if net.link.dst[net.lane_link[k]] == target and net.lane.permissions[target] & bit:
            return int(net.lane_link[k])
    return -1


@helper
def edge_horizon(net: Net, place: Table, first: int, end: int, stop_at: int, look_m: float, railway: bool) -> int:
    """How many edges the look-ahead covers from the place `first` of a route that ends before the place `end`."""
    seen, length = 0, 0.0
    i = first
    while i < end:
        if i == stop_at and not railway:
            return seen + 1
        seen += 1
        length += net.edge.length[place.edge[i]]
        i += 1
        if seen > 4 and length >= max(look_m, FAR_M):
            break
        if seen > 8 and length >= max(look_m, NEAR_M) and not railway:
            break
        if seen >= MOST_EDGES:
            break
    return seen


@helper
def judge(
    net: Net, place: Table, first: int, end: int, count: int, bit: int, stop_lane: int, stop_at: int, stop_start: float,
    by_signal: bool, draft: Table,
) -> int:  # fmt: skip
    """Judge the lanes of `count` places from `first` on; how many lanes these are, in the first rows of `draft`."""
    total = 0
    for i in range(first, first + count):
        total += net.edge.lane_start[place.edge[i] + 1] - net.edge.lane_start[place.edge[i]]
    row = total
    for i in range(first + count - 1, first - 1, -1):
        base = net.edge.lane_start[place.edge[i]]
        lanes = net.edge.lane_start[place.edge[i] + 1] - base
        following_row = row
        row -= lanes
        for j in range(lanes):
            allowed = (net.lane.permissions[base + j] & bit) != 0
            own = net.edge.length[place.edge[i]] if allowed else 0.0
            draft.own[row + j] = stop_start if i == stop_at and base + j != stop_lane else own
            draft.length[row + j] = draft.own[row + j]
            draft.offset[row + j] = 0
            draft.link[row + j] = -1
            draft.goes[row + j] = i != stop_at or base + j == stop_lane
        if i < first + count - 1:
            backward_row(
                net, base, lanes, place.edge[i + 1], bit, i == stop_at, stop_lane, by_signal, draft, row, following_row
            )
        else:
            last_row(net, base, lanes, bit, draft, row)
            if i + 1 < end:
                ways_on(net, base, lanes, place.edge[i + 1], bit, draft, row)
    return total


@helper
def ways_on(net: Net, base: int, lanes: int, following: int, bit: int, draft: Table, row: int) -> None:
    """Beyond the last edge of the look-ahead: any link from a lane to the edge that follows."""
    for j in range(lanes):
        for k in range(net.lane.link_start[base + j], net.lane.link_start[base + j + 1]):
            target = net.link.dst[net.lane_link[k]]
            if net.lane.edge[target] == following and net.lane.permissions[target] & bit:
                draft.link[row + j] = net.lane_link[k]
                break
        draft.goes[row + j] = draft.goes[row + j] and draft.link[row + j] >= 0


@helper
def last_row(net: Net, base: int, lanes: int, bit: int, draft: Table, row: int) -> None:
    """The last edge of the look-ahead: the longest lanes are best."""
    best, low, high = -1.0, 0, 0
    for j in range(lanes):
        if draft.length[row + j] > best:
            best, low, high = draft.length[row + j], j, j
        elif draft.length[row + j] == best:
            high = j
    right_closed, left_closed = False, -1
    for j in range(lanes):
        if draft.length[row + j] < best:
            draft.offset[row + j] = low - j if abs(low - j) < abs(high - j) else high - j
            if draft.offset[row + j] < 0 and (
                not net.lane.change_right[base + j] & bit
                or not net.lane.permissions[base + j - 1] & bit
                or right_closed
            ):
                right_closed = True
                draft.length[row + j] = 0.0
            elif draft.offset[row + j] > 0 and (
                not net.lane.change_left[base + j] & bit or not net.lane.permissions[base + j + 1] & bit
            ):
                left_closed = j
    for j in range(left_closed, -1, -1):
        draft.length[row + j] = 0.0


@helper
def backward_row(
    net: Net, base: int, lanes: int, following: int, bit: int, is_stop: bool, stop_lane: int, by_signal: bool,
    draft: Table, row: int, next_row: int,
) -> None:  # fmt: skip
    """One edge further back: a lane is worth its own length and that of the best lane that it leads to."""
    target_base = net.edge.lane_start[following]
    next_lanes = net.edge.lane_start[following + 1] - target_base
    best_length, best_connected = -1.0, -1.0
    for m in range(next_lanes):
        best_length = max(best_length, draft.length[next_row + m])
        for j in range(lanes):
            if best_link(net, base + j, target_base + m, bit) >= 0:
                best_connected = max(best_connected, draft.length[next_row + m])
                break
    low, high = 0, 0
    for j in range(lanes):
        target = -1
        if not is_stop or base + j == stop_lane:
            for m in range(next_lanes):
                if best_link(net, base + j, target_base + m, bit) >= 0 and (
                    target < 0 or compare(draft, next_row + m, next_row + target) > 0
                ):
                    target = m
        if target < 0:
            draft.goes[row + j] = False
        else:
            follow_on(draft, row + j, next_row + target, best_length, best_connected)
            draft.link[row + j] = best_link(net, base + j, target_base + target, bit)
        better = compare(draft, row + j, row + low)
        rank = link_rank(net, draft.link[row + j], by_signal)
        best_rank = link_rank(net, draft.link[row + low], by_signal)
        if better > 0 or (better == 0 and rank > best_rank):
            low, high = j, j
        elif better == 0 and rank == best_rank:
            high = j
    point_to_best(net, base, lanes, bit, by_signal, draft, row, low, high)


@helper
def compare(draft: Table, one: int, other: int) -> int:
    """Whether one lane is better than another (1), worse (-1) or as good: it leads further, or with fewer changes."""
    if draft.length[one] != draft.length[other]:
        return 1 if draft.length[one] > draft.length[other] else -1
    changes, other_changes = abs(draft.offset[one]), abs(draft.offset[other])
    return 0 if changes == other_changes else 1 if changes < other_changes else -1


@helper
def follow_on(draft: Table, row: int, target: int, best_length: float, best_connected: float) -> None:
    """Add what the best lane is worth that one comes to; one change there does not count."""
    near_best = draft.length[target] == best_connected and abs(draft.offset[target]) < 2
    draft.length[row] += best_length if near_best else draft.length[target]
    draft.offset[row] = draft.offset[target]
    if not draft.goes[target] and draft.length[target] <= 0.0:
        draft.goes[row] = False


@helper
def point_to_best(
    net: Net, base: int, lanes: int, bit: int, by_signal: bool, draft: Table, row: int, low: int, high: int
) -> None:
    """How many lanes to change to the nearer end of the best ones; what cannot be left in time is worth nothing."""
    right_closed, left_closed = False, -1
    best_rank = link_rank(net, draft.link[row + low], by_signal)
    for j in range(lanes):
        rank = link_rank(net, draft.link[row + j], by_signal)
        if compare(draft, row + j, row + low) >= 0 and rank >= best_rank:
            draft.offset[row + j] = 0
            continue
        draft.offset[row + j] = low - j if abs(low - j) < abs(high - j) else high - j
        if rank < best_rank:
            draft.length[row + j] = draft.own[row + j]
        if draft.offset[row + j] < 0 and (
            not net.lane.change_right[base + j] & bit or not net.lane.permissions[base + j - 1] & bit or right_closed
        ):
            right_closed = True
            if draft.length[row + j] == draft.own[row + j]:
                draft.length[row + j] = 0.0
        elif draft.offset[row + j] > 0 and (
            not net.lane.change_left[base + j] & bit or not net.lane.permissions[base + j + 1] & bit
        ):
            left_closed = j
    for j in range(left_closed, -1, -1):
        if draft.length[row + j] == draft.own[row + j]:
            draft.length[row + j] = 0.0


@setup_kernel
def fill_tables(
    net: Net, plan_start: I4, place: Table, table_start: I4, table_offset: I8, class_bit: I8,
    look_m: F8, railway: B1, stop_first: I4, stop_lane: I4, stop_position: I4, stop_begin: F8,
    cell: Table, draft: Table,
) -> int:  # fmt: skip
    """All tables of all plans, as if every signal showed the same to all; the most lanes that one look-ahead covers.

    A table holds the lanes of each place of a plan as judged on the edge before (inside a junction SUMO goes on with
    that), then as judged on their own edge, so that what one reads on the way from an edge to the next lies together.
    """
    most = 0
    for p in range(plan_start.size - 1):
        end = plan_start[p + 1]
        for t in range(table_start[p], table_start[p + 1]):
            stop = stop_first[p] + t - table_start[p]
            at, lane, begin = -1, -1, 0.0
            if stop < stop_first[p + 1]:
                at, lane = plan_start[p] + stop_position[stop], stop_lane[stop]
                begin = stop_place(net, lane, stop_begin[stop])
            seen_before = False
            for i in range(plan_start[p], end):
                ahead = at if at >= i else -1
                count = edge_horizon(net, place, i, end, ahead, look_m[p] + net.edge.length[place.edge[i]], railway[p])
                total = judge(net, place, i, end, count, class_bit[p], lane, ahead, begin, NO, draft)
                most = max(most, total)
                first = table_offset[t] + place.row[i]
                lanes = net.edge.lane_start[place.edge[i] + 1] - net.edge.lane_start[place.edge[i]]
                write_cells(cell, first, draft, 0, lanes, count)
                if not seen_before:
                    write_cells(cell, first - lanes, draft, 0, lanes, count)
                seen_before = count > 1
                if seen_before:
                    following = net.edge.lane_start[place.edge[i + 1] + 1] - net.edge.lane_start[place.edge[i + 1]]
                    write_cells(cell, first + lanes, draft, lanes, following, count - 1)
    return most


@helper
def write_cells(cell: Table, first: int, draft: Table, row: int, lanes: int, depth: int) -> None:
    """The lanes of one edge, as the draft has them from `row` on."""
    for j in range(lanes):
        cell.length[first + j], cell.offset[first + j] = draft.length[row + j], draft.offset[row + j]
        cell.link[first + j], cell.depth[first + j] = draft.link[row + j], depth


@helper
def stop_place(net: Net, lane: int, begin: float) -> float:
    """How far the lanes beside a stop lead: to its beginning, and neither nothing nor all of the edge."""
    return max(0.1, min(begin, net.lane.length[lane] - 0.2))

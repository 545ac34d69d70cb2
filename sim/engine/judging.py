"""Judging lanes by what signals show: when a vehicle enters an edge, some may favour one of several lanes that lead on.

SUMO judges all lanes anew then. Here the tables made before the run hold as long as every signal shows the same to all
lanes of a way; otherwise the vehicle gets cells of its own, which it keeps until it judges again. So it does where it
passed a whole edge within one step, as nobody judges in the middle of one.
"""

from sim.engine.arrays import (
    BLOCK_CELLS,
    FREE_BLOCKS,
    MIXED_FANS,
    NEXT_BLOCK,
    NO,
    YES,
    Net,
    Plans,
    Traffic,
    Vehicles,
)
from sim.engine.bestlanes import judge, stop_place
from sim.engine.jit import helper, inlined
from sim.engine.letters import has_priority
from sim.engine.routes import note_row


@helper
def is_mixed(net: Net, fan: int) -> bool:
    """Whether some lanes from an edge to the next one have priority now and others have not, or no signal."""
    edge, following = net.fan.edge[fan], net.fan.following[fan]
    found, first = False, False
    for lane in range(net.edge.lane_start[edge], net.edge.lane_start[edge + 1]):
        for k in range(net.lane.link_start[lane], net.lane.link_start[lane + 1]):
            link = net.lane_link[k]
            if net.lane.edge[net.link.dst[link]] != following:
                continue
            priority = has_priority(net.link.state[link])
            if net.link.tls[link] < 0 or (found and priority != first):
                return True
            found, first = True, priority
    return False


@helper
def note_mixed(net: Net, tra: Traffic, signal: int) -> None:
    """Keep account of the fans of a signal that has switched."""
    for k in range(net.signal_fan_start[signal], net.signal_fan_start[signal + 1]):
        fan = net.signal_fan[k]
        tra.counters[MIXED_FANS] -= net.fan.mixed[fan]
        net.fan.mixed[fan] = is_mixed(net, fan)
        tra.counters[MIXED_FANS] += net.fan.mixed[fan]


@helper
def sees_mixed(net: Net, veh: Vehicles, plans: Plans, v: int) -> bool:
    """Whether a signal within the look-ahead favours one of several lanes that the vehicle could take."""
    first = veh.way[v] + veh.route_index[v]
    for i in range(first, first + plans.cell.depth[veh.row[v]] - 1):
        fan = plans.place.fan[i]
        if fan >= 0 and net.fan.mixed[fan]:
            return True
    return False


@inlined
def judge_lanes(net: Net, veh: Vehicles, plans: Plans, tra: Traffic, v: int) -> None:
    """Judge the lanes ahead; to be called when the vehicle's edge or its next stop changed."""
    note_row(plans, veh, v)
    if tra.counters[MIXED_FANS] > 0 and sees_mixed(net, veh, plans, v):
        judge_by_signals(net, veh, plans, v)


@helper
def judge_by_signals(net: Net, veh: Vehicles, plans: Plans, v: int) -> None:
    """Write the vehicle's own cells, as SUMO's MSVehicle::updateBestLanes would at this moment."""
    write_own(net, veh, plans, v, veh.route_index[v], plans.cell.depth[veh.row[v]], YES)


@helper
def write_own(net: Net, veh: Vehicles, plans: Plans, v: int, at: int, count: int, by_signal: bool) -> None:
    """Write the vehicle's own cells as judged on an edge of its route, with those of `count - 1` edges after it."""
    first = veh.way[v] + at
    stop, lane, halt, begin = veh.next_stop[v], -1, -1, 0.0
    if stop < veh.last_stop[v]:
        lane, halt = plans.stop.lane[stop], veh.way[v] + plans.stop.position[stop]
        begin = stop_place(net, lane, plans.stop.start[stop])
    end = veh.way[v] + veh.edges[v]
    judge(net, plans.place, first, end, count, veh.class_bit[v], lane, halt, begin, by_signal, plans.draft)
    if veh.own_cells[v] < 0:
        take_block(veh, plans, v)
    veh.row[v] = veh.own_cells[v]
    row = 0
    for i in range(first, first + count):
        edge = plans.place.edge[i]
        lanes = net.edge.lane_start[edge + 1] - net.edge.lane_start[edge]
        following = veh.own_cells[v] + row + lanes
        if i == first + count - 1:
            following = veh.cells[v] + plans.place.row[i + 1] if i + 1 < end else 0
        for _ in range(lanes):
            copy_cell(net, plans, veh.own_cells[v] + row, row, count - (i - first), following)
            row += 1


@helper
def look_around(net: Net, veh: Vehicles, plans: Plans, tra: Traffic, v: int, lane_before: int, at_before: int) -> None:
    """A step ends on another lane than the one before: judge the lanes ahead from a new edge.

    Where the lane was the only one, wishes to change lanes are forgotten, as in SUMO 1.28.
    """
    edge = net.lane.edge[lane_before]
    if net.edge.lane_start[edge + 1] - net.edge.lane_start[edge] == 1:
        veh.speed_gain_chance[v] = 0.0
        veh.keep_right_chance[v] = 0.0
        veh.look_ahead_speed[v] = 0.0
    if veh.route_index[v] == at_before:
        return
    if net.lane.internal[veh.lane[v]]:
        keep_judgement(net, veh, plans, tra, v, at_before)
    else:
        judge_lanes(net, veh, plans, tra, v)


@helper
def keep_judgement(net: Net, veh: Vehicles, plans: Plans, tra: Traffic, v: int, before: int) -> None:
    """Whole edges were passed since the place `before`, and the step ends inside a junction.

    Lanes are only judged where a step ends, so those behind the junction are still judged from the edge before.
    """
    own, at = veh.own_cells[v], veh.row[v]
    if own < 0 or at < own or at >= own + plans.block[BLOCK_CELLS]:
        write_own(net, veh, plans, v, before, plans.cell.depth[at], NO)
    for i in range(before, veh.route_index[v]):
        edge = plans.place.edge[veh.way[v] + i]
        if plans.cell.depth[veh.row[v]] <= 2:  # further than one looked
            judge_lanes(net, veh, plans, tra, v)
            return
        veh.row[v] += net.edge.lane_start[edge + 1] - net.edge.lane_start[edge]


@helper
def copy_cell(net: Net, plans: Plans, cell: int, row: int, count: int, following: int) -> None:
    """One lane of the draft as a cell, with the way on to the cells of the next edge."""
    plans.cell.length[cell] = plans.draft.length[row]
    plans.cell.offset[cell] = plans.draft.offset[row]
    plans.cell.depth[cell] = count
    link = plans.draft.link[row]
    plans.cell.link[cell] = link
    plans.chain.link[cell] = link
    target = net.link.dst[link] if link >= 0 else -1
    plans.chain.lane[cell] = target
    plans.chain.next[cell] = following + net.lane.index[target] if link >= 0 else following


@helper
def take_block(veh: Vehicles, plans: Plans, v: int) -> None:
    """Cells for the vehicle alone: those that another one gave back last, or new ones."""
    if plans.block[FREE_BLOCKS] > 0:
        plans.block[FREE_BLOCKS] -= 1
        veh.own_cells[v] = plans.free[plans.block[FREE_BLOCKS]]
    else:
        veh.own_cells[v] = plans.block[NEXT_BLOCK]
        plans.block[NEXT_BLOCK] += plans.block[BLOCK_CELLS]


@helper
def give_back(veh: Vehicles, plans: Plans, v: int) -> None:
    """The vehicle has arrived and needs no cells any more."""
    if veh.own_cells[v] >= 0:
        plans.free[plans.block[FREE_BLOCKS]] = veh.own_cells[v]
        plans.block[FREE_BLOCKS] += 1
        veh.own_cells[v] = -1

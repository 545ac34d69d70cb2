"""Which lane and link a vehicle should take: reading the tables that `bestlanes` made."""

from sim.engine.arrays import Net, Plans, Vehicles
from sim.engine.jit import helper, inlined
from sim.engine.pointers import fetch

CELLS_OF_AN_EDGE, CELLS_IN_A_LINE, CELLS_AHEAD = 3, 5, 20


@inlined
def table_row(plans: Plans, veh: Vehicles, v: int, route_index: int) -> int:
    """Where the lanes of a route position start in the table for the vehicle's next stop."""
    return veh.cells[v] + plans.place.row[veh.way[v] + route_index]


@inlined
def fetch_way(plans: Plans, row: int) -> None:
    """Ask for the cells of an edge, and for those of the edges after it, which lie behind one another."""
    fetch(plans.cell, row)
    fetch(plans.cell, row + CELLS_OF_AN_EDGE)
    for further in range(0, CELLS_AHEAD, CELLS_IN_A_LINE):
        fetch(plans.chain, row + further)


@inlined
def note_row(plans: Plans, veh: Vehicles, v: int) -> None:
    """Remember where the lanes of the vehicle's own position start; to be called when it or the next stop changed."""
    veh.row[v] = table_row(plans, veh, v, veh.route_index[v])


@helper
def route_edge(plans: Plans, veh: Vehicles, v: int, route_index: int) -> int:
    """An edge of the route."""
    return plans.place.edge[veh.way[v] + route_index]


@inlined
def cell_beyond(net: Net, veh: Vehicles, plans: Plans, v: int, lane: int, route_index: int) -> int:
    """The cell of a lane behind the junction that the vehicle is in, as judged when it entered the edge before."""
    came = veh.row[v] + net.lane.index[net.lane.source[veh.lane[v]]]
    expected = plans.chain.lane[came]
    if expected >= 0 and net.lane.edge[expected] == net.lane.edge[lane]:
        return plans.chain.next[came] - net.lane.index[expected] + net.lane.index[lane]
    return table_row(plans, veh, v, route_index) + net.lane.index[lane]


@inlined
def cell_of(net: Net, veh: Vehicles, plans: Plans, v: int, lane: int) -> int:
    """The cell of a lane beside the vehicle or its own one; inside a junction, that of the lane it leads to."""
    if not net.lane.internal[lane]:
        return veh.row[v] + net.lane.index[lane]
    return cell_beyond(net, veh, plans, v, net.link.dst[net.lane.exit[lane]], veh.route_index[v] + 1)


@inlined
def lanes_off(net: Net, plans: Plans, lane: int, cell: int) -> int:
    """How many lanes the best one is away, as far as there are lanes on this edge or in this junction."""
    offset = plans.cell.offset[cell]
    if not net.lane.internal[lane]:
        return offset
    first, end = net.edge.lane_start[net.lane.edge[lane]], net.edge.lane_start[net.lane.edge[lane] + 1]
    return max(first - lane, min(offset, end - 1 - lane))

"""Which lane and link a vehicle should take: reading the tables that `bestlanes` made."""

from sim.engine.arrays import Net, Plans, Vehicles
from sim.engine.jit import helper, inlined


@inlined
def table_row(plans: Plans, veh: Vehicles, v: int, route_index: int) -> int:
    """Where the lanes of a route position start in the table for the vehicle's next stop."""
    return veh.cells[v] + plans.place.row[veh.way[v] + route_index]


@helper
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
    if plans.chain.lane[came] == lane:
        return plans.chain.next[came]
    return table_row(plans, veh, v, route_index) + net.lane.index[lane]

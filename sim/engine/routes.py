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
def next_link(net: Net, veh: Vehicles, plans: Plans, v: int, lane: int, route_index: int) -> int:
    """The link that leads on from a lane along the route, -1 when none does."""
    if net.lane.internal[lane]:
        return net.lane.exit[lane]
    return plans.chain.link[table_row(plans, veh, v, route_index) + net.lane.index[lane]]

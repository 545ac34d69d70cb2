"""Which lane and link a vehicle should take: reading the tables that `bestlanes` made."""

from sim.engine.arrays import Net, Plans, Vehicles
from sim.engine.jit import helper


@helper
def table_row(plans: Plans, veh: Vehicles, v: int, route_index: int) -> int:
    """Where the lanes of a route position start in the table for the vehicle's next stop."""
    plan = veh.plan[v]
    table = plans.plan.table_start[plan] + (veh.next_stop[v] - veh.first_stop[v])
    return plans.table_offset[table] + plans.place.row[plans.plan.start[plan] + route_index]


@helper
def route_edges(plans: Plans, veh: Vehicles, v: int) -> int:
    """Number of edges of the route."""
    plan = veh.plan[v]
    return plans.plan.start[plan + 1] - plans.plan.start[plan]


@helper
def route_edge(plans: Plans, veh: Vehicles, v: int, route_index: int) -> int:
    """An edge of the route."""
    return plans.place.edge[plans.plan.start[veh.plan[v]] + route_index]


@helper
def next_link(net: Net, veh: Vehicles, plans: Plans, v: int, lane: int, route_index: int) -> int:
    """The link that leads on from a lane along the route, -1 when none does."""
    if net.lane.internal[lane]:
        return net.lane_link[net.lane.link_start[lane]]
    return plans.cell.link[table_row(plans, veh, v, route_index) + net.lane.index[lane]]

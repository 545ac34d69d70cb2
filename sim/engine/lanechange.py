"""Whether a driver wants another lane: to follow the route, or for what `speed_gain` is about (SUMO's LC2013)."""

from sim.engine.agreeing import slow_for_blocked, urge
from sim.engine.arrays import AT_STOPS, INFINITE, LONGEST_M, NONE, STEP_S, Net, Plans, Traffic, Vehicles
from sim.engine.helping import KEPT_BITS, LEFT, OBSTACLES_SEEN, RIGHT, STAY, STRATEGIC, URGENT
from sim.engine.jit import helper, inlined, rarely
from sim.engine.neighbours import real_leader
from sim.engine.routes import cell_of, lanes_off
from sim.engine.speed_gain import gains

LOOK_FORWARD_S = 10.0
LOOK_AHEAD_LEFT = 2.0
MEMORY = 0.9
TURN_LANE_M = 200.0
STOPPED_AHEAD_M = 100.0


@helper
def fills(net: Net, veh: Vehicles, plans: Plans, tra: Traffic, v: int, lane: int, spare: float, longest: float) -> bool:
    """Whether the vehicles on the lanes that follow a lane along the route take more than `spare` metres.

    `longest` is the length of these lanes or more. As vehicles take no more of a lane than its length and that of one
    that reaches back, one need not look to the end to know that they do not.
    """
    cell = cell_of(net, veh, plans, v, lane)
    depth, overhang, taken, more = plans.cell.depth[cell], tra.clock[LONGEST_M], 0.0, INFINITE
    if net.lane.internal[lane]:
        taken = tra.brutto[net.link.dst[net.lane.exit[lane]]]
    elif veh.next_stop[v] >= veh.last_stop[v]:  # else lanes count up to the stop only
        more = longest + depth * overhang
    for _ in range(1, depth):
        following = plans.chain.lane[cell]
        if following < 0 or taken > spare or taken + more <= spare:
            break
        taken += tra.brutto[following]
        more -= net.lane.length[following] + overhang
        cell = plans.chain.next[cell]
    return taken > spare


@helper
def goes_on(net: Net, veh: Vehicles, plans: Plans, v: int, lane: int) -> bool:
    """Whether any link leaves the last lane of the look-ahead from a lane on."""
    cell = cell_of(net, veh, plans, v, lane)
    if net.lane.internal[lane]:
        lane = net.link.dst[net.lane.exit[lane]]
    for _ in range(1, plans.cell.depth[cell]):
        following = plans.chain.lane[cell]
        if following < 0:
            break
        lane = following
        cell = plans.chain.next[cell]
    return net.lane.link_start[lane + 1] > net.lane.link_start[lane]


@inlined
def look_ahead_distance(veh: Vehicles, v: int, right: bool, dt: float) -> float:
    """Distance within which one starts to change towards the lane that the route needs."""
    if veh.speed[v] > veh.look_ahead_speed[v]:
        veh.look_ahead_speed[v] = veh.speed[v]
    else:
        memory = 1.0 - (1.0 - MEMORY) * dt
        veh.look_ahead_speed[v] = max(0.0, memory * veh.look_ahead_speed[v] + (1.0 - memory) * veh.speed[v])
    distance = veh.look_ahead_speed[v] * LOOK_FORWARD_S * veh.strategic[v] * (1.0 if right else LOOK_AHEAD_LEFT)
    return distance + 2.0 * (veh.length[v] + veh.min_gap[v])


@inlined
def look_to_both(
    net: Net, veh: Vehicles, plans: Plans, tra: Traffic, v: int, target: int
) -> tuple[int, float, int, float]:
    """The leaders on the vehicle's own lane and on a neighbouring one, each with its gap."""
    leader, gap = real_leader(net, veh, plans, tra, v, veh.lane[v])
    neigh_lead, neigh_gap = real_leader(net, veh, plans, tra, v, target)
    return leader, gap, neigh_lead, neigh_gap


@inlined
def wants_change(net: Net, veh: Vehicles, plans: Plans, tra: Traffic, v: int, direction: int) -> int:
    """The wish regarding one neighbouring lane, as bits (see `helping`).

    Who leads on the two lanes matters to the way that a route needs only while somebody stands at a stop.
    """
    dt = tra.clock[STEP_S]
    lane = veh.lane[v]
    target = lane + direction
    right = direction < 0
    cell, neigh_cell = cell_of(net, veh, plans, v, lane), cell_of(net, veh, plans, v, target)
    own_offset = lanes_off(net, plans, lane, cell)
    best_offset = own_offset
    if best_offset == 0 and lanes_off(net, plans, target, neigh_cell) == 0:
        best_offset = direction
    current_distance, neigh_distance = plans.cell.length[cell], plans.cell.length[neigh_cell]
    best_lane = lane + best_offset
    position = veh.position[v]
    to_stop = -INFINITE
    if rarely(veh.stop_distance[v] < INFINITE):
        stop = veh.next_stop[v]
        if stop < veh.last_stop[v] and net.lane.edge[plans.stop.lane[stop]] == net.lane.edge[lane]:
            to_stop = veh.stop_distance[v]
            at = position + to_stop - veh.speed[v] * dt
            current_distance, neigh_distance = max(current_distance, at), max(neigh_distance, at)
    wish = RIGHT if right else LEFT
    to_best = (right and best_offset < 0) or (not right and best_offset > 0)
    ret = veh.own_state[v] & KEPT_BITS
    ret = slow_for_blocked(net, veh, v, tra.lane.last_blocked[lane], ret, dt)
    if tra.lane.last_blocked[lane] != tra.lane.first_blocked[lane]:
        ret = slow_for_blocked(net, veh, v, tra.lane.first_blocked[lane], ret, dt)
    look = look_ahead_distance(veh, v, right, dt)
    own_length = veh.length[v] + veh.min_gap[v]
    leader, lead_gap, neigh_lead, neigh_lead_gap = NONE, -1.0, NONE, -1.0
    some_stand, leader_stands, neigh_stands = tra.counters[AT_STOPS] > 0, False, False
    if rarely(some_stand):
        leader, lead_gap, neigh_lead, neigh_lead_gap = look_to_both(net, veh, plans, tra, v, target)
        leader_stands = leader >= 0 and veh.stop_reached[leader]
        neigh_stands = neigh_lead >= 0 and veh.stop_reached[neigh_lead]
        if best_offset == 0 and leader_stands and lead_gap < current_distance - position:
            look = 0.5 * (own_length + veh.length[leader] + veh.min_gap[leader] + lead_gap)
        elif best_offset == direction and neigh_stands and neigh_lead_gap < current_distance - position:
            look = own_length + veh.length[neigh_lead] + veh.min_gap[neigh_lead] + neigh_lead_gap
    longest = plans.cell.length[cell + own_offset] - net.lane.length[lane]
    strategic = False
    if to_best and best_offset == own_offset and to_stop < look * abs(best_offset):
        spare = current_distance - position - tra.lane.density[best_lane] - look * abs(best_offset)
        strategic = spare < 0.0 or fills(net, veh, plans, tra, v, best_lane, spare, longest)
    if strategic:
        ret |= wish | STRATEGIC | URGENT
    elif rarely(leader_stands) and passes_halt(
        veh, v, leader, lead_gap, neigh_stands, neigh_lead_gap, min(neigh_distance, current_distance) - position
    ):
        current_distance = position + lead_gap
        ret |= wish | STRATEGIC | URGENT
    elif not to_best and stays(
        net, veh, plans, tra, v, target, neigh_distance, longest, best_offset, look, leader_stands
    ):
        return ret | STAY | STRATEGIC
    if not rarely(some_stand):
        leader, lead_gap, neigh_lead, neigh_lead_gap = look_to_both(net, veh, plans, tra, v, target)
    if ret & URGENT:
        blocked = urge(
            net, veh, tra, v, direction, neigh_lead, neigh_lead_gap, current_distance - position,
            abs(best_offset), to_best, LEFT if right else RIGHT,
            plans.cell.link[cell] >= 0 or net.lane.internal[lane],
        )  # fmt: skip
        return ret | blocked | OBSTACLES_SEEN
    return gains(
        net, veh, tra, v, direction, ret, leader, lead_gap, current_distance, neigh_lead, neigh_lead_gap,
        neigh_distance, best_offset, to_best, best_offset == own_offset, look,
    )  # fmt: skip


@helper
def passes_halt(
    veh: Vehicles, v: int, leader: int, lead_gap: float, neigh_stands: bool, neigh_lead_gap: float, room: float
) -> bool:
    """Whether to drive around a leader who stands at a stop, with so much room before one must be back."""
    overtake = lead_gap + veh.length[v] + veh.length[leader] + veh.min_gap[leader]
    return lead_gap < STOPPED_AHEAD_M and room > overtake and (not neigh_stands or neigh_lead_gap > overtake)


@inlined
def stays(
    net: Net, veh: Vehicles, plans: Plans, tra: Traffic, v: int, target: int, neigh_distance: float, longest: float,
    best_offset: int, look: float, leader_stands: bool,
) -> bool:  # fmt: skip
    """Whether the way that is left on the other lane, less who is on it, is too short to go there."""
    lane = veh.lane[v]
    spare = max(0.0, neigh_distance - veh.position[v]) - look * (abs(best_offset) + 2)
    spare_here, spare_there = spare - tra.lane.density[lane], spare - tra.lane.density[target]
    if (
        spare < 0.0
        or spare_here < 0.0
        or spare_there < 0.0
        or fills(net, veh, plans, tra, v, lane, spare_here, longest)
        or fills(net, veh, plans, tra, v, target, spare_there, longest)
    ):
        return True
    return (
        best_offset == 0 and not leader_stands and neigh_distance < TURN_LANE_M and goes_on(net, veh, plans, v, target)
    )

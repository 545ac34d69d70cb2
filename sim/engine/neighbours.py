"""Leaders and followers as seen by somebody who wants to change lanes or to enter."""

import math

from sim.engine.arrays import IGNORE_BLOCKER_S, NO, NONE, STEP_S, YES, Net, Plans, Traffic, Vehicles
from sim.engine.following import brake_gap
from sim.engine.helping import BLOCKED_FOLLOWER, BLOCKED_LEADER, OVERLAPPING
from sim.engine.inside import goes_before_me, in_the_way
from sim.engine.jit import helper, inlined
from sim.engine.letters import has_priority, is_red
from sim.engine.models import is_too_close
from sim.engine.positions import back_on, first_bearing, lane_speed, last_on, nearest_partial, next_bearing
from sim.engine.routes import cell_beyond

LOOK_BACK_M = 60.0


@helper
def nearest_inside(
    net: Net, veh: Vehicles, tra: Traffic, v: int, link: int, seen: float, own: bool
) -> tuple[int, float]:
    """Who is nearest on the ways that meet mine before the exit `link` of a junction: (vehicle or -1, gap).

    On the own lane only those count who go before me (MSLane::getLeaderOnConsecutive), and nobody beyond a red light.
    `seen` reaches to the exit.
    """
    entry = net.link.entry[link]
    ahead = net.link.src[entry]
    if is_red(net.link.state[entry]) and not net.lane.internal[veh.lane[v]] and net.lane.bidi[ahead] < 0:
        return NONE, -1.0
    dt = tra.clock[STEP_S]
    best, best_gap, shortest = NONE, -1.0, math.inf
    for c in range(net.link.conflict_start[link], net.link.conflict_start[link + 1]):
        foe_lane = net.conflict_lane[c]
        if foe_lane < 0 or tra.busy[foe_lane] == 0:
            continue
        foe, part = first_bearing(tra, foe_lane)
        while foe >= 0:
            current = foe
            foe, part = next_bearing(veh, tra, foe_lane, foe, part)
            if current == v:
                continue
            matters, gap, _, _ = in_the_way(net, veh, link, c, v, current, seen, tra.clock[IGNORE_BLOCKER_S], YES)
            if not matters or (own and not goes_before_me(net, veh, v, link, current, gap, dt)):
                continue
            room = gap + brake_gap(veh.speed[current], veh.decel[current], 0.0, dt)
            if room < shortest:
                best, best_gap, shortest = current, gap, room
    return best, best_gap


@helper
def leader_beyond(
    net: Net, veh: Vehicles, plans: Plans, tra: Traffic, v: int, lane: int, critical: bool
) -> tuple[int, float]:
    """The next vehicle along the route from a lane of this edge without leader: (vehicle or -1, gap).

    Whether the way is open does not matter, unless only those are looked for who could become critical.
    """
    route_index = veh.route_index[v]
    cell = NONE if net.lane.internal[lane] else veh.row[v] + net.lane.index[lane]
    other = nearest_partial(net, veh, tra, lane, v)
    if other >= 0:
        return other, back_on(net, veh, other, lane) - veh.position[v] - veh.min_gap[v]
    dt = tra.clock[STEP_S]
    speed = veh.speed[v]
    distance = brake_gap(speed, veh.decel[v], veh.tau[v], dt) + veh.min_gap[v]
    seen = net.lane.length[lane] - veh.position[v]
    edges = veh.edges[v]
    own = lane == veh.lane[v]
    while seen <= distance or net.lane.internal[lane]:
        inside = net.lane.internal[lane]
        if not inside and route_index >= edges - 1:
            break
        if inside:
            link = net.lane.exit[lane]
        else:
            if cell < 0:
                cell = cell_beyond(net, veh, plans, v, lane, route_index)
            link = plans.chain.link[cell]
            cell = plans.chain.next[cell]
        if link < 0:
            break
        if critical and (is_red(net.link.state[link]) or not (inside or has_priority(net.link.state[link]))):
            break
        if inside:
            other, gap = nearest_inside(net, veh, tra, v, link, seen, own)
            if other >= 0:
                return other, gap
        lane = net.link.next[link]
        if net.link.via[link] < 0:
            route_index += 1
        other = last_on(net, veh, tra, lane, v)
        if other >= 0:
            return other, seen + back_on(net, veh, other, lane) - veh.min_gap[v]
        top = lane_speed(net, veh, v, lane)
        if top < speed:
            distance = brake_gap(top, veh.decel[v], veh.tau[v], dt)
        seen += net.lane.length[lane]
    return -1, -1.0


@helper
def follower_along(net: Net, veh: Vehicles, tra: Traffic, link: int, position: float) -> tuple[int, float, int]:
    """Who comes through a link: (vehicle or -1, distance of its front to `position`, the empty edge's lane before).

    `position` is measured from the beginning of the lane behind the link. The lane is -1 where somebody comes, where
    those who could come have no priority, or far away; with it the distance is that to its beginning.
    """
    before, base = net.link.src[link], position
    for _ in range(3):
        first = tra.lane.first[before]
        base += net.lane.length[before]
        if first >= 0:
            return first, base - veh.position[first], NONE
        if base > LOOK_BACK_M:
            break
        if not net.lane.internal[before]:
            return NONE, base, before
        entry = net.lane.entry_link[before]
        if not has_priority(net.link.state[net.link.entry[entry]]):
            break
        before = net.link.src[entry]
    return NONE, math.inf, NONE


@helper
def follower_upstream(net: Net, veh: Vehicles, tra: Traffic, lane: int, position: float) -> tuple[int, float]:
    """The nearest vehicle that comes onto a lane, also over a short edge: (vehicle or -1, distance of its front)."""
    best, best_distance = NONE, math.inf
    for k in range(net.lane.in_start[lane], net.lane.in_start[lane + 1]):
        link = net.lane_in_link[k]
        if is_red(net.link.state[net.link.entry[link]]):
            continue
        found, distance, before = follower_along(net, veh, tra, link, position)
        if found >= 0 and distance < best_distance:
            best, best_distance = found, distance
        if before < 0:
            continue
        base = distance
        for i in range(net.lane.in_start[before], net.lane.in_start[before + 1]):
            earlier = net.lane_in_link[i]
            if is_red(net.link.state[net.link.entry[earlier]]):
                continue
            found, distance, _ = follower_along(net, veh, tra, earlier, base)
            if found >= 0 and distance < best_distance:
                best, best_distance = found, distance
    return best, best_distance


@inlined
def real_leader(net: Net, veh: Vehicles, plans: Plans, tra: Traffic, v: int, lane: int) -> tuple[int, float]:
    """The leader on a lane of this edge, or further along the route."""
    if lane == veh.lane[v]:
        leader = veh.ahead[v]
    else:
        behind = tra.lane.cursor[lane]
        leader = veh.ahead[behind] if behind >= 0 else tra.lane.last[lane]
    if leader >= 0:
        return leader, veh.position[leader] - veh.length[leader] - veh.position[v] - veh.min_gap[v]
    return leader_beyond(net, veh, plans, tra, v, lane, NO)


@inlined
def real_follower(net: Net, veh: Vehicles, tra: Traffic, v: int, lane: int) -> tuple[int, float]:
    """The follower on the other lane, or one who comes onto it from before."""
    other = tra.lane.cursor[lane]
    back = veh.position[v] - veh.length[v]
    if other >= 0:
        return other, back - veh.position[other] - veh.min_gap[other]
    other, distance = follower_upstream(net, veh, tra, lane, back)
    return other, distance - (veh.min_gap[other] if other >= 0 else 0.0)


@helper
def obstacles(
    net: Net, veh: Vehicles, tra: Traffic, v: int, direction: int, lead: int, lead_gap: float
) -> tuple[int, int, float]:
    """Who is in the way of a change to that side, as bits, and the follower there with its gap."""
    dt = tra.clock[STEP_S]
    follower, gap = real_follower(net, veh, tra, v, veh.lane[v] + direction)
    if lead >= 0 and lead == follower:
        follower = -1
    blocked = 0
    if follower >= 0:
        if gap < 0.0:
            blocked |= BLOCKED_FOLLOWER | OVERLAPPING
        else:
            rest = max(veh.tau[follower] - dt, 0.0)
            theirs = veh.speed[follower] + max(0.0, rest * veh.acceleration[follower])
            mine = veh.speed[v] + min(0.0, rest * veh.acceleration[v])
            if is_too_close(veh, follower, gap, theirs, mine, veh.decel[v], dt):
                blocked |= BLOCKED_FOLLOWER
    if lead >= 0:
        if lead_gap < 0.0:
            blocked |= BLOCKED_LEADER | OVERLAPPING
        else:
            rest = max(veh.tau[v] - dt, 0.0)
            mine = veh.speed[v] + max(0.0, rest * veh.acceleration[v])
            theirs = veh.speed[lead] + min(0.0, rest * veh.acceleration[lead])
            if is_too_close(veh, v, lead_gap, mine, theirs, veh.decel[lead], dt):
                blocked |= BLOCKED_LEADER
    return blocked, follower, gap

"""Planning a step: look along the route, adapt to leaders, limits, stops, signals and foes, and announce arrivals.

Each vehicle writes one item per link ahead: the speed when it may pass, the speed when it must wait, and the window in
which it would be there. Follows SUMO's MSVehicle::planMoveInternal.
"""

from sim.engine.announcing import circular_wait
from sim.engine.arrays import (
    INFINITE,
    NO,
    NOBODY,
    NONE,
    NOW,
    SEED,
    STEP_S,
    Net,
    Plans,
    Traffic,
    Vehicles,
    Walkers,
)
from sim.engine.cruising import cruises, waits_ahead
from sim.engine.following import (
    EPS,
    POSITION_EPS,
    arrival_delay,
    brake_gap,
    braking_arrival_speed,
    safe_stop_speed_plain,
    speed_after,
    uniform,
)
from sim.engine.inside import link_leaders
from sim.engine.jit import helper, inlined, rarely
from sim.engine.junction import ask, came_in_on_major, gives_way
from sim.engine.letters import has_priority, is_red, is_yellow
from sim.engine.models import following, following_from, slowing, stopping
from sim.engine.pointers import fetch
from sim.engine.positions import back_on, lane_speed, last_on, leader_on_lane
from sim.engine.routes import cell_beyond
from sim.engine.stops import stop_target

LOOK_AHEAD_LENGTHS = 5.0
YELLOW_MIN_DECEL = 3.0
EPS_SPEED = 0.001


@inlined
def ignores_red(net: Net, veh: Vehicles, link: int, v: int, now: float) -> bool:
    """Whether this driver passes amber or red for a while after it began (jmDriveAfterYellowTime, -RedTime)."""
    state = net.link.state[link]
    since = now - net.link.changed_s[link]
    if is_yellow(state):
        return veh.after_yellow[v] > since
    if is_red(state):
        return veh.after_red[v] > since
    return False


@inlined
def put_item(
    veh: Vehicles, tra: Traffic, v: int, link: int, v_pass: float, v_wait: float, request: bool, distance: float
) -> int:
    """Append an item."""
    i = veh.item_count[v] + veh.item_start[v]
    veh.item_count[v] += 1
    tra.item.link[i] = link
    tra.item.go[i] = v_pass
    tra.item.wait[i] = v_wait
    tra.item.request[i] = request
    tra.item.distance[i] = distance
    tra.item.arrival[i] = 0.0
    tra.item.arrival_speed[i] = 0.0
    tra.item.braking_speed[i] = 0.0
    tra.item.leave[i] = -1.0
    tra.item.space[i] = 0.0
    tra.item.stopped[i] = False
    tra.item.heard[i] = NOBODY
    return i


@helper
def is_on_way(net: Net, veh: Vehicles, tra: Traffic, v: int, leader: int, lane: int, last: int) -> bool:
    """Whether the rear of a leader, who is nearer than its standing gap, stands on the way up to a lane ahead."""
    behind = veh.lane[leader]
    if veh.further_count[leader] > 0:
        behind = veh.further[leader, veh.further_count[leader] - 1]
    on_way = behind == lane or behind == veh.lane[v]
    for k in range(veh.item_start[v], last):
        on_way = on_way or net.link.next[tra.item.link[k]] == behind
    return on_way


@inlined
def plan_move(
    net: Net, veh: Vehicles, plans: Plans, tra: Traffic, wal: Walkers, v: int, most_items: int, whole: bool
) -> None:
    """Write the items of one vehicle; of a cruising one only with `whole`."""
    dt, now = tra.clock[STEP_S], tra.clock[NOW]
    fetch(plans.chain, veh.row[v])
    speed, length, decel, tau = veh.speed[v], veh.length[v], veh.decel[v], veh.tau[v]
    lane = veh.lane[v]
    veh.item_count[v] = 0
    veh.stop_distance[v] = INFINITE
    top = min(speed + veh.accel[v] * dt, veh.max_speed[v])
    comfortable = max(0.0, speed - decel * dt)
    limit = lane_speed(net, veh, v, lane)
    if rarely(veh.railway[v]):
        for k in range(veh.further_count[v]):
            limit = min(limit, lane_speed(net, veh, v, veh.further[v, k]))
    limit = max(limit, comfortable)
    seen = net.lane.length[lane] - veh.position[v]
    free = min(top, limit)
    v_now = free
    leader = leader_on_lane(net, veh, tra, v)
    safe = INFINITE
    if leader >= 0:
        gap = back_on(net, veh, leader, lane) - veh.position[v] - veh.min_gap[v]
        safe = following(net, veh, v, leader, gap, speed, dt)
        v_now = min(v_now, safe)
        if v_now <= EPS_SPEED and veh.ahead[v] >= 0:
            put_item(veh, tra, v, NONE, v_now, v_now, NO, seen)  # standing in a queue: nothing further matters
            return
    inside = net.lane.internal[lane]
    if not inside and not whole and cruises(veh, v, seen, top, dt):
        waits = waits_ahead(net, veh, plans, tra, v, lane, seen, top, v_now)
        put_item(veh, tra, v, NONE, v_now, v_now, waits, seen)
        return
    horizon = top * dt + brake_gap(top, decel, tau, dt)
    brake_wished = brake_gap(speed, decel, 0.0, dt)
    cell = NONE if inside else veh.row[v] + net.lane.index[lane]
    seen_outside, seen_inside = 0.0, seen if inside else 0.0
    # the speed at the next link is what one reaches from `before` on the way there, and no more than `bound`
    bound, before, way = safe, free, seen
    route_index = veh.route_index[v]
    edges = veh.edges[v]
    had_outside, slowed, view = False, False, 0
    last = NONE
    first_stop_seen = INFINITE
    while True:
        if last >= 0:
            if leader >= 0:
                gap = back_on(net, veh, leader, lane) + seen - net.lane.length[lane] - veh.min_gap[v]
                if gap >= 0.0 or is_on_way(net, veh, tra, v, leader, lane, last):
                    safe = following(net, veh, v, leader, gap, speed, dt)
                else:
                    room = seen - net.lane.length[lane] - POSITION_EPS
                    came = net.link.src[tra.item.link[last]]
                    if net.lane.internal[came]:
                        room -= net.lane.length[came]
                    safe = stopping(net, veh, v, room, speed, decel, dt)
                if tra.item.leave[last] >= 0.0:
                    tra.item.leave[last] = following_from(net, veh, v, leader, gap, tra.item.leave[last], dt)
                v_now, bound = min(v_now, safe), min(bound, safe)
            tra.item.wait[last] = min(tra.item.wait[last], v_now)
        # a stop on this edge
        stop = veh.next_stop[v]
        if rarely(
            stop < veh.last_stop[v]
            and plans.stop.position[stop] == route_index + view
            and net.lane.edge[plans.stop.lane[stop]] == net.lane.edge[lane]
            and not veh.stop_reached[v]
        ):
            end = stop_target(veh, plans, tra, v, stop)
            to_stop = seen + end - net.lane.length[lane]
            first_stop_seen = to_stop
            veh.stop_distance[v] = to_stop
            v_now = min(v_now, max(stopping(net, veh, v, to_stop, speed, decel, dt), comfortable))
            if last >= 0:
                v_pass = min(bound, speed_after(way, before, veh.accel[v], min(veh.max_speed[v], limit)))
                tra.item.leave[last] = min(tra.item.leave[last], stopping(net, veh, v, end, v_pass, decel, dt))
            if not veh.railway[v]:
                put_item(veh, tra, v, NONE, v_now, v_now, NO, to_stop)
                return
        # the end of the route
        if not net.lane.internal[lane] and route_index + view == edges - 1:
            # who is slower than the last edge allows need not slow down for its end
            if v_now > limit or (last >= 0 and tra.item.leave[last] > limit) or rarely(veh.is_idm[v]):
                to_arrival = seen + veh.arrival_position[v] - net.lane.length[lane] - limit * dt
                arrive = max(EPS, slowing(net, veh, v, to_arrival, limit, dt, NO))
                v_now = min(v_now, arrive)
                if last >= 0:
                    tra.item.leave[last] = min(tra.item.leave[last], arrive)
            i = put_item(veh, tra, v, NONE, v_now, v_now, NO, seen)
            tra.item.space[i] = 1000.0 if net.edge.fringe[net.lane.edge[lane]] else 0.0
            return
        if net.lane.internal[lane]:
            link = net.lane.exit[lane]
        else:
            if rarely(cell < 0):
                cell = cell_beyond(net, veh, plans, v, lane, route_index + view)
            link = plans.chain.link[cell]
            cell = plans.chain.next[cell]
        if link < 0:
            halt = stopping(net, veh, v, seen, speed, decel, dt)
            if last >= 0:
                tra.item.leave[last] = min(tra.item.leave[last], halt)
            v_now = min(v_now, halt)
            put_item(veh, tra, v, NONE, v_now, v_now, NO, seen)
            return
        state = net.link.state[link]
        yellow_or_red = is_red(state) or is_yellow(state)
        stop_decel = decel
        if yellow_or_red and not rarely(veh.railway[v]):
            stop_decel = max(min(YELLOW_MIN_DECEL, veh.emergency_decel[v]), decel)
        brake = brake_wished if stop_decel == decel else brake_gap(speed, stop_decel, 0.0, dt)
        if yellow_or_red:
            offset = veh.stopline_gap[v]
        elif has_priority(state):
            offset = min(net.link.visibility[link] - POSITION_EPS, veh.stopline_gap[v])
        else:
            offset = min(net.link.visibility[link] - POSITION_EPS, net.link.stop_before[link])
        can_brake = seen >= brake
        if can_brake:
            offset = min(offset, seen - brake)
        offset = max(POSITION_EPS, offset)
        stop_at = max(0.0, seen - offset)
        if rarely(first_stop_seen < INFINITE):
            stop_at = max(stop_at, first_stop_seen)
        leaving_now = inside and last < 0
        request = (v_now > EPS_SPEED and not (slowed and not net.lane.internal[lane])) or leaving_now
        v_wait = min(v_now, stopping(net, veh, v, stop_at, speed, stop_decel, dt))
        if net.lane.internal[lane]:
            v_now, bound, v_wait, request = link_leaders(
                net, veh, tra, wal, v, link, lane, seen, last, v_now, bound, v_wait, request
            )
        if yellow_or_red and can_brake and not ignores_red(net, veh, link, v, now):
            put_item(veh, tra, v, link, v_now, v_wait, NO, seen)
            return
        if last >= 0:
            tra.item.leave[last] = min(tra.item.leave[last], limit)
        heard = net.link.heard[link]
        compared = heard != NOBODY or gives_way(net, link)  # else nobody compares windows there
        arrival_speed, arrival, braking_speed, leave = 0.0, 0.0, 0.0, -1.0
        if compared:
            arrival_speed = min(bound, speed_after(way, before, veh.accel[v], min(veh.max_speed[v], limit)))
        sight = net.link.visibility[link]
        could_brake = not has_priority(state) and brake < seen and not came_in_on_major(net, link)
        if could_brake and seen > sight:
            if compared:
                at_sight = safe_stop_speed_plain(sight, decel, 0.0, dt)
                arrival_speed = min(arrival_speed, speed_after(sight, at_sight, veh.accel[v], veh.max_speed[v]))
            slowed = True
        elif rarely(state == 61) and veh.waiting[v] > 0.0 and circular_wait(net, tra, link):
            threshold = 0.25 if net.link.direction[link] == 115 else 0.75
            veh.draws[v] += 1
            if uniform(tra.counters[SEED], v, veh.draws[v]) < threshold:
                request = False
        if not has_priority(state) and (brake >= seen or seen <= sight):
            ask(net, tra, link)
        if could_brake and rarely(net.lane.roundabout[net.link.dst[link]]):
            slowed = True
        following_lane = net.link.next[link]
        limit_next = lane_speed(net, veh, v, following_lane)
        if compared:
            arrival = now - dt + arrival_delay(seen, v_now, arrival_speed, veh.accel[v], decel)
            if rarely(veh.stop_reached[v]):
                arrival += max(0.0, veh.stop_left_s[v])
            if seen < brake_gap(v_now, decel, tau, dt) and not veh.stop_reached[v]:
                braking_speed = min(braking_arrival_speed(seen, v_now, decel, tau), arrival_speed)
            leave = speed_after(net.link.length[link], arrival_speed, veh.accel[v], min(limit_next, veh.max_speed[v]))
        i = put_item(veh, tra, v, link, v_now, v_wait, request, seen)
        tra.item.arrival[i] = arrival
        tra.item.arrival_speed[i] = arrival_speed
        tra.item.braking_speed[i] = braking_speed
        tra.item.leave[i] = leave
        tra.item.heard[i] = heard
        if net.link.via[link] < 0:
            had_outside = True
            view += 1
        if (
            (not request or v_now <= 0.0 or seen > horizon)
            and had_outside
            and seen_outside > max(length * LOOK_AHEAD_LENGTHS, length + seen_inside)
        ) or veh.item_count[v] >= most_items - 1:
            return
        lane = following_lane
        limit = limit_next
        if limit < v_now:
            v_now = min(v_now, max(slowing(net, veh, v, seen, limit, dt, NO), comfortable))
        if net.lane.internal[lane]:
            seen_inside += net.lane.length[lane]
        else:
            seen_outside += net.lane.length[lane]
        leader = last_on(net, veh, tra, lane, v)
        seen += net.lane.length[lane]
        bound, before, way = INFINITE, v_now, net.lane.length[lane]
        last = i

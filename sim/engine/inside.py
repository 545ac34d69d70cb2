"""Inside a junction: vehicles and people on ways that conflict with mine, and which of them go before me.

The rules are those of SUMO's MSLink::getLeaderInfo and MSVehicle::isLeader: whoever entered first goes first.
"""

import math

from sim.engine.arrays import IGNORE_BLOCKER_S, INFINITE, NO, NOW, STEP_S, Net, Traffic, Vehicles, Walkers
from sim.engine.crossings import people_ahead, people_come_first
from sim.engine.following import HALTING, POSITION_EPS, brake_gap
from sim.engine.jit import helper, inlined
from sim.engine.letters import has_priority, is_green, is_red, is_yellow
from sim.engine.models import following, stopping
from sim.engine.positions import back_on, first_bearing, next_bearing

BLOCKAGE_S = 5.0
UNKNOWN_REQUEST = 2


@inlined
def link_leaders(
    net: Net, veh: Vehicles, tra: Traffic, wal: Walkers, v: int, link: int, lane: int, seen: float, last: int,
    v_now: float, v_pass: float, v_wait: float, request: bool,
) -> tuple[float, float, float, bool]:  # fmt: skip
    """Adapt to vehicles and people on ways that conflict with mine inside the junction."""
    dt = tra.clock[STEP_S]
    speed = veh.speed[v]
    for c in range(net.link.conflict_start[link], net.link.conflict_start[link + 1]):
        foe_lane = net.conflict_lane[c]
        if foe_lane < 0:
            to_people = seen - net.conflict.behind[c] - 1.0
            if to_people >= -1.0 and (
                people_ahead(net, veh, wal, c, v)
                or people_come_first(net, veh, wal, link, c, v, to_people + 1.0, tra.clock[NOW])
            ):
                slow = (
                    stopping(net, veh, v, to_people, speed, veh.decel[v], dt)
                    if to_people >= 0.0
                    else stopping(net, veh, v, seen - net.lane.length[lane] - POSITION_EPS, speed, veh.decel[v], dt)
                )
                if last >= 0:
                    tra.item.leave[last] = min(tra.item.leave[last], slow)
                v_now, v_pass = min(v_now, slow), min(v_pass, slow)
                if last >= 0:
                    v_now = max(v_now, tra.item.wait[last])
            continue
        if tra.busy[foe_lane] == 0:
            continue
        foe, part = first_bearing(tra, foe_lane)
        while foe >= 0:
            current = foe
            foe, part = next_bearing(veh, tra, foe_lane, foe, part)
            if current == v:
                continue
            matters, gap, to_conflict, obstructs = in_the_way(
                net, veh, link, c, v, current, seen, tra.clock[IGNORE_BLOCKER_S], NO
            )
            if not matters:
                continue
            if not (obstructs or goes_before_me(net, veh, v, link, current, gap, dt)):
                continue
            v_now, v_pass = junction_leader(
                net, veh, tra, v, current, gap, to_conflict, lane, seen, last, v_now, v_pass
            )
            if last >= 0:
                v_now = max(v_now, tra.item.wait[last])
            if v_now < HALTING:
                at = veh.lane[current]
                same_way = net.lane.before[at] >= 0 and (
                    net.lane.before[at] == net.lane.before[veh.lane[v]] or net.lane.before[at] == veh.lane[v]
                )
                if same_way or veh.stop_reached[current] or veh.waiting[current] > BLOCKAGE_S:
                    request = False
                    if last >= 0 and net.lane.before[at] == veh.lane[v]:
                        tra.item.request[last] = False
    return v_now, v_pass, min(v_wait, v_now), request


@helper
def junction_leader(
    net: Net, veh: Vehicles, tra: Traffic, v: int, foe: int, gap: float, to_conflict: float, lane: int, seen: float,
    last: int, v_now: float, v_pass: float,
) -> tuple[float, float]:  # fmt: skip
    """Follow a foe inside the junction as if its shadow drove on my way, or stop before the conflict."""
    dt = tra.clock[STEP_S]
    speed = veh.speed[v]
    if gap >= 0.0:
        safe = following(net, veh, v, foe, gap, speed, dt)
    else:
        safe = stopping(net, veh, v, seen - net.lane.length[lane] - POSITION_EPS, speed, veh.decel[v], dt)
    if to_conflict >= 0.0:
        halt = stopping(net, veh, v, to_conflict - veh.min_gap[v], speed, veh.decel[v], dt)
        if gap <= -INFINITE:
            safe = max(safe, halt)
        else:
            past_s = max((to_conflict - gap) / max(veh.speed[foe], HALTING), 1e-6)
            final = max(speed, 2.0 * (to_conflict - veh.min_gap[v]) / past_s - speed)
            v2 = speed + (final - speed) / past_s * dt
            safe = max(safe, min(v2, halt))
    if last >= 0:
        tra.item.leave[last] = min(tra.item.leave[last], safe)
    return min(v_now, safe), min(v_pass, safe)


@helper
def goes_before_me(net: Net, veh: Vehicles, v: int, link: int, foe: int, gap: float, dt: float) -> bool:
    """Whether a foe inside the junction is a leader: it entered earlier, or has right of way (MSVehicle::isLeader)."""
    lane = veh.lane[v]
    if not net.lane.internal[lane] or net.lane.junction[lane] != net.link.junction[link]:
        return True
    at = veh.lane[foe]
    if not net.lane.internal[at] or net.lane.junction[at] != net.link.junction[link]:
        return True
    mine, theirs = veh.conflict_entry_s[v], veh.entry_s[foe]
    if net.lane.source[at] == net.lane.source[net.link.src[link]]:
        mine, theirs = veh.entry_never_yield_s[v], veh.entry_never_yield_s[foe]
    else:
        entry = net.link.entry[link]
        foe_entry = net.link.entry[net.lane.entry_link[at]]
        red, foe_red = is_red(net.link.state[entry]), is_red(net.link.state[foe_entry])
        prio, foe_prio = has_priority(net.link.state[entry]), has_priority(net.link.state[foe_entry])
        if red or foe_red:
            if not foe_red and veh.speed[foe] > HALTING and gap < 0.0:
                next_speed = veh.speed[foe] + veh.accel[foe] * dt
                room = -gap - veh.length[foe] - 2.0 * veh.min_gap[v]
                yields = room < brake_gap(next_speed, veh.decel[foe], veh.tau[foe], dt)
                foe_yields = not yields
            else:
                yields, foe_yields = foe_red, red
        elif prio != foe_prio:
            yields, foe_yields = not prio, not foe_prio
        elif is_yellow(net.link.state[entry]) and is_yellow(net.link.state[foe_entry]):
            yields, foe_yields = veh.speed[foe] >= veh.speed[v], veh.speed[v] >= veh.speed[foe]
        else:
            junction = net.link.junction[link]
            count = net.junction.links[junction]
            base = net.junction.request_start[junction]
            i, j = net.link.index[link], net.link.index[net.lane.entry_link[at]]
            if i < 0 or j < 0:
                yields, foe_yields = True, True
            else:
                yields, foe_yields = net.response[base + i * count + j], net.response[base + j * count + i]
        if not yields:
            mine, theirs = veh.entry_s[v], veh.conflict_entry_s[foe]
        elif foe_yields:
            theirs = veh.conflict_entry_s[foe]
    if mine == theirs:
        same_speed = veh.speed[v] == veh.speed[foe]
        return veh.name_rank[v] < veh.name_rank[foe] if same_speed else veh.speed[v] < veh.speed[foe]
    return mine > theirs


@helper
def in_the_way(
    net: Net, veh: Vehicles, link: int, c: int, v: int, foe: int, seen: float, ignore_blocker_s: float, changing: bool
) -> tuple[bool, float, float, bool]:
    """Whether a foe on a conflicting lane matters: (matters, gap, distance to the conflict, stands in the way).

    A gap of -INFINITE means that the foe waits inside and must not be driven up to; a negative distance that one may
    not advance to the conflict (MSLink::getLeaderInfo). Who judges a lane to change to (`changing`) is there as long
    as its rear is.
    """
    foe_lane = net.conflict_lane[c]
    foe_exit = net.lane.exit[foe_lane]
    to_conflict = seen - net.conflict.behind[c]
    foe_to_conflict = net.lane.length[foe_lane] - net.conflict.foe_behind[c]
    same_target, same_source = net.conflict.same_target[c], net.conflict.same_source[c]
    width = 0.0 if same_target or same_source else net.conflict.extent[c]
    foe_width = 0.0 if same_target or same_source else net.conflict.foe_extent[c]
    rear = veh.length[v] if changing else 0.0
    if to_conflict + width + rear < 0.0 and not same_target:
        return False, 0.0, 0.0, False
    waits_inside = net.conflict.cont[c]
    ignore_green = False
    if waits_inside:
        entry, foe_entry = net.lane.entry_link[net.link.src[link]], net.lane.entry_link[foe_lane]
        ignore_green = (
            is_green(net.link.state[entry])
            and is_green(net.link.state[foe_entry])
            and net.link.src[entry] != net.link.src[foe_entry]
        )
    back = back_on(net, veh, foe, foe_lane)
    back_distance = foe_to_conflict - back
    sagitta = 0.0
    slack = veh.length[v] + 2.0
    radius = net.link.radius[link]
    if radius > 0.0:
        sagitta = radius - math.sqrt(max(0.0, radius * radius - 0.25 * slack * slack))
    past = back_distance + foe_width + sagitta < 0.0
    entered = back_distance < veh.length[foe]
    inner = net.lane.internal[net.link.next[foe_exit]]
    obstructs = (
        ((not past and to_conflict > 0.0) or (same_target and to_conflict > back_distance - veh.length[foe]))
        and entered
        and not inner
    )
    if not obstructs and ignore_green:
        return False, 0.0, 0.0, False
    if to_conflict < -max(POSITION_EPS, rear) and not obstructs and (not changing or veh.lane[v] == foe_lane):
        return False, 0.0, 0.0, False
    front_there = veh.lane[foe] == foe_lane
    if (
        same_source
        and not changing
        and net.lane.edge[veh.lane[v]] == net.lane.edge[net.link.src[link]]
        and back + veh.length[foe] < veh.position[v] - veh.length[v]
    ):
        return False, 0.0, 0.0, False
    cannot_ignore = waits_inside or same_target or same_source
    will_pass = veh.requests_exit[foe] == 1 if front_there else same_target
    if front_there and veh.requests_exit[foe] == UNKNOWN_REQUEST:
        will_pass = same_target
    if (
        (not cannot_ignore or veh.stop_reached[foe] or same_target)
        and not will_pass
        and front_there
        and not obstructs
        and veh.stop_distance[foe] >= INFINITE
    ):
        return False, 0.0, 0.0, False
    if veh.waiting[foe] >= ignore_blocker_s:
        return False, 0.0, 0.0, False
    if waits_inside and not same_source:
        gap = -INFINITE
    else:
        if past and not same_target:
            return False, 0.0, 0.0, False
        if same_target and back_distance < 0.0:
            mismatch = net.conflict.foe_behind[c] - net.conflict.behind[c]
            if mismatch > 0.0:
                back_distance += mismatch
        gap = to_conflict - veh.min_gap[v] - back_distance - foe_width
    stop_now = cannot_ignore if front_there else (same_target or same_source)
    return True, gap, (-1.0 if stop_now else to_conflict), obstructs

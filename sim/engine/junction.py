"""Right of way: whether a link is open, and who already inside a junction must be followed or waited for.

The rules are those of SUMO's MSLink: vehicles announce when they will reach and leave a link; one that must yield
compares its own window with theirs, and inside the junction whoever entered first goes first.
"""

import math

from sim.engine.arrays import INFINITE, NOW, STEP_S, Net, Traffic, Vehicles, Walkers
from sim.engine.following import EPS, HALTING, POSITION_EPS, brake_gap
from sim.engine.jit import helper, inlined
from sim.engine.positions import back_on

MINIMUM_GAP_TO_PEOPLE_M = 1.0
UNKNOWN_REQUEST = 2


@inlined
def has_priority(state: int) -> bool:
    """Capital letters have priority."""
    return 65 <= state <= 90


@inlined
def is_red(state: int) -> bool:
    """Red or red-amber."""
    return state == 114 or state == 117


@inlined
def is_yellow(state: int) -> bool:
    """Amber, for major or minor links."""
    return state == 121 or state == 89


@inlined
def is_green(state: int) -> bool:
    """Green, with priority or without."""
    return state == 71 or state == 103


@inlined
def is_cont(net: Net, link: int) -> bool:
    """Whether one may enter the junction and wait inside."""
    return net.link.cont[link] and net.link.state[link] != 111 and net.link.state[link] != 119


@inlined
def before_inner_link(net: Net, link: int) -> int:
    """Of the second part of a way with an inner stop line: the link that entered the junction, else -1."""
    if net.link.via[link] < 0 or net.link.cont[link] or not net.lane.internal[net.link.src[link]]:
        return -1
    return net.link.entry[link]


@inlined
def came_in_on_major(net: Net, link: int) -> bool:
    """Whether one waits inside and came in with priority (or on amber): one may finish."""
    entry = before_inner_link(net, link)
    if entry < 0:
        return False
    if has_priority(net.link.state[entry]):
        return True
    if net.link.crossing_foe[link]:
        return net.link.green_state[entry] == 71
    return is_yellow(net.link.state[entry])


@helper
def foe_arrival_when_braking(
    arrival: float, foe_arrival: float, impatience: float, distance: float, decel: float, braking: float, now: float,
    dt: float,
) -> tuple[float, float]:  # fmt: skip
    """When a foe would arrive if it braked a little for an impatient vehicle, and how fast."""
    if math.floor(arrival / dt) == math.floor(foe_arrival / dt):
        return foe_arrival, braking
    m = decel * impatience
    wait = foe_arrival - arrival
    d = wait * m
    a = wait * d / 2.0
    v = distance / max(EPS, foe_arrival - now + dt)
    if 0.5 * v * v / m <= distance - v * (arrival - now):
        return foe_arrival + 30.0, 0.0
    root = 4.0 * (v - d) * (v - d) - 8.0 * m * a
    if root < 0.0:
        return foe_arrival + 30.0, 0.0
    x = (math.sqrt(root) * -0.5 - d + v) / m
    return foe_arrival + x, v - (wait + x) * m


@helper
def blocked_by(
    net: Net, veh: Vehicles, tra: Traffic, item: int, link: int, v: int, arrival: float, leaving: float,
    arrival_speed: float, leave_speed: float, same_target: bool, impatience: float, waiting: float,
) -> bool:  # fmt: skip
    """Whether an announced foe leaves no gap."""
    foe = tra.approach.vehicle[item]
    longer = waiting > veh.waiting[foe] or (waiting == veh.waiting[foe] and arrival < tra.approach.arrival[item])
    if net.link.state[link] == 119 and longer:  # all-way stop: who waited longer goes first
        return False
    foe_arrival = tra.approach.arrival[item]
    braking = tra.approach.braking[item]
    if impatience > 0.0 and arrival < foe_arrival:
        later, braking = foe_arrival_when_braking(
            arrival, foe_arrival, impatience, tra.approach.distance[item], veh.decel[foe], braking, tra.clock[NOW],
            tra.clock[STEP_S],
        )  # fmt: skip
        foe_arrival = (1.0 - impatience) * foe_arrival + impatience * later
    look_ahead = veh.timegap_minor[v]
    if tra.approach.leaving[item] < arrival:  # I want to follow
        if not same_target:
            return False
        if arrival - tra.approach.leaving[item] < look_ahead:
            return True
        foe_speed = tra.approach.leave[item]
        return foe_speed * foe_speed / veh.decel[foe] <= arrival_speed * arrival_speed / veh.decel[v]
    if foe_arrival > leaving + look_ahead:  # I want to go first
        return same_target and leave_speed * leave_speed / veh.decel[v] <= braking * braking / veh.decel[foe]
    return True


@helper
def opened(
    net: Net, veh: Vehicles, tra: Traffic, wal: Walkers, link: int, v: int, arrival: float, arrival_speed: float,
    leave_speed: float, impatience: float, ignore_red: bool,
) -> bool:  # fmt: skip
    """Whether the link may be passed at the announced time."""
    state = net.link.state[link]
    if is_red(state) and not ignore_red:
        return False
    if is_cont(net, link):
        return True
    entry = before_inner_link(net, link)
    came_major, came_red = False, False
    if entry >= 0 and not net.link.crossing_foe[link]:
        came_major = net.link.state[entry] == 71
        came_red = net.link.state[entry] == 114
    if has_priority(state) or came_major:
        return True
    waiting = veh.waiting[v]
    if (state == 115 or state == 119) and waiting == 0.0:  # must stop first
        return False
    if not gives_way(net, link):
        return True
    leaving = arrival + (net.link.length[link] + veh.length[v]) / max(0.5 * (arrival_speed + leave_speed), EPS)
    for f in range(net.link.foe_start[link], net.link.foe_start[link + 1]):
        foe_link = net.foe_link[f]
        same_target = net.link.dst[foe_link] == net.link.dst[link]
        item = net.link.approach_head[foe_link]
        while item >= 0:
            foe = tra.approach.vehicle[item]
            if (
                foe != v
                and not (came_red and veh.speed[foe] <= HALTING)
                and blocked_by(
                    net, veh, tra, item, foe_link, v, arrival, leaving, arrival_speed, leave_speed, same_target,
                    impatience, waiting,
                )
            ):  # fmt: skip
                return False
            item = tra.approach.next[item]
    if net.link.crossing_foe[link]:
        return not people_in_window(net, wal, link, arrival, leaving)
    return True


@inlined
def gives_way(net: Net, link: int) -> bool:
    """Whether there is anybody to yield to: other links, or people on a crossing."""
    return net.link.foe_start[link + 1] > net.link.foe_start[link] or net.link.crossing_foe[link]


@helper
def people_in_window(net: Net, wal: Walkers, link: int, arrival: float, leaving: float) -> bool:
    """Whether somebody is about to step onto a crossing that lies on the way while the vehicle passes."""
    way = net.link.via[link]
    while way >= 0:
        leave = net.lane_link[net.lane.link_start[way]]
        for c in range(net.link.conflict_start[leave], net.link.conflict_start[leave + 1]):
            crossing = net.conflict.crossing[c]
            if crossing < 0 or not waits_for_crossing(wal, crossing):
                continue
            person = wal.crossing.approaching[crossing]
            while person >= 0:
                if not (arrival > wal.person.leaving[person] or leaving < wal.person.arrival[person]):
                    return True
                person = wal.person.next[person]
        way = net.link.via[leave]
    return False


@inlined
def waits_for_crossing(wal: Walkers, crossing: int) -> bool:
    """Whether people have the right of way on a crossing now."""
    return not is_red(wal.crossing.state[crossing])


@helper
def people_ahead(net: Net, veh: Vehicles, wal: Walkers, conflict: int, v: int) -> bool:
    """Whether somebody on a crossing is in the vehicle's way, or about to be."""
    crossing = net.conflict.crossing[conflict]
    person = wal.crossing.head[crossing]
    if person < 0:
        return False
    width = veh.width[v] + MINIMUM_GAP_TO_PEOPLE_M
    side = wal.crossing.length[crossing] - net.conflict.foe_behind[conflict] + 0.5 * 3.2 - 0.5 * width
    while person >= 0:
        if wal.person.direction[person] > 0:
            front = side - wal.person.position[person]
        else:
            front = wal.person.position[person] - side - width
        back = front + 0.215
        if back >= -width and (front < 0.0 or (front <= veh.crossing_gap[v] and wal.person.waiting[person] < 2.0)):
            return True
        person = wal.person.next[person]
    return False


@helper
def goes_before_me(net: Net, veh: Vehicles, v: int, link: int, foe: int, gap: float, dt: float) -> bool:
    """Whether a foe inside the junction is a leader: it entered earlier, or has right of way (MSVehicle::isLeader)."""
    lane = veh.lane[v]
    if not net.lane.internal[lane] or net.lane.junction[lane] != net.link.junction[link]:
        return True
    at = veh.lane[foe]
    if not net.lane.internal[at] or net.lane.junction[at] != net.link.junction[link]:
        return True
    mine, theirs = veh.conflict_entry_s[v], veh.conflict_entry_s[foe]
    if net.lane.edge[net.lane.source[at]] == net.lane.edge[net.lane.source[net.link.src[link]]]:
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
            mine = veh.entry_s[v]
        elif foe_yields:
            mine = veh.conflict_entry_s[v]
    if mine == theirs:
        return v < foe if veh.speed[v] == veh.speed[foe] else veh.speed[v] < veh.speed[foe]
    return mine > theirs


@helper
def in_the_way(
    net: Net, veh: Vehicles, link: int, c: int, v: int, foe: int, seen: float, ignore_blocker_s: float
) -> tuple[bool, float, float, bool]:
    """Whether a foe on a conflicting lane matters: (matters, gap, distance to the conflict, stands in the way).

    A gap of -INFINITE means that the foe waits inside and must not be driven up to; a negative distance that one may
    not advance to the conflict (MSLink::getLeaderInfo).
    """
    foe_lane = net.conflict.lane[c]
    foe_exit = net.lane_link[net.lane.link_start[foe_lane]]
    to_conflict = seen - net.conflict.behind[c]
    foe_to_conflict = net.lane.length[foe_lane] - net.conflict.foe_behind[c]
    same_target, same_source = net.conflict.same_target[c], net.conflict.same_source[c]
    width = 0.0 if same_target or same_source else net.conflict.extent[c]
    foe_width = 0.0 if same_target or same_source else net.conflict.foe_extent[c]
    if to_conflict + width < 0.0 and not same_target:
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
    if to_conflict < -POSITION_EPS and not obstructs:
        return False, 0.0, 0.0, False
    front_there = veh.lane[foe] == foe_lane
    if (
        same_source
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

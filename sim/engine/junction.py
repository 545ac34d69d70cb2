"""Right of way: whether a link is open.

The rules are those of SUMO's MSLink: vehicles announce when they will reach and leave a link, and one that must yield
compares its own window with theirs.
"""

import math

from sim.engine.arrays import NOW, STEP, STEP_S, Net, Traffic, Vehicles, Walkers
from sim.engine.crossings import people_in_window
from sim.engine.following import EPS, HALTING
from sim.engine.jit import helper, inlined
from sim.engine.letters import has_priority, is_red, is_yellow


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
    """Whether one is past an inner stop line, or at it, and came in with priority (or on amber): one may finish."""
    src = net.link.src[link]
    if net.link.cont[link] or not net.lane.internal[src]:
        return False
    if net.link.via[link] < 0 and not net.lane.internal[net.lane.before[src]]:
        return False
    entry = net.link.entry[link]
    if has_priority(net.link.state[entry]):
        return True
    if net.link.crossing_foe[link]:
        return net.link.green_state[entry] == 71
    return is_yellow(net.link.state[entry])


@inlined
def ask(net: Net, tra: Traffic, link: int) -> None:
    """Have those who come through the links that this one gives way to say when, from this step's announcements on."""
    for f in range(net.link.foe_start[link], net.link.foe_start[link + 1]):
        tra.asked[net.foe_link[f]] = tra.counters[STEP]


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
        item = tra.heads[foe_link]
        if item < 0:
            continue
        same_target = net.link.dst[foe_link] == net.link.dst[link]
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
        return not people_in_window(net, wal, link, arrival, leaving, veh.timegap_minor[v])
    return True


@inlined
def gives_way(net: Net, link: int) -> bool:
    """Whether there is anybody to yield to: other links, or people on a crossing."""
    return net.link.foe_start[link + 1] > net.link.foe_start[link] or net.link.crossing_foe[link]

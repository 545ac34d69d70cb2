"""What vehicles tell the links ahead of them, and who waits for whom where everybody lets the one to the right go."""

import math

from sim.engine.arrays import APPROACHES, NOBODY, STEP, TOUCHED, WHO_YIELDS, Net, Traffic, Vehicles
from sim.engine.following import EPS
from sim.engine.jit import helper, inlined


@helper
def circular_wait(net: Net, tra: Traffic, link: int) -> bool:
    """Whether everybody waits for the one to the right: the first foe's foe's foe is this link again."""
    current = link
    for _ in range(16):
        best, best_distance = -1, math.inf
        for f in range(net.link.foe_start[current], net.link.foe_start[current + 1]):
            foe_link = net.foe_link[f]
            item = tra.heads[foe_link]
            while item >= 0:
                if net.link.src[foe_link] == net.link.src[link]:
                    return True
                if tra.approach.distance[item] < best_distance:
                    best, best_distance = foe_link, tra.approach.distance[item]
                item = tra.approach.next[item]
        if best < 0:
            return False
        current = best
    return False


@inlined
def announce(net: Net, veh: Vehicles, tra: Traffic, v: int) -> None:
    """Tell the links ahead when this vehicle will pass, for those who must yield to it."""
    step = tra.counters[STEP]
    for i in range(veh.item_start[v], veh.item_start[v] + veh.item_count[v]):
        link = tra.item.link[i]
        if tra.item.heard[i] == NOBODY or not tra.item.request[i]:
            continue
        if tra.item.heard[i] == WHO_YIELDS and tra.asked[link] < step:
            continue
        leave = tra.item.leave[i] if tra.item.leave[i] >= 0.0 else tra.item.go[i]
        mean = max(0.5 * (tra.item.arrival_speed[i] + leave), EPS)
        n = tra.counters[APPROACHES]
        tra.counters[APPROACHES] = n + 1
        tra.approach.vehicle[n] = v
        tra.approach.arrival[n] = tra.item.arrival[i]
        tra.approach.leaving[n] = tra.item.arrival[i] + (net.link.length[link] + veh.length[v]) / mean
        tra.approach.braking[n] = tra.item.braking_speed[i]
        tra.approach.distance[n] = tra.item.distance[i]
        tra.approach.leave[n] = leave
        if tra.heads[link] < 0:
            tra.touched[tra.counters[TOUCHED]] = link
            tra.counters[TOUCHED] += 1
        tra.approach.next[n] = tra.heads[link]
        tra.heads[link] = n

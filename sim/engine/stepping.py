"""One step of everybody: plan, announce, decide, drive, change lanes, enter. The order is SUMO's."""

from sim.engine.announcing import announce
from sim.engine.arrays import (
    ACTIVE,
    APPROACHES,
    DISTANT_COUNT,
    DRIVING,
    NONE,
    NOTHING,
    NOW,
    PARKED,
    PEOPLE,
    STEP,
    TELEPORTING,
    TOUCHED,
    UPDATES,
    Net,
    Plans,
    Traffic,
    Vehicles,
    Walkers,
)
from sim.engine.changing import change_on_edge
from sim.engine.deciding import run_programmes, show_programmes, watch_road
from sim.engine.insertion import insert_departures
from sim.engine.jit import helper, inlined, kernel
from sim.engine.judging import note_mixed
from sim.engine.keepclear import withdraw_requests
from sim.engine.letters import is_green
from sim.engine.moving import execute_move, impatience_of
from sim.engine.planning import plan_move
from sim.engine.pointers import World, fetch
from sim.engine.positions import forget_partials, link_in, list_lanes, note_partials, unlink
from sim.engine.routes import fetch_way
from sim.engine.signal_arrays import Signals
from sim.engine.standing import stands_on
from sim.engine.transfer import is_stuck, keep_aside, return_to_road, start_teleport

MOST_ITEMS = 40
AHEAD = 4  # vehicles, or lanes, by which memory is asked for before it is needed
LOOK_PAST = 4 * AHEAD  # entries of lists beyond their ends, valid but without meaning, that are looked at for that


@inlined
def fetch_lanes(net: Net, veh: Vehicles, plans: Plans, tra: Traffic, i: int) -> None:
    """Ask for what planning on the lanes after the i-th one will read."""
    soon = tra.order[i + AHEAD]
    fetch(net.lane, soon)
    fetch(tra.lane, soon)
    fetch(veh, max(tra.lane.first[tra.order[i + 2]], 0))
    first = max(tra.lane.first[tra.order[i + 1]], 0)
    fetch(plans.chain, veh.row[first])
    fetch(veh, max(veh.behind[first], 0))


@inlined
def next_asked(net: Net, tra: Traffic, i: int) -> int:
    """Of those who looked no further than their lane, from the i-th one on: the first one that somebody listens to."""
    step = tra.counters[STEP]
    while i < tra.counters[DISTANT_COUNT]:
        link = tra.distant.link[i]
        if tra.asked[link] >= step or net.link.heard[link] == PEOPLE:
            break
        i += 1
    return i


@helper
def room_taken(veh: Vehicles, v: int) -> float:
    """Length of those ahead on the same lane, with their gaps."""
    total, ahead = 0.0, veh.ahead[v]
    while ahead >= 0:
        total += veh.length[ahead] + veh.min_gap[ahead]
        ahead = veh.ahead[ahead]
    return total


@helper
def plan_everybody(net: Net, veh: Vehicles, plans: Plans, tra: Traffic, wal: Walkers) -> None:
    """Plan on every lane that is used, from the front to the rear, then those who are listened to; then announce."""
    used, lanes = NOTHING, list_lanes(tra)
    tra.counters[DISTANT_COUNT] = 0
    i, v, lane, in_front, distant, seen = NOTHING, NONE, NONE, 0.0, NOTHING, NOTHING
    while True:  # one piece of machine code for both rounds
        whole = False
        if v < 0 and i < lanes:
            lane, in_front = tra.order[i], 0.0
            v = tra.lane.first[lane]
            fetch_lanes(net, veh, plans, tra, i)
            i += 1
        elif v < 0:
            distant = next_asked(net, tra, distant)
            if distant == tra.counters[DISTANT_COUNT]:
                break
            whole = True
            v = tra.distant.vehicle[distant]
            lane, in_front = veh.lane[v], room_taken(veh, v)
            distant += 1
        next_one = NONE
        if not whole:
            next_one = veh.behind[v]
            tra.active[seen] = v  # from now on in the order of lanes: neighbours do alike, and read the same
            seen += 1
        if next_one >= 0:
            fetch(plans.chain, veh.row[next_one])
            if veh.behind[next_one] >= 0:
                fetch(veh, veh.behind[next_one])
        veh.item_start[v] = used
        if whole or not stands_on(net, veh, plans, tra, v):
            plan_move(net, veh, plans, tra, wal, v, MOST_ITEMS, whole)
            if veh.item_count[v] > 1 and not net.lane.roundabout[lane]:
                withdraw_requests(net, veh, tra, wal, v, in_front, impatience_of(veh, tra, v))
            used += veh.item_count[v]
        in_front += veh.length[v] + veh.min_gap[v]
        v = next_one
    for i in range(tra.counters[TOUCHED]):
        tra.heads[tra.touched[i]] = -1
    tra.counters[TOUCHED] = 0
    tra.counters[APPROACHES] = 0
    for i in range(tra.counters[ACTIVE]):
        fetch(veh.item_start, tra.active[i + 2 * AHEAD])
        fetch(tra.item, veh.item_start[tra.active[i + AHEAD]])
        announce(net, veh, tra, tra.active[i])


@helper
def move_everybody(net: Net, veh: Vehicles, plans: Plans, tra: Traffic, wal: Walkers) -> None:
    """Drive, then put the lists per lane right; while somebody drives, nobody looks at these lists."""
    count = tra.counters[ACTIVE]
    tra.counters[UPDATES] += count
    for i in range(count):
        v = tra.active[i]
        fetch(veh, tra.active[i + 3 * AHEAD])
        fetch(tra.item, veh.item_start[tra.active[i + 2 * AHEAD]])
        fetch(net.link, tra.item.link[veh.item_start[tra.active[i + AHEAD]]])
        forget_partials(veh, tra, v)
        before = veh.lane[v]
        veh.lane_was[v] = before
        execute_move(net, veh, plans, tra, wal, v)
        if veh.lane[v] != before or veh.status[v] != DRIVING:
            unlink(veh, tra, v, before)
    kept = 0
    for i in range(count):
        v = tra.active[i]
        if veh.status[v] == DRIVING:
            if veh.lane[v] != veh.lane_was[v]:
                link_in(veh, tra, v, veh.lane[v])
            note_partials(veh, tra, v)
            tra.active[kept] = v
            kept += 1
        elif veh.status[v] == PARKED:
            keep_aside(tra, v)
    tra.counters[ACTIVE] = kept


@helper
def teleport_stuck(net: Net, veh: Vehicles, tra: Traffic) -> None:
    """Take the foremost vehicles out that waited too long."""
    kept = 0
    count = tra.counters[ACTIVE]
    for i in range(count):
        v = tra.active[i]
        if veh.ahead[v] < 0 and veh.waiting[v] > 0.0 and is_stuck(net, veh, tra, v):
            unlink(veh, tra, v, veh.lane[v])
            veh.further_count[v] = 0
            start_teleport(veh, tra, v)
        else:
            tra.active[kept] = v
            kept += 1
    tra.counters[ACTIVE] = kept
    if kept < count:
        rebuild_partials(net, veh, tra)


@helper
def change_everywhere(net: Net, veh: Vehicles, plans: Plans, tra: Traffic) -> None:
    """Lane changes on all edges with more than one usable lane."""
    hops, before = 0, NONE
    for i in range(list_lanes(tra)):
        fetch(veh, max(tra.lane.first[tra.order[i + AHEAD]], 0))
        fetch_way(plans, veh.row[max(tra.lane.first[tra.order[i + AHEAD // 2]], 0)])
        lane = tra.order[i]
        edge = net.lane.edge[lane]
        if net.lane.changes[lane] and edge != before:
            before = edge
            hops += change_on_edge(net, veh, plans, tra, edge)
    if hops > 0:
        rebuild_partials(net, veh, tra)


@helper
def rebuild_partials(net: Net, veh: Vehicles, tra: Traffic) -> None:
    """Lane changes moved rears: enter them anew."""
    for lane in range(net.lane.size):
        if tra.busy[lane] > 0:
            tra.busy[lane] = tra.lane.count[lane]
            tra.lane.partial_count[lane] = 0
    for i in range(tra.counters[ACTIVE]):
        note_partials(veh, tra, tra.active[i])


@kernel
def advance(world: World) -> None:
    """One step of those on the road: the state at `NOW - STEP_S` becomes the state at `NOW`."""
    net, veh, plans, tra, wal = world.net, world.veh, world.plans, world.tra, world.wal
    plan_everybody(net, veh, plans, tra, wal)
    move_everybody(net, veh, plans, tra, wal)
    if tra.counters[TELEPORTING]:
        teleport_stuck(net, veh, tra)
    change_everywhere(net, veh, plans, tra)
    return_to_road(net, veh, plans, tra)


@kernel
def enter(world: World) -> None:
    """The end of the step: those who are due depart where there is room, and programmes look at the road."""
    insert_departures(world.net, world.veh, world.plans, world.tra)
    world.tra.counters[STEP] += 1
    watch_road(world.net, world.veh, world.tra, world.sig)


@kernel
def show_signals(world: World) -> None:
    """Decide what reacting programmes show, and give links and crossings the letters of the signals that switched."""
    net, tra, wal, sig = world.net, world.tra, world.wal, world.sig
    run_programmes(tra, wal, sig)
    show_programmes(sig)
    some = False
    for signal in range(sig.signal.size - 1):
        if sig.signal.switched[signal]:
            sig.signal.switched[signal] = False
            some = True
            show_to_links(net, sig, signal, tra.clock[NOW])
            note_mixed(net, tra, signal)
    for c in range(wal.crossing.size - 1 if some else 0):
        signal = wal.crossing.signal[c]
        if signal >= 0 and wal.crossing.index[c] >= 0:
            wal.crossing.state[c] = sig.letter[sig.signal.letter_start[signal] + wal.crossing.index[c]]


@helper
def show_to_links(net: Net, sig: Signals, signal: int, now: float) -> None:
    """Give the links of a signal its letters."""
    for k in range(net.signal_start[signal], net.signal_start[signal + 1]):
        link = net.signal_link[k]
        letter = sig.letter[sig.signal.letter_start[signal] + net.link.tls_index[link]]
        if net.link.state[link] != letter:
            net.link.state[link] = letter
            net.link.changed_s[link] = now
            if is_green(letter):
                net.link.green_state[link] = letter

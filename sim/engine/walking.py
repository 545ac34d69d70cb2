"""Walking: people along sidewalks, waiting at kerbs, and on crossings."""

from sim.engine.arrays import SEED, STEP, Net, Traffic, Vehicles, Walkers
from sim.engine.crossings import vehicle_bars
from sim.engine.detours import look_for_detour, piece_after
from sim.engine.following import uniform
from sim.engine.jit import helper, kernel
from sim.engine.letters import has_priority, is_red
from sim.engine.pointers import World

# Seconds between two who step onto a crossing from one side, times metres over its width: several do in a second.
# Seconds between two who leave it on one side, so much, and so much times metres over its width: the walking area
# behind it does not take a crowd as fast as it comes. Fitted to groups of 20 and 60 in SUMO on crossings of 2 to 8 m
# (three seeds each): within a tenth, but for 60 on 6 m (a quarter longer here) and 20 on 8 m (a fifth shorter).
ENTRY_SPACING_S_M = 0.6
EXIT_SPACING_S, EXIT_SPACING_S_M = 0.35, 0.9
DAWDLING = 0.2  # largest share of the speed that a person loses at random in a step, SUMO's default
RANDOM_STREAM = 1 << 30  # people's random numbers are not those of vehicles
TO_COME, WALKING, RESTING, DONE = range(4)


@helper
def vehicle_comes(
    net: Net, veh: Vehicles, tra: Traffic, wal: Walkers, crossing: int, now: float, needed: float
) -> bool:
    """Whether a vehicle would reach the crossing while somebody walks over it."""
    for k in range(wal.crossing.link_start[crossing], wal.crossing.link_start[crossing + 1]):
        link = wal.link[k]
        item = tra.heads[link]
        while item >= 0:
            if tra.approach.arrival[item] < now + needed and tra.approach.leaving[item] > now:
                return True
            item = tra.approach.next[item]
        way = net.link.via[link]
        while way >= 0:
            if tra.lane.count[way] > 0:
                v = tra.lane.first[way]
                while v >= 0:
                    if veh.speed[v] > 0.1:
                        return True
                    v = veh.behind[v]
            way = net.link.via[net.lane.exit[way]]
    return False


@helper
def may_step_on(
    net: Net, veh: Vehicles, tra: Traffic, wal: Walkers, p: int, segment: int, now: float, dt: float
) -> bool:
    """Green or priority lets a person onto a crossing that no vehicle bars; otherwise a gap in traffic does."""
    crossing = wal.piece.crossing[segment]
    state = wal.crossing.state[crossing]
    if is_red(state) or state == 121 or state == 89:
        return False
    forward = wal.piece.direction[segment] > 0
    free_s = wal.crossing.free_forward[crossing] if forward else wal.crossing.free_back[crossing]
    if free_s >= now + dt:
        return False
    if vehicle_bars(net, veh, tra, wal, crossing, forward):
        return False
    if has_priority(state):
        return True
    return not vehicle_comes(net, veh, tra, wal, crossing, now, wal.crossing.length[crossing] / wal.person.speed[p])


@helper
def may_step_off(wal: Walkers, segment: int, now: float, dt: float) -> bool:
    """Whether there is room behind the crossing; who gets it keeps others of its direction waiting for a moment."""
    crossing = wal.piece.crossing[segment]
    forward = wal.piece.direction[segment] > 0
    free_s = wal.crossing.left_forward[crossing] if forward else wal.crossing.left_back[crossing]
    if free_s >= now + dt:
        return False
    free_s = max(now, free_s) + EXIT_SPACING_S + EXIT_SPACING_S_M / wal.crossing.width[crossing]
    if forward:
        wal.crossing.left_forward[crossing] = free_s
    else:
        wal.crossing.left_back[crossing] = free_s
    return True


@helper
def announce(wal: Walkers, p: int, now: float) -> None:
    """Tell drivers when somebody who has just come to a walking area will be on the next crossing unless stopped."""
    following = wal.piece.next[wal.person.piece[p]]
    if following >= 0 and wal.piece.crossing[following] >= 0:
        speed = wal.person.speed[p] * (1.0 - 0.5 * DAWDLING)
        wal.person.arrival[p] = now + wal.piece.length[wal.person.piece[p]] / speed
        wal.person.leaving[p] = wal.person.arrival[p] + wal.piece.length[following] / speed


@helper
def walk(net: Net, veh: Vehicles, tra: Traffic, wal: Walkers, p: int, now: float, dt: float) -> None:
    """Move one person for one step."""
    turned = look_for_detour(wal, p)
    if turned:
        announce(wal, p, now)
    left = dt
    waited = False
    speed = wal.person.speed[p] * (1.0 - DAWDLING * uniform(tra.counters[SEED], RANDOM_STREAM + p, tra.counters[STEP]))
    while left > 1e-9:
        s = wal.person.piece[p]
        if wal.piece.rest[s] >= 0.0:
            if wal.person.along[p] == 0.0:
                wal.person.along[p] = max(wal.piece.rest[s], wal.piece.until[s] - now)
            wal.person.along[p] -= left
            left = 0.0
            if wal.person.along[p] > 0.0:
                break
            wal.person.along[p] = 0.0
        else:
            room = wal.piece.length[s] - wal.person.along[p]
            step = speed * left
            if step < room:
                wal.person.along[p] += step
                wal.person.walked[p] += step
                break
            wal.person.along[p] = wal.piece.length[s]
            wal.person.walked[p] += room
            left -= room / speed
            if wal.piece.crossing[s] >= 0 and not may_step_off(wal, s, now, dt):
                break
        following = piece_after(wal, s, wal.person.speed[p])
        if following < 0:
            wal.person.status[p] = DONE
            wal.person.arrived_at[p] = now
            wal.counters[0] -= 1
            wal.counters[1] += 1
            return
        crossing = wal.piece.crossing[following]
        if crossing >= 0:
            if turned or not may_step_on(net, veh, tra, wal, p, following, now, dt):
                waited = True
                break
            spacing_s = ENTRY_SPACING_S_M / wal.crossing.width[crossing]
            if wal.piece.direction[following] > 0:
                wal.crossing.free_forward[crossing] = max(now, wal.crossing.free_forward[crossing]) + spacing_s
            else:
                wal.crossing.free_back[crossing] = max(now, wal.crossing.free_back[crossing]) + spacing_s
        wal.person.piece[p] = following
        wal.person.along[p] = 0.0
        announce(wal, p, now)
    if waited:
        if wal.person.waiting[p] == 0.0:
            wal.person.halts[p] += 1
        wal.person.waiting[p] += dt
        wal.person.wait_total[p] += dt
        wal.person.wait_longest[p] = max(wal.person.wait_longest[p], wal.person.waiting[p])
    else:
        wal.person.waiting[p] = 0.0


@helper
def show_to_drivers(wal: Walkers, p: int, now: float, dt: float) -> None:
    """Put a person on the list of the crossing that it walks on or comes to."""
    s = wal.person.piece[p]
    crossing = wal.piece.crossing[s]
    if crossing >= 0:
        forward = wal.piece.direction[s] > 0
        wal.person.direction[p] = 1 if forward else -1
        wal.person.position[p] = wal.person.along[p] if forward else wal.crossing.length[crossing] - wal.person.along[p]
        wal.person.next[p] = wal.crossing.head[crossing]
        wal.crossing.head[crossing] = p
        return
    following = wal.piece.next[s]
    if following < 0 or wal.piece.crossing[following] < 0 or wal.piece.rest[s] >= 0.0:
        return
    crossing = wal.piece.crossing[following]
    if wal.person.leaving[p] >= now - dt or has_priority(wal.crossing.state[crossing]):
        wal.person.next[p] = wal.crossing.approaching[crossing]
        wal.crossing.approaching[crossing] = p


@kernel
def walk_everybody(world: World, now: float, dt: float) -> int:
    """One step of all people; how many are walking now."""
    net, veh, tra, wal = world.net, world.veh, world.tra, world.wal
    active, count = wal.active, wal.counters[0]
    for i in range(count):
        walk(net, veh, tra, wal, active[i], now, dt)
    kept = 0
    for i in range(count):
        if wal.person.status[active[i]] != DONE:
            active[kept] = active[i]
            kept += 1
    while wal.counters[2] < wal.counters[3] and wal.person.depart[wal.counters[2]] <= now + 1e-6:
        p = wal.counters[2]
        wal.counters[2] += 1
        wal.person.status[p] = WALKING
        wal.person.started_at[p] = now
        active[kept] = p
        kept += 1
    wal.counters[0] = kept
    for c in range(wal.crossing.size):
        wal.crossing.head[c] = -1
        wal.crossing.approaching[c] = -1
    for i in range(kept):
        show_to_drivers(wal, active[i], now, dt)
    return kept

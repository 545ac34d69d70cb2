"""Who stands and cannot move on in this step: nothing has to be planned, not links, not foes, not room behind them.

A driver who stands takes at most the speed `room / headway` in the next step, where `room` is the way that is left,
less a millimetre (`following.EPS`): that is Krauss' safe speed while whoever is ahead stops at once. Whoever would be
slower than a millimetre a second stands (`moving.choose_speed`); dawdling, advice and other people's lane changes only
keep a speed below a bound that is already as low as that. So nothing moves on but clocks and counters, and those
exactly as if everything had been looked at. In a city's rush hour this holds for a third of all vehicles and more.
"""

from sim.engine.arrays import NOW, STEP_S, Net, Plans, Traffic, Vehicles
from sim.engine.following import EPS, POSITION_EPS
from sim.engine.inside import UNKNOWN_REQUEST
from sim.engine.jit import inlined
from sim.engine.letters import is_red
from sim.engine.planning import ignores_red
from sim.engine.positions import cover_lanes

# veh.item_count of those who stand; others have at least one item
IN_QUEUE, AT_RED = 0, -1

ROOM_SHARE = 0.9  # of the room in which one would stay slower than EPS, so that rounding does not matter
STARTUP_WAIT_S = 2.0  # who waited longer than this needs its time to start anew


@inlined
def stands_on(net: Net, veh: Vehicles, plans: Plans, tra: Traffic, v: int) -> bool:
    """Whether this vehicle stands and cannot move on; why, as its number of items."""
    if veh.speed[v] > 0.0 or veh.is_idm[v] or veh.next_stop[v] < veh.last_stop[v]:
        return False
    dt, ahead = tra.clock[STEP_S], veh.ahead[v]
    if ahead >= 0:
        room = veh.position[ahead] - veh.length[ahead] - veh.position[v] - veh.min_gap[v]
        if room >= EPS + ROOM_SHARE * EPS * veh.tau[v] or veh.speed[ahead] >= veh.decel[v] * dt:
            return False
        veh.item_count[v] = IN_QUEUE
        return True
    lane = veh.lane[v]
    seen = net.lane.length[lane] - veh.position[v]
    room = seen - max(POSITION_EPS, min(veh.stopline_gap[v], seen))
    if room >= EPS + ROOM_SHARE * EPS * dt or net.lane.internal[lane] or veh.route_index[v] == veh.edges[v] - 1:
        return False
    link = plans.chain.link[veh.row[v] + net.lane.index[lane]]
    if link < 0 or not is_red(net.link.state[link]) or ignores_red(net, veh, link, v, tra.clock[NOW]):
        return False
    veh.item_count[v] = AT_RED
    return True


@inlined
def stand_on(net: Net, veh: Vehicles, tra: Traffic, v: int) -> None:
    """A step of somebody who `stands_on`; in a queue one waits for a leader, unless that has just left the lane.

    A wish to go that is below `EPS` is no start (`moving.drive`), so who waited for long needs its time to start anew.
    """
    dt = tra.clock[STEP_S]
    in_queue = veh.item_count[v] == IN_QUEUE
    veh.must_wait[v] = (veh.ahead[v] >= 0 or not in_queue) and not net.lane.roundabout[veh.lane[v]]
    veh.requests_exit[v] = UNKNOWN_REQUEST if in_queue else 0
    if veh.waiting[v] > STARTUP_WAIT_S:
        veh.startup_s[v] = 0.0
    else:
        veh.startup_s[v] += dt
    veh.draws[v] += 1  # that of dawdling
    veh.acceleration[v] = 0.0
    if veh.waiting[v] == 0.0:
        veh.halts[v] += 1
    veh.waiting[v] += dt
    veh.total_waiting[v] += dt
    if veh.further_count[v] > 0:
        cover_lanes(net, veh, v, veh.further_count[v])

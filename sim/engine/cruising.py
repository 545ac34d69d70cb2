"""Who is so far from the end of its lane that nothing beyond it can slow it in this step: it need not look there.

Whoever could stop well before the end of the lane drives as the lane and the leader on it let it, whatever links,
signals and vehicles come next; only slower limits, stops and the end of the route could bind earlier, and the first is
no nearer than the lane's end (Krauss' safe speed before any of them is more than one can reach in a step). Two things
look at such a vehicle all the same: the keep-clear rule of those behind it asks whether it will have to wait, and
those who give way at its next junction ask when it comes. It says the first, and is planned in full as long as
somebody asks the second (`Traffic.asked`). In a city half of all vehicles cruise at any time.
"""

from sim.engine.arrays import DISTANT_COUNT, NO, NOBODY, NONE, Net, Plans, Traffic, Vehicles
from sim.engine.following import HALTING
from sim.engine.jit import inlined
from sim.engine.letters import has_priority, is_red, is_yellow

MARGIN_M = 15.0  # more than the distance of any stopping place from its line, and of a leader's rear from its lane
LISTEN_S = 30.0  # who gives way has left the junction sooner, be it a tram or somebody slow on a long crossing


@inlined
def cruises(veh: Vehicles, v: int, seen: float, top: float, dt: float) -> bool:
    """Whether a vehicle on a normal lane that ends `seen` metres ahead need not look beyond it.

    `top` is what it can reach in this step. With a headway of its own and one step to react it would stand before the
    place in front of which it has to stop; in steps one never needs more than `speed ** 2 / (2 * decel)` to brake.
    """
    room = seen - MARGIN_M - veh.stopline_gap[v] - veh.min_gap[v] - top * (dt + max(veh.tau[v], dt))
    return (
        room > 0.0
        and 2.0 * veh.decel[v] * room > top * top
        and veh.next_stop[v] >= veh.last_stop[v]
        and not veh.is_idm[v]
        and not veh.railway[v]
    )


@inlined
def waits_ahead(
    net: Net, veh: Vehicles, plans: Plans, tra: Traffic, v: int, lane: int, seen: float, top: float, v_now: float
) -> bool:
    """Whether a cruising vehicle will have to wait at its next link, as far as it can tell; notes who is distant."""
    if veh.route_index[v] == veh.edges[v] - 1:
        return NO
    cell = veh.row[v] + net.lane.index[lane]
    link = plans.chain.link[cell]
    if link < 0:
        return NO
    state = net.link.state[link]
    if is_red(state) or is_yellow(state):
        return v_now < veh.speed[v] or v_now < HALTING
    reach = LISTEN_S * top
    if v_now > HALTING and seen <= reach:
        if net.link.heard[link] == NOBODY:
            link = heard_beyond(net, plans, plans.chain.next[cell], reach - seen - net.link.length[link])
        if link >= 0:
            n = tra.counters[DISTANT_COUNT]
            tra.counters[DISTANT_COUNT] = n + 1
            tra.distant.vehicle[n] = v
            tra.distant.link[n] = link
    return not has_priority(state) or (v_now < veh.decel[v] and v_now < top)


@inlined
def heard_beyond(net: Net, plans: Plans, cell: int, reach: float) -> int:
    """The link that leaves the next lane, when somebody may listen there and its line is in reach."""
    link = plans.chain.link[cell] if cell >= 0 else NONE
    if link < 0 or net.link.heard[link] == NOBODY or net.lane.length[net.link.src[link]] > reach:
        return NONE
    state = net.link.state[link]
    return NONE if is_red(state) or is_yellow(state) else link

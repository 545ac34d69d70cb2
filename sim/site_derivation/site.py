"""A whole site from a network."""

from datetime import time

from plans.calendar import WEEKDAYS, Calendar, CalendarEntry
from plans.junction import Junction
from plans.site import Site
from plans.timing import TimingPlan
from sim.demand import Demand
from sim.network import Network
from sim.signals import safe_name
from sim.site_derivation.junction import DerivationError, derive_junction
from sim.site_derivation.stops import with_transit_stops

PLAN_SET = "shipped"
LEAST_STAGES = 2


def derive_site(
    network: Network,
    *,
    demand: Demand | None = None,
    site_id: str = "",
    timezone: str = "UTC",
    with_extra_stages: bool = True,
) -> Site:
    """Every signal of the network as a junction, its programme as the plan of the whole week.

    Where buses and trams halt is known from the demand.

    Signals whose links never switch (always green, switched off) or that have one stage only are left out: there is
    nothing to decide. So are those whose cycle is longer than any controller's. They keep running the network's own
    programme.

    Raises:
        DerivationError: No signal of the network switches.
    """
    junctions: dict[str, Junction] = {}
    plans: dict[str, dict[str, TimingPlan]] = {}
    for tls_id in network.tl_logics:
        try:
            junction, plan = derive_junction(network, tls_id, with_extra_stages=with_extra_stages, plan_id=PLAN_SET)
        except DerivationError:
            continue
        if len({item.stage for item in plan.stages}) < LEAST_STAGES:
            continue
        junctions[junction.id] = junction
        plans[junction.id] = {PLAN_SET: plan}
    if not junctions:
        raise DerivationError(f"{network.path}: expected signals that switch, got none")
    if demand is not None:
        junctions = with_transit_stops(junctions, network, (demand,))
    name = site_id or safe_name(network.path.name.split(".")[0])
    whole_week = CalendarEntry(frozenset(WEEKDAYS), time(0, 0), PLAN_SET)
    return Site(
        id=name,
        name=name,
        timezone=timezone,
        junctions=junctions,
        plans=plans,
        calendar=Calendar(timezone, (whole_week,)),
        network=network.path.name,
    )

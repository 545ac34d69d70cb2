"""A whole site from a network."""

from datetime import time

from plans.calendar import WEEKDAYS, Calendar, CalendarEntry
from plans.junction import Junction
from plans.site import Site
from plans.timing import TimingPlan
from sim.demand import Demand
from sim.network import Network
from sim.signals import junction_id, safe_name
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
    programme; `signals_left_out` names them.

    Raises:
        DerivationError: No signal of the network switches, or two would have one name.
    """
    junctions: dict[str, Junction] = {}
    plans: dict[str, dict[str, TimingPlan]] = {}
    signals: dict[str, str] = {}
    refused = ""
    for tls_id in network.tl_logics:
        try:
            junction, plan = _decidable(network, tls_id, with_extra_stages)
        except DerivationError as error:
            refused = refused or str(error)
            continue
        if junction.id in junctions:
            raise DerivationError(
                f"{network.path}: signals {signals[junction.id]!r} and {tls_id!r}: expected names that differ in more "
                f"than '/', '+', '#' and blanks, got {junction.id!r} for both; rename one of them"
            )
        signals[junction.id] = tls_id
        junctions[junction.id] = junction
        plans[junction.id] = {PLAN_SET: plan}
    if not junctions:
        why = f"; the first of {len(network.tl_logics)}: {refused.removeprefix(f'{network.path}: ')}" if refused else ""
        raise DerivationError(f"{network.path}: expected signals that switch, got none{why}")
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


def signals_left_out(network: Network, site: Site) -> dict[str, str]:
    """Signals of the network that no junction of the site controls, each with what speaks against deriving it."""
    found = {}
    for tls_id in dict.fromkeys([*network.tl_logics, *network.signal_links]):
        if junction_id(tls_id) in site.junctions:
            continue
        if tls_id not in network.tl_logics:
            found[tls_id] = "expected a static, actuated or delay_based programme, got none"
            continue
        try:
            _decidable(network, tls_id, False)
            found[tls_id] = "not in the site"
        except DerivationError as error:
            found[tls_id] = str(error).partition(f"signal {tls_id!r}: ")[2]
    return found


def _decidable(network: Network, tls_id: str, with_extra_stages: bool) -> tuple[Junction, TimingPlan]:
    """The junction and plan of a signal at which there is something to decide."""
    junction, plan = derive_junction(network, tls_id, with_extra_stages=with_extra_stages, plan_id=PLAN_SET)
    if len({item.stage for item in plan.stages}) < LEAST_STAGES:
        raise DerivationError(f"{network.path}: signal {tls_id!r}: expected at least {LEAST_STAGES} stages, got one")
    return junction, plan

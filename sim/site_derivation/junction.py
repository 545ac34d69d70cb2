"""One junction and its plan from one signal of a network."""

from dataclasses import replace

from plans.defaults import CYCLE_MAX_S, CYCLE_MIN_S
from plans.junction import Junction
from plans.rules_on_demand import has_ways
from plans.timing import TimingPlan
from sim.network import Network
from sim.signals import junction_id
from sim.site_derivation.conflicts import alternating_pairs, conflicting_pairs, intergreens, right_of_way, yielding
from sim.site_derivation.groups import SignalLink, group_of_links, signal_groups, signal_links
from sim.site_derivation.lanes import approach_lanes, movements, with_detectors
from sim.site_derivation.plan import shipped_plan
from sim.site_derivation.programme import Programme, read_programme
from sim.site_derivation.stages import extra_stages, late_transitions, main_phases, stages_of

DERIVED = (
    "groups",
    "intergreens",
    "stages",
    "transitions",
    "lanes",
    "movements",
    "detectors",
    "min_green_s",
    "clearance_s",
)
LONGEST_CYCLE_S = 600
LAW = ("amber_s", "red_amber_s", "max_red_s", "cycle_min_s", "cycle_max_s")


class DerivationError(ValueError):
    """A signal from which no junction can be made."""


def derive_junction(
    network: Network, tls_id: str, *, with_extra_stages: bool = True, plan_id: str = "shipped"
) -> tuple[Junction, TimingPlan]:
    """The junction that a signal controls, and its programme as a plan.

    Args:
        network: The net with the programmes that are to run.
        tls_id: The signal.
        with_extra_stages: Also offer stages that the programme does not show, with legal transitions from and to all
            of its own. The plan does not list them.
        plan_id: Id of the plan.

    Raises:
        DerivationError: The signal has no link that is sometimes green and sometimes not, or its cycle is no cycle that
            a controller runs.
    """
    programme = read_programme(network.tl_logics[tls_id])
    links = signal_links(network, tls_id, programme)
    if not links:
        raise DerivationError(f"{network.path}: signal {tls_id!r}: expected links that switch, got none")
    if programme.cycle_s > LONGEST_CYCLE_S:
        raise DerivationError(
            f"{network.path}: signal {tls_id!r}: expected a cycle of at most {LONGEST_CYCLE_S} s, "
            f"got {programme.cycle_s} s"
        )
    groups = signal_groups(network, links, programme)
    group_of = group_of_links(groups)
    way = right_of_way(network, tls_id)
    conflicts = conflicting_pairs(group_of, way, programme)
    phases = main_phases(programme, groups, group_of)
    conflicts |= alternating_pairs(phases, conflicts)
    matrix, groups = intergreens(groups, conflicts, programme, phases)
    lanes = approach_lanes(network, tls_id, group_of)
    yields = {link: yielding(link, group_of, way, conflicts) for link in group_of}
    junction = Junction(
        id=junction_id(tls_id),
        name=_name(network, links) or tls_id,
        groups=groups,
        intergreens=matrix,
        stages=stages_of(phases),
        lanes=lanes,
        movements=movements(network, tls_id, group_of, yields),
        position_m=_position(network, links),
        cycle_min_s=min(CYCLE_MIN_S, programme.cycle_s),
        cycle_max_s=max(CYCLE_MAX_S, programme.cycle_s),
        derived=frozenset(DERIVED + LAW),
    )
    shown = frozenset(junction.stages)
    if with_extra_stages:
        junction = _with_extra(junction, _together(programme, group_of), _nodes(network, links, group_of))
    junction = with_detectors(replace(junction, transitions=late_transitions(junction, shown)))
    plan = shipped_plan(junction, programme, phases, plan_id)
    return replace(junction, cycle_max_s=max(junction.cycle_max_s, plan.cycle_s)), plan


def _with_extra(junction: Junction, together: frozenset[frozenset[str]], nodes: dict[str, str]) -> Junction:
    """The junction with those further stages that can be reached from its own stages and left for them."""
    own = tuple(junction.stages)
    found = extra_stages(junction, together, nodes)
    wider = replace(junction, stages={**junction.stages, **found})
    wider = replace(wider, transitions=late_transitions(wider, own))
    fit = {name: stage for name, stage in found.items() if has_ways(wider, own, name)}
    return replace(junction, stages={**junction.stages, **fit})


def _name(network: Network, links: tuple[SignalLink, ...]) -> str:
    """Names of the streets that meet, as far as the net knows them."""
    names = dict.fromkeys(network.edges[link.approach].name for link in links)
    return " / ".join([name for name in names if name][:3])


def _node(network: Network, link: SignalLink) -> str:
    node = network.junction_of(link.connections[0].from_lane)
    return node.id if node is not None else ""


def _nodes(network: Network, links: tuple[SignalLink, ...], group_of: dict[int, str]) -> dict[str, str]:
    return {group_of[link.index]: _node(network, link) for link in links}


def _position(network: Network, links: tuple[SignalLink, ...]) -> tuple[float, float]:
    """Middle of the nodes that the signal controls."""
    nodes = [network.junctions[name] for name in dict.fromkeys(_node(network, link) for link in links) if name]
    return (
        round(sum(node.x for node in nodes) / len(nodes), 2),
        round(sum(node.y for node in nodes) / len(nodes), 2),
    )


def _together(programme: Programme, group_of: dict[int, str]) -> frozenset[frozenset[str]]:
    """Pairs of groups that the programme shows green together."""
    return frozenset(
        frozenset((group_of[a], group_of[b]))
        for a in group_of
        for b in group_of
        if group_of[a] != group_of[b] and programme.green_together(a, b)
    )

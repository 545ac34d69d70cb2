"""Who passes several signals one after another: found by following the heaviest traffic from stop line to stop line."""

from collections.abc import Mapping
from dataclasses import dataclass

from plans.platoon import START_S, FlowNetwork
from plans.progression import Leg, Stream, Window
from plans.table import expand
from plans.timing import TimingPlan

SLOWEST_RATIO = 0.85
"""A green wave may run at 85 to 100 % of the limit (domain practice for cars)."""
LEAST_SHARE = 0.1
"""A way with less than this part of the heaviest one is no stream of its own."""


@dataclass(frozen=True, slots=True)
class Step:
    """From one link (lanes of an approach) to the next: by which group, how many weighted persons, how long."""

    link: int
    following: int
    group: str
    weight: float
    travel_s: float


def main_streams(network: FlowNetwork, plans: Mapping[str, TimingPlan]) -> tuple[Stream, ...]:
    """Chains of the heaviest steps, each step in one chain, under the greens of these plans."""
    best: dict[int, Step] = {}
    for step in _steps(network):
        if step.link not in best or step.weight > best[step.link].weight:
            best[step.link] = step
    heaviest = max((step.weight for step in best.values()), default=0.0)
    steps = {link: step for link, step in best.items() if step.weight >= LEAST_SHARE * heaviest}
    into: dict[int, Step] = {}
    for step in sorted(steps.values(), key=lambda one: (-one.weight, one.link)):
        into.setdefault(step.following, step)
    heads = sorted(link for link in steps if link not in into or into[link].link not in steps)
    heads += [step.link for step in steps.values() if into.get(step.following) is not step and step.link not in heads]
    streams = []
    used: set[int] = set()
    for head in [*heads, *steps]:
        chain: list[Step] = []
        link = head
        while link in steps and link not in used:
            step = steps[link]
            used.add(link)
            chain.append(step)
            if into.get(step.following) is not step:
                break
            link = step.following
        if chain:
            streams.append(_stream(network, chain, plans))
    return tuple(stream for stream in streams if stream is not None)


def _steps(network: FlowNetwork) -> list[Step]:
    totals: dict[tuple[int, int, str], tuple[float, float]] = {}
    links_of = {(link.junction, lane): number for number, link in enumerate(network.links) for lane in link.lanes}
    for number, link in enumerate(network.links):
        for source in link.sources:
            flow = network.flows[source.origin]
            lane = flow.lanes[source.lane]
            weight = float(flow.flow[source.lane] * source.share * flow.persons[source.lane])
            groups = {m.group for m in flow.junction.movements_by_lane[lane]}
            group = max(
                sorted(groups),
                key=lambda g: sum(
                    flow.demand.flow_vph.get(m.id, 0.0) for m in flow.junction.movements_by_lane[lane] if m.group == g
                ),
            )
            key = (links_of[source.origin, source.lane], number, group)
            before = totals.get(key, (0.0, source.travel_s))
            totals[key] = (before[0] + weight, source.travel_s)
    return [Step(link, number, group, weight, travel) for (link, number, group), (weight, travel) in totals.items()]


def _stream(network: FlowNetwork, chain: list[Step], plans: Mapping[str, TimingPlan]) -> Stream | None:
    """The chain's windows under the plans; None where a group has no single green."""
    stops = [(network.links[step.link].junction, step.group) for step in chain]
    last = network.links[chain[-1].following]
    stops.append((last.junction, _main_group(network, chain[-1].following)))
    windows = []
    for junction, group in stops:
        table = expand(network.flows[junction].junction, plans[junction])
        greens = sorted((one.end_s - one.start_s, -one.start_s) for one in table.intervals if one.group == group)
        if not greens:
            return None
        length, start = greens[-1]
        windows.append(Window(junction, float(-start), float(length), table.cycle_s))
    legs = tuple(Leg(step.travel_s - START_S, (step.travel_s - START_S) / SLOWEST_RATIO, step.weight) for step in chain)
    name = f"{stops[0][0]} {stops[0][1]} to {stops[-1][0]} {stops[-1][1]}"
    return Stream(name, tuple(windows), legs)


def _main_group(network: FlowNetwork, link: int) -> str:
    flow = network.flows[network.links[link].junction]
    by_group: dict[str, float] = {}
    for lane in network.links[link].lanes:
        for movement in flow.junction.movements_by_lane[flow.lanes[lane]]:
            by_group[movement.group] = by_group.get(movement.group, 0.0) + flow.demand.flow_vph.get(movement.id, 0.0)
    return max(sorted(by_group), key=lambda group: by_group[group])

"""Who passes several signals one after another: found by following the heaviest traffic from stop line to stop line."""

from collections.abc import Mapping
from dataclasses import dataclass

from plans.flow_network import START_S, FlowNetwork, Inflow, Link
from plans.junction_flow import JunctionFlow
from plans.progression import Leg, Stream, Window
from plans.table import expand
from plans.timing import TimingPlan

SLOWEST_RATIO = 0.85
"""A green wave may run at 85 to 100 % of the limit (domain practice for cars)."""
LEAST_SHARE = 0.1
"""A way with less than this part of the heaviest one is no stream of its own."""
MOST_HALT = 0.5
"""A stop that fewer of the vehicles use is passed over by the wave."""


@dataclass(frozen=True, slots=True)
class Step:
    """From one link (lanes of an approach) to the next: by which group, how many weighted persons, how long.

    `halt_s` is what stops on the way take; who drives slower than the limit does not lose more there.
    """

    link: int
    following: int
    group: str
    weight: float
    travel_s: float
    halt_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Users:
    """Buses and trams, or all others: how they come to links, and what they are at their origins."""

    name: str
    transit: bool

    def inflow(self, link: Link) -> Inflow:
        """Of these users."""
        return link.transit if self.transit else link.others

    def weight(self, flow: JunctionFlow, lane: int) -> float:
        """Their weighted persons a second on a lane."""
        if self.transit:
            row = flow.transit_row.get(lane)
            return 0.0 if row is None else float(flow.transit[lane] * flow.transit_persons[row])
        return float((flow.flow[lane] - flow.transit[lane]) * flow.others_persons[lane])

    def vph(self, flow: JunctionFlow, movement: str) -> float:
        """Their flow on a movement."""
        transit_vph = flow.demand.transit_vph.get(movement, 0.0)
        return transit_vph if self.transit else flow.demand.flow_vph.get(movement, 0.0) - transit_vph


USERS = (Users("", transit=False), Users("transit ", transit=True))


def main_streams(network: FlowNetwork, plans: Mapping[str, TimingPlan]) -> tuple[Stream, ...]:
    """Chains of the heaviest steps, each step in one chain, under the greens of these plans.

    Buses and trams have chains of their own, since they stop on the way.
    """
    best = {users: _heaviest(network, users) for users in USERS}
    heaviest = max((step.weight for steps in best.values() for step in steps.values()), default=0.0)
    return tuple(
        stream
        for users, steps in best.items()
        for chain in _chains({link: step for link, step in steps.items() if step.weight >= LEAST_SHARE * heaviest})
        if (stream := _stream(network, users, chain, plans)) is not None
    )


def _heaviest(network: FlowNetwork, users: Users) -> dict[int, Step]:
    """By link: where most of these users go on to."""
    best: dict[int, Step] = {}
    for step in _steps(network, users):
        if step.link not in best or step.weight > best[step.link].weight:
            best[step.link] = step
    return best


def _chains(steps: Mapping[int, Step]) -> list[list[Step]]:
    """Steps that follow each other, each in one chain."""
    into: dict[int, Step] = {}
    for step in sorted(steps.values(), key=lambda one: (-one.weight, one.link)):
        into.setdefault(step.following, step)
    heads = sorted(link for link in steps if link not in into or into[link].link not in steps)
    heads += [step.link for step in steps.values() if into.get(step.following) is not step and step.link not in heads]
    chains = []
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
            chains.append(chain)
    return chains


def _steps(network: FlowNetwork, users: Users) -> list[Step]:
    totals: dict[tuple[int, int, str], Step] = {}
    links_of = {(link.junction, lane): number for number, link in enumerate(network.links) for lane in link.lanes}
    for number, link in enumerate(network.links):
        for source in users.inflow(link).sources:
            flow = network.flows[source.origin]
            lane = flow.lanes[source.lane]
            weight = users.weight(flow, source.lane) * source.share
            groups = {m.group for m in flow.junction.movements_by_lane[lane]}
            group = max(
                sorted(groups),
                key=lambda g: sum(users.vph(flow, m.id) for m in flow.junction.movements_by_lane[lane] if m.group == g),
            )
            key = (links_of[source.origin, source.lane], number, group)
            before = totals[key].weight if key in totals else 0.0
            halts = [halt for halt in source.halts if halt.share_ratio >= MOST_HALT]
            totals[key] = Step(*key, before + weight, source.travel_s, sum(halt.lost_s for halt in halts))
    return list(totals.values())


def _stream(network: FlowNetwork, users: Users, chain: list[Step], plans: Mapping[str, TimingPlan]) -> Stream | None:
    """The chain's windows under the plans; None where a group has no single green."""
    stops = [(network.links[step.link].junction, step.group) for step in chain]
    last = network.links[chain[-1].following]
    stops.append((last.junction, _main_group(network, users, chain[-1].following)))
    windows = []
    for junction, group in stops:
        table = expand(network.flows[junction].junction, plans[junction])
        greens = sorted((one.end_s - one.start_s, -one.start_s) for one in table.intervals if one.group == group)
        if not greens:
            return None
        length, start = greens[-1]
        windows.append(Window(junction, float(-start), float(length), table.cycle_s))
    legs = []
    for step in chain:
        rolling_s = step.travel_s - START_S
        legs.append(Leg(rolling_s + step.halt_s, rolling_s / SLOWEST_RATIO + step.halt_s, step.weight))
    name = f"{users.name}{stops[0][0]} {stops[0][1]} to {stops[-1][0]} {stops[-1][1]}"
    return Stream(name, tuple(windows), tuple(legs))


def _main_group(network: FlowNetwork, users: Users, link: int) -> str:
    flow = network.flows[network.links[link].junction]
    by_group: dict[str, float] = {}
    for lane in network.links[link].lanes:
        for movement in flow.junction.movements_by_lane[flow.lanes[lane]]:
            by_group[movement.group] = by_group.get(movement.group, 0.0) + users.vph(flow, movement.id)
    return max(sorted(by_group), key=lambda group: by_group[group])

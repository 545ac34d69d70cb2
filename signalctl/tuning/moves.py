"""Small changes of running plans: later or sooner, green from one stage to another, another cycle for all."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from plans.coordination import groups_of, scaled_on_demand
from plans.junction import Junction
from plans.roads import roads_between
from plans.rules import check_plan, errors
from plans.rules_step import check_step
from plans.site import Site
from plans.splits import near
from plans.stage_order import StageOrder
from plans.timing import TimingPlan

Plans = Mapping[str, TimingPlan]
"""One plan per junction."""

MOST_NAMED = 3
LONGEST_DETOUR_S = 12
"""Greens of another cycle lie no farther than this from those in proportion."""


@dataclass(frozen=True)
class Move:
    """A change, in words, and the plans that it changes."""

    words: str
    plans: Plans


class Moves:
    """Every legal small change of a plan set of a site.

    Each plan stays within the site's step limits of the junction's plans in the other sets of the calendar, so that
    any set can still follow any other. With `only` nothing but the plans of these junctions is changed.
    """

    def __init__(self, site: Site, plan_set: str, only: Collection[str] = ()) -> None:
        self.junctions = {name: one for name, one in site.junctions.items() if plan_set in site.plans.get(name, {})}
        self._only = only
        self._steps = (site.control.max_cycle_step_s, site.control.max_green_step_s)
        sets = [other for other in site.calendar.plan_sets if other != plan_set]
        self._others = {
            name: [site.plans[name][other] for other in sets if other in site.plans[name]] for name in self.junctions
        }
        self._groups = groups_of(self.junctions)
        self._parts = _parts(self._groups, self.junctions)
        self._orders: dict[tuple[str, ...], StageOrder] = {}

    def places(self) -> list[str]:
        """Names of what can be changed, in the order in which to look at them: junctions, then roads between them."""
        return (
            [name for name in self.junctions if name in self._only] if self._only else [*self.junctions, *self._parts]
        )

    def at(self, place: str, plans: Plans, step_s: int) -> list[Move]:
        """The changes of a junction, or of all that lies beyond a road."""
        part = self._parts.get(place)
        if part is not None:
            return [_later(f"all of {place}", {name: plans[name] for name in part}, by) for by in (-step_s, step_s)]
        plan = plans[place]
        offsets = [_later(place, {place: plan}, by) for by in (-2 * step_s, -step_s, step_s, 2 * step_s)]
        return offsets + list(self._greens(place, plan, step_s))

    def cycles(self, plans: Plans, changes_s: Sequence[int]) -> list[Move]:
        """Another cycle for each group of junctions that feed each other, greens in proportion."""
        if self._only:
            return []
        found = []
        for group in self._groups:
            for by_s in changes_s:
                for keep in (True, False):
                    move = self._other_cycle({name: plans[name] for name in group}, by_s, keep_offsets=keep)
                    if move is not None:
                        found.append(move)
        return found

    def _greens(self, name: str, plan: TimingPlan, step_s: int) -> Iterator[Move]:
        """`step_s` of green from one stage to another."""
        order = self._order(plan)
        greens = tuple(stage.green_s for stage in plan.stages)
        for giver in range(len(greens)):
            for taker in range(len(greens)):
                if giver == taker:
                    continue
                changed = list(greens)
                changed[giver] -= step_s
                changed[taker] += step_s
                rival = self._plan(order, plan, tuple(changed), plan.offset_s)
                if rival is not None:
                    words = f"{name}: {step_s} s of green from {order.stages[giver]} to {order.stages[taker]}"
                    yield Move(words, {name: rival})

    def _other_cycle(self, plans: Plans, by_s: int, *, keep_offsets: bool) -> Move | None:
        longest_s = max(plan.cycle_s for plan in plans.values())
        changed = {}
        for name, plan in plans.items():
            if (plan.cycle_s * by_s) % longest_s:
                return None  # half a cycle would not stay half of the common one
            cycle_s = plan.cycle_s + plan.cycle_s * by_s // longest_s
            rival = self._stretched(name, plan, cycle_s, keep_offset=keep_offsets)
            if rival is None:
                return None
            changed[name] = rival
        offsets = "offsets kept" if keep_offsets else "offsets in proportion"
        who = ", ".join(plans) if len(plans) <= MOST_NAMED else f"{next(iter(plans))} and {len(plans) - 1} more"
        return Move(f"{who}: cycle {longest_s + by_s} s, {offsets}", changed)

    def _stretched(self, name: str, plan: TimingPlan, cycle_s: int, *, keep_offset: bool) -> TimingPlan | None:
        """The plan with another cycle: the legal greens that are nearest to those in proportion."""
        junction = self.junctions[name]
        if not junction.cycle_min_s <= cycle_s <= junction.cycle_max_s:
            return None
        order = self._order(plan)
        shown_s = plan.cycle_s - order.lost_s
        wished = tuple(max(1, round(s.green_s * (cycle_s - order.lost_s) / shown_s)) for s in plan.stages)
        offset_s = plan.offset_s if keep_offset else round(plan.offset_s * cycle_s / plan.cycle_s)
        for detour_s in range(LONGEST_DETOUR_S + 1):
            greens = order.feasible(cycle_s, near(wished, detour_s))
            if greens is not None:
                return self._plan(order, plan, greens, offset_s)
        return None

    def _plan(self, order: StageOrder, plan: TimingPlan, greens: tuple[int, ...], offset_s: int) -> TimingPlan | None:
        """The plan with these greens, unless a rule or a step limit is against it."""
        if not order.keeps(greens):
            return None
        made = order.plan(plan.id, greens, offset_s, plan.name)
        made = replace(made, on_demand=scaled_on_demand(plan, made.cycle_s))
        if any(check_step(other, made, *self._steps) for other in self._others[made.junction]):
            return None
        return None if errors(check_plan(order.junction, made)) else made

    def _order(self, plan: TimingPlan) -> StageOrder:
        """The order of a plan's stages."""
        stages = tuple(stage.stage for stage in plan.stages)
        if (plan.junction, *stages) not in self._orders:
            self._orders[plan.junction, *stages] = StageOrder(self.junctions[plan.junction], stages)
        return self._orders[plan.junction, *stages]


def _parts(groups: Sequence[tuple[str, ...]], junctions: Mapping[str, Junction]) -> dict[str, tuple[str, ...]]:
    """Roads that alone join two parts of a group, each with the smaller part (of two junctions or more).

    When such a part moves as a whole, only the wave over this road changes.
    """
    parts: dict[str, tuple[str, ...]] = {}
    ends = {frozenset((road.origin, road.target)) for road in roads_between(junctions)}
    pairs = sorted(tuple(sorted(pair)) for pair in ends if len(pair) == 2)
    for group in groups:
        for a, b in (pair for pair in pairs if pair[0] in group):
            side = _reached(a, [pair for pair in pairs if pair != (a, b)])
            if b in side:
                continue
            beyond = min((side, set(group) - side), key=len)
            if len(beyond) > 1:
                home, far = (b, a) if a in beyond else (a, b)
                parts[f"{far} and beyond (from {home})"] = tuple(name for name in group if name in beyond)
    return parts


def _later(words: str, plans: Plans, by_s: int) -> Move:
    moved = {name: replace(plan, offset_s=(plan.offset_s + by_s) % plan.cycle_s) for name, plan in plans.items()}
    return Move(f"{words}: {abs(by_s)} s {'later' if by_s > 0 else 'sooner'}", moved)


def _reached(start: str, pairs: Sequence[tuple[str, ...]]) -> set[str]:
    """All that can be reached over these roads."""
    found, open_ends = {start}, [start]
    while open_ends:
        here = open_ends.pop()
        for pair in pairs:
            if here in pair:
                for other in set(pair) - found:
                    found.add(other)
                    open_ends.append(other)
    return found

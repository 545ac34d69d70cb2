"""What signal groups lost to priority is a debt, to be paid back within two cycles.

`DebtLedger` is the bookkeeping: who is owed how much green, since when, and what became of it. `PriorityDebts` watches
a junction second by second and writes the book: what a served request takes from the groups that wait. Neither decides
anything; the adaptive strategy multiplies the persons who wait for a group by `weight`, which is 1 for who is owed
nothing. Minimum greens and longest waits are rules of the gate and stay as they are.
"""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from detectors.picture import JunctionPicture, PriorityRequest, RequestState
from plans.junction import Aspect, Junction
from plans.table import expand
from plans.timing import TimingPlan
from signalctl.strategy import DebtTotals

PAYBACK_CYCLES = 2.0
MOST_RATIO = 1.0
"""Nobody is owed more than so many of its nominal greens."""


@dataclass(slots=True)
class _Debt:
    lost_at_s: float
    due_s: float
    left_s: float


NOTHING_OWED: Mapping[str, float] = {}
"""Weights when there is no debt: 1 for everybody."""


class DebtLedger:
    """Green seconds that groups are owed, the oldest first."""

    def __init__(self, groups: Iterable[str]) -> None:
        self._debts: dict[str, deque[_Debt]] = {group: deque() for group in groups}
        self._charged_s = self._paid_s = self._written_off_s = 0.0

    def charge(self, group: str, lost_s: float, utc_s: float, *, within_s: float, most_s: float) -> None:
        """The group lost green that it is to get back `within_s` from now; at most `most_s` are owed at once."""
        lost_s = min(lost_s, most_s - self.owed_s(group))
        if lost_s > 0.0:
            self._debts[group].append(_Debt(utc_s, utc_s + within_s, lost_s))
            self._charged_s += lost_s

    def pay(self, group: str, green_s: float) -> None:
        """The group had so much green more than it would have had."""
        debts = self._debts[group]
        while debts and green_s > 0.0:
            paid_s = min(green_s, debts[0].left_s)
            debts[0].left_s -= paid_s
            green_s -= paid_s
            self._paid_s += paid_s
            if debts[0].left_s <= 0.0:
                debts.popleft()

    def write_off(self, group: str, utc_s: float | None = None) -> None:
        """Forget what is overdue (all, without a time): nobody waits there any more, or its time has passed."""
        debts = self._debts[group]
        while debts and (utc_s is None or debts[0].due_s < utc_s):
            self._written_off_s += debts.popleft().left_s

    def owed_s(self, group: str) -> float:
        """Green seconds that the group is owed."""
        return sum(debt.left_s for debt in self._debts[group])

    @property
    def owing(self) -> bool:
        """Whether anybody is owed anything."""
        return any(self._debts.values())

    def urgency(self, group: str, utc_s: float) -> float:
        """0 when everything was lost just now, 1 when the oldest debt is due; 0 without debts."""
        if not self._debts[group]:
            return 0.0
        oldest = self._debts[group][0]
        return min(1.0, max(0.0, (utc_s - oldest.lost_at_s) / max(1e-9, oldest.due_s - oldest.lost_at_s)))

    @property
    def totals(self) -> DebtTotals:
        """What became of all debts so far."""
        return DebtTotals(self._charged_s, self._paid_s, self._written_off_s)


@dataclass(slots=True)
class _Spell:
    """Since when a group has shown green, or not, and what priority did meanwhile."""

    green: bool = False
    since_s: float = 0.0
    cut_s: float = 0.0  # charged for this red
    served_ratio: float = 0.0  # trust of who was served with priority during this red


class PriorityDebts:
    """Watches one junction and keeps its ledger; one call of `update` per second.

    Charged is, against the nominal greens of the plan that is due, and only to groups that somebody waits for:

    - the rest of a green that was ended early while a conflicting group had a request;
    - each second that a served request's group is green beyond its nominal green, to those who wait for it in conflict;
    - a whole nominal green when a group has been red for a cycle and priority was served meanwhile.

    Together never more than one nominal green a red, and only so much of it as the request was trusted: control gives
    who is distrusted no more than that. Who still halts at a stop takes nothing yet. Paid is each second of green
    beyond the nominal one; a debt ends when nobody waits for its group any more.

    Args:
        junction: Is watched.
        most_weight: What a whole nominal green, owed until its last moment, adds to the weight.
    """

    def __init__(self, junction: Junction, most_weight: float) -> None:
        self._junction = junction
        self._most_weight = most_weight
        self._ledger = DebtLedger(junction.groups)
        self._spells = {group: _Spell() for group in junction.groups}
        self._lanes = {
            group: frozenset(movement.lane for movement in junction.movements if movement.group == group)
            for group in junction.groups
        }
        self._plan: TimingPlan | None = None
        self._nominal_s: Mapping[str, float] = {}
        self._aspects: Mapping[str, Aspect] = {}
        self._utc_s: float | None = None

    @property
    def ledger(self) -> DebtLedger:
        """The book."""
        return self._ledger

    def update(
        self, utc_s: float, seen: JunctionPicture, aspects: Mapping[str, Aspect], plan: TimingPlan | None
    ) -> None:
        """Book what this second cost and gave; without a plan there is nothing nominal to lose."""
        if self._utc_s is None:
            self._spells = {group: _Spell(since_s=utc_s) for group in self._spells}
        before_s = utc_s if self._utc_s is None else min(self._utc_s, utc_s)
        self._utc_s = utc_s
        self._take_plan(plan)
        if plan is None:
            return
        asking = _asking(seen.requests)
        if aspects == self._aspects and not asking and not self._ledger.owing and not self._any_served():
            return  # nothing to book: most seconds of most junctions
        self._aspects = dict(aspects)
        served = {group: ratio for group, ratio in asking.items() if aspects.get(group) is Aspect.GREEN}
        for group, spell in self._spells.items():
            waited_for = self._waited_for(group, seen)
            if not waited_for:
                self._ledger.write_off(group)
            self._ledger.write_off(group, utc_s)
            green = aspects.get(group) is Aspect.GREEN
            if green != spell.green:
                self._turn(utc_s, group, spell, asking, plan, waited_for=waited_for)
            elif green:
                if utc_s - spell.since_s > self._nominal_s.get(group, 0.0):
                    self._ledger.pay(group, utc_s - before_s)
            elif waited_for:
                self._lose(utc_s, utc_s - before_s, group, spell, served, plan)

    def weights(self) -> Mapping[str, float]:
        """Of each group that is owed something: 1 plus what it is owed in nominal greens, twice that when it is due."""
        if self._utc_s is None or self._most_weight <= 0.0 or not self._ledger.owing:
            return NOTHING_OWED
        found = {}
        for group, nominal_s in self._nominal_s.items():
            owed_s = self._ledger.owed_s(group)
            if owed_s > 0.0 and nominal_s > 0.0:
                urgency = self._ledger.urgency(group, self._utc_s)
                found[group] = 1.0 + 0.5 * self._most_weight * (1.0 + urgency) * owed_s / nominal_s
        return found

    def _any_served(self) -> bool:
        """Whether somebody waits in a red in which priority was served: it may become too long."""
        return any(spell.served_ratio > 0.0 for spell in self._spells.values())

    def _turn(
        self,
        utc_s: float,
        group: str,
        spell: _Spell,
        asking: Mapping[str, float],
        plan: TimingPlan,
        *,
        waited_for: bool,
    ) -> None:
        """A green begins, or has ended: early, where a request of a conflicting group did it."""
        ended, lasted_s = spell.green, utc_s - spell.since_s
        spell.green, spell.since_s, spell.cut_s, spell.served_ratio = not spell.green, utc_s, 0.0, 0.0
        others = (ratio for other, ratio in asking.items() if self._junction.conflicts(group, other))
        ratio = max(others, default=0.0)
        if ended and ratio > 0.0 and waited_for and group not in asking:
            self._charge(utc_s, group, spell, ratio * (self._nominal_s.get(group, 0.0) - lasted_s), plan)

    def _lose(
        self,
        utc_s: float,
        elapsed_s: float,
        group: str,
        spell: _Spell,
        served: Mapping[str, float],
        plan: TimingPlan,
    ) -> None:
        """A second of red for somebody who waits."""
        longest_ratio = 0.0
        for other, ratio in served.items():
            if not self._junction.conflicts(group, other):
                continue
            spell.served_ratio = max(spell.served_ratio, ratio)
            long = utc_s - self._spells[other].since_s > self._nominal_s.get(other, 0.0)
            if self._spells[other].green and long:
                longest_ratio = max(longest_ratio, ratio)
        self._charge(utc_s, group, spell, longest_ratio * elapsed_s, plan)
        if spell.served_ratio > 0.0 and utc_s - spell.since_s >= plan.cycle_s:
            whole_s = spell.served_ratio * self._nominal_s.get(group, 0.0)
            self._charge(utc_s, group, spell, whole_s - spell.cut_s, plan)

    def _charge(self, utc_s: float, group: str, spell: _Spell, lost_s: float, plan: TimingPlan) -> None:
        nominal_s = self._nominal_s.get(group, 0.0)
        lost_s = min(lost_s, nominal_s - spell.cut_s)
        if lost_s > 0.0:
            spell.cut_s += lost_s
            within_s = PAYBACK_CYCLES * plan.cycle_s
            self._ledger.charge(group, lost_s, utc_s, within_s=within_s, most_s=MOST_RATIO * nominal_s)

    def _waited_for(self, group: str, seen: JunctionPicture) -> bool:
        crossing = seen.crossings.get(group)
        if crossing is not None and (crossing.requested or crossing.waiting > 0.0):
            return True
        return any(seen.lanes[lane].queue_veh >= 1.0 for lane in self._lanes[group] if lane in seen.lanes)

    def _take_plan(self, plan: TimingPlan | None) -> None:
        """Nominal greens by group: the longest of a cycle, where there are several."""
        if plan is self._plan or plan == self._plan:
            return
        self._plan = plan
        nominal: dict[str, float] = {}
        if plan is not None:
            for interval in expand(self._junction, plan).intervals:
                nominal[interval.group] = max(
                    nominal.get(interval.group, 0.0), float(interval.end_s - interval.start_s)
                )
        self._nominal_s = nominal


def _asking(requests: Iterable[PriorityRequest]) -> dict[str, float]:
    """Groups that somebody asks for now, with the trust of the most trusted one; who halts at a stop asks later."""
    found: dict[str, float] = {}
    for request in requests:
        if request.state in (RequestState.QUEUED, RequestState.ACTIVATED) and not request.halts:
            found[request.group] = max(request.trust_ratio, found.get(request.group, 0.0))
    return found

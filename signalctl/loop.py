"""The control loop, seven steps: read, picture, decide, gate, push, verify, record."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

from controllers.driver import Driver, FieldStatus, PushReport, PushResult
from controllers.refusals import RefusalCode
from detectors.builder import PictureBuilder
from detectors.picture import Picture
from detectors.signal_view import SignalView
from detectors.source import Source
from plans.timing import TimingPlan
from signalctl.clock import Clock
from signalctl.field_link import HEARTBEAT_S, FieldLink
from signalctl.garbage import Collector
from signalctl.gate import Gate
from signalctl.gating import Gating
from signalctl.passage import Passed, Seen, let_through
from signalctl.stopwatch import StopWatch
from signalctl.strategies.traffic_history import TrafficHistory
from signalctl.strategy import Decisions, Strategy
from signalctl.tick import Heard, JunctionFailure, RefusalNote, Tick, TickObserver, Verdict
from signalctl.troubles import Troubles

TICK_S = 1.0
BLIND_S = 15.0
READ_DEADLINE_S = 0.3
PUSH_DEADLINE_S = 0.4


class PlansDue(Protocol):
    """Which time-of-day plan each junction should run at a time."""

    def __call__(self, utc_s: float) -> Mapping[str, TimingPlan]:
        """Plans by junction."""
        ...


class ControlLoop:
    """Controls all junctions of a site, one tick a second.

    One junction's failure never delays or stops another's tick: each has its own link with its own deadline, and what
    goes wrong while one is handled is caught there, counted and recorded.
    """

    def __init__(
        self,
        *,
        strategy: Strategy,
        gate: Gate,
        drivers: Iterable[Driver],
        source: Source,
        builder: PictureBuilder,
        plans_due: PlansDue,
        history: TrafficHistory | None = None,
        gating: Gating | None = None,
        observers: Sequence[TickObserver] = (),
        read_deadline_s: float = READ_DEADLINE_S,
        push_deadline_s: float = PUSH_DEADLINE_S,
        heartbeat_s: float = HEARTBEAT_S,
    ) -> None:
        self.links: Mapping[str, FieldLink] = {driver.junction: FieldLink(driver, heartbeat_s) for driver in drivers}
        self.strategy = strategy
        self.gate = gate
        self.source = source
        self.builder = builder
        self.plans_due = plans_due
        self.history = history
        self.gating = gating
        self.observers = list(observers)
        self.read_deadline_s = read_deadline_s
        self.push_deadline_s = push_deadline_s
        self._troubles = Troubles()
        self._last_sight_utc_s: float | None = None
        self._due: Mapping[str, TimingPlan] = {}

    async def run(self, clock: Clock, stop: asyncio.Event) -> None:
        """Tick at every full second until `stop`; seconds that were missed are skipped, never run twice in a row."""
        due_utc_s = float(int(clock.now_utc_s()) + 1)
        first = True
        collector = Collector()
        while not stop.is_set():
            await clock.wait_until(due_utc_s)
            now_utc_s = clock.now_utc_s()
            if now_utc_s < due_utc_s:
                if due_utc_s - now_utc_s > 2 * TICK_S:  # the clock was set back: follow it
                    due_utc_s = float(int(now_utc_s) + 1)
                continue
            await self.tick(float(int(now_utc_s)), lateness_s=0.0 if first else now_utc_s - due_utc_s)
            first = False
            due_utc_s = float(int(now_utc_s) + 1)
            collector.rest(now_utc_s)

    async def tick(self, utc_s: float, lateness_s: float = 0.0) -> Tick:
        """One pass through the seven steps for the second `utc_s`."""
        watch = StopWatch()
        failures: list[JunctionFailure] = []

        batch = self.source.drain()
        await self._all_links(lambda link: lambda: link.refresh(utc_s), self.read_deadline_s, "read", failures)
        connected = self.source.statistics().connected
        field = heard_field = self._fresh_status(utc_s)
        active = heard_active = self._active_plans(utc_s)
        busy = frozenset(name for name, link in self.links.items() if link.busy)
        watch.lap("read")

        usual_vph: Mapping[str, Mapping[str, float]] = {}
        if self.history is not None:
            with self._troubles.caught("", "history", failures):  # without it, lanes keep their last averages
                usual_vph = self.history.usual_vph(utc_s)
        signals = {name: _view(status) for name, status in field.items()}
        picture = Picture(utc_s, {})  # who is not in it keeps what runs
        with self._troubles.caught("", "picture", failures):
            picture = self.builder.update(
                utc_s, batch, signals, usual_vph, lambda name: self._troubles.caught(name, "picture", failures)
            )
        if self.history is not None:
            with self._troubles.caught("", "history", failures):
                self.history.observe(picture, field)
        watch.lap("picture")

        with self._troubles.caught("", "calendar", failures):  # without it, what was due last stays due
            self._due = self.plans_due(utc_s)
        due = self._due
        decisions = self._decide(picture, field, due, failures)
        if self.gating is not None:
            with self._troubles.caught("", "gating", failures):  # without it, what the strategy wants stands
                decisions = self.gating.apply(picture, field, due, active, decisions)
        if self._blind(utc_s, connected=connected):
            decisions = replace(decisions, stages={})  # nobody steers by what was seen long ago
        watch.lap("decide")

        passed = let_through(
            self.gate, self.links, decisions, Seen(utc_s, due, field, active), self._troubles, failures
        )
        watch.lap("gate")

        pushes = await self._push(utc_s, passed, failures)
        watch.lap("push")

        field = self._fresh_status(utc_s)
        active = self._active_plans(utc_s)
        watch.lap("verify")

        record = Tick(
            utc_s=utc_s,
            lateness_s=lateness_s,
            picture=picture,
            field=field,
            links={name: link.reachability() for name, link in self.links.items()},
            active_plans=active,
            stage_decisions=decisions.stages,
            plan_decisions=decisions.plans,
            debts=decisions.debts,
            requested=frozenset(passed.requests),
            pushes=pushes,
            refusals=tuple(passed.refusals),
            failures=tuple(failures),
            step_s=watch.wall_s,
            processor_s=watch.processor_s,
            gating=self.gating.reports if self.gating is not None else (),
            heard=Heard(batch, connected, heard_field, heard_active, busy, due, passed.plan_wanted),
            verdicts=_verdicts(passed),
        )
        self._record(record)
        watch.lap("record")
        return record

    async def close(self) -> None:
        """Close every link. Controllers keep the plan until their lease ends, then run their own."""
        await asyncio.gather(*(link.close() for link in self.links.values()), return_exceptions=True)

    def _blind(self, utc_s: float, *, connected: bool) -> bool:
        """Whether the source has delivered nothing for so long that the plans' nominal times are the better guide."""
        if connected or self._last_sight_utc_s is None or utc_s < self._last_sight_utc_s:
            self._last_sight_utc_s = utc_s
        return utc_s - self._last_sight_utc_s > BLIND_S

    def _decide(
        self,
        picture: Picture,
        field: Mapping[str, FieldStatus],
        due: Mapping[str, TimingPlan],
        failures: list[JunctionFailure],
    ) -> Decisions:
        """The strategy's wishes; when it fails, everything keeps its time-of-day plan."""
        with self._troubles.caught("", "decide", failures):
            return self.strategy.decide(picture, field, due)
        return Decisions({}, {})

    async def _push(self, utc_s: float, passed: Passed, failures: list[JunctionFailure]) -> dict[str, PushReport]:
        """Deliver to all junctions at once and take down what each controller said."""
        plans, requests = passed.plans, passed.requests
        pushes: dict[str, PushReport] = {}

        def deliver(link: FieldLink) -> Callable[[], Any] | None:
            name = link.junction
            if name not in plans and name not in requests:
                return None

            async def call() -> None:
                report = await link.deliver(utc_s, plans.get(name), requests.get(name))
                if report is not None:
                    pushes[name] = report

            return call

        rejects = {name: link.status.rejects for name, link in self.links.items() if link.status is not None}
        await self._all_links(deliver, self.push_deadline_s, "push", failures)
        for name, report in pushes.items():
            if report.result is PushResult.REJECTED:
                passed.refusals.append(RefusalNote(name, "controller", report.code, report.element, "", report.detail))
        for name in requests:
            status = self.links[name].status
            if status is not None and name not in pushes and status.rejects > rejects.get(name, 0):
                code = _controller_code(status.reject_code)
                passed.refusals.append(
                    RefusalNote(name, "controller", code, str(status.reject_element), "", "stage request")
                )
        return pushes

    async def _all_links(
        self,
        make_call: Callable[[FieldLink], Callable[[], Any] | None],
        deadline_s: float,
        step: str,
        failures: list[JunctionFailure],
    ) -> None:
        """Run one call on every link at once, each within the same deadline; those that never wait one by one."""

        async def one(link: FieldLink, call: Callable[[], Any]) -> None:
            with self._troubles.caught(link.junction, step, failures):
                await link.run(call, deadline_s)

        calls = [(link, call) for link in self.links.values() if (call := make_call(link)) is not None]
        for link, call in calls:
            if link.immediate:
                await one(link, call)
        await asyncio.gather(*(one(link, call) for link, call in calls if not link.immediate))

    def _fresh_status(self, utc_s: float) -> dict[str, FieldStatus]:
        return {name: status for name, link in self.links.items() if (status := link.fresh_status(utc_s)) is not None}

    def _active_plans(self, utc_s: float) -> dict[str, TimingPlan]:
        return {name: plan for name, link in self.links.items() if (plan := link.active_plan(utc_s)) is not None}

    def _record(self, record: Tick) -> None:
        for observer in self.observers:
            with self._troubles.caught(type(observer).__name__, "record", []):
                observer.record(record)


def _controller_code(number: int) -> str:
    """Name of a controller's refusal; a number that this version does not know stays a number."""
    try:
        return RefusalCode(number).name.lower()
    except ValueError:
        return f"code_{number}"


def _view(status: FieldStatus) -> SignalView:
    return SignalView(aspects=status.aspects, time_in_aspect_s=status.time_in_aspect_s)


def _verdicts(passed: Passed) -> dict[str, Verdict]:
    found = {}
    for name in dict.fromkeys((*passed.plans, *passed.requests)):
        request = passed.requests.get(name)
        found[name] = Verdict(
            name in passed.plans,
            request is not None,
            request.valid_s if request is not None else 0,
            request.reference if request is not None else 0,
        )
    return found

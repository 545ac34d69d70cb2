"""From ticks to metrics: every figure of `signalctl.metrics` that a tick can tell."""

import math
from collections import Counter as Count
from collections.abc import Mapping

from controllers.driver import FieldStatus, PushResult, Reachability
from detectors.picture import EndReason, Health, JunctionPicture
from plans.junction import Junction
from plans.sealed import RequestAction
from signalctl.live_indicators import JunctionIndicators, LiveIndicators
from signalctl.metrics import Metrics
from signalctl.strategy import DebtTotals
from signalctl.tick import Tick

LONGEST_STEP_S = 5.0
NO_DEBTS = DebtTotals(0.0, 0.0, 0.0)


class MetricsObserver:
    """Publishes each tick's figures and keeps the newest indicators for the page."""

    def __init__(self, metrics: Metrics, site: str, junctions: Mapping[str, Junction], strategy: str) -> None:
        self.metrics = metrics
        self.indicators: dict[str, JunctionIndicators] = {}
        self._labels = {name: (site, junction.corridor, name) for name, junction in junctions.items()}
        self._corridors = sorted({(site, junction.corridor) for junction in junctions.values()})
        self._junctions = junctions
        self._live = {name: LiveIndicators(junction) for name, junction in junctions.items()}
        self._last_utc_s: float | None = None
        self._last_fallbacks: dict[str, int] = {}
        self._pending: set[str] = set()
        self._last_errors: dict[str, int] = {}
        self._last_debts: dict[str, DebtTotals] = {}
        self._heartbeat: dict[str, tuple[int, float]] = {}
        for junction in junctions.values():
            metrics.introduce(site, junction)
        for corridor in self._corridors:
            metrics.strategy.labels(*corridor).info({"strategy": strategy})

    def record(self, tick: Tick) -> None:
        """Publish one tick."""
        elapsed_s = 0.0 if self._last_utc_s is None else tick.utc_s - self._last_utc_s
        self._last_utc_s = tick.utc_s
        elapsed_s = min(max(elapsed_s, 0.0), LONGEST_STEP_S)
        self._loop(tick)
        for name, labels in self._labels.items():
            seen = tick.picture.junctions.get(name)
            status = tick.field.get(name)
            if seen is not None:
                self._traffic(labels, name, seen, status, elapsed_s)
                self._requests(labels, seen)
                self._detectors(labels, seen)
            self._controller(tick, labels, name, status)
            self._decision(tick, labels, name)
            self._debts(labels, name, tick.debts.get(name))
        for note in tick.refusals:
            self.metrics.refusals.labels(*self._labels[note.junction], note.origin, note.code).inc()
        for failure in tick.failures:
            for name in (failure.junction,) if failure.junction else self._labels:  # what concerns all fails at each
                self.metrics.junction_failures.labels(*self._labels[name], failure.step).inc()

    def _loop(self, tick: Tick) -> None:
        for corridor in self._corridors:
            self.metrics.ticks.labels(*corridor).inc()
            self.metrics.tick_duration.labels(*corridor).observe(tick.duration_s)
            self.metrics.tick_lateness.labels(*corridor).observe(max(0.0, tick.lateness_s))
            for step, seconds in tick.step_s.items():
                self.metrics.step_duration.labels(*corridor, step).observe(seconds)

    def _traffic(
        self,
        labels: tuple[str, str, str],
        name: str,
        seen: JunctionPicture,
        status: FieldStatus | None,
        elapsed_s: float,
    ) -> None:
        figures = self._live[name].update(seen, status, elapsed_s)
        self.indicators[name] = figures
        for mode, seconds in figures.person_delay_s.items():
            self.metrics.person_delay.labels(*labels, mode.value).inc(seconds)
        for mode, persons in figures.persons.items():
            self.metrics.persons.labels(*labels, mode.value).inc(persons)
        for (group, mode), wait_s in figures.longest_wait_s.items():
            self.metrics.longest_wait.labels(*labels, group, mode.value).set(wait_s)
        for group, ratio in figures.saturation_ratio.items():
            self.metrics.saturation.labels(*labels, group).set(ratio)
        for approach, vehicles in figures.queue_veh.items():
            self.metrics.queue.labels(*labels, approach).set(vehicles)
            self.metrics.arrivals.labels(*labels, approach).inc(figures.arrivals.get(approach, 0.0))
            self.metrics.arrivals_on_green.labels(*labels, approach).inc(figures.arrivals_on_green.get(approach, 0.0))

    def _requests(self, labels: tuple[str, str, str], seen: JunctionPicture) -> None:
        alive = Count(request.mode.value for request in seen.requests)
        for ended in seen.ended:
            self.metrics.transit_requests.labels(*labels, ended.mode.value, ended.state.value).inc()
            if ended.reason is not EndReason.NONE:
                self.metrics.transit_reasons.labels(*labels, ended.mode.value, ended.reason.value).inc()
            if ended.downgraded:
                self.metrics.sirens_downgraded.labels(*labels).inc()
        for mode in {"bus", "tram", *alive}:
            self.metrics.transit_requests_open.labels(*labels, mode).set(alive[mode])

    def _debts(self, labels: tuple[str, str, str], name: str, totals: DebtTotals | None) -> None:
        """What priority took since the last tick, and what became of it."""
        if totals is None:
            return
        last = self._last_debts.get(name, NO_DEBTS)
        self._last_debts[name] = totals
        self.metrics.debt_owed.labels(*labels).set(totals.owed_s)
        self.metrics.debt_charged.labels(*labels).inc(max(0.0, totals.charged_s - last.charged_s))
        self.metrics.debt_paid.labels(*labels).inc(max(0.0, totals.paid_s - last.paid_s))
        self.metrics.debt_written_off.labels(*labels).inc(max(0.0, totals.written_off_s - last.written_off_s))

    def _detectors(self, labels: tuple[str, str, str], seen: JunctionPicture) -> None:
        by_health = Count(health.value for health in seen.health.values())
        for health in Health:
            self.metrics.detectors.labels(*labels, health.value).set(by_health[health.value])
        for detector, health in seen.health.items():
            self.metrics.detector_healthy.labels(*labels, detector).set(health is Health.OK)
        self.metrics.lanes_by_usual.labels(*labels).set(sum(lane.by_usual for lane in seen.lanes.values()))
        self.metrics.phantoms.labels(*labels).set(seen.phantoms)
        variance: dict[str, float] = {}
        confidence: dict[str, float] = {}
        for name, lane in seen.lanes.items():
            approach = self._junctions[labels[2]].lanes[name].approach
            variance[approach] = variance.get(approach, 0.0) + lane.queue_deviation_veh**2
            confidence[approach] = min(confidence.get(approach, 1.0), lane.confidence_ratio)
        for approach, ratio in confidence.items():
            self.metrics.confidence.labels(*labels, approach).set(ratio)
            self.metrics.queue_deviation.labels(*labels, approach).set(math.sqrt(variance[approach]))

    def _controller(self, tick: Tick, labels: tuple[str, str, str], name: str, status: FieldStatus | None) -> None:
        link = tick.links.get(name)
        self.metrics.controller_up.labels(*labels).set(status is not None and link is not None and link.connected)
        if link is not None:
            self._link(labels, name, link)
        self._echo(labels, name, tick.utc_s, status)
        self._pushes(tick, labels, name)
        if status is None:
            return
        self.metrics.controller_mode.labels(*labels).set(status.mode)
        self.metrics.controller_epoch.labels(*labels).set(status.epoch)
        self.metrics.lease_left.labels(*labels).set(status.lease_left_s)
        self.metrics.clock_offset.labels(*labels).set(status.utc_s - tick.utc_s)
        self.metrics.cycle.labels(*labels).set(status.cycle_s)
        order = self._junctions[name].stage_order
        self.metrics.stage.labels(*labels).set(order.index(status.stage) + 1 if status.stage in order else -1)
        plan = tick.active_plans.get(name)
        self.metrics.plan.labels(*labels).info(
            {"plan": plan.id if plan is not None else "local", "sequence": str(status.active_sequence)}
        )
        self.metrics.on_demand.labels(*labels).set(len(plan.on_demand) if plan is not None else 0)
        self.metrics.fallbacks.labels(*labels).inc(
            max(0, status.fallbacks - self._last_fallbacks.get(name, status.fallbacks))
        )
        self._last_fallbacks[name] = status.fallbacks

    def _pushes(self, tick: Tick, labels: tuple[str, str, str], name: str) -> None:
        """Each push by its result; one that was pending counts once more when the plan is read back as active."""
        if name in tick.pushes:
            report = tick.pushes[name]
            self.metrics.plan_pushes.labels(*labels, report.result.value).inc()
            if report.result is PushResult.PENDING:
                self._pending.add(name)
            else:
                self._pending.discard(name)
        if name in self._pending and name in tick.active_plans:
            self._pending.discard(name)
            self.metrics.plan_pushes.labels(*labels, PushResult.CONFIRMED.value).inc()

    def _link(self, labels: tuple[str, str, str], name: str, link: Reachability) -> None:
        if link.latency_s is not None:
            self.metrics.modbus_request.labels(*labels).observe(link.latency_s)
        self.metrics.modbus_errors.labels(*labels).inc(max(0, link.errors - self._last_errors.get(name, 0)))
        self._last_errors[name] = link.errors

    def _echo(self, labels: tuple[str, str, str], name: str, utc_s: float, status: FieldStatus | None) -> None:
        """The age of the last echo goes on growing while the controller says nothing."""
        known = self._heartbeat.get(name)
        if status is not None and (known is None or known[0] != status.heartbeat_echo):
            known = self._heartbeat[name] = (status.heartbeat_echo, utc_s)
        if known is not None:
            self.metrics.heartbeat_age.labels(*labels).set(utc_s - known[1])

    def _decision(self, tick: Tick, labels: tuple[str, str, str], name: str) -> None:
        decision = tick.stage_decisions.get(name)
        if decision is None:
            return
        self.metrics.decisions.labels(*labels, decision.reason.name.lower()).inc()
        if decision.action is RequestAction.NONE:
            return
        refused = any(note.junction == name for note in tick.refusals)
        result = "refused" if refused else "accepted" if name in tick.requested else "failed"
        self.metrics.stage_requests.labels(*labels, decision.action.name.lower(), result).inc()

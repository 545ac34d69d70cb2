"""From what gating reports each second to metrics, journal and the sign for drivers."""

from collections.abc import Callable, Mapping
from typing import Any

import structlog

from plans.gating import ProtectedArea
from plans.junction import Junction
from signalctl.gating.report import AreaReport
from signalctl.journal import Journal
from signalctl.metrics import Metrics
from signalctl.tick import Tick

log = structlog.get_logger(__name__)

SIGN_EVERY_S = 60.0
"""A sign hears its text again so often, so that one that was off for a while shows the truth."""

Publish = Callable[[str, Mapping[str, Any]], None]


class GatingObserver:
    """Tells the world what is gated and why; changes are logged and written to the journal."""

    def __init__(
        self,
        metrics: Metrics,
        site: str,
        areas: Mapping[str, ProtectedArea],
        junctions: Mapping[str, Junction],
        journal: Journal,
        publish_sign: Publish | None = None,
    ) -> None:
        self._metrics, self._journal, self._publish = metrics, journal, publish_sign
        self._places = {
            (area.id, gate.id): (site, junctions[gate.junction].corridor, gate.junction, area.id, gate.id)
            for area in areas.values()
            for gate in area.gates.values()
        }
        self._labels = {
            area.id: (site, junctions[next(iter(area.gates.values())).junction].corridor, area.id)
            for area in areas.values()
        }
        self._with_air = {area.id for area in areas.values() if area.air is not None}
        self._said: dict[str, object] = {}
        self._signs: dict[str, tuple[float, object]] = {}

    def record(self, tick: Tick) -> None:
        """Publish the tick's reports."""
        for report in tick.gating:
            self._figures(report)
            self._news(tick.utc_s, report)
            self._sign(tick.utc_s, report)

    def _figures(self, report: AreaReport) -> None:
        labels, metrics = self._labels[report.area], self._metrics
        metrics.gating_on.labels(*labels, "traffic").set(report.by_traffic)
        metrics.gating_on.labels(*labels, "air").set(report.by_air)
        metrics.gating_known.labels(*labels).set(report.accumulation_veh is not None)
        metrics.gating_target.labels(*labels).set(report.target_veh)
        metrics.gating_permitted.labels(*labels).set(report.permitted_vph or 0.0)
        if report.accumulation_veh is not None:
            metrics.gating_accumulation.labels(*labels).set(report.accumulation_veh)
        if report.area in self._with_air:
            metrics.air_heard.labels(*labels).set(report.no2_ugm3 is not None)
            if report.no2_ugm3 is not None:
                metrics.air_no2.labels(*labels).set(report.no2_ugm3)
        for gate in report.gates:
            place = self._places[report.area, gate.gate]
            metrics.gate_state.labels(*place).set(gate.state)
            metrics.gate_green.labels(*place).set(1.0 if gate.green_ratio is None else gate.green_ratio)
            if gate.queue_ratio is not None:
                metrics.gate_queue.labels(*place).set(gate.queue_ratio)

    def _news(self, utc_s: float, report: AreaReport) -> None:
        """Causes and gates' states, when one of them changes."""
        known = report.accumulation_veh is not None
        news = (report.by_traffic, report.by_air, known, tuple(gate.state for gate in report.gates))
        before = self._said.get(report.area)
        if before == news:
            return
        self._said[report.area] = news
        body = {
            "area": report.area,
            "by_traffic": report.by_traffic,
            "by_air": report.by_air,
            "why": report.why,
            "permitted_vph": None if report.permitted_vph is None else round(report.permitted_vph),
            "gates": {gate.gate: {"state": gate.state.name.lower(), "why": gate.why} for gate in report.gates},
        }
        self._journal.append(utc_s, "gating", "", body)
        if not isinstance(before, tuple) or before[:3] != news[:3]:
            say = log.info if known else log.warning
            say("gating", area=report.area, traffic=report.by_traffic, air=report.by_air, why=report.why)

    def _sign(self, utc_s: float, report: AreaReport) -> None:
        """The sign, when it changes and every minute."""
        if self._publish is None:
            return
        shown = (report.by_traffic, report.by_air)
        last = self._signs.get(report.area)
        if last is not None and last[1] == shown and 0.0 <= utc_s - last[0] < SIGN_EVERY_S:
            return
        self._signs[report.area] = (utc_s, shown)
        causes = [cause for cause, on in (("air", report.by_air), ("traffic", report.by_traffic)) if on]
        body = {"t": utc_s, "on": report.on, "causes": causes, "text": report.sign if report.on else ""}
        self._publish(report.area, body)

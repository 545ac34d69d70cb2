"""Gating as a step of the control loop: between what a strategy decides and what the safety gate lets pass."""

from collections.abc import Mapping
from dataclasses import replace

from controllers.driver import CENTRAL_MODES, FieldStatus
from detectors.picture import Picture
from plans.gating import ProtectedArea
from plans.junction import Junction
from plans.rules_plan import is_open
from plans.sealed import RequestAction
from plans.site import ControlParameters
from plans.table import open_frames
from plans.timing import TimingPlan
from signalctl.gating.area import AreaControl
from signalctl.gating.change import Situation, changed
from signalctl.gating.metering import GateMeter, Order
from signalctl.gating.report import AreaReport, GateState
from signalctl.strategy import Decisions, PlanDecision


class Gating:
    """All protected areas of a site.

    Junctions with a gate run their plan with open frames, whatever the strategy, so that a metered green can end early
    and begin late; where a strategy asks for no stages the plan's own times hold but for that.
    """

    def __init__(
        self,
        areas: Mapping[str, ProtectedArea],
        junctions: Mapping[str, Junction],
        control: ControlParameters | None = None,
    ) -> None:
        self._junctions = junctions
        self._control = control or ControlParameters()
        self._areas = [AreaControl(area, junctions) for area in areas.values()]
        self._meters: dict[str, list[tuple[str, GateMeter]]] = {}
        for area in areas.values():
            for gate in area.gates.values():
                meter = GateMeter(junctions[gate.junction], gate)
                self._meters.setdefault(gate.junction, []).append((area.id, meter))
        self._opened: dict[str, PlanDecision] = {}
        self._held: set[str] = set()
        self.reports: tuple[AreaReport, ...] = ()

    def apply(
        self,
        picture: Picture,
        field: Mapping[str, FieldStatus],
        due: Mapping[str, TimingPlan],
        active: Mapping[str, TimingPlan],
        decisions: Decisions,
    ) -> Decisions:
        """The decisions as the gates leave them; what they want is in `reports`."""
        self.reports = tuple(area.update(picture, due) for area in self._areas)
        stages = dict(decisions.stages)
        held, self._held = self._held, set()
        for name in self._meters:
            decision = decisions.stages.get(name)
            orders = self._orders(name, field.get(name), active.get(name))
            if not orders and name not in held:
                continue
            if name in picture.junctions and name in active and name in field and field[name].mode in CENTRAL_MODES:
                situation = Situation(
                    self._junctions[name],
                    active[name],
                    field[name],
                    picture.junctions[name],
                    float(self._control.pedestrian_wait_s),
                    held=name in held,
                )
                changes = changed(situation, decision, orders)
                if changes is not None and changes is not decision:
                    stages[name] = changes
                    if decision is None and changes.action is RequestAction.HOLD:
                        self._held.add(name)
        return replace(decisions, stages=stages, plans=self._opened_plans(due, decisions.plans))

    def _orders(self, name: str, status: FieldStatus | None, plan: TimingPlan | None) -> list[tuple[GateMeter, Order]]:
        """What each gate of a junction is told; nothing before its plan runs with open frames."""
        if status is None:
            return []
        said = {
            (report.area, gate.gate): gate for report in self.reports for gate in report.gates if gate.junction == name
        }
        orders = []
        for area, meter in self._meters[name]:
            meter.see(status.utc_s, status.aspects)
            gate = said[area, meter.gate.id]
            if plan is None or not _is_open(plan):
                continue
            if gate.green_ratio is not None:
                orders.append((meter, Order(gate.green_ratio, plan.cycle_s, gate.state is GateState.FULL)))
        return orders

    def _opened_plans(
        self, due: Mapping[str, TimingPlan], wanted: Mapping[str, PlanDecision]
    ) -> dict[str, PlanDecision]:
        plans = dict(wanted)
        for name in self._meters:
            own = wanted.get(name)
            plan = own.plan if own is not None else due.get(name)
            if plan is None or _is_open(plan):
                continue
            opened = open_frames(plan)
            known = self._opened.get(name)
            if known is None or known.plan != opened:
                why = own.why if own is not None else "The time-of-day plan that is due."
                known = self._opened[name] = PlanDecision(opened, f"{why} Frames open for the gate.")
            plans[name] = known
        return plans


def _is_open(plan: TimingPlan) -> bool:
    return all(is_open(entry, plan.cycle_s) for entry in plan.entries)

"""One protected area: when it is gated, how much may enter, and what each gate's share is."""

from collections.abc import Mapping
from dataclasses import dataclass

from detectors.picture import Picture, RequestState
from plans.gating import PerimeterGate, ProtectedArea, gate_lanes, nominal_ratio, saturation_vph
from plans.junction import Junction
from plans.timing import TimingPlan
from signalctl.gating.air import AirState, AirWatch
from signalctl.gating.hysteresis import Band, Switch
from signalctl.gating.inflow import Bounds, Gains, next_inflow_vph, share_inflow
from signalctl.gating.report import AreaReport, GateReport, GateState
from signalctl.gating.sight import AreaSight, QueueSight, arrivals_vph, passed, see_area

BLIND_AFTER_S = 30.0
"""So long the last known accumulation stands for one that is not known."""
OFF_STEPS = 2
OPEN_S = 30.0
"""A gate that opened for its queue stays open at least so long."""
USED_RATIO = 0.8
UNUSED_RATIO = 1.5
"""A permitted inflow beyond this part of the real one says nothing; the feedback goes on from here."""
SURE_RATIO = 1.15
"""A queue that must not grow further gets so much of the flow that arrives."""
JAM_RATIO = 1.75
"""With so much more inside than the target, a full room gets what the plan gives and no more."""
USUAL_S = 120.0
EMPTY_WEIGHT = 0.1
"""An empty room still gets this part of what a full one does, so that rooms fill evenly."""
ALIVE = frozenset({RequestState.QUEUED, RequestState.ACTIVATED})


@dataclass(frozen=True, slots=True)
class _Share:
    """What the due plan makes of a gate: what it lets in while green, by that plan, and by minimum greens alone."""

    saturation_vph: float
    bounds: Bounds


class AreaControl:
    """Remembers what the feedback needs from step to step."""

    def __init__(self, area: ProtectedArea, junctions: Mapping[str, Junction]) -> None:
        self.area = area
        self._junctions = junctions
        self._lanes = area.protected_lanes(junctions)
        self._gains = Gains(area.proportional_per_h, area.integral_per_h)
        self._traffic = Switch(
            Band(
                area.on_ratio * area.target_veh,
                area.off_ratio * area.target_veh,
                off_after_s=float((OFF_STEPS - 1) * area.interval_s),
            )
        )
        self._air = AirWatch(area.air) if area.air is not None else None
        self._entries = {
            gate.id: [(gate.junction, lane.id) for lane in gate_lanes(junctions[gate.junction], gate)]
            for gate in area.gates.values()
        }
        self._queues = {gate.id: QueueSight(junctions[gate.junction], gate) for gate in area.gates.values()}
        gates = area.gates.values()
        self._open = {gate.id: Switch(Band(gate.open_ratio, gate.close_ratio, off_after_s=OPEN_S)) for gate in gates}
        self._full = {gate.id: Switch(Band(gate.full_ratio, gate.open_ratio)) for gate in gates}
        self._shares: dict[str, tuple[TimingPlan, _Share]] = {}
        self._samples: list[float] = []
        self._passed = 0
        self._begun_utc_s: float | None = None
        self._known_utc_s: float | None = None
        self._mean_veh: float | None = None
        self._inflow_vph: float | None = None
        self._usual_ratio: dict[str, float] = {}
        self._seen_utc_s: float | None = None

    def update(self, picture: Picture, due: Mapping[str, TimingPlan]) -> AreaReport:
        """The area's state in this second."""
        shares = {
            gate.id: self._share(gate, due[gate.junction]) for gate in self.area.gates.values() if gate.junction in due
        }
        nominal = Bounds(
            sum(one.bounds.least_vph for one in shares.values()), sum(one.bounds.most_vph for one in shares.values())
        )
        seen = see_area(picture, self._lanes, self._junctions)
        self._passed += sum(passed(picture, lanes) for lanes in self._entries.values())
        known = self._follow(picture.utc_s, seen, nominal)
        air = AirState(False, None, "") if self._air is None else self._air.update(picture.utc_s, picture.air)
        total_vph = nominal.most_vph
        if self._traffic.on and self._inflow_vph is not None:
            total_vph = min(total_vph, self._inflow_vph)
        if air.on and self.area.air is not None:
            total_vph = min(total_vph, self.area.air.inflow_ratio * nominal.most_vph)
        on = self._traffic.on or air.on
        return AreaReport(
            area=self.area.id,
            by_traffic=self._traffic.on,
            by_air=air.on,
            accumulation_veh=seen.vehicles if known else None,
            target_veh=self.area.target_veh,
            permitted_vph=total_vph if on else None,
            no2_ugm3=air.no2_ugm3,
            gates=self._gates(picture, shares, total_vph if on else None),
            sign=self.area.sign,
            why=self._words(seen, air, known=known),
        )

    def _follow(self, utc_s: float, seen: AreaSight, nominal: Bounds) -> bool:
        """Take in what is seen and make the step of feedback when it is due; whether the accumulation is known."""
        if self._begun_utc_s is None or utc_s < self._begun_utc_s:
            self._begin_step(utc_s)
        if seen.is_known:
            self._known_utc_s = utc_s
            self._samples.append(seen.vehicles)
        elif self._known_utc_s is None or not 0.0 <= utc_s - self._known_utc_s <= BLIND_AFTER_S:
            self._traffic.reset()
            self._begin_step(utc_s)
            self._mean_veh = self._inflow_vph = None
            return False
        elapsed_s = utc_s - (self._begun_utc_s or utc_s)
        if elapsed_s >= self.area.interval_s and self._samples:
            mean_veh = sum(self._samples) / len(self._samples)
            self._step(utc_s, mean_veh, 3600.0 * self._passed / elapsed_s, nominal)
            self._begin_step(utc_s)
        return True

    def _begin_step(self, utc_s: float) -> None:
        self._begun_utc_s, self._samples, self._passed = utc_s, [], 0

    def _step(self, utc_s: float, mean_veh: float, passed_vph: float, nominal: Bounds) -> None:
        """One step of the feedback, from what really entered as far as that is less than what was permitted.

        It ends only when the gates do not use what they are permitted: else the queues before them would come at once.
        """
        before_veh, self._mean_veh = self._mean_veh, mean_veh
        is_used = self._inflow_vph is not None and passed_vph > USED_RATIO * self._inflow_vph
        if not self._traffic.update(utc_s, max(mean_veh, self._still_on_veh) if is_used else mean_veh):
            self._inflow_vph = None
            return
        if self._inflow_vph is None or before_veh is None:
            last_vph, before_veh = passed_vph, mean_veh
        else:
            last_vph = min(self._inflow_vph, UNUSED_RATIO * passed_vph)
        self._inflow_vph = next_inflow_vph(
            self._gains, nominal, nominal.clip(last_vph), before_veh, mean_veh, self.area.target_veh
        )

    @property
    def _still_on_veh(self) -> float:
        """An accumulation between the two thresholds: it neither begins nor ends gating."""
        return 0.5 * (self.area.on_ratio + self.area.off_ratio) * self.area.target_veh

    def _share(self, gate: PerimeterGate, plan: TimingPlan) -> _Share:
        known = self._shares.get(gate.id)
        if known is None or known[0] != plan:
            junction = self._junctions[gate.junction]
            full_vph = saturation_vph(junction, gate)
            least_s = max(junction.groups[group].min_green_s for group in gate.groups)
            least_vph = full_vph * min(1.0, least_s / plan.cycle_s)
            most_vph = max(least_vph, full_vph * nominal_ratio(junction, gate, plan))
            known = self._shares[gate.id] = (plan, _Share(full_vph, Bounds(least_vph, most_vph)))
        return known[1]

    def _gates(self, picture: Picture, shares: Mapping[str, _Share], total_vph: float | None) -> tuple[GateReport, ...]:
        """Gates that must be open are; the others share what these leave."""
        ratios = {name: queue.ratio(picture) for name, queue in self._queues.items()}
        self._remember(picture.utc_s, ratios)
        states = {
            gate.id: self._state(picture, gate, ratios[gate.id], has_plan=gate.id in shares)
            for gate in self.area.gates.values()
        }
        if total_vph is None:
            states = dict.fromkeys(states, GateState.OFF)
        elif self._is_jammed:
            states = {name: GateState.QUEUE if one is GateState.FULL else one for name, one in states.items()}
        bounded = [name for name, state in states.items() if state in (GateState.METERING, GateState.QUEUE)]
        open_vph = sum(shares[name].bounds.most_vph for name in shares if name not in bounded)
        given = share_inflow(
            max(0.0, (total_vph or 0.0) - open_vph),
            [self._bounds(picture, name, shares[name], states[name], ratios[name] or 0.0) for name in bounded],
            [shares[name].bounds.most_vph * (EMPTY_WEIGHT + self._usual_ratio.get(name, 0.0)) for name in bounded],
        )
        permitted = dict(zip(bounded, given, strict=True))
        permitted |= {
            name: self._kept_vph(picture, name, shares[name]) for name in shares if states[name] is GateState.FULL
        }
        return tuple(
            GateReport(
                gate=gate.id,
                junction=gate.junction,
                state=states[gate.id],
                permitted_vph=permitted.get(gate.id),
                green_ratio=permitted[gate.id] / shares[gate.id].saturation_vph if gate.id in permitted else None,
                queue_ratio=ratios[gate.id],
                why=_WORDS[states[gate.id]],
            )
            for gate in self.area.gates.values()
        )

    @property
    def _is_jammed(self) -> bool:
        """Whether more green for a gate would only push vehicles into a queue that does not move."""
        return self._mean_veh is not None and self._mean_veh > JAM_RATIO * self.area.target_veh

    def _bounds(self, picture: Picture, name: str, share: _Share, state: GateState, ratio: float) -> Bounds:
        """What a gate may be given; the nearer its queue comes to the end of its room, the more of those who arrive."""
        if state is not GateState.QUEUE:
            return share.bounds
        gate = self.area.gates[name]
        grown = min(1.0, max(0.0, (ratio - gate.close_ratio) / (gate.full_ratio - gate.close_ratio)))
        least_vph = share.bounds.least_vph
        return Bounds(least_vph + grown * (self._kept_vph(picture, name, share) - least_vph), share.bounds.most_vph)

    def _kept_vph(self, picture: Picture, name: str, share: _Share) -> float:
        """What keeps a queue from growing further."""
        return share.bounds.clip(SURE_RATIO * arrivals_vph(picture, self._entries[name]))

    def _remember(self, utc_s: float, ratios: Mapping[str, float | None]) -> None:
        """How full each room usually is, over some cycles: what the split goes by."""
        elapsed_s = 0.0 if self._seen_utc_s is None else min(max(0.0, utc_s - self._seen_utc_s), USUAL_S)
        self._seen_utc_s = utc_s
        for name, ratio in ratios.items():
            if ratio is not None:
                before = self._usual_ratio.get(name, ratio)
                self._usual_ratio[name] = before + elapsed_s / USUAL_S * (ratio - before)

    def _state(self, picture: Picture, gate: PerimeterGate, ratio: float | None, *, has_plan: bool) -> GateState:
        if ratio is None:
            self._open[gate.id].reset()
            self._full[gate.id].reset()
            return GateState.BLIND
        is_open = self._open[gate.id].update(picture.utc_s, ratio)
        is_full = self._full[gate.id].update(picture.utc_s, ratio)
        if not has_plan:
            return GateState.NO_PLAN
        requests = picture.junctions[gate.junction].requests
        if any(one.group in gate.groups and one.state in ALIVE for one in requests):
            return GateState.REQUEST
        if is_full:
            return GateState.FULL
        return GateState.QUEUE if is_open else GateState.METERING

    def _words(self, seen: AreaSight, air: AirState, *, known: bool) -> str:
        if not known:
            traffic = f"accumulation unknown: {seen.known_ratio:.0%} of the lanes are seen"
        else:
            mean = "" if self._mean_veh is None else f", mean {self._mean_veh:.0f}"
            traffic = f"{seen.vehicles:.0f} vehicles{mean}, target {self.area.target_veh:.0f}"
        return f"{traffic}; {air.why}" if air.why else traffic


_WORDS = {
    GateState.OFF: "not gated",
    GateState.METERING: "metered",
    GateState.QUEUE: "opens with its queue, which grows towards the junction upstream",
    GateState.FULL: "open, asks for green: its queue is near the junction upstream",
    GateState.REQUEST: "open: a priority request waits before it",
    GateState.BLIND: "open: its queue is not known",
    GateState.NO_PLAN: "open: no plan is due",
}

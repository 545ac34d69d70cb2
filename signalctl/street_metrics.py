"""Figures of the street and of who controls it: road users, priority requests, decisions, gating.

The attributes are plain prometheus-client objects, declared once with help text, unit and labels.
"""

from prometheus_client import CollectorRegistry

from signalctl.gating.report import GateState
from signalctl.metric_declarations import AREA, CORRIDOR, JUNCTION, DeclaredMetrics


class StreetMetrics(DeclaredMetrics):
    """What traffic does, and what is decided for it."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        super().__init__(registry)
        self._declare_traffic()
        self._declare_transit()
        self._declare_control()
        self._declare_gating()

    def _declare_traffic(self) -> None:
        self.person_delay = self._counter(
            "person_delay_seconds", "Person-seconds of delay, estimated from the picture.", (*JUNCTION, "mode")
        )
        self.persons = self._counter("persons", "Persons who crossed a stop line or kerb.", (*JUNCTION, "mode"))
        self.longest_wait = self._gauge(
            "longest_wait_seconds",
            "How long the one who waits longest has waited by now.",
            (*JUNCTION, "group", "mode"),
        )
        self.saturation = self._gauge(
            "saturation_ratio",
            "Degree of saturation: demand over the capacity that the last cycle gave; over 1 queues grow.",
            (*JUNCTION, "group"),
        )
        self.queue = self._gauge(
            "queue_vehicles", "Vehicles that stand or crawl before the stop line.", (*JUNCTION, "approach")
        )
        self.queue_deviation = self._gauge(
            "queue_deviation_vehicles",
            "Standard deviation of the queue: how well it is known.",
            (*JUNCTION, "approach"),
        )
        self.arrivals = self._counter(
            "arrivals", "Vehicles that arrived at the back of queue or stop line.", (*JUNCTION, "approach")
        )
        self.arrivals_on_green = self._counter(
            "arrivals_on_green",
            "Vehicles among the arrivals that arrived while their group was green.",
            (*JUNCTION, "approach"),
        )

    def _declare_transit(self) -> None:
        self.transit_requests = self._counter(
            "transit_requests", "Priority requests that ended, by how they ended.", (*JUNCTION, "mode", "outcome")
        )
        self.transit_reasons = self._counter(
            "transit_request_reasons",
            "Priority requests that were rejected or timed out, by reason.",
            (*JUNCTION, "mode", "reason"),
        )
        self.sirens_downgraded = self._counter(
            "sirens_downgraded",
            "Requests that ended and had sounded a siren by a way that may not: taken for plain ones.",
            JUNCTION,
        )
        self.transit_requests_open = self._gauge(
            "transit_requests_open", "Priority requests alive now.", (*JUNCTION, "mode")
        )
        self.debt_owed = self._gauge(
            "priority_debt_seconds", "Green seconds that priority took and that are still owed.", JUNCTION
        )
        self.debt_charged = self._counter(
            "priority_debt_charged_seconds", "Green seconds that groups lost to priority.", JUNCTION
        )
        self.debt_paid = self._counter(
            "priority_debt_paid_seconds", "Green seconds of them that groups got back.", JUNCTION
        )
        self.debt_written_off = self._counter(
            "priority_debt_written_off_seconds",
            "Green seconds of them that were not paid back: nobody waited any more, or two cycles had passed.",
            JUNCTION,
        )

        self.lateness_feed_up = self._gauge(
            "lateness_feed_up", "1 while the feed that says how late vehicles are answers, else 0.", CORRIDOR
        )
        self.lateness_trips = self._gauge("lateness_trips", "Trips whose lateness is known and fresh.", CORRIDOR)
        self.lateness_feed_errors = self._counter(
            "lateness_feed_errors", "Looks at the feed of lateness that failed.", CORRIDOR
        )

    def _declare_control(self) -> None:
        self.strategy = self._info("strategy", "The strategy in charge, in label `strategy`.", CORRIDOR, ("strategy",))
        self.plan = self._info(
            "plan", "The plan that the controller confirmed as active.", JUNCTION, ("plan", "sequence")
        )
        self.on_demand = self._gauge(
            "on_demand_stages",
            "Stages on demand that the active plan offers; 0 as well where the controller knows none.",
            JUNCTION,
        )
        self.stage = self._gauge(
            "stage", "Number of the stage that the controller shows, -1 during a transition.", JUNCTION
        )
        self.cycle = self._gauge("cycle_seconds", "Cycle of the active plan.", JUNCTION)
        self.decisions = self._counter(
            "decisions", "Stage decisions of the strategy by their main reason.", (*JUNCTION, "reason")
        )
        self.stage_requests = self._counter(
            "stage_requests", "Stage requests by action and by what became of them.", (*JUNCTION, "action", "result")
        )
        self.plan_pushes = self._counter(
            "plan_pushes", "Plans sent to a controller; `confirmed` means read back as active.", (*JUNCTION, "result")
        )
        self.refusals = self._counter(
            "refusals",
            "Decisions refused by the service's safety gate or by the controller.",
            (*JUNCTION, "origin", "code"),
        )
        self.safety_violations = self._counter(
            "safety_violations",
            "Breaches seen by the independent observer of displayed signals; any is a defect. Simulated streets only.",
            (*JUNCTION, "kind"),
        )

    def _declare_gating(self) -> None:
        self.gating_on = self._gauge(
            "gating_on", "1 while the area is gated, by cause: traffic, air.", (*AREA, "cause")
        )
        self.gating_known = self._gauge(
            "gating_known", "1 while enough of the area is seen to count its vehicles, else 0.", AREA
        )
        self.gating_accumulation = self._gauge(
            "gating_accumulation_vehicles", "Vehicles in the area; kept while they are not known.", AREA
        )
        self.gating_target = self._gauge("gating_target_vehicles", "Vehicles that the area holds at best.", AREA)
        self.gating_permitted = self._gauge(
            "gating_permitted_inflow", "Vehicles an hour that may enter the area, 0 without a bound.", AREA
        )
        self.gate_state = self._gauge(
            "gate_state",
            "What the gate does: " + ", ".join(f"{state} {state.name.lower()}" for state in GateState) + ".",
            (*JUNCTION, "area", "gate"),
        )
        self.gate_green = self._gauge(
            "gate_green_ratio",
            "Part of the time that the gate may be green, 1 without a bound.",
            (*JUNCTION, "area", "gate"),
        )
        self.gate_queue = self._gauge(
            "gate_queue_ratio",
            "Queue before the gate, of the room up to the junction upstream.",
            (*JUNCTION, "area", "gate"),
        )
        self.air_no2 = self._gauge("air_no2_ugm3", "NO2 that the area goes by, in micrograms per cubic metre.", AREA)
        self.air_heard = self._gauge("air_heard", "1 while a station of the area gives a usable NO2, else 0.", AREA)

"""Every figure that the service publishes, declared once with its help text, unit and labels.

The attributes of `Metrics` are plain prometheus-client objects: `metrics.ticks.labels(site, corridor).inc()`.
Those of the street stand in `signalctl.street_metrics`, those of the service here.
"""

from typing import Final

from prometheus_client import CollectorRegistry

from controllers.driver import ControllerMode, PushResult
from detectors.picture import Health
from detectors.topics import Kind
from plans.junction import GroupKind, Junction, Mode
from plans.sealed import RequestAction, RequestReason
from signalctl import __version__
from signalctl.metric_declarations import CORRIDOR, JUNCTION
from signalctl.street_metrics import StreetMetrics

TRANSIT_OUTCOMES: Final = ("completed", "timed_out", "rejected", "cancelled")
REQUEST_RESULTS: Final = ("accepted", "refused", "failed")
VIOLATION_KINDS: Final = ("conflicting_greens", "short_intergreens", "short_greens", "long_reds")
LOOP_STEPS: Final = ("read", "picture", "decide", "gate", "push", "verify", "record")

# A tick has one second; a decision for a junction takes well under a millisecond.
TICK_BUCKETS_S: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
# A round trip on loopback takes a millisecond, over a mobile link hundreds; the driver gives up after one second.
MODBUS_BUCKETS_S: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0)


class Metrics(StreetMetrics):
    """All metrics of one service process."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        super().__init__(registry)
        self._declare_loop()
        self._declare_controllers()
        self._declare_detectors()
        self._declare_service()

    def _declare_loop(self) -> None:
        self.ticks = self._counter("ticks", "Ticks of the control loop.", CORRIDOR)
        self.tick_duration = self._histogram(
            "tick_duration_seconds", "Time that one tick took.", CORRIDOR, TICK_BUCKETS_S
        )
        self.tick_lateness = self._histogram(
            "tick_lateness_seconds", "How long after its due time a tick began.", CORRIDOR, TICK_BUCKETS_S
        )
        self.step_duration = self._histogram(
            "step_duration_seconds",
            "Time that one step of the tick took: " + ", ".join(LOOP_STEPS) + ".",
            (*CORRIDOR, "step"),
            TICK_BUCKETS_S,
        )
        self.junction_failures = self._counter(
            "junction_failures",
            "Unexpected errors while a junction was handled, by step of the tick; what concerns all counts at each.",
            (*JUNCTION, "step"),
        )

    def _declare_controllers(self) -> None:
        self.controller_up = self._gauge("controller_up", "1 while the controller answers, else 0.", JUNCTION)
        self.controller_mode = self._gauge(
            "controller_mode",
            "Who decides at the controller: "
            + ", ".join(f"{mode} {mode.name.lower()}" for mode in ControllerMode)
            + ".",
            JUNCTION,
        )
        self.controller_epoch = self._gauge(
            "controller_epoch", "Epoch of the master that the controller obeys.", JUNCTION
        )
        self.lease_left = self._gauge(
            "lease_left_seconds", "Time until the controller falls back to its own plan.", JUNCTION
        )
        self.heartbeat_age = self._gauge(
            "heartbeat_age_seconds", "Time since the controller last echoed a heartbeat.", JUNCTION
        )
        self.clock_offset = self._gauge("controller_clock_offset_seconds", "Controller's clock minus ours.", JUNCTION)
        self.fallbacks = self._counter("fallbacks", "Times that the controller fell back to its own plan.", JUNCTION)
        self.modbus_request = self._histogram(
            "modbus_request_seconds",
            "Time from Modbus request to reply, one sample a tick.",
            JUNCTION,
            MODBUS_BUCKETS_S,
        )
        self.modbus_errors = self._counter("modbus_errors", "Modbus requests without a good reply.", JUNCTION)

    def _declare_detectors(self) -> None:
        self.detectors = self._gauge(
            "detectors", "Detectors by state of health: " + ", ".join(Health) + ".", (*JUNCTION, "health")
        )
        self.confidence = self._gauge(
            "detection_confidence_ratio",
            "How much stands behind what is known of the approach's worst seen lane: 1 full knowledge, 0 nothing.",
            (*JUNCTION, "approach"),
        )
        self.lanes_by_usual = self._gauge(
            "lanes_by_usual",
            "Lanes that nobody watches, whose demand is taken from what they usually carry at this time.",
            JUNCTION,
        )
        self.phantoms = self._gauge(
            "phantoms", "Vehicles that radars show and that are not there: signs, echoes, inventions.", JUNCTION
        )
        self.detector_healthy = self._gauge(
            "detector_healthy",
            "1 while the detector's values are used, 0 while they are replaced.",
            (*JUNCTION, "detector"),
        )
        self.messages = self._counter("messages", "Messages received, by kind of topic.", (*CORRIDOR, "kind"))
        self.messages_dropped = self._counter(
            "messages_dropped", "Good messages that were not used, by kind of topic.", (*CORRIDOR, "kind", "reason")
        )
        self.messages_invalid = self._counter(
            "messages_invalid",
            "Messages that do not follow their schema, by kind of topic.",
            (*CORRIDOR, "kind", "reason"),
        )
        self.broker_connected = self._gauge(
            "broker_connected", "1 while the message broker delivers, else 0.", CORRIDOR
        )
        self.broker_reconnects = self._counter(
            "broker_reconnects", "Times that the broker was lost and found again.", CORRIDOR
        )

    def _declare_service(self) -> None:
        self.journal_records = self._counter("journal_records", "Records written to the journal.", CORRIDOR)
        self.journal_dropped = self._counter(
            "journal_records_dropped", "Records that found the journal's queue full.", CORRIDOR
        )
        self.journal_errors = self._counter("journal_write_errors", "Failed writes to the journal.", CORRIDOR)
        self.journal_queue = self._gauge(
            "journal_queue_records", "Records that wait for the journal's writer.", CORRIDOR
        )
        self.recording_active = self._gauge(
            "recording_active", "1 while every second is recorded so that it can be replayed, else 0.", CORRIDOR
        )
        self.recording_octets = self._counter("recording_bytes", "Written to the recording of seconds.", CORRIDOR)
        self.recording_wall = self._counter(
            "recording_write_seconds", "Time that the recording's writer took, beside the loop.", CORRIDOR
        )
        self.recording_failures = self._counter(
            "recording_failures", "Times that the recording ended because it could not be written.", CORRIDOR
        )
        self.road_users = self._gauge(
            "simulated_road_users", "Road users on the simulated street.", (*CORRIDOR, "mode")
        )
        self.speed = self._gauge(
            "simulated_speed_ratio",
            "Simulated seconds per second of the wall clock; absent on a real street.",
            CORRIDOR,
        )
        self.build = self._info("build", "The version that runs.", (), ("version",))
        self.build.info({"version": __version__})

    def introduce(self, site: str, junction: Junction) -> None:
        """Publish a junction's event counters at zero, so that a first event shows as a rise.

        Refusals and reasons of requests are too many for that, and begin with their first.
        """
        at = (site, junction.corridor, junction.id)
        kinds = {group.kind for group in junction.groups.values()}
        modes = {mode for lane in junction.lanes.values() for mode in lane.modes}
        if GroupKind.PEDESTRIAN in kinds:
            modes.add(Mode.PEDESTRIAN)
        for mode in sorted(modes):
            self.person_delay.labels(*at, mode)
            self.persons.labels(*at, mode)
        for mode in sorted(modes & {Mode.BUS, Mode.TRAM, Mode.EMERGENCY}):
            self.transit_requests_open.labels(*at, mode)
            for outcome in TRANSIT_OUTCOMES:
                self.transit_requests.labels(*at, mode, outcome)
        self.sirens_downgraded.labels(*at)
        for approach in {lane.approach for lane in junction.lanes.values()}:
            self.arrivals.labels(*at, approach)
            self.arrivals_on_green.labels(*at, approach)
        for result in PushResult:
            self.plan_pushes.labels(*at, result)
        for action in RequestAction:
            for outcome in REQUEST_RESULTS:
                self.stage_requests.labels(*at, action.name.lower(), outcome)
        for reason in RequestReason:
            self.decisions.labels(*at, reason.name.lower())
        for step in LOOP_STEPS:
            self.junction_failures.labels(*at, step)
        self.fallbacks.labels(*at)
        self.modbus_errors.labels(*at)
        for topic in Kind:
            self.messages_invalid.labels(site, junction.corridor, topic, "schema")
        for counter in (
            self.journal_errors,
            self.journal_dropped,
            self.recording_failures,
            self.broker_reconnects,
        ):
            counter.labels(site, junction.corridor)

"""One small junction, and a service's metrics after a while of controlling it."""

from controllers.driver import ControllerMode, PushResult
from detectors.picture import Health
from plans.junction import Detector, DetectorKind, GroupKind, Junction, Lane, Movement, SignalGroup, Stage, Turn
from signalctl.metrics import Metrics

SITE, CORRIDOR, JUNCTION = "mainz", "rheinstrasse", "kaiserstrasse"

SAMPLE = Junction(
    id=JUNCTION,
    name="Kaiserstraße",
    corridor=CORRIDOR,
    groups={
        "K1": SignalGroup("K1", GroupKind.VEHICLE, 5),
        "F1": SignalGroup("F1", GroupKind.PEDESTRIAN, 5),
    },
    intergreens={("K1", "F1"): 5, ("F1", "K1"): 8},
    stages={"1": Stage("1", frozenset({"K1"})), "2": Stage("2", frozenset({"F1"}))},
    lanes={"north_0": Lane("north_0", "north", 120.0, 8.33)},
    movements=(Movement("m1", "north_0", "K1", Turn.STRAIGHT, "south_0"),),
    detectors={"D1": Detector("D1", DetectorKind.LOOP, "north_0")},
)


def fill(metrics: Metrics, rounds: int = 1) -> None:
    """Touch every metric `rounds` times, as a running service does."""
    at, corridor = (SITE, CORRIDOR, JUNCTION), (SITE, CORRIDOR)
    metrics.introduce(SITE, SAMPLE)
    metrics.safety_violations.labels(*at, "conflicting_greens")
    for _ in range(rounds):
        metrics.ticks.labels(*corridor).inc()
        metrics.tick_duration.labels(*corridor).observe(0.01)
        metrics.tick_lateness.labels(*corridor).observe(0.002)
        metrics.step_duration.labels(*corridor, "decide").observe(0.004)
        metrics.person_delay.labels(*at, "car").inc(3.0)
        metrics.refusals.labels(*at, "controller", "min_green").inc()
        metrics.persons.labels(*at, "car").inc()
        metrics.arrivals.labels(*at, "north").inc(2)
        metrics.arrivals_on_green.labels(*at, "north").inc()
        metrics.decisions.labels(*at, "traffic").inc()
        metrics.debt_charged.labels(*at).inc(5)
        metrics.debt_paid.labels(*at).inc(3)
        metrics.debt_written_off.labels(*at).inc()
        metrics.stage_requests.labels(*at, "hold", "accepted").inc()
        metrics.modbus_request.labels(*at).observe(0.003)
        metrics.modbus_errors.labels(*at).inc()
        metrics.messages.labels(*corridor, "loop").inc()
        metrics.messages_dropped.labels(*corridor, "loop", "superseded").inc()
        metrics.messages_invalid.labels(*corridor, "loop", "schema").inc()
        metrics.journal_records.labels(*corridor).inc()
        metrics.recording_octets.labels(*corridor).inc(400)
        metrics.recording_wall.labels(*corridor).inc(0.002)
    metrics.debt_owed.labels(*at).set(8)
    metrics.plan_pushes.labels(*at, PushResult.CONFIRMED).inc()
    metrics.transit_requests.labels(*at, "bus", "completed").inc()
    metrics.transit_reasons.labels(*at, "bus", "silent").inc()
    metrics.lateness_feed_up.labels(*corridor).set(1)
    metrics.lateness_trips.labels(*corridor).set(12)
    metrics.lateness_feed_errors.labels(*corridor).inc()
    metrics.gating_on.labels(*corridor, "old_town", "traffic").set(1)
    metrics.gating_known.labels(*corridor, "old_town").set(1)
    metrics.gating_accumulation.labels(*corridor, "old_town").set(52)
    metrics.gating_target.labels(*corridor, "old_town").set(45)
    metrics.gating_permitted.labels(*corridor, "old_town").set(1400)
    metrics.gate_state.labels(*at, "old_town", "west").set(1)
    metrics.gate_green.labels(*at, "old_town", "west").set(0.2)
    metrics.gate_queue.labels(*at, "old_town", "west").set(0.4)
    metrics.air_no2.labels(*corridor, "old_town").set(38)
    metrics.air_heard.labels(*corridor, "old_town").set(1)
    metrics.journal_errors.labels(*corridor)
    metrics.journal_dropped.labels(*corridor)
    metrics.recording_active.labels(*corridor).set(1)
    metrics.recording_failures.labels(*corridor)
    metrics.broker_reconnects.labels(*corridor)
    metrics.longest_wait.labels(*at, "F1", "pedestrian").set(20)
    metrics.saturation.labels(*at, "K1").set(0.7)
    metrics.queue.labels(*at, "north").set(4)
    metrics.queue_deviation.labels(*at, "north").set(1)
    metrics.confidence.labels(*at, "north").set(0.9)
    metrics.lanes_by_usual.labels(*at).set(1)
    metrics.phantoms.labels(*at).set(1)
    metrics.transit_requests_open.labels(*at, "bus").set(1)
    metrics.strategy.labels(*corridor).info({"strategy": "adaptive"})
    metrics.plan.labels(*at).info({"plan": "am", "sequence": "7"})
    metrics.on_demand.labels(*at).set(2)
    metrics.stage.labels(*at).set(1)
    metrics.cycle.labels(*at).set(80)
    metrics.controller_up.labels(*at).set(1)
    metrics.controller_mode.labels(*at).set(ControllerMode.CENTRAL_STAGE)
    metrics.controller_epoch.labels(*at).set(1)
    metrics.lease_left.labels(*at).set(28)
    metrics.heartbeat_age.labels(*at).set(2)
    metrics.clock_offset.labels(*at).set(0.02)
    for health in Health:
        metrics.detectors.labels(*at, health).set(health is Health.OK)
    metrics.detector_healthy.labels(*at, "D1").set(1)
    metrics.broker_connected.labels(*corridor).set(1)
    metrics.journal_queue.labels(*corridor).set(3)
    metrics.road_users.labels(*corridor, "car").set(80)
    metrics.speed.labels(*corridor).set(10)

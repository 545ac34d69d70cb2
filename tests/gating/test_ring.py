"""The ring with and without its gates: a short peak that is more than it can take, on the embedded engine."""

import pytest

from detectors.equipment import Detection
from plans.gating import AirTrigger
from signalctl.gating import GateState
from tests.gating.drive import Watch, drive
from tests.gating.ring import Ring, area, build

pytestmark = [pytest.mark.sumo, pytest.mark.slow, pytest.mark.timeout(400)]

PEAK_VPH, PEAK_S, END_S = 720, 420, 1500
TARGET_VEH = 55.0


@pytest.fixture(scope="module")
def ring(tmp_path_factory: pytest.TempPathFactory) -> Ring:
    """The town with its peak."""
    return build(tmp_path_factory.mktemp("ring"), peak_vph=PEAK_VPH, peak_s=PEAK_S, end_s=END_S)


@pytest.fixture(scope="module")
def free(ring: Ring) -> Watch:
    """Nobody is held back."""
    return drive(ring, None)


def is_safe(watch: Watch) -> bool:
    """Nothing was refused, failed or shown that must not be."""
    return not watch.failures and not watch.violations and not watch.refusals


def test_without_gates_the_ring_locks(free: Watch) -> None:
    """What the proof rests on: after the peak hardly anybody gets out of the ring any more."""
    assert max(free.inside) > 120
    assert free.inside[-1] > 120
    assert is_safe(free)


def test_gates_keep_the_ring_moving_and_their_queues_to_themselves(ring: Ring, free: Watch) -> None:
    """Person delay falls by half and more, everybody gets on, and nobody stands upstream of a gate's room."""
    gated = drive(ring, area(TARGET_VEH, ring, interval_s=80))
    assert is_safe(gated)
    assert gated.reasons["GATING"] > 100
    assert gated.figures["person_delay_s"] < 0.5 * free.figures["person_delay_s"]
    assert gated.figures["all"]["arrived"] > 1.2 * free.figures["all"]["arrived"]
    assert gated.inside[-1] < 60
    assert max(gated.upstream) == 0
    assert gated.seconds_in(GateState.METERING) > 200
    assert gated.seconds_in(GateState.BLIND) == 0


def test_radar_and_the_adaptive_strategy_meter_as_well(ring: Ring) -> None:
    """With bad air alone: the gates hold back, and nothing that they ask for is refused."""
    air = AirTrigger(("town",), on_after_s=30, inflow_ratio=0.3)
    protected = area(TARGET_VEH, ring, air=air)
    gated = drive(ring, protected, strategy="adaptive", detection=Detection.RADAR, end_s=240, no2_ugm3=150.0)
    assert is_safe(gated)
    assert not gated.reports[20].by_air
    assert gated.reports[60].by_air
    assert gated.reasons["GATING"] > 50

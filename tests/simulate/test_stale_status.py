"""A controller whose word is older than the gate believes gets nothing in a simulation either."""

from dataclasses import replace

import pytest

from controllers.driver import FieldStatus
from controllers.inprocess import InProcessDriver
from plans.site import StrategyName
from signalctl.simulation import run
from signalctl.simulation.spec import RunSpec

BEGIN_S = 24_840.0


class Late(InProcessDriver):
    """A driver in front of a controller whose clock is ten seconds behind the street's."""

    async def read_status(self) -> FieldStatus:
        status = await super().read_status()
        return replace(status, utc_s=status.utc_s - 10)


@pytest.mark.parametrize(("driver", "refused"), [(Late, {"gate: status_stale"}), (InProcessDriver, set())])
def test_the_street_s_own_second_is_the_gate_s_clock(
    monkeypatch: pytest.MonkeyPatch, driver: type[InProcessDriver], refused: set[str]
) -> None:
    """Every plan for a controller whose status is ten seconds old is refused; where it is fresh, none is."""
    monkeypatch.setattr(run, "InProcessDriver", driver)
    spec = RunSpec("rheinstrasse", period="am", strategy=StrategyName.FIXED, begin_s=BEGIN_S, end_s=BEGIN_S + 15.0)
    outcome = run.run_scenario(spec)
    assert set(outcome.refusals) == refused
    assert outcome.failures == ()

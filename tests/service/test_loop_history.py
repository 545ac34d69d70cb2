"""Usual traffic helps where nobody looks; when it fails, control goes on without it."""

from typing import cast

from plans.junction import Junction
from plans.timing import TimingPlan
from signalctl.strategies.traffic_history import TrafficHistory
from tests.service.loop_street import Street


class Broken:
    """A history that cannot say anything, nor learn."""

    def usual_vph(self, _utc_s: float) -> dict[str, dict[str, float]]:
        raise ValueError("no such slot")

    def observe(self, *_seen: object) -> None:
        raise ValueError("no such lane")


async def test_a_broken_history_does_not_stop_control(crossroads: Junction, plan: TimingPlan) -> None:
    """Every tick names the failure, and plans come to their controllers all the same."""
    street = Street(crossroads, plan)
    street.loop.history = cast(TrafficHistory, Broken())
    await street.run(150)
    assert all([one.step for one in tick.failures] == ["history", "history"] for tick in street.ticks)
    assert "J1" in street.ticks[-1].active_plans
    assert street.ticks[-1].picture.junctions

"""What the simulated street says of itself reaches the service's metrics."""

import json

from prometheus_client import CollectorRegistry

from signalctl.demo.figures import StreetFigures
from signalctl.metrics import Metrics
from tests.deploy.sample_junction import CORRIDOR, JUNCTION, SAMPLE, SITE

AT = {"site": SITE, "corridor": CORRIDOR, "junction": JUNCTION, "kind": "short_greens"}


def _message(violations: int, cars: int = 3) -> bytes:
    return json.dumps(
        {"road_users": {"car": cars}, "violations": {JUNCTION: {"short_greens": violations}}, "speed_ratio": 2.5}
    ).encode()


def test_violations_count_up_with_the_observers_total() -> None:
    """The counter shows the observer's total, however often it is told."""
    registry = CollectorRegistry()
    figures = StreetFigures(Metrics(registry), SITE, {JUNCTION: SAMPLE})
    assert registry.get_sample_value("signalctl_safety_violations_total", AT) == 0
    for total in (0, 1, 1, 4):
        figures.on_message(_message(total))
    assert registry.get_sample_value("signalctl_safety_violations_total", AT) == 4


def test_road_users_and_speed_are_the_newest() -> None:
    """Gauges follow the last message."""
    registry = CollectorRegistry()
    figures = StreetFigures(Metrics(registry), SITE, {JUNCTION: SAMPLE})
    figures.on_message(_message(0, cars=7))
    figures.on_message(_message(0, cars=5))
    corridor = {"site": SITE, "corridor": CORRIDOR}
    assert registry.get_sample_value("signalctl_simulated_road_users", {**corridor, "mode": "car"}) == 5
    assert registry.get_sample_value("signalctl_simulated_speed_ratio", corridor) == 2.5

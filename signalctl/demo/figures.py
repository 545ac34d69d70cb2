"""What only the simulated street knows, as metrics: road users, its speed, what the observer has seen."""

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

from plans.junction import Junction
from signalctl.metrics import VIOLATION_KINDS, Metrics
from sim.plant import RoadMode, RoadState


def figures_topic(site: str) -> str:
    """The street says once a second what `describe_street` gives."""
    return f"signalctl/v1/{site}/sim/figures"


def describe_street(
    state: RoadState, violations: Mapping[str, Mapping[str, int]], speed_ratio: float
) -> dict[str, Any]:
    """Road users by mode, the observers' totals by junction and kind, and simulated seconds per second."""
    users = Counter({mode.label: 0 for mode in RoadMode})
    users.update(RoadMode(int(mode)).label for mode in state.mode)
    users[RoadMode.PEDESTRIAN.label] += len(state.ped_id)
    return {"road_users": dict(users), "violations": violations, "speed_ratio": speed_ratio}


class StreetFigures:
    """The service's side: takes the street's figures and publishes them as metrics."""

    def __init__(self, metrics: Metrics, site: str, junctions: Mapping[str, Junction]) -> None:
        self._metrics = metrics
        self._labels = {name: (site, junction.corridor, name) for name, junction in junctions.items()}
        self._corridor = (site, min(junction.corridor for junction in junctions.values()))
        self._before: Counter[tuple[str, str]] = Counter()
        for labels in self._labels.values():
            for kind in VIOLATION_KINDS:
                metrics.safety_violations.labels(*labels, kind)

    def on_message(self, payload: bytes) -> None:
        """Take one message of the street; ignore what cannot be read. Users and speed go to the first corridor."""
        try:
            body = json.loads(payload)
            users, speed_ratio, violations = body["road_users"], body["speed_ratio"], body["violations"]
        except (ValueError, TypeError, KeyError):
            return
        for mode, count in users.items():
            self._metrics.road_users.labels(*self._corridor, mode).set(count)
        self._metrics.speed.labels(*self._corridor).set(speed_ratio)
        for junction, kinds in violations.items():
            for kind, total in kinds.items():
                grown = total - self._before[junction, kind]
                self._metrics.safety_violations.labels(*self._labels[junction], kind).inc(max(0, grown))
                self._before[junction, kind] = total

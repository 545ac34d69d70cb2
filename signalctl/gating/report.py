"""What gating knows and wants each second: for journal, metrics, page and sign."""

from dataclasses import dataclass
from enum import IntEnum


class GateState(IntEnum):
    """What a gate does; the values are those of the metric."""

    OFF = 0
    """Its area needs no gating."""
    METERING = 1
    QUEUE = 2
    """Opens with its own queue, which grows towards the junction upstream."""
    FULL = 3
    """Open and asking for green, because the queue is near the junction upstream."""
    REQUEST = 4
    """Open for a bus, a tram or an emergency vehicle among those whom it meters."""
    BLIND = 5
    """Open, because its own queue is not known."""
    NO_PLAN = 6
    """Open, because no plan is due that its share could be counted in."""


@dataclass(frozen=True, slots=True)
class GateReport:
    """One gate: what it may let in (None: no bound), as flow and as part of the time, and how full its room is."""

    gate: str
    junction: str
    state: GateState
    permitted_vph: float | None
    green_ratio: float | None
    queue_ratio: float | None
    why: str


@dataclass(frozen=True, slots=True)
class AreaReport:
    """One protected area. `accumulation_veh` is None while too little of it is seen; `no2_ugm3` without a station."""

    area: str
    by_traffic: bool
    by_air: bool
    accumulation_veh: float | None
    target_veh: float
    permitted_vph: float | None
    no2_ugm3: float | None
    gates: tuple[GateReport, ...]
    sign: str
    why: str

    @property
    def on(self) -> bool:
        """Whether anything is metered, or would be but for what opens a gate."""
        return self.by_traffic or self.by_air

"""What one simulation run is asked to be."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from detectors.equipment import Detection
from plans.policy import Policy
from plans.site import StrategyName
from signalctl.errors import UsageError
from sim.sumo_control import SumoControl

LONGEST_SEED_LIST = 1000

Control = StrategyName | SumoControl
"""Who switches the signals: a strategy of the service, or SUMO itself without it."""

CONTROLS: Final[tuple[str, ...]] = (*StrategyName, *SumoControl)


class PlantName(StrEnum):
    """What stands for the road."""

    EMBEDDED = "embedded"
    SUMO = "sumo"


@dataclass(frozen=True, slots=True)
class RunSpec:
    """One run; times are the scenario's own seconds, None means the scenario's own choice."""

    scenario: str
    period: str | None = None
    plant: PlantName = PlantName.EMBEDDED
    strategy: Control = StrategyName.ADAPTIVE
    detection: Detection = Detection.PERFECT
    seed: int = 1
    begin_s: float | None = None
    end_s: float | None = None
    teleport_s: float | None = None
    extra_stages: bool = True
    policy: Policy | None = None

    def __post_init__(self) -> None:
        """SUMO's controls run in SUMO only.

        Raises:
            UsageError: Another plant is asked for.
        """
        if isinstance(self.strategy, SumoControl) and self.plant is not PlantName.SUMO:
            raise UsageError(f"strategy {self.strategy}: expected --plant sumo, got {self.plant}")


def parse_control(text: str) -> Control:
    """The strategy, or SUMO's own control, of this name.

    Raises:
        UsageError: There is none.
    """
    for kind in (StrategyName, SumoControl):
        if text in set(kind):
            return kind(text)
    raise UsageError(f"strategy: expected one of {', '.join(CONTROLS)}, got {text!r}")


def parse_seeds(text: str) -> tuple[int, ...]:
    """Seeds from `3`, `1-5` or `1,4,7-9`, in the order given.

    Raises:
        UsageError: The text is none of these.
    """
    seeds: list[int] = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        try:
            low = int(first)
            high = int(last) if last else low
        except ValueError:
            raise UsageError(f"--seeds: expected numbers as in 1-5 or 1,3, got {text!r}") from None
        if not 0 <= low <= high or high - low >= LONGEST_SEED_LIST:
            raise UsageError(f"--seeds: expected at most {LONGEST_SEED_LIST} seeds from 0 upwards, got {text!r}")
        seeds += range(low, high + 1)
    if len(set(seeds)) != len(seeds):
        raise UsageError(f"--seeds: expected each seed once, got {text!r}")
    return tuple(seeds)

"""What one simulation run is asked to be."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from pathlib import Path
from typing import Final

from detectors.equipment import Detection
from plans.policy import Policy
from plans.site import Site, StrategyName
from signalctl.errors import UsageError
from signalctl.strategies.usual_traffic import UsualTraffic
from sim.sensors.faults import FaultSpec
from sim.sumo_control import SumoControl

LONGEST_SEED_LIST = 1000

Control = StrategyName | SumoControl
"""Who switches the signals: a strategy of the service, or SUMO itself without it."""

CONTROLS: Final[tuple[str, ...]] = (*StrategyName, *SumoControl)


class PlantName(StrEnum):
    """What stands for the road."""

    EMBEDDED = "embedded"
    SUMO = "sumo"


WELL = FaultSpec()


@dataclass(frozen=True, slots=True)
class Outputs:
    """Files that a run writes while it goes on."""

    detectors: Path | None = None
    queues: Path | None = None
    signals: Path | None = None
    trajectories: Path | None = None

    def files(self) -> dict[str, Path]:
        """Those that are asked for, by their name here."""
        named = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: path for name, path in named.items() if path is not None}

    def written(self) -> dict[Path, int]:
        """When each of them that is there was last written, in nanoseconds; files only and no devices."""
        return {path: path.stat().st_mtime_ns for path in self.files().values() if path.is_file()}

    def remove_since(self, before: Mapping[Path, int]) -> None:
        """Take away what was written since `before`; what an earlier run has left untouched stays."""
        for path, at_ns in self.written().items():
            if before.get(path) != at_ns:
                path.unlink()

    def of_seed(self, seed: int) -> "Outputs":
        """The same with a file of its own for this seed."""
        return Outputs(**{name: path_of_seed(path, seed) for name, path in self.files().items()})


NO_OUTPUTS = Outputs()


def path_of_seed(path: Path, seed: int) -> Path:
    """`name.4.xml` for `name.xml` and seed 4."""
    return path.with_name(f"{path.stem}.{seed}{path.suffix}")


@dataclass(frozen=True, slots=True)
class RunSpec:
    """One run; times are the scenario's own seconds, None means the scenario's own choice.

    `usual` is what earlier runs have taught of its traffic, `site` another one than the scenario's own.
    """

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
    faults: FaultSpec = WELL
    journal: Path | None = None
    outputs: Outputs = NO_OUTPUTS
    usual: UsualTraffic | None = None
    site: Site | None = None


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


def parse_part(text: str) -> float:
    """The part of a whole from `20%`.

    Raises:
        UsageError: The text is no percentage from 0 to 100.
    """
    number = text.removesuffix("%")
    try:
        part = float(number) / 100.0
    except ValueError:
        part = math.nan
    if number == text or not 0.0 <= part <= 1.0:
        raise UsageError(f"--fail-detectors: expected a part as in 20%, got {text!r}")
    return part

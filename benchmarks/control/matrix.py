"""Which runs make up the matrix: scenarios by name or path, and what each is run with."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from detectors.equipment import Detection
from plans.policy import Policy
from plans.site import StrategyName
from signalctl.errors import UsageError
from signalctl.scenarios import find_config
from signalctl.simulation.road import NEVER
from signalctl.simulation.spec import Control, PlantName, RunSpec
from sim.sumo_control import SumoControl
from sim.sumo_files.config import read_config

ALL_CONTROLS: tuple[Control, ...] = (*SumoControl, *StrategyName)
BLIND = frozenset({*SumoControl, StrategyName.FIXED})
"""Controls for which it makes no difference how much detectors see."""

NO_DETECTION = "none"


@dataclass(frozen=True, slots=True)
class Street:
    """A scenario of the matrix: the name that tables show, where it is, and how long it runs."""

    label: str
    config: Path
    name: str
    period: str | None = None
    begin_s: float | None = None
    end_s: float | None = None
    teleport_s: float = NEVER


@dataclass(frozen=True, slots=True)
class Job:
    """One run of the matrix."""

    street: Street
    control: Control
    detection: str
    seed: int
    spec: RunSpec

    @property
    def cell(self) -> tuple[str, str, str]:
        """Scenario, strategy and detection: what its seeds have in common."""
        return self.street.label, self.control.value, self.detection

    def __str__(self) -> str:
        """Its name in a line of text."""
        seen = "" if self.detection == NO_DETECTION else f" {self.detection}"
        return f"{self.street.label} {self.control.value}{seen} seed {self.seed}"


def parse_street(text: str, duration_s: float | None = None) -> Street:
    """The scenario that `text` means: a path, a shipped name with or without `:period`, each with or without `LABEL=`.

    Args:
        text: As given on the command line.
        duration_s: Run only so many seconds of it.

    Raises:
        UsageError: There is no such scenario.
    """
    label, name = "", text
    if "=" in text and not Path(text).exists():
        label, _, name = text.partition("=")
    period: str | None = None
    where = name
    if not Path(name).exists() and ":" in name:
        where, _, period = name.rpartition(":")
    config = find_config(where, period)
    if not label:
        label = config.name.removesuffix(".sumocfg") if Path(where).exists() else name
    if duration_s is None:
        return Street(label, config, where, period)
    begin_s = read_config(config).seconds("begin", 0.0)
    return Street(label, config, where, period, begin_s, begin_s + duration_s)


def parse_teleports(texts: Sequence[str], labels: Sequence[str]) -> dict[str, float]:
    """Seconds after which a stuck vehicle is lifted away, by scenario, from `LABEL=SECONDS`.

    Raises:
        UsageError: The text is not that, or names a scenario that is not among `labels`.
    """
    found: dict[str, float] = {}
    for text in texts:
        label, _, number = text.rpartition("=")
        try:
            seconds = float(number)
        except ValueError:
            seconds = 0.0
        if seconds <= 0:
            raise UsageError(f"--teleport: expected SCENARIO=SECONDS as in cologne3=120, got {text!r}")
        if label not in labels:
            raise UsageError(f"--teleport: expected one of {', '.join(labels)} before '=', got {label!r}")
        found[label] = seconds
    return found


def make_jobs(
    streets: Sequence[Street],
    controls: Sequence[Control],
    detections: Sequence[Detection],
    seeds: Sequence[int],
    *,
    extra_stages: bool = True,
    policy: Policy | None = None,
) -> list[Job]:
    """All runs, seed by seed, so that an interrupted matrix has something of every cell.

    What does not look at detectors runs once per seed, whatever the detection.

    Raises:
        UsageError: Two scenarios have the same name.
    """
    labels = [street.label for street in streets]
    if len(set(labels)) != len(labels):
        raise UsageError(f"--scenario: expected different names (LABEL=PATH gives one), got {', '.join(labels)}")
    jobs = []
    for seed in seeds:
        for street in streets:
            for control in controls:
                for detection in detections[:1] if control in BLIND else detections:
                    spec = RunSpec(
                        scenario=street.name,
                        period=street.period,
                        plant=PlantName.SUMO,
                        strategy=control,
                        detection=detection,
                        seed=seed,
                        begin_s=street.begin_s,
                        end_s=street.end_s,
                        teleport_s=street.teleport_s,
                        extra_stages=extra_stages,
                        policy=policy,
                    )
                    seen = NO_DETECTION if control in BLIND else detection.value
                    jobs.append(Job(street, control, seen, seed, spec))
    return jobs

"""What a machine needs and has for each part of the product."""

import importlib.metadata
import importlib.util
import shutil
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

PACKAGES = ("signalctl", "controllers", "detectors", "plans", "sim")
MAX_CLOCK_STEP_S = 0.5


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing that was looked at. `cost` says what its absence means."""

    name: str
    ok: bool
    needed: bool
    detail: str
    cost: str = ""

    def as_data(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return asdict(self)


def examine() -> list[Condition]:
    """All conditions, the necessary ones first."""
    return [*_python(), *_own_packages(), *_libraries(), *_programs(), *_clock()]


def _python() -> Iterator[Condition]:
    version = ".".join(map(str, sys.version_info[:3]))
    yield Condition("Python", sys.version_info >= (3, 11), True, version, "3.11 or newer is needed")


def _own_packages() -> Iterator[Condition]:
    """Our rooms have plain names; another distribution that owns one of them would be imported instead."""
    owners = importlib.metadata.packages_distributions()
    for name in PACKAGES:
        others = sorted(set(owners.get(name, [])) - {"signalctl"})
        spec = importlib.util.find_spec(name)
        place = str(Path(spec.origin).parent) if spec is not None and spec.origin else "not found"
        yield Condition(
            f"package {name}",
            spec is not None and not others,
            True,
            place if not others else f"also owned by {', '.join(others)}",
            "install signalctl in an environment of its own",
        )


def _libraries() -> Iterator[Condition]:
    for module, what in (
        ("numba", "compiled control and simulation"),
        ("pymodbus", "field controllers"),
        ("aiomqtt", "detectors"),
    ):
        yield _library(module, True, f"{what} do not work")
    yield _library("libsumo", False, "`--plant sumo` is not available; install the extra signalctl[sumo]")
    yield _library("distributed", False, "`simulate --dask` is not available; install the extra signalctl[dask]")


def _library(module: str, needed: bool, cost: str) -> Condition:
    present = importlib.util.find_spec(module) is not None
    version = "not installed"
    if present:
        try:
            version = importlib.metadata.version(module)
        except importlib.metadata.PackageNotFoundError:
            version = "installed"
    return Condition(f"library {module}", present, needed, version, cost)


def _programs() -> Iterator[Condition]:
    from signalctl.demo.broker import find_mosquitto

    place = find_mosquitto()
    yield Condition(
        "program mosquitto", place is not None, False, place or "not found", "the demo uses an embedded broker instead"
    )
    for program, cost in (
        ("mbpoll", "tests against an independent Modbus client are skipped"),
        ("promtool", "alert rules and metrics cannot be checked here"),
        ("chromium", "browser tests are skipped"),
    ):
        found = shutil.which(program)
        yield Condition(f"program {program}", found is not None, False, found or "not found", cost)


def _clock() -> Iterator[Condition]:
    """Offsets need a clock that runs evenly; a long pause or step shows as a difference of the two clocks."""
    wall, steady = time.time(), time.monotonic()
    time.sleep(0.05)
    step = abs((time.time() - wall) - (time.monotonic() - steady))
    yield Condition(
        "clock", step < MAX_CLOCK_STEP_S, True, f"runs evenly within {step * 1000:.1f} ms", "synchronise it (NTP)"
    )

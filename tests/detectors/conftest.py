"""A small junction that all detector tests look at."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from plans.junction import (
    Feeder,
    GroupKind,
    Junction,
    Lane,
    Mode,
    Movement,
    SignalGroup,
    Stage,
    Turn,
)
from tests.ports import own_port


@pytest.fixture
def junction() -> Junction:
    """North: a left pocket and a through lane behind one long lane; east: one lane with two ways; a crossing."""
    groups = {
        "K1": SignalGroup("K1", GroupKind.VEHICLE, 5, links=(0, 1)),
        "K2": SignalGroup("K2", GroupKind.VEHICLE, 5, links=(2, 3)),
        "F1": SignalGroup("F1", GroupKind.PEDESTRIAN, 5, links=(4,)),
    }
    lanes = {
        "n_0": Lane("n_0", "n", 60.0, 13.9, feeders=(Feeder("north_0", 60.0, 200.0, 0.75),)),
        "n_1": Lane("n_1", "n", 60.0, 13.9, feeders=(Feeder("north_0", 60.0, 200.0, 0.25),)),
        "e_0": Lane("e_0", "e", 300.0, 13.9, modes=frozenset({Mode.CAR, Mode.BUS, Mode.BICYCLE})),
    }
    movements = (
        Movement("n-s", "n_0", "K1", Turn.STRAIGHT, "s_0", link=0),
        Movement("n-e", "n_1", "K1", Turn.LEFT, "x_0", link=1),
        Movement("e-w", "e_0", "K2", Turn.STRAIGHT, "w_0", link=2),
        Movement("e-s", "e_0", "K2", Turn.LEFT, "s_0", link=3),
    )
    return Junction(
        id="J1",
        name="J1",
        groups=groups,
        intergreens={("K1", "K2"): 5, ("K2", "K1"): 5},
        stages={"1": Stage("1", frozenset({"K1"})), "2": Stage("2", frozenset({"K2"}))},
        lanes=lanes,
        movements=movements,
    )


@pytest.fixture
def mosquitto_port(require_program: Callable[[str], str], tmp_path: Path) -> Iterator[int]:
    """A Mosquitto that lets everybody do everything, on a port of its own."""
    port = own_port()
    configuration = tmp_path / "mosquitto.conf"
    configuration.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\npersistence false\nuser root\n")
    process = subprocess.Popen(
        [require_program("mosquitto"), "-c", str(configuration)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    yield port
    process.kill()
    process.wait()

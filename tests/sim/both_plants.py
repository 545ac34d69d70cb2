"""One scenario on the engine and on SUMO, in the same test run."""

from collections.abc import Callable
from pathlib import Path

import pytest

from sim.engine import EmbeddedPlant
from sim.plant import Plant
from sim.scenario import load_scenario


def embedded(config: Path, seed: int) -> Plant:
    """The engine; nobody is lifted away."""
    return EmbeddedPlant(load_scenario(config), seed=seed, time_to_teleport=-1)


def sumo(config: Path, seed: int) -> Plant:
    """SUMO through libsumo; skips by name where it is not installed."""
    pytest.importorskip("libsumo", reason="needs SUMO (extra `sumo`)")
    from sim.sumo_plant import SumoPlant

    return SumoPlant(config, seed=seed)


Maker = Callable[[Path, int], Plant]

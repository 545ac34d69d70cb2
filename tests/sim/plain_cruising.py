"""Run a scenario uncompiled, as `python plain_cruising.py CONFIG 0|1`: delays, and how often somebody cruised.

With 0 everybody looks beyond its lane in every step.
"""

import sys
from pathlib import Path
from typing import Any

from sim.engine import EmbeddedPlant, planning
from sim.scenario import load_scenario


def main(config: Path, allowed: bool) -> None:
    """Print one line."""
    cruised = 0
    may_cruise = planning.cruises

    def counted(*arguments: Any) -> bool:
        nonlocal cruised
        answer = allowed and may_cruise(*arguments)
        cruised += answer
        return answer

    planning.cruises = counted
    plant = EmbeddedPlant(load_scenario(config), seed=3, time_to_teleport=-1)
    while not plant.finished:
        plant.step({})
    delays = [repr(trip.delay_s) for trip in plant.trips()]
    print(cruised, *delays)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2] == "1")

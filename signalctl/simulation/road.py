"""What stands for the road in a run: the embedded engine or SUMO, with SUMO's own control where that is asked for."""

import tempfile
from pathlib import Path

from plans.site import Site
from signalctl.scenarios import OpenScenario
from signalctl.simulation.spec import PlantName, RunSpec
from sim.plant import Plant
from sim.sumo_control import SumoControl, write_control

NEVER = -1.0


def make_plant(opened: OpenScenario, spec: RunSpec, site: Site) -> Plant:
    """The road that the run asks for; nobody is lifted away unless it says so."""
    teleport_s = NEVER if spec.teleport_s is None else spec.teleport_s
    if spec.plant is PlantName.SUMO:
        from sim.sumo_plant import SumoPlant

        with tempfile.TemporaryDirectory(prefix="signalctl-control-") as folder:
            additional = []
            if isinstance(spec.strategy, SumoControl) and spec.strategy is not SumoControl.SHIPPED:
                additional = [Path(folder) / "control.add.xml"]
                write_control(opened.scenario.network, site.junctions.values(), spec.strategy, additional[0])
            return SumoPlant(
                opened.config,
                seed=spec.seed,
                begin=spec.begin_s,
                end=spec.end_s,
                time_to_teleport=teleport_s,
                additional=additional,
            )
    from sim.engine import EmbeddedPlant

    return EmbeddedPlant(
        opened.scenario, seed=spec.seed, begin=spec.begin_s, end=spec.end_s, time_to_teleport=teleport_s
    )

"""What stands for the road in a run: the embedded engine or SUMO, with SUMO's ways to control where asked for."""

import tempfile
from dataclasses import replace
from pathlib import Path

from plans.site import Site
from signalctl.errors import UsageError
from signalctl.scenarios import OpenScenario
from signalctl.simulation.spec import PlantName, RunSpec
from signalctl.simulation.watchers import make_watchers
from sim.outputs.watching import WatchedPlant
from sim.plant import Plant
from sim.sumo_control import SumoControl, with_control, write_control

NEVER = -1.0


def make_plant(opened: OpenScenario, spec: RunSpec, site: Site) -> Plant:
    """The road that the run asks for, with those who write about it.

    Raises:
        UsageError: A file is asked for that this scenario or this plant cannot give.
    """
    if spec.outputs.detectors is not None and not opened.scenario.detectors:
        raise UsageError(f"--detectors: expected detectors in additional files of {opened.config}, got none")
    plant = _bare_plant(opened, spec, site)
    try:
        watchers = make_watchers(plant, opened.scenario, spec)
    except BaseException:
        plant.close()
        raise
    return WatchedPlant(plant, watchers) if watchers else plant


def _bare_plant(opened: OpenScenario, spec: RunSpec, site: Site) -> Plant:
    """The road itself; nobody is lifted away unless the run says so."""
    teleport_s = NEVER if spec.teleport_s is None else spec.teleport_s
    if spec.plant is PlantName.SUMO:
        from sim.sumo_outputs import SumoOutputs
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
                outputs=SumoOutputs(
                    spec.outputs.detectors,
                    spec.outputs.queues,
                    spec.outputs.signals,
                    tuple(opened.scenario.network.programs),
                ),
            )
    from sim.engine import EmbeddedPlant

    scenario = opened.scenario
    if isinstance(spec.strategy, SumoControl):
        scenario = replace(scenario, network=with_control(scenario.network, site.junctions.values(), spec.strategy))
    return EmbeddedPlant(scenario, seed=spec.seed, begin=spec.begin_s, end=spec.end_s, time_to_teleport=teleport_s)

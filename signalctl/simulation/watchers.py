"""Who writes about a run: what SUMO does not write by itself, and what is ours on either plant."""

from collections.abc import Iterator

import numpy as np

from signalctl.errors import UsageError
from signalctl.simulation.spec import PlantName, RunSpec
from sim.outputs.watching import Watcher
from sim.plant import Plant
from sim.scenario import Scenario


def make_watchers(plant: Plant, scenario: Scenario, spec: RunSpec) -> list[Watcher]:
    """One per file that the run asks for.

    Raises:
        UsageError: The plant cannot tell what a file needs.
        sim.sumo_files.SumoFileError: A detector is described wrongly, or is of a kind that the engine has not.
    """
    return list(_watchers(plant, scenario, spec))


def _watchers(plant: Plant, scenario: Scenario, spec: RunSpec) -> Iterator[Watcher]:
    outputs, network = spec.outputs, scenario.network
    if outputs.trajectories is not None:
        from sim.outputs.trajectories import TrajectoryWriter

        yield TrajectoryWriter(outputs.trajectories, plant)
    if spec.plant is PlantName.SUMO:
        return
    if outputs.detectors is not None:
        from sim.outputs.detectors import DetectorWriter

        yield DetectorWriter(outputs.detectors, scenario.detectors, network, plant.lane_ids, plant.begin_s)
    if outputs.queues is None and outputs.signals is None:
        return
    from sim.engine import EmbeddedPlant

    if not isinstance(plant, EmbeddedPlant):
        raise UsageError(f"--queues, --signals: expected the embedded engine or SUMO, got {type(plant).__name__}")
    if outputs.queues is not None:
        from sim.outputs.queues import QueueWriter

        lengths_m = np.array([network.lanes[lane].length_m for lane in plant.lane_ids])
        yield QueueWriter(outputs.queues, plant.lane_ids, lengths_m, plant.waiting_s)
    if outputs.signals is not None:
        from sim.outputs.signal_states import SignalStateWriter

        yield SignalStateWriter(outputs.signals, plant.tls_ids, plant.displayed, plant.programme)

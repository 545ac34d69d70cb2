"""A scenario: network, demand and the options that change how it runs."""

from dataclasses import dataclass, replace
from pathlib import Path

from sim.demand import Demand
from sim.network import Network, TrafficLightLogic, load_network
from sim.sumo_files.additional import read_additional
from sim.sumo_files.config import read_config
from sim.sumo_files.routes import DemandReader
from sim.sumo_files.waut import read_schedules
from sim.sumo_files.xml import Element

NO_END_S = -1.0


@dataclass(frozen=True)
class Scenario:
    """What a `.sumocfg` describes. Times in the scenario's own seconds; -1 switches a teleport off."""

    name: str
    path: Path
    network: Network
    demand: Demand
    begin_s: float = 0.0
    end_s: float = NO_END_S  # -1: until nobody is left
    step_s: float = 1.0
    time_to_teleport_s: float = 300.0
    time_to_teleport_bidi_s: float = -1.0
    time_to_impatience_s: float = 180.0
    max_depart_delay_s: float = -1.0
    ignore_junction_blocker_s: float = -1.0
    scale: float = 1.0
    detectors: tuple[Element, ...] = ()  # of additional files


def load_scenario(path: Path | str) -> Scenario:
    """Read a `.sumocfg`, or the folder that holds exactly one, with all files that it names.

    Raises:
        sim.sumo_files.SumoFileError: Named by file, line and element; also for whatever is not simulated here.
    """
    config = read_config(Path(path))
    network = load_network(config.net_file)
    deviation = config.number("default.speeddev", -1.0)
    added = [read_additional(file, network) for file in config.additional_files]
    places = {place.id: place for file in added for place in file.places}
    network = _with_programs(network, [program for file in added for program in file.programs])
    schedules = read_schedules([element for file in added for element in file.schedules], network.programs)
    network = replace(network, schedules=schedules)
    reader = DemandReader(
        network,
        places,
        deviation if deviation >= 0 else None,
        config.text("default.departlane", "best_prob"),
        config.text("default.departspeed", "avg"),
    )
    reader.read([element for file in added for element in file.demand])
    for file in config.route_files:
        reader.read_file(file)
    return Scenario(
        name=config.path.name.split(".")[0],
        path=config.path,
        network=network,
        demand=reader.demand(),
        begin_s=config.seconds("begin", 0.0),
        end_s=config.seconds("end", NO_END_S),
        step_s=config.seconds("step-length", 1.0),
        time_to_teleport_s=config.seconds("time-to-teleport", 300.0),
        time_to_teleport_bidi_s=config.seconds("time-to-teleport.bidi", -1.0),
        time_to_impatience_s=config.seconds("time-to-impatience", 180.0),
        max_depart_delay_s=config.seconds("max-depart-delay", -1.0),
        ignore_junction_blocker_s=config.seconds("ignore-junction-blocker", -1.0),
        scale=config.number("scale", 1.0),
        detectors=tuple(element for file in added for element in file.detectors),
    )


def _with_programs(network: Network, added: list[tuple[Element, TrafficLightLogic]]) -> Network:
    """Programmes of additional files come last, which makes them the ones that run."""
    programs = dict(network.programs)
    for element, program in added:
        if any(known.program_id == program.program_id for known in programs[program.id]):
            element.fail(f"programID: expected a new one for this signal, got {program.program_id!r} again")
        programs[program.id] = (*programs[program.id], program)
    return replace(network, programs=programs)

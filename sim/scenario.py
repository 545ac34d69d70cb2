"""A scenario: network, demand and the options that change how it runs."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from sim.demand import Demand
from sim.network import Network, load_network
from sim.road_graph import RoutingRules
from sim.signal_programme import TrafficLightLogic
from sim.sumo_files.additional import Additional, read_additional, read_signals
from sim.sumo_files.config import SumoConfig, read_config, refuse_what_is_not_simulated
from sim.sumo_files.routes import DemandReader
from sim.sumo_files.waut import read_schedules
from sim.sumo_files.xml import Element

NO_END_S = -1.0
PROGRAMME_OPTIONS = (
    ("actuated", "jam-threshold", "tls.actuated.jam-threshold"),
    ("actuated", "detector-length", "tls.actuated.detector-length"),
    ("delay_based", "detectorRange", "tls.delay_based.detector-range"),
)
"""Type of programme, parameter, and the option that gives its default."""


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
    routing: RoutingRules = field(default_factory=RoutingRules)
    detectors: tuple[Element, ...] = ()  # of additional files


def load_street(path: Path | str) -> Scenario:
    """The network of a `.sumocfg` with its signals and detectors, without demand: the rest is read by who simulates it.

    SUMO as a plant reads its files itself, and knows much that the embedded engine refuses.

    Raises:
        sim.sumo_files.SumoFileError: Configuration, network or signal programmes are malformed.
    """
    config = read_config(Path(path))
    network = load_network(config.net_file, all_programmes=False)
    added = [read_signals(file, network) for file in config.additional_files]
    return _scenario(config, _with_signals(network, added, config), Demand(), added)


def load_scenario(path: Path | str) -> Scenario:
    """Read a `.sumocfg`, or the folder that holds exactly one, with all files that it names.

    Raises:
        sim.sumo_files.SumoFileError: Named by file, line and element; also for whatever is not simulated here.
    """
    config = read_config(Path(path))
    refuse_what_is_not_simulated(config)
    network = load_network(config.net_file)
    deviation = config.number("default.speeddev", -1.0)
    added = [read_additional(file, network) for file in config.additional_files]
    places = {place.id: place for file in added for place in file.places}
    network = _with_signals(network, added, config)
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
    return _scenario(config, network, reader.demand(), added)


def _scenario(config: SumoConfig, network: Network, demand: Demand, added: Sequence[Additional]) -> Scenario:
    return Scenario(
        name=config.path.name.split(".")[0],
        path=config.path,
        network=network,
        demand=demand,
        begin_s=config.seconds("begin", 0.0),
        end_s=config.seconds("end", NO_END_S),
        step_s=config.seconds("step-length", 1.0),
        time_to_teleport_s=config.seconds("time-to-teleport", 300.0),
        time_to_teleport_bidi_s=config.seconds("time-to-teleport.bidi", -1.0),
        time_to_impatience_s=config.seconds("time-to-impatience", 180.0),
        max_depart_delay_s=config.seconds("max-depart-delay", -1.0),
        ignore_junction_blocker_s=config.seconds("ignore-junction-blocker", -1.0),
        scale=config.number("scale", 1.0),
        routing=_routing(config),
        detectors=tuple(element for file in added for element in file.detectors),
    )


def _routing(config: SumoConfig) -> RoutingRules:
    """How trips find their way.

    Raises:
        SumoFileError: Speeds shall be smoothed over no steps.
    """
    usual = RoutingRules()
    device = "device.rerouting."
    steps = f"{device}adaptation-steps"
    rules = RoutingRules(
        minor_penalty_s=config.number("weights.minor-penalty", usual.minor_penalty_s),
        turnaround_penalty_s=config.number("weights.turnaround-penalty", usual.turnaround_penalty_s),
        adaptation_interval_s=config.seconds(f"{device}adaptation-interval", usual.adaptation_interval_s),
        adaptation_steps=int(config.number(steps, usual.adaptation_steps)),
        pre_period_s=config.seconds(f"{device}pre-period", usual.pre_period_s),
    )
    if rules.adaptation_steps < 1:
        config.options[steps].fail(f"value: expected a number above 0, got {rules.adaptation_steps}")
    return rules


def _with_signals(network: Network, added: Sequence[Additional], config: SumoConfig) -> Network:
    """The network with the programmes of additional files and when they run, and what options say of all programmes."""
    network = _with_programs(network, [program for file in added for program in file.programs])
    programs = {
        name: tuple(_with_defaults(program, config) for program in listed) for name, listed in network.programs.items()
    }
    network = replace(network, programs=programs)
    schedules = read_schedules([element for file in added for element in file.schedules], network.programs)
    return replace(network, schedules=schedules)


def _with_defaults(program: TrafficLightLogic, config: SumoConfig) -> TrafficLightLogic:
    """The programme with the parameters that options of the configuration give to all of its type."""
    given = {
        parameter: config.text(option, "")
        for kind, parameter, option in PROGRAMME_OPTIONS
        if kind == program.type and option in config.options
    }
    return replace(program, parameters={**given, **program.parameters}) if given else program


def _with_programs(network: Network, added: list[tuple[Element, TrafficLightLogic]]) -> Network:
    """Programmes of additional files come last, which makes them the ones that run."""
    programs = dict(network.programs)
    for element, program in added:
        if any(known.program_id == program.program_id for known in programs[program.id]):
            element.fail(f"programID: expected a new one for this signal, got {program.program_id!r} again")
        programs[program.id] = (*programs[program.id], program)
    return replace(network, programs=programs)

"""What a run does not simulate as the scenario's files say it, and what it does instead."""

from signalctl.simulation.spec import RunSpec
from sim.network import Network
from sim.sumo_control import SumoControl


def stand_ins(network: Network, spec: RunSpec) -> tuple[str, ...]:
    """Signals whose programmes react to traffic in the files, by file, line and name: here their phases are fixed.

    That concerns what they show while nobody controls them, and plans that are derived from them; SUMO's own controls
    run them as they are.
    """
    if isinstance(spec.strategy, SumoControl):
        return ()
    return tuple(
        f"{logic.place}: signal {name!r}: expected a static programme, got {logic.type}: "
        "its phases are taken as fixed, with their durations"
        for name in network.programs
        for _, logic in network.timetable(name)
        if logic.type != "static"
    )

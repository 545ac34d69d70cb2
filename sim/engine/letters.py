"""SUMO's letters of links and signals, as the codes of their characters."""

from sim.engine.jit import inlined


@inlined
def has_priority(state: int) -> bool:
    """Capital letters have priority."""
    return 65 <= state <= 90


@inlined
def is_red(state: int) -> bool:
    """Red or red-amber."""
    return state == 114 or state == 117


@inlined
def is_yellow(state: int) -> bool:
    """Amber, for major or minor links."""
    return state == 121 or state == 89


@inlined
def is_green(state: int) -> bool:
    """Green, with priority or without."""
    return state == 71 or state == 103

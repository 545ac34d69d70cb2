"""What elements of additional files say alike of detectors: lanes, positions, thresholds of halts, intervals."""

from sim.network import Lane, Network
from sim.sumo_files.xml import Element

HALT_S, HALT_MPS = 1.0, 5.0 / 3.6
"""SUMO's defaults: who is slower than this for so long has halted."""
NOT_MEASURED = ("vTypes", "detectPersons", "nextEdges")


def refuse_some_users_only(element: Element, what: str) -> None:
    """Refuse detectors that look at some road users only; `what` they are called.

    Raises:
        sim.sumo_files.SumoFileError: It is one.
    """
    for name in NOT_MEASURED:
        if element.has(name):
            element.fail(f"{name}: {what} that look at some road users only are not measured here")


def read_position(element: Element, network: Network) -> tuple[Lane, float]:
    """The lane that an element names, and `pos` on it in metres from its start; a negative one counts from its end.

    Raises:
        sim.sumo_files.SumoFileError: Lane or position does not exist.
    """
    lane = network.lanes.get(element.text("lane"))
    if lane is None:
        element.fail(f"lane: expected an existing lane, got {element.text('lane')!r}")
    at_m = element.number("pos")
    at_m = at_m + lane.length_m if at_m < 0 else at_m
    if element.flag("friendlyPos", False):
        at_m = min(max(at_m, 0.0), lane.length_m)
    if not 0.0 <= at_m <= lane.length_m:
        element.fail(f"pos: expected 0 to {lane.length_m:g} m, got {element.text('pos')}")
    return lane, at_m


def read_halt(element: Element) -> tuple[float, float]:
    """After how many seconds below how many metres a second a vehicle has halted."""
    return element.time("timeThreshold", HALT_S), element.number("speedThreshold", HALT_MPS)


def read_period_s(element: Element) -> float | None:
    """Length of a detector's intervals; None for one over the whole run."""
    given = next((name for name in ("period", "freq") if element.has(name)), None)
    period_s = None if given is None else element.time(given)
    return period_s if period_s is not None and period_s > 0 else None

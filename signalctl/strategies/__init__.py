"""The strategies by name."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from plans.defaults import MODE_WEIGHT, OCCUPANCY
from plans.junction import Junction, Mode
from plans.timing import TimingPlan
from signalctl.errors import UsageError
from signalctl.strategies.actuated import Actuated
from signalctl.strategies.adaptive import Adaptive
from signalctl.strategies.conduct import open_frame_plan
from signalctl.strategies.coordinated import Coordinated
from signalctl.strategies.fixed import Fixed
from signalctl.strategies.max_pressure import MaxPressure
from signalctl.strategies.parameters import (
    ActuatedParameters,
    AdaptiveParameters,
    CoordinatedParameters,
    MaxPressureParameters,
)
from signalctl.strategies.proven import Proven
from signalctl.strategies.traffic_history import TrafficHistory
from signalctl.strategy import Strategy

NAMES = ("fixed", "actuated", "max-pressure", "coordinated", "adaptive")

Parameters = ActuatedParameters | MaxPressureParameters | CoordinatedParameters | AdaptiveParameters

__all__ = ["NAMES", "Parameters", "default_parameters", "make_strategy", "open_frame_plan"]

_PARAMETERS: Mapping[str, Callable[[], Parameters]] = {
    "actuated": ActuatedParameters,
    "max-pressure": MaxPressureParameters,
    "coordinated": CoordinatedParameters,
    "adaptive": AdaptiveParameters,
}


def default_parameters(name: str) -> Parameters | None:
    """The numbers of a strategy when nobody names others; None for one that has none."""
    make = _PARAMETERS.get(name)
    return None if make is None else make()


def make_strategy(
    name: str,
    junctions: Mapping[str, Junction],
    *,
    weights: Mapping[Mode, float] = MODE_WEIGHT,
    occupancy: Mapping[Mode, float] = OCCUPANCY,
    plans: Mapping[str, Mapping[str, TimingPlan]] | None = None,
    refined: Collection[str] = (),
    parameters: Parameters | None = None,
    history: TrafficHistory | None = None,
) -> Strategy:
    """A new strategy for these junctions.

    Args:
        name: One of `NAMES`.
        junctions: What it controls.
        weights: Cost of a person's second of delay by mode, against that of a car occupant.
        occupancy: Persons in a vehicle by mode.
        plans: All time-of-day plans by junction and plan set; every junction needs one to fall back on.
        refined: Plan sets that simulation has proved.
        parameters: Numbers of the strategy; its defaults when missing.
        history: What was counted, for a strategy that plans by it.

    Raises:
        UsageError: The name is unknown, or a junction has no plan.
        ValueError: The parameters belong to another strategy.
    """
    if plans is not None:
        for id in junctions:
            if not plans.get(id):
                raise UsageError(f"junction {id}: expected a time-of-day plan to fall back on, got none")
    persons = {mode: weights.get(mode, MODE_WEIGHT[mode]) * occupancy.get(mode, OCCUPANCY[mode]) for mode in Mode}
    if name == "fixed":
        return Fixed(junctions)
    if name == "actuated":
        return Actuated(junctions, persons, _own(name, parameters, ActuatedParameters))
    if name == "max-pressure":
        return MaxPressure(junctions, persons, _own(name, parameters, MaxPressureParameters))
    if name == "coordinated":
        everyone = {mode: weights.get(mode, MODE_WEIGHT[mode]) for mode in Mode}
        inside = {mode: occupancy.get(mode, OCCUPANCY[mode]) for mode in Mode}
        own = _own(name, parameters, CoordinatedParameters)
        proven = Proven(frozenset(refined), plans or {})
        return Coordinated(junctions, everyone, inside, own, history, proven)
    if name == "adaptive":
        return Adaptive(junctions, persons, _own(name, parameters, AdaptiveParameters))
    raise UsageError(f"strategy: expected one of {', '.join(NAMES)}, got {name!r}")


def _own(name: str, parameters: Any, kind: Any) -> Any:
    if parameters is None:
        return kind()
    if not isinstance(parameters, kind):
        raise ValueError(f"strategy {name}: expected {kind.__name__}, got {type(parameters).__name__}")
    return parameters

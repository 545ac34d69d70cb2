"""The numbers of a strategy as a site wants them: its own `control` in the place of the defaults."""

from dataclasses import replace

from plans.defaults import PEDESTRIAN_WAIT_S, PEDESTRIAN_WAIT_TRANSIT_S
from plans.site import ControlParameters
from signalctl.strategies import Parameters, default_parameters
from signalctl.strategies.parameters import AdaptiveParameters, CoordinatedParameters


def numbers_for(strategy: str, control: ControlParameters) -> Parameters | None:
    """The strategy's numbers at a site; None for a strategy that has none.

    A site that lowers or raises the longest wait on foot moves all limits of it alike: the one that applies while
    transit is served, and the cap that no choice may break.
    """
    default = default_parameters(strategy)
    if isinstance(default, AdaptiveParameters):
        transit_wait_s = control.pedestrian_wait_s * PEDESTRIAN_WAIT_TRANSIT_S / PEDESTRIAN_WAIT_S
        reserve_s = default.pedestrian_transit_wait_s - default.longest_wait_s
        return replace(
            default,
            numbers=default.numbers._replace(horizon_s=float(control.horizon_s)),
            pedestrian_wait_s=float(control.pedestrian_wait_s),
            pedestrian_transit_wait_s=transit_wait_s,
            longest_wait_s=transit_wait_s - reserve_s,
            most_owed_weight=control.compensation,
        )
    if isinstance(default, CoordinatedParameters):
        return replace(default, period_s=float(control.strategic_period_s), plan_by_usual=control.plan_by_usual)
    return default

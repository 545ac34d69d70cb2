"""The cabinet's own time-of-day plans, judged when the controller is switched on."""

from collections.abc import Mapping

from controllers.logic.compiled import CompiledJunction, CompiledPlan
from controllers.logic.config import ConfigurationError
from controllers.refusals import RefusalCode
from controllers.selfcheck import check_plan
from controllers.wire import staged_plan
from plans.timing import TimingPlan

FAR_FUTURE_S = 0xFFFFFFFF


def compile_local_plans(
    compiled: CompiledJunction, plans: Mapping[str, TimingPlan], safety_hash: int
) -> dict[str, CompiledPlan]:
    """Every local plan, ready to run.

    Raises:
        ConfigurationError: there is none, or one breaks the controller's own rules.
    """
    if not plans:
        raise ConfigurationError(f"{compiled.junction.id}: expected at least one local plan, got none")
    return {name: _compile(compiled, name, plan, safety_hash) for name, plan in plans.items()}


def _compile(compiled: CompiledJunction, name: str, plan: TimingPlan, safety_hash: int) -> CompiledPlan:
    junction = compiled.junction
    try:
        wire = staged_plan(
            junction,
            plan,
            sequence=0,
            activate_at_utc_s=0,
            expires_utc_s=FAR_FUTURE_S,
            safety_hash=safety_hash,
        )
    except KeyError as error:
        raise ConfigurationError(f"{junction.id} plan {name}: expected a stage of the junction, got {error}") from error
    refusal = check_plan(junction, compiled.table, compiled.legal, wire)
    if refusal is not None:
        by_group = refusal.code in (RefusalCode.MAX_RED, RefusalCode.NEVER_GREEN)
        group = f" ({compiled.groups[refusal.element - 1]})" if by_group else ""
        raise ConfigurationError(
            f"{junction.id} plan {name}: expected a plan within the safety configuration, got "
            f"{refusal.name} at element {refusal.element}{group}"
        )
    return CompiledPlan(compiled, wire, name)

"""A Modbus driver for the sample junction, and plans that carry the gate's stamp."""

from controllers.logic import FieldController
from controllers.modbus import ModbusDriver
from plans.sealed import GateSeal, SafePlan, TransitionMode
from tests.controllers.samples import KEY, make_plan, sample_junction

SEAL = GateSeal()


def safe_plan(
    controller: FieldController, *, green_s: int = 20, is_open: bool = True, hash_change: int = 0
) -> SafePlan:
    """A plan with the gate's stamp."""
    plan = make_plan(controller.config.junction, [("A", green_s), ("C", 12), ("B", 15)], is_open=is_open)
    return SafePlan(plan, controller.safety_hash ^ hash_change, TransitionMode.SHORT_WAY, SEAL)


def modbus_driver(port: int, **changes: object) -> ModbusDriver:
    """A driver for the sample junction's controller."""
    options: dict[str, object] = {"key": KEY, "site": "site", "master": 77, **changes}
    return ModbusDriver(sample_junction(), "127.0.0.1", port, **options)  # type: ignore[arg-type]

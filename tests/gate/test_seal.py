"""Nobody but the gate makes what drivers accept."""

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from plans.sealed import GateSeal, RequestAction, RequestReason, SafePlan, SafeRequest, SealError, TransitionMode
from plans.timing import TimingPlan

REPOSITORY = Path(__file__).resolve().parents[2]
ROOMS = ("plans", "detectors", "controllers", "sim", "signalctl")
GATE = Path("signalctl/gate/gate.py")


def calls_of(*names: str) -> Iterator[tuple[Path, str]]:
    """Where the product's sources call one of the names."""
    for room in ROOMS:
        for path in sorted((REPOSITORY / room).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call):
                    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                    if name in names:
                        yield path.relative_to(REPOSITORY), name


def test_the_gate_alone_makes_safe_objects() -> None:
    """Seal, safe plans and safe requests are created in one file of the whole product, the seal in one place."""
    found = Counter(calls_of("GateSeal", "SafePlan", "SafeRequest"))
    assert set(found) == {(GATE, "GateSeal"), (GATE, "SafePlan"), (GATE, "SafeRequest")}
    assert found[GATE, "GateSeal"] == 1


@pytest.mark.parametrize("seal", [None, object(), "seal", GateSeal])
def test_without_a_seal_there_is_no_safe_object(seal: object, day_plan: TimingPlan) -> None:
    """Neither a plan nor a request exists without the gate's stamp."""
    with pytest.raises(SealError):
        SafePlan(day_plan, 0, TransitionMode.DWELL, seal)
    with pytest.raises(SealError):
        SafeRequest("J1", "A", RequestAction.GO, RequestReason.TRAFFIC, 2, 1, seal)

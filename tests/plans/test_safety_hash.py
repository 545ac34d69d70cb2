"""The safety hash changes with every number that safety depends on, and with nothing else."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from plans.junction import Junction, Stage
from plans.safety_hash import safety_bytes, safety_hash
from plans.transition import transition_matrix


def with_group(junction: Junction, **changes: object) -> Junction:
    """The junction with F1 changed."""
    return replace(junction, groups={**junction.groups, "F1": replace(junction.groups["F1"], **changes)})


EXAMPLE_HASH = 0xCBA6BFB8
CHANGES: dict[str, Callable[[Junction], Junction]] = {
    "minimum green": lambda j: with_group(j, min_green_s=9),
    "amber": lambda j: with_group(j, amber_s=1),
    "red-amber": lambda j: with_group(j, red_amber_s=1),
    "clearance": lambda j: with_group(j, clearance_s=12),
    "longest red": lambda j: with_group(j, max_red_s=119),
    "mandatory": lambda j: with_group(j, mandatory=False),
    "intergreen": lambda j: replace(j, intergreens={**j.intergreens, ("K1", "K3"): 6}),
    "stage": lambda j: replace(j, stages={**j.stages, "B": Stage("B", frozenset({"K3"}))}),
    "order of groups": lambda j: replace(j, groups=dict(reversed(j.groups.items()))),
    "order of stages": lambda j: replace(j, stages=dict(reversed(j.stages.items()))),
    "cycle range": lambda j: replace(j, cycle_max_s=91),
    "own transition": lambda j: replace(j, transitions=dict(transition_matrix(j))),
}


@pytest.mark.parametrize("name", CHANGES)
def test_it_changes_with_safety(crossroads: Junction, name: str) -> None:
    """Each of these is part of what a controller must agree on."""
    assert safety_hash(CHANGES[name](crossroads)) != safety_hash(crossroads)


def test_it_does_not_change_with_names_and_lanes(crossroads: Junction) -> None:
    """A new name, another order of the matrix or a moved detector do not make a plan unsafe."""
    same = replace(
        with_group(crossroads, name="another"),
        name="x",
        lanes={},
        movements=(),
        detectors={},
        intergreens=dict(reversed(crossroads.intergreens.items())),
    )
    assert safety_bytes(same) == safety_bytes(crossroads)


def test_it_is_a_stable_u32(crossroads: Junction) -> None:
    """The value of the shipped example, so that no change of the form goes unnoticed."""
    assert 0 <= safety_hash(crossroads) < 2**32
    assert safety_hash(crossroads) == EXAMPLE_HASH

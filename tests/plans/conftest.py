"""The example site that the tests of this room share."""

from pathlib import Path

import pytest
from hypothesis import settings

from plans.junction import Junction
from plans.schema import load_site
from plans.site import Site
from plans.timing import TimingPlan

# shared machines are slow at times; a slow example is no fault
settings.register_profile("steady", deadline=None, derandomize=True)
settings.load_profile("steady")

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "single-junction.yaml"


@pytest.fixture(scope="session")
def example() -> Site:
    """The site of examples/single-junction.yaml."""
    return load_site(EXAMPLE)


@pytest.fixture(scope="session")
def crossroads(example: Site) -> Junction:
    """A main road (K1, K2, crossing F2) and a side road (K3, crossing F1)."""
    return example.junctions["J1"]


@pytest.fixture(scope="session")
def day_plan(example: Site) -> TimingPlan:
    """Cycle 70: stage A from 0 to 30, stage B from 37 to 59."""
    return example.plans["J1"]["day"]

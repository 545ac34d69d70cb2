"""The example junction, its plan, and a controller's status that a test can bend."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from controllers.driver import ControllerMode, FieldStatus, PlanState
from plans.junction import Aspect, Junction
from plans.schema import load_site
from plans.site import Site
from plans.timing import TimingPlan

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "single-junction.yaml"
UTC_S = 1_800_000_000


@pytest.fixture(scope="session")
def site() -> Site:
    """The site of examples/single-junction.yaml."""
    return load_site(EXAMPLE)


@pytest.fixture(scope="session")
def junction(site: Site) -> Junction:
    """Stage A: K1, K2, F2. Stage B: K3, F1."""
    return site.junctions["J1"]


@pytest.fixture(scope="session")
def day_plan(site: Site) -> TimingPlan:
    """Cycle 70: A from 0 to 30 within 65..105, B from 37 to 59 within 26..64."""
    return site.plans["J1"]["day"]


StatusMaker = Callable[..., FieldStatus]


@pytest.fixture
def status_of(junction: Junction) -> StatusMaker:
    """`status_of("A", 12, plan_second=12)`: stage A shows for 12 s, all others are red for as long as `red_s`."""

    def make(stage: str, in_stage_s: int, *, plan_second: int, red_s: int = 30, **changes: object) -> FieldStatus:
        green = junction.stages[stage].groups
        status = FieldStatus(
            junction="J1",
            utc_s=UTC_S,
            mode=ControllerMode.CENTRAL_PLAN,
            plan_state=PlanState.ACTIVE,
            active_sequence=1,
            active_crc=1,
            cycle_s=70,
            plan_second=plan_second,
            stage=stage,
            next_stage="",
            time_in_stage_s=in_stage_s,
            aspects={name: Aspect.GREEN if name in green else Aspect.RED for name in junction.groups},
            time_in_aspect_s={name: in_stage_s if name in green else red_s for name in junction.groups},
            lease_left_s=25.0,
            heartbeat_echo=1,
            epoch=1,
        )
        return replace(status, **changes)

    return make

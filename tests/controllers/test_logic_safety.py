"""Whatever is written to a controller, and whatever its clock does, the street sees legal signals."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from controllers.driver import CENTRAL_MODES
from controllers.logic import CabinetSwitch, ControllerConfig, FieldController
from plans.junction import Junction
from plans.sealed import RequestAction, TransitionMode
from plans.timing import TimingPlan
from tests.controllers.samples import ABORT, KEY, RELEASE, UTC_S, Master, StreetMonitor, junctions, make_plan

Wish = tuple[RequestAction, int, int, int]  # action, stage, validity, seconds until the next one
WISHES = st.lists(
    st.tuples(
        st.sampled_from([RequestAction.GO, RequestAction.GO, RequestAction.HOLD]),
        st.integers(0, 8),
        st.integers(1, 5),
        st.integers(1, 12),
    ),
    min_size=10,
    max_size=60,
)


def parts(junction: Junction) -> tuple[list[str], list[str]]:
    """The stages that serve all groups, and those that serve some of them once more."""
    names = list(junction.stages)
    return [name for name in names if name.startswith("S")], [name for name in names if name.startswith("X")]


def every_stage(junction: Junction, green_s: int, *, is_open: bool, offset_s: int = 0) -> TimingPlan:
    """A plan that serves all groups; longer greens where the history between stages needs them. Others on demand."""
    cycle, on_demand = parts(junction)
    for extra in range(0, 60, 4):
        greens = [(stage, green_s + 9 + extra) for stage in cycle]
        plan = make_plan(junction, greens, offset_s=offset_s, is_open=is_open, on_demand=on_demand)
        try:
            FieldController(ControllerConfig(junction, {"p": plan}, lambda _: "p", key=KEY), UTC_S)
        except ValueError:
            continue
        return plan
    raise AssertionError("no green is long enough")


class ControllerUnderFire(RuleBasedStateMachine):
    """A controller, a master that does anything in any order, and a monitor at the kerb."""

    @initialize(junction=junctions(), offset_s=st.integers(0, 100))
    def power_on(self, junction: Junction, offset_s: int) -> None:
        self.junction = junction
        plan = every_stage(junction, 5, is_open=False, offset_s=offset_s)
        self.controller = FieldController(ControllerConfig(junction, {"p": plan}, lambda _: "p", key=KEY), UTC_S)
        self.master = Master(self.controller)
        self.monitor = StreetMonitor(junction)

    def second(self, utc_s: int | None = None) -> None:
        self.controller.tick(self.controller.utc_s + 1 if utc_s is None else utc_s)
        self.monitor.see(self.controller.aspects())

    @rule(seconds=st.integers(1, 40))
    def time_passes(self, seconds: int) -> None:
        for _ in range(seconds):
            self.second()

    @rule(by_s=st.integers(-4000, 4000).filter(lambda by_s: by_s not in (0, 1, 2)))
    def clock_jumps(self, by_s: int) -> None:
        self.second(self.controller.utc_s + by_s)

    @rule(lease_s=st.integers(0, 130), level=st.integers(0, 3))
    def lease_is_written(self, lease_s: int, level: int) -> None:
        self.master.lease(lease_s, level)

    @rule(epoch=st.integers(0, 2))
    def master_changes(self, epoch: int) -> None:
        self.master.epoch += epoch
        self.master.counter = 0
        self.master.lease()

    @rule(is_open=st.booleans(), offset_s=st.integers(0, 100), mode=st.sampled_from(TransitionMode), wishes=WISHES)
    def central_plan_runs(self, is_open: bool, offset_s: int, mode: TransitionMode, wishes: list[Wish]) -> None:
        self.controller.set_switch(CabinetSwitch.AUTOMATIC)
        self.controller.set_clock_synchronised(True)
        plan = every_stage(self.junction, 7, is_open=is_open, offset_s=offset_s)
        self.time_passes(plan.cycle_s)
        self.master.lease(120)
        if self.master.push(self.master.wire(plan, mode)) is None:
            for _ in range(2 * plan.cycle_s + 60):
                self.master.lease()
                self.second()
                if self.controller.mode in CENTRAL_MODES:
                    self.stages_are_asked_for(wishes)
                    return
            raise AssertionError("an armed plan was not activated within two cycles")

    @rule(
        green_s=st.integers(1, 20),
        is_open=st.booleans(),
        offset_s=st.integers(0, 100),
        mode=st.sampled_from(TransitionMode),
    )
    def plan_is_pushed(self, green_s: int, is_open: bool, offset_s: int, mode: TransitionMode) -> None:
        self.master.lease()
        cycle, on_demand = parts(self.junction)
        greens = [(stage, green_s) for stage in cycle]
        plan = make_plan(self.junction, greens, offset_s=offset_s, is_open=is_open, on_demand=on_demand)
        self.master.push(self.master.wire(plan, mode))

    @rule(wishes=WISHES)
    def more_is_asked_for(self, wishes: list[Wish]) -> None:
        self.stages_are_asked_for(wishes)

    def stages_are_asked_for(self, wishes: list[Wish]) -> None:
        stages = list(self.junction.stages)
        for action, number, valid_s, seconds in wishes:
            self.master.lease()
            self.master.request(action, stages[number % len(stages)], valid_s)
            for _ in range(seconds):
                self.second()

    @rule(code=st.sampled_from([ABORT, RELEASE]))
    def plan_is_given_up(self, code: int) -> None:
        self.master.command(code)

    @rule(switch=st.sampled_from(CabinetSwitch), seconds=st.integers(0, 30), stays=st.booleans())
    def switch_is_turned(self, switch: CabinetSwitch, seconds: int, stays: bool) -> None:
        self.controller.set_switch(switch)
        if switch in (CabinetSwitch.FLASH, CabinetSwitch.DARK):
            self.monitor.see(self.controller.aspects(), excused=True)
            self.monitor.second -= 1
        self.time_passes(seconds + 1)
        if not stays:
            self.controller.set_switch(CabinetSwitch.AUTOMATIC)

    @precondition(lambda self: self.controller.switch is CabinetSwitch.MANUAL)
    @rule()
    def officer_presses(self) -> None:
        self.controller.press_manual_step()

    @rule(synchronised=st.booleans())
    def clock_source_changes(self, synchronised: bool) -> None:
        self.controller.set_clock_synchronised(synchronised)

    @invariant()
    def the_street_is_safe(self) -> None:
        assert self.monitor.violations == []
        assert self.controller.conflict_trips == 0


TestControllerUnderFire = ControllerUnderFire.TestCase
TestControllerUnderFire.settings = settings(
    max_examples=40,
    stateful_step_count=30,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@given(junction=junctions(), offset_s=st.integers(0, 600), begin_s=st.integers(0, 10_000))
@settings(max_examples=40, deadline=None, derandomize=True)
def test_local_plan_comes_into_step(junction: Junction, offset_s: int, begin_s: int) -> None:
    """From power-on in any second, the local plan's nominal stages show within two cycles, and stay in step."""
    plan = every_stage(junction, 5, is_open=False, offset_s=offset_s)
    controller = FieldController(ControllerConfig(junction, {"p": plan}, lambda _: "p", key=KEY), UTC_S + begin_s)
    for _ in range(2 * plan.cycle_s + 30):
        controller.tick(controller.utc_s + 1)
    for _ in range(plan.cycle_s):
        controller.tick(controller.utc_s + 1)
        assert controller.in_step_in_s() == 0
        assert controller.conflict_trips == 0

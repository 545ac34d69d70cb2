"""The rules of gate and field controller share no code, and come to the same verdict.

Where they differ on purpose, this file says so: the gate alone looks at skipped pedestrian turns, at the shape of a
plan (a stage after itself, a stage without green) and at a junction's description as a whole.
"""

from dataclasses import replace
from random import Random

from hypothesis import HealthCheck, Phase, assume, event, given, settings
from hypothesis import strategies as st

from controllers import selfcheck
from controllers.greenwatch import SafetyTable
from controllers.logic import ControllerConfig, FieldController
from controllers.refusals import Refusal as FieldRefusal
from controllers.refusals import RefusalCode
from controllers.wire import staged_plan
from plans.codes import Code
from plans.junction import Aspect, Junction
from plans.rules import check_plan, errors
from plans.sealed import RequestAction, RequestReason, SafePlan, SafeRequest
from plans.site import ControlParameters
from plans.table import open_frames
from plans.timing import MAX_ENTRIES, OnDemandStage, PlanStage, TimingPlan
from plans.transition import transition, transition_matrix
from signalctl.gate import Gate, Refusal
from signalctl.strategy import StageDecision
from tests.controllers.samples import KEY, UTC_S, Master
from tests.plans.display_oracle import Shown, faults
from tests.strategies_plans import junctions, plans_for, raw_plans, with_more_stages, with_on_demand

# no shrinking: an example of hundreds of seconds shrinks for minutes, and its seed says enough
STEADY = settings(
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.generate),
)

FIELD_CODE = {
    Code.CYCLE_OUT_OF_RANGE: RefusalCode.CYCLE_RANGE,
    Code.CONFLICTING_GREENS: RefusalCode.CONFLICT,
    Code.INTERGREEN_SHORT: RefusalCode.INTERGREEN,
    Code.RED_SHORT: RefusalCode.INTERGREEN,
    Code.GREEN_SHORT: RefusalCode.MIN_GREEN,
    Code.LEADING_SHORT: RefusalCode.HEAD_START,
    Code.GROUP_NEVER_GREEN: RefusalCode.NEVER_GREEN,
    Code.RED_LONG: RefusalCode.MAX_RED,
    Code.FRAME_WINDOW: RefusalCode.FRAME,
    Code.FRAME_NOMINAL: RefusalCode.FRAME,
    Code.PLAN_TOO_LONG: RefusalCode.BAD_FORMAT,
    Code.ON_DEMAND_REPEATED: RefusalCode.ON_DEMAND_REPEATED,
    Code.ON_DEMAND_WAY: RefusalCode.ON_DEMAND_WAY,
    Code.FRAME_EARLY: RefusalCode.OUTSIDE_FRAME,
    Code.FRAME_LATE: RefusalCode.OUTSIDE_FRAME,
    Code.NOT_THE_CURRENT_STAGE: RefusalCode.OUTSIDE_FRAME,
    Code.IN_TRANSITION: RefusalCode.IN_TRANSITION,
}


def field_verdict(junction: Junction, plan: TimingPlan) -> FieldRefusal | None:
    """What the field controller says of a plan."""
    table = SafetyTable.of(junction)
    legal = [
        [
            change if selfcheck.check_transition(junction, table, change) is None else None
            for change in (transition(junction, origin, target) for target in junction.stages)
        ]
        for origin in junction.stages
    ]
    wire = staged_plan(junction, plan, sequence=1, activate_at_utc_s=0, expires_utc_s=1, safety_hash=0)
    return selfcheck.check_plan(junction, table, legal, wire)


def agree_on_plan(junction: Junction, plan: TimingPlan) -> None:
    """Both accept, or both refuse; the field's reason is among the gate's."""
    codes = {Code(finding.code) for finding in errors(check_plan(junction, plan))}
    verdict = field_verdict(junction, plan)
    event("accepted" if verdict is None else f"refused: {verdict.name}")
    assert (verdict is None) == (not codes), (verdict, codes)
    if verdict is not None and Code.CYCLE_SUM not in codes:
        reasons = {FIELD_CODE[code] for code in codes}
        # the field tells people who have not left the crossing from other short intergreens
        reasons |= {RefusalCode.CLEARANCE} if RefusalCode.INTERGREEN in reasons else set()
        assert verdict.code in reasons, (verdict, codes)


@given(st.data())
@settings(STEADY, max_examples=250)
def test_they_agree_on_plans(data: st.DataObject) -> None:
    """Any order of stages with any greens, others on demand: the same verdict, a reason that the other one knows."""
    junction = data.draw(with_more_stages(data.draw(junctions())))
    plan = data.draw(raw_plans(junction, data.draw(st.sampled_from([1, 5, 9]))))
    agree_on_plan(junction, data.draw(with_on_demand(junction, plan)))


@given(st.data())
@settings(STEADY, max_examples=250)
def test_they_agree_on_spoilt_plans(data: st.DataObject) -> None:
    """A legal plan and junction with one number changed: the same verdict."""
    junction, plan = data.draw(rich_junctions(plans=1))
    assert field_verdict(junction, plan) is None
    agree_on_plan(*data.draw(spoilt(junction, plan)))


@given(st.data())
@settings(STEADY, max_examples=250)
def test_they_agree_on_spoilt_stages_on_demand(data: st.DataObject) -> None:
    """One fault in what a legal plan shows on demand, or in the transitions to it: the same verdict."""
    junction, plan = data.draw(rich_junctions(plans=1))
    assume(plan.on_demand)
    agree_on_plan(*data.draw(spoilt_on_demand(junction, plan)))


@st.composite
def rich_junctions(draw: st.DrawFn, plans: int) -> tuple[Junction | TimingPlan, ...]:
    """A legal junction and legal plans for it, all with stages on demand."""
    junction = draw(junctions())
    cycles = [draw(plans_for(junction)) for _ in range(plans)]
    junction = draw(with_more_stages(junction))
    return (junction, *(draw(with_on_demand(junction, plan)) for plan in cycles))


@st.composite
def spoilt_on_demand(draw: st.DrawFn, junction: Junction, plan: TimingPlan) -> tuple[Junction, TimingPlan]:
    """A fault of each kind that only a stage on demand can have."""
    kind = draw(st.sampled_from(["twice", "in the cycle", "window", "too short", "too many", "way in", "way back"]))
    event(f"spoilt on demand: {kind}")
    index = draw(st.integers(0, len(plan.on_demand) - 1))
    entry = plan.on_demand[index]
    if kind == "twice":
        return junction, replace(plan, on_demand=(*plan.on_demand, entry))
    if kind == "in the cycle":
        again = replace(entry, stage=draw(st.sampled_from(plan.stages)).stage)
        return junction, replace(plan, on_demand=(*plan.on_demand, again))
    if kind == "too many":
        more = {f"M{number}": replace(junction.stages[entry.stage], id=f"M{number}") for number in range(MAX_ENTRIES)}
        others = tuple(OnDemandStage(name, 0, plan.cycle_s) for name in more)
        count = draw(st.integers(MAX_ENTRIES - len(plan.entries), MAX_ENTRIES))
        larger = replace(junction, stages={**junction.stages, **more})
        return larger, replace(plan, on_demand=(*plan.on_demand, *others[:count]))
    if kind in ("window", "too short"):
        earliest = draw(st.integers(0, plan.cycle_s + 1 if kind == "window" else plan.cycle_s - 1))
        length = draw(st.integers(-2, plan.cycle_s + 2) if kind == "window" else st.integers(1, 12))
        entries = list(plan.on_demand)
        entries[index] = OnDemandStage(entry.stage, earliest, max(0, earliest + length))
        return junction, replace(plan, on_demand=tuple(entries))
    pair = (draw(st.sampled_from(plan.stages)).stage, entry.stage)
    origin, target = pair if kind == "way in" else pair[::-1]
    change = transition(junction, origin, target)
    assume(change.switches)
    # it forgets one switch: not all of it leads to the target
    broken = {(origin, target): replace(change, switches=change.switches[1:])}
    return replace(junction, transitions={**junction.transitions, **broken}), plan


@st.composite
def spoilt(draw: st.DrawFn, junction: Junction, plan: TimingPlan) -> tuple[Junction, TimingPlan]:
    """One number of the plan, or of the safety data behind it, is another one."""
    kind = draw(st.sampled_from(["cycle", "green", "frame", "min green", "intergreen", "max red", "range", "amber"]))
    event(f"spoilt: {kind}")
    group = junction.groups[draw(st.sampled_from(junction.group_order))]
    index = draw(st.integers(0, len(plan.stages) - 1))
    stage = plan.stages[index]
    step = draw(st.integers(-12, 12))
    if kind == "cycle":
        return junction, replace(plan, cycle_s=plan.cycle_s + step, offset_s=0)
    if kind == "green":
        return junction, with_stage(plan, index, replace(stage, green_s=max(1, stage.green_s + step)))
    if kind == "frame":
        earliest = draw(st.integers(0, plan.cycle_s))
        latest = draw(st.integers(0, 2 * plan.cycle_s + 1))
        return junction, with_stage(plan, index, PlanStage(stage.stage, stage.green_s, earliest, latest))
    if kind == "range":
        return replace(junction, cycle_max_s=draw(st.integers(30, 120))), plan
    if kind == "intergreen" and junction.intergreens:
        pair = draw(st.sampled_from(sorted(junction.intergreens)))
        longer = {**junction.intergreens, pair: junction.intergreens[pair] + draw(st.integers(0, 40))}
        # the transitions stay as they were, as in a cabinet whose intergreens were changed behind them
        return replace(junction, intergreens=longer, transitions=dict(transition_matrix(junction))), plan
    if kind == "min green":
        group = replace(group, min_green_s=draw(st.integers(5, 60)))
    elif kind == "max red":
        group = replace(group, max_red_s=draw(st.integers(1, 110)))
    else:
        group = replace(group, amber_s=draw(st.integers(0, 60)))
    return replace(junction, groups={**junction.groups, group.id: group}), plan


def with_stage(plan: TimingPlan, index: int, stage: PlanStage) -> TimingPlan:
    """The plan with one stage exchanged."""
    return replace(plan, stages=(*plan.stages[:index], stage, *plan.stages[index + 1 :]))


class Street:
    """A field controller under a central plan that passed the gate, and what its lamps have shown."""

    def __init__(self, junction: Junction, local: TimingPlan, central: TimingPlan, begin_s: int) -> None:
        self.junction = junction
        self.central = central
        config = ControllerConfig(junction, {"local": local}, lambda _: "local", key=KEY, cycle_step_s=120)
        self.controller = FieldController(config, UTC_S + begin_s)
        self.master = Master(self.controller)
        self.gate = Gate({junction.id: junction}, ControlParameters(max_cycle_step_s=120, max_green_step_s=120))
        self.shown: Shown = []

    def second(self) -> None:
        """One second passes."""
        self.controller.tick(self.controller.utc_s + 1)
        if self.controller.utc_s % 10 == 0:
            self.master.lease()
        aspects = self.controller.aspects()
        self.shown.append(frozenset(group for group, aspect in aspects.items() if aspect is Aspect.GREEN))

    def seconds(self, count: int) -> None:
        """Some seconds pass."""
        for _ in range(count):
            self.second()

    @property
    def active(self) -> bool:
        """Whether the central plan runs."""
        return self.controller.plan is self.controller.plan_life.active

    def activate(self) -> bool:
        """Send the central plan through the gate, as both must allow; False while it does not run within two cycles."""
        verdict = self.gate.check_plan(self.central, None, self.controller.status())
        for _ in range(300):
            if isinstance(verdict, SafePlan):
                break
            # somebody has been red for so long that no change of plan is in time: the running plan serves them first
            assert verdict.code is Code.NO_LEGAL_CHANGE, verdict
            self.second()
            verdict = self.gate.check_plan(self.central, None, self.controller.status())
        assert isinstance(verdict, SafePlan), verdict
        self.master.lease()
        assert self.master.push(self.master.wire(verdict.plan, verdict.transition)) is None
        for _ in range(300):
            if self.controller.plan_life.armed is None and self.active:
                return True
            self.second()
        return False

    def field_says(self, action: RequestAction, stage: str) -> FieldRefusal | None:
        """The controller's verdict on a request for the coming second, without making it."""
        controller = self.controller
        number = controller.compiled.stages.index(stage)
        second = controller.plan.second(controller.utc_s + 1)
        return controller.requests.judge(action, number, controller.plan, controller.elapsed_s + 1, second)

    def gate_says(self, action: RequestAction, stage: str) -> SafeRequest | Refusal:
        """The gate's verdict."""
        decision = StageDecision(self.junction.id, stage, action, RequestReason.TRAFFIC, "test")
        return self.gate.check_request(decision, self.controller.status(), self.central)

    def ask(self, random: Random) -> None:
        """One second with a random request; both verdicts on it must agree, and what is sealed is sent."""
        stage = random.choice(self.junction.stage_order)
        action = random.choice([RequestAction.GO, RequestAction.GO, RequestAction.HOLD])
        if random.random() < 0.6:
            action, stage = RequestAction.HOLD, self.controller.status().stage or stage
        sealed = self.gate_says(action, stage)
        verdict = self.field_says(action, stage)
        if isinstance(sealed, SafeRequest):
            if stage in {entry.stage for entry in self.central.on_demand}:
                event(f"{action.name} on demand")
            assert verdict is None, (verdict, self.controller.status())
            assert self.master.request(action, stage, sealed.valid_s) is None
        elif verdict is None:
            event(f"refused by the gate alone: {sealed.code}")
            assert sealed.code in (Code.PEDESTRIANS_SKIPPED_TWICE, Code.RED_LONG), sealed
        else:
            event(f"refused by both: {sealed.code}, {verdict.name}")
        self.second()


@st.composite
def streets(draw: st.DrawFn) -> tuple[Street, TimingPlan]:
    """A junction that runs a first central plan with stages on demand, and the plan that comes after it."""
    junction, local, first, second = draw(rich_junctions(plans=3))
    if draw(st.booleans()):
        first = open_frames(first)
    street = Street(junction, local, first, draw(st.integers(0, 500)))
    # a start takes an intergreen, red-amber and two head starts at most
    street.seconds(draw(st.integers(40, 150)))
    assert street.controller.conflict_trips == 0
    assert street.activate()
    return street, second


@given(streets(), st.integers(0, 2**32))
@settings(STEADY, max_examples=60)
def test_they_agree_on_requests_and_the_street_is_safe(start: tuple[Street, TimingPlan], seed: int) -> None:
    """Second by second, random requests under two plans: what the gate seals the controller takes, and the reverse.

    The lamps are watched all the time, through the change of plan as well: no conflict, no short intergreen, no short
    green, nobody caught on a crossing. When nothing is asked for any more, the plan is in step again, without stages on
    demand.
    """
    street, second = start
    random = Random(seed)
    for _ in range(150):
        street.ask(random)
    street.central = second
    assert street.activate()
    for _ in range(100):
        street.ask(random)
    street.seconds(2 * second.cycle_s + 30)
    cycle = {stage.stage for stage in second.stages}
    for _ in range(second.cycle_s):
        street.second()
        assert street.controller.status().stage in {"", *cycle}
        assert street.controller.in_step_in_s() == 0
    assert street.controller.conflict_trips == 0
    found = faults(street.junction, street.shown, cyclic=False)
    assert not found, found

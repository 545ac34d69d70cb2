"""Junctions, plans and a master for the controller tests, and a monitor that shares no code with the controller."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from hypothesis import strategies as st

from controllers.codec import Command, Lease, StageRequest, action_word, sign_command, sign_request
from controllers.logic import ControllerConfig, FieldController
from controllers.refusals import Refusal
from controllers.wire import StagedPlan, staged_plan
from plans.junction import Aspect, GroupKind, Junction, SignalGroup, Stage
from plans.sealed import RequestAction, RequestReason, TransitionMode
from plans.table import fixed_frames, open_frames, used_cycle_s
from plans.timing import OnDemandStage, PlanStage, TimingPlan

KEY = b"sixteen bytes or more"
MASTER = 77
UTC_S = 1_800_000_000
VERIFY, ACTIVATE, ABORT, RELEASE = 1, 2, 3, 4


def sample_junction(max_red_s: int = 300, **changes: object) -> Junction:
    """A main road (K1), a side road (K2), a left turn (K3), and crossings beside (F1) and across (F2) the main road."""
    groups = [
        SignalGroup("K1", GroupKind.VEHICLE, 5, max_red_s=max_red_s),
        SignalGroup("K2", GroupKind.VEHICLE, 5, max_red_s=max_red_s),
        SignalGroup("K3", GroupKind.VEHICLE, 5, max_red_s=max_red_s),
        SignalGroup("F1", GroupKind.PEDESTRIAN, 8, 0, 0, clearance_s=7, max_red_s=max_red_s),
        SignalGroup("F2", GroupKind.PEDESTRIAN, 8, 0, 0, clearance_s=9, max_red_s=max_red_s),
    ]
    intergreens: dict[tuple[str, str], int] = {}
    for a, b, ab, ba in [
        ("K1", "K2", 5, 6),
        ("K1", "K3", 6, 5),
        ("K2", "K3", 6, 6),
        ("K1", "F1", 6, 8),
        ("K2", "F2", 5, 10),
        ("K3", "F1", 6, 8),
        ("K3", "F2", 5, 10),
    ]:
        intergreens[a, b], intergreens[b, a] = ab, ba
    stages = [
        Stage("A", frozenset({"K1", "F2"})),
        Stage("B", frozenset({"K2", "F1"})),
        Stage("C", frozenset({"K3"})),
    ]
    junction = Junction(
        "J1", "J1", {g.id: g for g in groups}, intergreens, {s.id: s for s in stages}, {}, (), corridor=""
    )
    return replace(junction, **changes)  # type: ignore[arg-type]


def rich_junction(**changes: object) -> Junction:
    """The sample junction with two further stages: X is the main road alone, Y both crossings."""
    junction = sample_junction()
    more = {"X": Stage("X", frozenset({"K1"})), "Y": Stage("Y", frozenset({"F1", "F2"}))}
    return replace(junction, stages={**junction.stages, **more}, **changes)  # type: ignore[arg-type]


def make_plan(
    junction: Junction,
    greens: list[tuple[str, int]],
    *,
    offset_s: int = 0,
    is_open: bool = False,
    name: str = "plan",
    on_demand: Sequence[str] = (),
) -> TimingPlan:
    """A plan with these nominal greens whose cycle is what they need; frame zero, or open. On demand: always open."""
    bare = TimingPlan(name, junction.id, 0, 0, tuple(PlanStage(stage, green, 0, 1) for stage, green in greens))
    cycle_s = used_cycle_s(junction, bare)
    asked = tuple(OnDemandStage(stage, 0, cycle_s) for stage in on_demand)
    plan = replace(bare, cycle_s=cycle_s, offset_s=offset_s % cycle_s, on_demand=asked)
    return open_frames(plan) if is_open else fixed_frames(junction, plan)


LOCAL_GREENS = [("A", 30), ("B", 15), ("C", 10)]


def make_controller(junction: Junction | None = None, utc_s: int = UTC_S, **changes: object) -> FieldController:
    """A controller of the sample junction on its local plan."""
    junction = junction or sample_junction()
    if "local_plans" not in changes:
        changes["local_plans"] = {"day": make_plan(junction, LOCAL_GREENS, offset_s=7, name="day")}
    config = ControllerConfig(junction, {}, lambda _: "day", key=KEY)
    return FieldController(replace(config, **changes), utc_s)  # type: ignore[arg-type]


def run(controller: FieldController, seconds: int) -> None:
    """Let seconds pass."""
    for _ in range(seconds):
        controller.tick(controller.utc_s + 1)


def run_until_stage(controller: FieldController, stage: str) -> None:
    """Let seconds pass until the stage begins; a stage that shows already is left first."""
    left = False
    for _ in range(300):
        shown = controller.status().stage == stage
        if shown and left:
            return
        left = left or not shown
        run(controller, 1)
    raise AssertionError(f"stage {stage} did not come within 300 s")


class Master:
    """Writes to a controller what a service would, and what a faulty one might."""

    def __init__(self, controller: FieldController, master: int = MASTER, epoch: int = 1) -> None:
        self.controller = controller
        self.master = master
        self.epoch = epoch
        self.sequence = 0
        self.counter = 0
        self.heartbeat = 0
        self.key = KEY

    def lease(self, lease_s: int = 30, level: int = 2) -> Refusal | None:
        """Take or renew the lease."""
        self.heartbeat += 1
        return self.controller.write_lease(Lease(self.master, self.epoch, lease_s, self.heartbeat & 0xFFFF, 0, level))

    def wire(self, plan: TimingPlan, mode: TransitionMode = TransitionMode.SHORT_WAY, **changes: object) -> StagedPlan:
        """The plan as it goes over the wire, with the next sequence."""
        self.sequence += 1
        wire = staged_plan(
            self.controller.config.junction,
            plan,
            sequence=self.sequence,
            activate_at_utc_s=self.controller.utc_s,
            expires_utc_s=self.controller.utc_s + 3600,
            safety_hash=self.controller.safety_hash,
            transition=mode,
        )
        return replace(wire, **changes)  # type: ignore[arg-type]

    def stage(self, wire: StagedPlan) -> Refusal | None:
        """Write all pages."""
        refusal = None
        for page in wire.to_pages():
            refusal = self.controller.write_staging(page)
        return refusal

    def command(self, code: int, wire: StagedPlan | None = None, **changes: object) -> Refusal | None:
        """Write a signed command."""
        sequence, crc = (0, 0) if wire is None else (wire.sequence, wire.crc)
        command = replace(Command(code, sequence, crc, self.epoch, self.controller.utc_s), **changes)  # type: ignore[arg-type]
        return self.controller.command(sign_command(command, self.key))

    def push(self, wire: StagedPlan) -> Refusal | None:
        """Stage, verify, activate; the first refusal on the way."""
        return self.stage(wire) or self.command(VERIFY, wire) or self.command(ACTIVATE, wire)

    def request(
        self,
        action: RequestAction,
        stage: str | int,
        valid_s: int = 5,
        *,
        raw_action: int | None = None,
        counter: int | None = None,
    ) -> Refusal | None:
        """Write a signed stage request; `raw_action` and `counter` replace what is right."""
        self.counter += 1
        number = stage if isinstance(stage, int) else self.controller.compiled.stages.index(stage) + 1
        word = action_word(action, RequestReason.TRAFFIC) if raw_action is None else raw_action
        request = StageRequest(self.counter if counter is None else counter, self.epoch, number, word, valid_s, 1)
        return self.controller.stage_request(sign_request(request, self.key))


class StreetMonitor:
    """Stands at the kerb with a stop-watch: remembers when each group's green began and ended, and judges."""

    def __init__(self, junction: Junction) -> None:
        self.junction = junction
        self.second = 0
        self.shown: dict[str, Aspect] = {}
        self.since: dict[str, int] = {}
        self.green_end: dict[str, int] = {}
        self.violations: list[str] = []

    def see(self, aspects: Mapping[str, Aspect], *, excused: bool = False) -> None:
        """One second of lamps; `excused` when somebody turned the cabinet's switch to flash or dark."""
        self.second += 1
        for group, aspect in aspects.items():
            before = self.shown.get(group)
            if before is aspect:
                continue
            if before is not None:
                self._changed(group, before, aspect, excused=excused)
            self.shown[group] = aspect
            self.since[group] = self.second
        green = [group for group, aspect in aspects.items() if aspect is Aspect.GREEN]
        for a in green:
            for b in green:
                if (a, b) in self.junction.intergreens:
                    self._complain(f"{a} and {b} green together")

    def _changed(self, group: str, before: Aspect, after: Aspect, *, excused: bool) -> None:
        settings = self.junction.groups[group]
        lasted = self.second - self.since[group]
        if before is Aspect.GREEN:
            self.green_end[group] = self.second
            if lasted < settings.min_green_s and not excused:
                self._complain(f"{group} green for {lasted} s")
            expected = Aspect.AMBER if settings.amber_s else Aspect.RED
            if after is not expected and not excused:
                self._complain(f"{group} {after.name} after green")
        if before is Aspect.AMBER and not excused and (lasted, after) != (settings.amber_s, Aspect.RED):
            self._complain(f"{group} amber for {lasted} s, then {after.name}")
        if before is Aspect.RED_AMBER and not excused and (lasted, after) != (settings.red_amber_s, Aspect.GREEN):
            self._complain(f"{group} red-amber for {lasted} s, then {after.name}")
        if after is Aspect.GREEN:
            if before is not (Aspect.RED_AMBER if settings.red_amber_s else Aspect.RED):
                self._complain(f"{group} green after {before.name}")
            self._began(group)

    def _began(self, group: str) -> None:
        for other, ended in self.green_end.items():
            gone = self.second - ended
            if gone < self.junction.intergreens.get((other, group), 0):
                self._complain(f"{other} to {group} after {gone} s")
            conflicting = (other, group) in self.junction.intergreens
            if conflicting and gone < self.junction.groups[other].clearance_s:
                self._complain(f"{other} not cleared after {gone} s before {group}")
        settings = self.junction.groups[group]
        if self.second - self.green_end.get(group, -1000) < settings.amber_s + settings.red_amber_s + 1:
            self._complain(f"{group} back to green without a second of red")

    def _complain(self, text: str) -> None:
        self.violations.append(f"second {self.second}: {text}")


@st.composite
def junctions(draw: st.DrawFn) -> Junction:
    """A junction with random conflicts and intergreens, whose stages are made of compatible groups.

    The stages `S0` and so on serve all groups; those called `X0` and so on are some of them once more, alone.
    """
    names = [f"G{number}" for number in range(draw(st.integers(2, 6)))]
    groups = {}
    for name in names:
        walks = draw(st.booleans())
        groups[name] = SignalGroup(
            name,
            GroupKind.PEDESTRIAN if walks else GroupKind.VEHICLE,
            draw(st.integers(5, 9)),
            amber_s=0 if walks else 3,
            red_amber_s=0 if walks else draw(st.integers(0, 2)),
            clearance_s=draw(st.integers(2, 8)) if walks else 0,
        )
    intergreens: dict[tuple[str, str], int] = {}
    for index, a in enumerate(names):
        for b in names[index + 1 :]:
            if draw(st.booleans()):
                for first, second in ((a, b), (b, a)):
                    least = max(groups[first].clearance_s, groups[first].amber_s, groups[second].red_amber_s, 1)
                    intergreens[first, second] = draw(st.integers(least, 12))
    stages: list[frozenset[str]] = []
    for name in names:
        members = [name]
        for other in draw(st.permutations(names)):
            clash = any((other, member) in intergreens for member in members)
            if other not in members and not clash and draw(st.booleans()):
                members.append(other)
        if frozenset(members) not in stages:
            stages.append(frozenset(members))
    found = {f"S{number}": Stage(f"S{number}", members) for number, members in enumerate(stages)}
    for number, name in enumerate(draw(st.lists(st.sampled_from(names), max_size=3, unique=True))):
        found[f"X{number}"] = Stage(f"X{number}", frozenset({name}))
    return Junction(
        "J",
        "J",
        groups,
        intergreens,
        found,
        {},
        (),
        cycle_min_s=5,
        cycle_max_s=600,
    )

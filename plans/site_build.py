"""From the form of a site file to the site: defaults filled in, and those that nobody confirmed written down."""

from dataclasses import fields, replace

from plans import defaults
from plans.amber import least_green_s, required_amber_s, walking_s
from plans.calendar import Calendar, CalendarEntry
from plans.gating_form import build_gating
from plans.junction import ROAD_MODES, Detector, Feeder, GroupKind, Junction, Lane, Movement, SignalGroup, Stage
from plans.policy import WEIGHTS
from plans.site import (
    ControllerAddress,
    ControlParameters,
    Corridor,
    CorridorStop,
    MqttBroker,
    RecordingLimits,
    Site,
    Uplink,
    WebAddress,
    first_corridor,
)
from plans.site_form import (
    ControlForm,
    GroupForm,
    JunctionForm,
    PlanForm,
    SiteForm,
    TransitionForm,
)
from plans.stage_transition import GroupSwitch, StageTransition
from plans.stop_form import build_stop
from plans.timing import OnDemandStage, PlanStage, TimingPlan
from plans.transit_form import build_transit
from plans.unconfirmed import Unconfirmed


def build_site(form: SiteForm) -> Site:
    """The site that a checked form describes. Plans still carry no frame where the form says fixed."""
    notes = Unconfirmed()
    junctions = {name: build_junction(name, junction, notes) for name, junction in form.junctions.items()}
    corridors = {
        name: Corridor(name, corridor.name, tuple(CorridorStop(s.junction, s.distance_m) for s in corridor.junctions))
        for name, corridor in form.corridors.items()
    }
    return Site(
        id=form.site,
        name=form.name,
        timezone=form.timezone,
        junctions={
            name: replace(junction, corridor=junction.corridor or first_corridor(corridors, name))
            for name, junction in junctions.items()
        },
        plans={
            name: {plan: build_plan(name, plan, plan_form) for plan, plan_form in junction.plans.items()}
            for name, junction in form.junctions.items()
            if junction.plans
        },
        calendar=Calendar(
            form.timezone,
            tuple(CalendarEntry(frozenset(entry.days), entry.at, entry.plans) for entry in form.calendar.week),
            {special.date: special.like for special in form.calendar.special_days},
        ),
        refined=frozenset(form.refined),
        corridors=corridors,
        controllers={
            name: ControllerAddress(**junction.controller.model_dump())
            for name, junction in form.junctions.items()
            if junction.controller is not None
        },
        mqtt=MqttBroker(**form.mqtt.model_dump()) if form.mqtt is not None else None,
        uplinks=tuple(
            Uplink(u.device, u.value, u.junction or "", u.detector or "", u.station or "") for u in form.uplinks
        ),
        web=WebAddress(form.web.host, form.web.port),
        store=form.store,
        recording=RecordingLimits(form.recording.hours, form.recording.megabytes),
        network=form.network,
        policy=form.policy,
        weights={
            mode: notes.take(form.weights.get(mode), weight, f"weights/{mode}")
            for mode, weight in WEIGHTS[form.policy].items()
        },
        occupancy={mode: notes.take(form.occupancy.get(mode), o, f"occupancy/{mode}") for mode, o in _OCCUPANCY},
        control=_control(form.control, notes),
        transit=build_transit(form.transit, notes),
        gating=build_gating(form.gating, notes),
        unconfirmed=frozenset(notes.paths),
    )


_OCCUPANCY = tuple(defaults.OCCUPANCY.items())


def _control(form: ControlForm, notes: Unconfirmed) -> ControlParameters:
    """Control parameters; each one that is left out takes the default of `ControlParameters`."""
    values = {}
    for parameter in fields(ControlParameters):
        given = getattr(form, parameter.name)
        values[parameter.name] = notes.take(given, parameter.default, f"control/{parameter.name}")
    return ControlParameters(**values)


def build_junction(name: str, form: JunctionForm, notes: Unconfirmed) -> Junction:
    """The junction that a form describes."""
    path = f"junctions/{name}"
    junction = Junction(
        id=name,
        name=form.name,
        groups={group: _group(group, g, notes, f"{path}/groups/{group}") for group, g in form.groups.items()},
        intergreens={(a, b): seconds for a, row in form.intergreens.items() for b, seconds in row.items()},
        stages={stage: Stage(stage, frozenset(s.groups), s.name) for stage, s in form.stages.items()},
        lanes={
            lane: Lane(
                id=lane,
                approach=f.approach,
                length_m=f.length_m,
                speed_mps=f.speed_mps,
                modes=ROAD_MODES if f.modes is None else frozenset(f.modes),
                saturation_flow_vph=notes.take(
                    f.saturation_flow_vph, defaults.SATURATION_FLOW_VPH, f"{path}/lanes/{lane}/saturation_flow_vph"
                ),
                feeders=tuple(Feeder(x.lane, x.offset_m, x.length_m, x.share_ratio) for x in f.feeders),
            )
            for lane, f in form.lanes.items()
        },
        movements=tuple(
            Movement(
                id=movement,
                lane=f.lane,
                group=f.group,
                turn=f.turn,
                exit_lane=f.exit_lane,
                yields_to=tuple(f.yields_to),
                link=f.link,
                turn_speed_mps=notes.take(
                    f.turn_speed_mps, defaults.TURN_SPEED_MPS[f.turn], f"{path}/movements/{movement}/turn_speed_mps"
                ),
            )
            for movement, f in form.movements.items()
        ),
        detectors={
            detector: Detector(detector, f.kind, f.lane, f.group, f.distance_m, f.length_m, f.mode)
            for detector, f in form.detectors.items()
        },
        stops={stop: build_stop(stop, f, notes, f"{path}/stops/{stop}") for stop, f in form.stops.items()},
        transitions={
            (origin, target): _transition(origin, target, change)
            for origin, row in form.transitions.items()
            for target, change in row.items()
        },
        position_m=(form.position_m[0], form.position_m[1]),
        corridor=form.corridor or "",
        cycle_min_s=defaults.CYCLE_MIN_S if form.cycle_s.min is None else form.cycle_s.min,
        cycle_max_s=defaults.CYCLE_MAX_S if form.cycle_s.max is None else form.cycle_s.max,
        derived=frozenset(form.derived),
        rest="" if form.rest is None else form.rest.stage,
    )
    return replace(junction, groups={group: _amber(junction, group, form) for group in junction.groups})


def _group(name: str, form: GroupForm, notes: Unconfirmed, path: str) -> SignalGroup:
    """A signal group; amber is settled when the junction's lanes are known."""
    kind = form.kind
    walking_mps = defaults.PEDESTRIAN_CLEARING_MPS if form.walking_mps is None else form.walking_mps
    walk_s = walking_s(form.crossing_m, walking_mps) if kind is GroupKind.PEDESTRIAN else 0
    return SignalGroup(
        id=name,
        kind=kind,
        min_green_s=_min_green_s(form, walking_mps, notes, path),
        amber_s=defaults.AMBER_S[kind] if form.amber_s is None else form.amber_s,
        red_amber_s=defaults.RED_AMBER_S[kind] if form.red_amber_s is None else form.red_amber_s,
        clearance_s=walk_s if form.clearance_s is None else form.clearance_s,
        max_red_s=notes.take(form.max_red_s, defaults.MAX_RED_S[kind], f"{path}/max_red_s"),
        mandatory=form.mandatory,
        links=tuple(form.links),
        name=form.name,
        crossing_m=form.crossing_m,
        walking_mps=walking_mps,
        leading_s=form.leading_s,
    )


def _min_green_s(form: GroupForm, walking_mps: float, notes: Unconfirmed, path: str) -> int:
    """The minimum green; on foot the rule is sure as soon as the length of the crossing is known."""
    least_s = least_green_s(form.kind, form.crossing_m, walking_mps)
    if form.min_green_s is None and form.kind is GroupKind.PEDESTRIAN and form.crossing_m:
        return least_s
    return notes.take(form.min_green_s, least_s, f"{path}/min_green_s")


def _amber(junction: Junction, group: str, form: JunctionForm) -> SignalGroup:
    """The group with the amber that its approaches' limits ask for, where the form leaves it open."""
    if form.groups[group].amber_s is not None:
        return junction.groups[group]
    return replace(junction.groups[group], amber_s=required_amber_s(junction, group))


def _transition(origin: str, target: str, form: TransitionForm) -> StageTransition:
    ends = [GroupSwitch(group, at_s, green=False) for group, at_s in form.ends.items()]
    begins = [GroupSwitch(group, at_s, green=True) for group, at_s in form.begins.items()]
    return StageTransition(origin, target, (*ends, *begins), form.duration_s)


def build_plan(junction: str, name: str, form: PlanForm) -> TimingPlan:
    """The plan that a form describes; stages with a fixed frame get their window from `plans.table.fixed_frames`."""
    stages = tuple(
        PlanStage(
            stage.stage,
            stage.green_s,
            stage.earliest_start_s or 0,
            form.cycle_s if stage.latest_end_s is None else stage.latest_end_s,
        )
        for stage in form.stages
    )
    on_demand = tuple(
        OnDemandStage(
            entry.stage, entry.earliest_start_s or 0, form.cycle_s if entry.latest_end_s is None else entry.latest_end_s
        )
        for entry in form.on_demand
    )
    return TimingPlan(name, junction, form.cycle_s, form.offset_s, stages, form.name, on_demand)


def with_fixed_frames(plan: TimingPlan, form: PlanForm, fixed: TimingPlan) -> TimingPlan:
    """The plan with frame zero in those stages that the form gives neither `frame: open` nor a window."""
    stages = tuple(
        exact if stage_form.frame != "open" and stage_form.earliest_start_s is None else stage
        for stage, exact, stage_form in zip(plan.stages, fixed.stages, form.stages, strict=True)
    )
    return replace(plan, stages=stages)

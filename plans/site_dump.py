"""From a site back to the text of its file, laid out as an engineer would write it."""

import json
import re
from dataclasses import fields
from typing import Any

from plans.defaults import PEDESTRIAN_CLEARING_MPS
from plans.gating import ProtectedArea
from plans.junction import ROAD_MODES, Junction, Lane, Mode, TransitStop
from plans.policy import Policy
from plans.site import (
    ControllerAddress,
    ControlParameters,
    MqttBroker,
    RecordingLimits,
    Site,
    WebAddress,
    first_corridor,
)
from plans.stage_transition import StageTransition
from plans.table import fixed_frames
from plans.timing import OnDemandStage, PlanStage, TimingPlan

PLAIN = re.compile(r"[^\W\d][\w .()/äöüß-]*[\w.)]|[^\W\d]")
NOT_TEXT = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})


class Inline(dict[str, Any]):
    """A mapping that is written on one line."""


def site_text(site: Site) -> str:
    """The text of a site file. Values that a site leaves to unconfirmed defaults are left out again."""
    document: dict[str, Any] = {"site": site.id, "name": site.name, "timezone": site.timezone}
    document |= {"network": site.network, "store": site.store}
    if site.mqtt is not None:
        document["mqtt"] = _changed(site.mqtt, MqttBroker(site.mqtt.host))
    document["web"] = _changed(site.web, WebAddress())
    document["recording"] = _changed(site.recording, RecordingLimits())
    document["control"] = {
        p.name: getattr(site.control, p.name)
        for p in fields(ControlParameters)
        if f"control/{p.name}" not in site.unconfirmed
    }
    document["policy"] = "" if site.policy is Policy.BALANCED else site.policy.value
    for table in ("weights", "occupancy"):
        document[table] = {
            mode.value: float(value)
            for mode, value in getattr(site, table).items()
            if f"{table}/{mode}" not in site.unconfirmed
        }
    document["corridors"] = {
        corridor.id: {
            "name": corridor.name,
            "junctions": [Inline(junction=s.junction, distance_m=float(s.distance_m)) for s in corridor.stops],
        }
        for corridor in site.corridors.values()
    }
    document["calendar"] = _calendar(site)
    document["refined"] = sorted(site.refined)
    document["junctions"] = {name: _junction(site, junction) for name, junction in site.junctions.items()}
    document["uplinks"] = [
        Inline({name: value for name, value in _attributes(uplink).items() if value}) for uplink in site.uplinks
    ]
    document["transit"] = _transit(site)
    document["gating"] = {name: _area(site, area) for name, area in site.gating.items()}
    return "\n".join(_lines(_pruned(document), 0)) + "\n"


def _calendar(site: Site) -> dict[str, Any]:
    order = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    week = [
        Inline(days=[day for day in order if day in entry.days], at=entry.at, plans=entry.plan_set)
        for entry in site.calendar.entries
    ]
    special = [Inline(date=day.isoformat(), like=like) for day, like in site.calendar.special_days.items()]
    return {"week": week, "special_days": special}


def _transit(site: Site) -> dict[str, Any]:
    """Reporting points are written by their numbers, whatever they were made of."""
    settings = site.transit
    values: dict[str, Any] = {
        "emergency_level": settings.emergency_level,
        "emergency_sources": list(settings.emergency_sources),
        "split": Inline(
            directions=settings.split.directions, statuses=[kind.value for kind in settings.split.statuses]
        ),
        "levels": list(settings.levels),
    }
    values = {name: value for name, value in values.items() if f"transit/{name}" not in site.unconfirmed}
    if not settings.points:
        values = {name: value for name, value in values.items() if name.startswith("emergency_")}
    values["points"] = [Inline(_pruned(_attributes(point))) for point in settings.points]
    if settings.lateness is not None:
        values["lateness"] = _pruned(_attributes(settings.lateness))
    return _pruned(values)


def _area(site: Site, area: ProtectedArea) -> dict[str, Any]:
    """Target and gains as numbers with a point, as the form reads them."""
    path = f"gating/{area.id}"
    own = _kept(_attributes(area, "id", "gates", "lanes", "air"), site.unconfirmed, path)
    return _pruned(
        {
            **own,
            "lanes": {name: list(lanes) for name, lanes in area.lanes.items()},
            "gates": {
                gate.id: Inline(_kept(_attributes(gate, "id"), site.unconfirmed, f"{path}/gates/{gate.id}"))
                for gate in area.gates.values()
            },
            "air": None if area.air is None else Inline(_kept(_attributes(area.air), site.unconfirmed, f"{path}/air")),
        }
    )


def _junction(site: Site, junction: Junction) -> dict[str, Any]:
    path = f"junctions/{junction.id}"
    rows: dict[str, Inline] = {}
    for (a, b), seconds in junction.intergreens.items():
        rows.setdefault(a, Inline())[b] = seconds
    transitions: dict[str, dict[str, Inline]] = {}
    for (origin, target), change in junction.transitions.items():
        transitions.setdefault(origin, {})[target] = _transition(change)
    return {
        "name": junction.name,
        "corridor": "" if junction.corridor == first_corridor(site.corridors, junction.id) else junction.corridor,
        "position_m": [float(value) for value in junction.position_m],
        "cycle_s": Inline(min=junction.cycle_min_s, max=junction.cycle_max_s),
        "derived": sorted(junction.derived),
        "groups": {name: _group(junction, name, site.unconfirmed, path) for name in junction.groups},
        "intergreens": rows,
        "stages": {
            stage.id: Inline(_pruned({"name": stage.name}), groups=_in_order(junction, stage.groups))
            for stage in junction.stages.values()
        },
        "transitions": transitions,
        "rest": Inline(stage=junction.rest) if junction.rest else Inline(),
        "lanes": {name: _lane(lane, site.unconfirmed, path) for name, lane in junction.lanes.items()},
        "movements": {
            movement.id: Inline(
                _kept(
                    _attributes(movement, "id") | {"turn_speed_mps": float(movement.turn_speed_mps)},
                    site.unconfirmed,
                    f"{path}/movements/{movement.id}",
                )
            )
            for movement in junction.movements
        },
        "detectors": {name: Inline(_pruned(_attributes(d, "id"))) for name, d in junction.detectors.items()},
        "stops": {name: _stop(stop, site.unconfirmed, f"{path}/stops/{name}") for name, stop in junction.stops.items()},
        "controller": _controller(site.controllers.get(junction.id)),
        "plans": {name: _plan(junction, plan) for name, plan in site.plans.get(junction.id, {}).items()},
    }


def _group(junction: Junction, name: str, unconfirmed: frozenset[str], path: str) -> Inline:
    group = junction.groups[name]
    values = _attributes(group, "id") | {"crossing_m": float(group.crossing_m), "walking_mps": float(group.walking_mps)}
    if not group.crossing_m:
        del values["crossing_m"]
        if group.walking_mps == PEDESTRIAN_CLEARING_MPS:
            del values["walking_mps"]
    if group.mandatory:
        del values["mandatory"]
    if not group.leading_s:
        del values["leading_s"]
    return Inline(_kept(values, unconfirmed, f"{path}/groups/{name}"))


def _lane(lane: Lane, unconfirmed: frozenset[str], path: str) -> Inline:
    values = _attributes(lane, "id")
    values["modes"] = sorted(mode.value for mode in lane.modes)
    if lane.modes == ROAD_MODES:
        del values["modes"]
    values["feeders"] = [Inline(_attributes(feeder)) for feeder in lane.feeders]
    return Inline(_kept(values, unconfirmed, f"{path}/lanes/{lane.id}"))


def _stop(stop: TransitStop, unconfirmed: frozenset[str], path: str) -> Inline:
    values = {
        name: float(value) if name.endswith(("_m", "_s", "_ratio")) else value
        for name, value in _attributes(stop, "id").items()
    }
    values["modes"] = [] if stop.modes == {Mode.BUS} else sorted(mode.value for mode in stop.modes)
    if stop.share_ratio == 1.0:
        del values["share_ratio"]
    return Inline(_kept(values, unconfirmed, path))


def _transition(change: StageTransition) -> Inline:
    return Inline(
        {
            "duration_s": change.duration_s,
            "ends": Inline({switch.group: switch.at_s for switch in change.switches if not switch.green}),
            "begins": Inline({switch.group: switch.at_s for switch in change.switches if switch.green}),
        }
    )


def _plan(junction: Junction, plan: TimingPlan) -> dict[str, Any]:
    fixed = fixed_frames(junction, plan)
    stages = [_plan_stage(stage, exact, plan.cycle_s) for stage, exact in zip(plan.stages, fixed.stages, strict=True)]
    on_demand = [_on_demand(entry, plan.cycle_s) for entry in plan.on_demand]
    return {
        "name": plan.name,
        "cycle_s": plan.cycle_s,
        "offset_s": plan.offset_s,
        "stages": stages,
        "on_demand": on_demand,
    }


def _plan_stage(stage: PlanStage, exact: PlanStage, cycle_s: int) -> Inline:
    line = Inline(stage=stage.stage, green_s=stage.green_s)
    if stage == exact:
        return line
    if (stage.earliest_start_s, stage.latest_end_s) == (0, cycle_s):
        return Inline(line, frame="open")
    return Inline(line, earliest_start_s=stage.earliest_start_s, latest_end_s=stage.latest_end_s)


def _on_demand(entry: OnDemandStage, cycle_s: int) -> str | Inline:
    """The stage's name alone where its frame is open."""
    if (entry.earliest_start_s, entry.latest_end_s) == (0, cycle_s):
        return entry.stage
    return Inline(_attributes(entry))


def _controller(address: ControllerAddress | None) -> Inline:
    return _changed(address, ControllerAddress(address.host)) if address is not None else Inline()


def _changed(value: Any, plain: Any) -> Inline:
    """The fields that differ from a plain one, and the host always."""
    ours, theirs = _attributes(value), _attributes(plain)
    return Inline({name: own for name, own in ours.items() if name == "host" or own != theirs[name]})


def _attributes(value: Any, *without: str) -> dict[str, Any]:
    return {f.name: getattr(value, f.name) for f in fields(value) if f.name not in without}


def _kept(values: dict[str, Any], unconfirmed: frozenset[str], path: str) -> dict[str, Any]:
    return {name: value for name, value in _pruned(values).items() if f"{path}/{name}" not in unconfirmed}


def _pruned(values: dict[str, Any]) -> dict[str, Any]:
    """Without what says nothing: empty texts, lists and mappings, and None."""
    return {
        name: _pruned(value) if type(value) is dict else value
        for name, value in values.items()
        if value is not None and value != "" and value != [] and value != () and value != {}
    }


def _in_order(junction: Junction, groups: frozenset[str]) -> list[str]:
    return [name for name in junction.group_order if name in groups] + sorted(groups - set(junction.group_order))


def _lines(mapping: dict[str, Any], depth: int) -> list[str]:
    indent = "  " * depth
    lines: list[str] = []
    for key, value in mapping.items():
        if depth == 0 and isinstance(value, dict | list):
            lines.append("")
        if isinstance(value, dict) and not isinstance(value, Inline):
            lines.append(f"{indent}{_scalar(key)}:")
            lines += _lines(value, depth + 1)
        elif isinstance(value, list) and value and isinstance(value[0], Inline):
            lines.append(f"{indent}{_scalar(key)}:")
            lines += [f"{indent}  - {_inline(item)}" for item in value]
        else:
            lines.append(f"{indent}{_scalar(key)}: {_inline(value)}")
    return lines


def _inline(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_scalar(key)}: {_inline(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_inline(item) for item in value) + "]"
    return _scalar(value)


def _scalar(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float) and not isinstance(value, str):
        return repr(value)
    if hasattr(value, "isoformat"):
        return f'"{value.isoformat("minutes")}"'
    text = str(value)
    return text if PLAIN.fullmatch(text) and text.lower() not in NOT_TEXT else json.dumps(text, ensure_ascii=False)

"""Traffic counts as an engineer has them: a CSV file with one flow a line, by movement, lane, approach or crossing."""

import csv
import math
from collections.abc import Mapping
from dataclasses import dataclass

from plans.defaults import STOP_LOSS_S
from plans.demand import JunctionDemand, share_out, spread_over_lanes, transit_persons, usual_persons
from plans.junction import GroupKind, Junction, Mode, Turn
from plans.schema import Problem, SiteError
from plans.site import Site

COLUMNS = ("junction", "movement", "lane", "approach", "turn", "group", "mode", "vph", "plans")
"""Known columns; `junction` and `vph` are needed, the others as far as a line uses them."""


@dataclass(frozen=True, slots=True)
class Count:
    """One line: so many road users of a mode an hour, over these movements (or of this crossing)."""

    junction: str
    movements: tuple[str, ...]
    group: str
    mode: Mode
    flow_ph: float
    plan_set: str
    by_lane: str = ""


def read_counts(text: str, file: str, site: Site) -> tuple[Count, ...]:
    """The lines of a CSV file with a header.

    Raises:
        SiteError: A line names what the site does not have, or holds no flow.
    """
    rows = csv.DictReader(text.splitlines())
    header = [name.strip() for name in rows.fieldnames or ()]
    rows.fieldnames = header
    for name in header:
        if name not in COLUMNS:
            raise _wrong(file, 1, "header", f"columns of {', '.join(COLUMNS)}", name)
    for name in ("junction", "vph"):
        if name not in header:
            raise _wrong(file, 1, "header", f"a column {name}", ", ".join(header) or "nothing")
    counts = []
    for row in rows:
        values = {name: (value or "").strip() for name, value in row.items() if name in COLUMNS}
        if any(values.values()):
            counts.append(_count(values, file, rows.line_num, site))
    if not counts:
        raise _wrong(file, 1, "file", "a line for each flow", "none")
    return tuple(counts)


def _count(row: Mapping[str, str], file: str, line: int, site: Site) -> Count:
    junction = site.junctions.get(row["junction"])
    if junction is None:
        raise _wrong(file, line, "junction", f"one of {_some(site.junctions)}", row["junction"] or "nothing")
    mode = Mode(_choice(row.get("mode", "") or Mode.CAR.value, Mode, file, line, "mode"))
    plan_set = row.get("plans", "")
    if plan_set and plan_set not in site.plans.get(junction.id, {}):
        raise _wrong(file, line, "plans", f"one of {_some(site.plans.get(junction.id, {}))}", plan_set)
    flow_ph = _flow(row["vph"], file, line)
    if mode is Mode.PEDESTRIAN:
        group = junction.groups.get(row.get("group", ""))
        if group is None or group.kind is not GroupKind.PEDESTRIAN:
            known = [g.id for g in junction.groups.values() if g.kind is GroupKind.PEDESTRIAN]
            raise _wrong(
                file, line, "group", f"a crossing: {', '.join(known) or 'none'}", row.get("group") or "nothing"
            )
        return Count(junction.id, (), group.id, mode, flow_ph, plan_set)
    movements = _movements(junction, row, mode, file, line)
    whole_lane = row.get("lane", "") if not row.get("movement") and not row.get("turn") else ""
    return Count(junction.id, movements, "", mode, flow_ph, plan_set, whole_lane)


def _movements(junction: Junction, row: Mapping[str, str], mode: Mode, file: str, line: int) -> tuple[str, ...]:
    """Whom the line means: a movement, or those of a lane or an approach, where the turn allows."""
    turn = Turn(_choice(row["turn"], Turn, file, line, "turn")) if row.get("turn") else None
    named = [column for column in ("movement", "lane", "approach") if row.get(column)]
    if len(named) != 1:
        raise _wrong(file, line, "movement", "one of movement, lane, approach", " and ".join(named) or "none")
    column = named[0]
    known = {
        "movement": [movement.id for movement in junction.movements],
        "lane": list(junction.lanes),
        "approach": list(dict.fromkeys(lane.approach for lane in junction.lanes.values())),
    }[column]
    if row[column] not in known:
        raise _wrong(file, line, column, f"one of {_some(known)}", row[column])
    found = []
    for movement in junction.movements:
        lane = junction.lanes[movement.lane]
        value = {"movement": movement.id, "lane": lane.id, "approach": lane.approach}[column]
        if value == row[column] and turn in (None, movement.turn) and (column != "approach" or mode in lane.modes):
            found.append(movement)
    own = [m for m in found if junction.lanes[m.lane].modes == frozenset({mode})]
    found = own or found
    if not found:
        raise _wrong(file, line, "turn", f"a {turn or 'way'} for a {mode.value} from {row[column]}", "none")
    return tuple(movement.id for movement in found)


def demand_of(site: Site, counts: tuple[Count, ...], plan_set: str) -> dict[str, JunctionDemand]:
    """Demand of every junction in the time of a plan set; lines without a plan set count for each."""
    of_set = [count for count in counts if count.plan_set in ("", plan_set)]
    flows = _flows(site, of_set)
    transit = _flows(site, [count for count in of_set if count.mode in STOP_LOSS_S])
    weight = site.weights[Mode.PEDESTRIAN] * site.occupancy[Mode.PEDESTRIAN]
    found = {}
    for name, junction in site.junctions.items():
        here = [count for count in of_set if count.junction == name]
        walkers: dict[str, float] = {}
        for count in here:
            if count.group:
                walkers[count.group] = walkers.get(count.group, 0.0) + count.flow_ph
        found[name] = JunctionDemand(
            flows[name],
            walkers,
            _persons(site, junction, here),
            weight,
            transit[name],
            {lane.id: transit_persons(lane, site.weights, site.occupancy) for lane in junction.lanes.values()},
        )
    return found


def _flows(site: Site, counts: list[Count]) -> dict[str, dict[str, float]]:
    """Vehicles per hour by junction and movement."""
    lanes: dict[str, dict[str, float]] = {name: {} for name in site.junctions}
    for count in counts:
        if count.by_lane:
            of_junction = lanes[count.junction]
            of_junction[count.by_lane] = of_junction.get(count.by_lane, 0.0) + count.flow_ph
    found = share_out(site.junctions, lanes)
    for name, junction in site.junctions.items():
        here = [c for c in counts if c.junction == name and c.movements and not c.by_lane]
        for movement, flow in spread_over_lanes(junction, [(c.movements, c.flow_ph) for c in here]).items():
            found[name][movement] = found[name].get(movement, 0.0) + flow
    return found


def _persons(site: Site, junction: Junction, counts: list[Count]) -> dict[str, float]:
    """Weighted persons in a vehicle of each lane: the mean over everybody who is counted on its approach."""
    persons = {lane.id: usual_persons(lane, site.weights, site.occupancy) for lane in junction.lanes.values()}
    lane_of = {movement.id: movement.lane for movement in junction.movements}
    flow: dict[str, float] = {}
    carried: dict[str, float] = {}
    for count in counts:
        lanes = {lane_of[id] for id in count.movements}
        for lane in lanes:
            part = count.flow_ph / len(lanes)
            flow[lane] = flow.get(lane, 0.0) + part
            weight = site.weights[count.mode] * site.occupancy[count.mode]
            carried[lane] = carried.get(lane, 0.0) + part * weight
    return {**persons, **{lane: carried[lane] / total for lane, total in flow.items() if total > 0.0}}


def _flow(text: str, file: str, line: int) -> float:
    try:
        flow = float(text)
    except ValueError:
        flow = math.nan
    if not 0.0 <= flow < math.inf:
        raise _wrong(file, line, "vph", "a flow per hour, 0 or more", text or "nothing")
    return flow


def _choice(text: str, kind: type[Mode] | type[Turn], file: str, line: int, column: str) -> Mode | Turn:
    try:
        return kind(text)
    except ValueError:
        raise _wrong(file, line, column, f"one of {', '.join(kind)}", text) from None


def _some(names: Mapping[str, object] | list[str]) -> str:
    listed = list(names)
    return ", ".join(listed[:8]) + (", ..." if len(listed) > 8 else "")


def _wrong(file: str, line: int, field: str, expected: str, got: str) -> SiteError:
    return SiteError((Problem(file, line, field, "counts", expected, got),))

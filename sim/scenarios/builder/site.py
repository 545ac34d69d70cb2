"""The scenario's site file: junctions, programmes, corridor and calendar, as the service reads them."""

import math
from collections.abc import Mapping
from dataclasses import fields

from plans.calendar import Calendar, CalendarEntry
from plans.junction import Junction
from plans.site import ControlParameters, Corridor, CorridorStop, Site
from plans.site_dump import site_text
from sim.scenarios.builder.programmes import timing_plan
from sim.scenarios.builder.source import SignalsSource

NOTE = "# {}: a model, not a survey. Built from signals.yaml and the network; see README.md.\n"


def site_file(name: str, source: SignalsSource, junctions: Mapping[str, Junction]) -> str:
    """The text of `site.yaml`. Numbers that only a default supports are left out, so that a reader is told so."""
    description = source.site
    unconfirmed = {f"control/{parameter.name}" for parameter in fields(ControlParameters)} | {
        "transit/emergency_level",
        "transit/emergency_sources",
    }
    unconfirmed |= {
        f"junctions/{junction.id}/lanes/{lane}/saturation_flow_vph"
        for junction in junctions.values()
        for lane in junction.lanes
    }
    unconfirmed |= {
        f"junctions/{junction.id}/groups/{group}/max_red_s"
        for junction in junctions.values()
        for group in junction.groups
    }
    plain = Site(id=name, name="", timezone="UTC", junctions={}, plans={}, calendar=Calendar("UTC", ()))
    unconfirmed |= {f"weights/{mode}" for mode in plain.weights} | {f"occupancy/{mode}" for mode in plain.occupancy}
    site = Site(
        id=name,
        name=description.name,
        timezone=description.timezone,
        junctions=junctions,
        plans={
            tls_id: {plan_id: timing_plan(junction, plan_id, plan) for plan_id, plan in source.plans.items()}
            for tls_id, junction in junctions.items()
        },
        calendar=Calendar(
            description.timezone,
            tuple(CalendarEntry(frozenset(entry.days), entry.at, entry.plans) for entry in description.week),
        ),
        corridors={name: Corridor(name, description.name, _stops(junctions))},
        network=f"{name}.net.xml",
        unconfirmed=frozenset(unconfirmed),
    )
    return NOTE.format(description.name) + site_text(site)


def _stops(junctions: Mapping[str, Junction]) -> tuple[CorridorStop, ...]:
    """The junctions in the source's order, by their distance along the line that joins them."""
    stops: list[CorridorStop] = []
    along_m, before = 0.0, None
    for junction in junctions.values():
        if before is not None:
            along_m += math.dist(before.position_m, junction.position_m)
        stops.append(CorridorStop(junction.id, float(round(along_m))))
        before = junction
    return tuple(stops)

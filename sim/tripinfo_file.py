"""Trips in the shape of SUMO's tripinfo output, so that SUMO's own tools read them."""

import re
from collections.abc import Sequence
from pathlib import Path
from xml.sax.saxutils import quoteattr

from sim.plant import RoadMode, Trip

_TRIP = (
    '    <tripinfo id=%s depart="%.2f" departDelay="%.2f" arrival="%.2f" duration="%.2f" routeLength="%.2f" '
    'waitingTime="%.2f" waitingCount="%d" timeLoss="%.2f" vType="%s"/>'
)
_LABELS = {mode: mode.label for mode in RoadMode}
_SPECIAL = re.compile(r"[^\w.:#/ -]", re.ASCII)  # what `quoteattr` might have to write otherwise


def write_tripinfo(trips: Sequence[Trip], path: Path) -> None:
    """Write one `tripinfo` per vehicle and one `personinfo` with its walk per pedestrian."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', "<tripinfos>"]
    lines += [_person(trip) if trip.mode == RoadMode.PEDESTRIAN else _vehicle(trip) for trip in trips]
    path.write_text("\n".join([*lines, "</tripinfos>", ""]), encoding="utf-8")


def _vehicle(trip: Trip) -> str:
    name, mode, planned_s, delay_s, arrival_s, loss_s, waiting_s, stops, length_m, inserted, *_ = trip
    depart_s = planned_s + delay_s if inserted else -1.0
    return _TRIP % (
        quoteattr(name) if _SPECIAL.search(name) else f'"{name}"',
        depart_s,
        delay_s,
        arrival_s,
        arrival_s - depart_s if arrival_s >= 0 else -1.0,
        length_m,
        waiting_s,
        stops,
        loss_s,
        _LABELS[mode],
    )


def _person(trip: Trip) -> str:
    walk = _element(
        "walk",
        {
            "depart": _seconds(trip.depart_s),
            "arrival": _seconds(trip.arrival_s),
            "duration": _seconds(trip.arrival_s - trip.depart_s if trip.arrival_s >= 0 else -1.0),
            "routeLength": _seconds(trip.route_length_m),
            "timeLoss": _seconds(trip.time_loss_s),
        },
    )
    own = {"id": trip.id, "depart": _seconds(trip.depart_s), "waitingTime": _seconds(trip.waiting_s)}
    opening = _element("personinfo", own).replace("/>", ">")
    return f"{opening}{walk.strip()}</personinfo>"


def _element(name: str, attributes: dict[str, str]) -> str:
    written = " ".join(f"{key}={quoteattr(value)}" for key, value in attributes.items())
    return f"    <{name} {written}/>"


def _seconds(value: float) -> str:
    return f"{value:.2f}"

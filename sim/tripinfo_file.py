"""Trips in the shape of SUMO's tripinfo output, so that SUMO's own tools read them."""

from collections.abc import Sequence
from pathlib import Path
from xml.sax.saxutils import quoteattr

from sim.plant import RoadMode, Trip


def write_tripinfo(trips: Sequence[Trip], path: Path) -> None:
    """Write one `tripinfo` per vehicle and one `personinfo` with its walk per pedestrian."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', "<tripinfos>"]
    lines += [_person(trip) if trip.mode == RoadMode.PEDESTRIAN else _vehicle(trip) for trip in trips]
    path.write_text("\n".join([*lines, "</tripinfos>", ""]), encoding="utf-8")


def _vehicle(trip: Trip) -> str:
    depart_s = trip.depart_s + trip.depart_delay_s if trip.inserted else -1.0
    duration_s = trip.arrival_s - depart_s if trip.arrival_s >= 0 else -1.0
    return (
        f'    <tripinfo id={quoteattr(trip.id)} depart="{depart_s:.2f}" departDelay="{trip.depart_delay_s:.2f}" '
        f'arrival="{trip.arrival_s:.2f}" duration="{duration_s:.2f}" routeLength="{trip.route_length_m:.2f}" '
        f'waitingTime="{trip.waiting_s:.2f}" waitingCount="{trip.stops}" timeLoss="{trip.time_loss_s:.2f}" '
        f'vType="{trip.mode.label}"/>'
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

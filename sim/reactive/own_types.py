"""Detectors of additional files that programmes ask: they look at the types of vehicles that they name themselves."""

from dataclasses import replace

from sim.sumo_files.xml import Element


def without_types(element: Element) -> tuple[Element, frozenset[str]]:
    """A detector as if it looked at everybody, and the types that it looks at; empty for everybody."""
    rest = {key: value for key, value in element.attributes.items() if key != "vTypes"}
    return replace(element, attributes=rest), frozenset(element.words("vTypes"))

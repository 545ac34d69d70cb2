"""Simulated readings as the MQTT messages that real detectors would send."""

from collections.abc import Iterable

from detectors.messages import encode
from detectors.readings import Reading


def to_messages(site: str, readings: Iterable[Reading]) -> list[tuple[str, bytes]]:
    """Topic and payload of each reading.

    Raises:
        TypeError: A reading of perfect detection; no detector in the street knows that much.
    """
    return [encode(site, reading) for reading in readings]

"""SUMO's vehicle classes and the permission sets of lanes."""

from functools import cache

VEHICLE_CLASSES: tuple[str, ...] = (
    "private", "emergency", "authority", "army", "vip", "pedestrian", "passenger", "hov", "taxi", "bus", "coach",
    "delivery", "truck", "trailer", "motorcycle", "moped", "bicycle", "evehicle", "tram", "rail_urban", "rail",
    "rail_electric", "rail_fast", "ship", "container", "cable_car", "subway", "aircraft", "wheelchair", "scooter",
    "drone", "custom1", "custom2",
)  # fmt: skip
"""In SUMO's order; the position is the bit in a permission mask."""

EVERYBODY = frozenset(VEHICLE_CLASSES)
RAIL_CLASSES = frozenset({"tram", "rail_urban", "rail", "rail_electric", "rail_fast", "subway", "cable_car"})
ON_FOOT = frozenset({"pedestrian", "wheelchair"})

_BIT = {name: 1 << position for position, name in enumerate(VEHICLE_CLASSES)}


@cache
def permission_set(allow: str | None, disallow: str | None) -> frozenset[str]:
    """Classes that `allow` and `disallow` (as SUMO writes them) let pass.

    Raises:
        KeyError: A class is unknown; the argument is its name.
    """
    if allow is not None and allow.strip():
        return EVERYBODY if allow.strip() == "all" else frozenset(map(_known, allow.split()))
    if disallow is not None and disallow.strip():
        return frozenset() if disallow.strip() == "all" else EVERYBODY - frozenset(map(_known, disallow.split()))
    return EVERYBODY


@cache
def permission_mask(classes: frozenset[str]) -> int:
    """The set as bits in the order of `VEHICLE_CLASSES`."""
    return sum(_BIT[name] for name in classes)


def class_bit(vehicle_class: str) -> int:
    """The bit of one class."""
    return _BIT[vehicle_class]


def _known(name: str) -> str:
    if name not in _BIT:
        raise KeyError(name)
    return name

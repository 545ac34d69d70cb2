"""Reader of `vType` and `vTypeDistribution`."""

import re
from dataclasses import replace

from sim.demand import TypeChoice
from sim.permissions import VEHICLE_CLASSES
from sim.sumo_files.ignored import IGNORED_VTYPE_ATTRIBUTES
from sim.sumo_files.xml import Element
from sim.vehicle_types import SpeedFactor, VehicleType, default_type

NUMBERS = {
    "length": "length_m",
    "width": "width_m",
    "minGap": "min_gap_m",
    "maxSpeed": "max_speed_mps",
    "desiredMaxSpeed": "desired_max_speed_mps",
    "accel": "accel_mps2",
    "decel": "decel_mps2",
    "emergencyDecel": "emergency_decel_mps2",
    "sigma": "sigma",
    "tau": "tau_s",
    "startupDelay": "startup_delay_s",
    "boardingDuration": "boarding_duration_s",
    "lcStrategic": "lc_strategic",
    "lcCooperative": "lc_cooperative",
    "lcSpeedGain": "lc_speed_gain",
    "lcKeepRight": "lc_keep_right",
    "jmTimegapMinor": "jm_timegap_minor_s",
    "jmCrossingGap": "jm_crossing_gap_m",
    "jmDriveAfterYellowTime": "jm_drive_after_yellow_s",
    "jmDriveAfterRedTime": "jm_drive_after_red_s",
    "jmStoplineGap": "jm_stopline_gap_m",
    "delta": "idm_delta",
    "stepping": "idm_stepping_s",
    "timeToTeleport": "time_to_teleport_s",
    "timeToTeleportBidi": "time_to_teleport_bidi_s",
}
FOLLOW_MODELS = ("Krauss", "IDM")
OF_IDM = frozenset({"delta", "stepping"})
POSITIVE = OF_IDM | frozenset({"length", "maxSpeed", "accel", "decel", "emergencyDecel", "desiredMaxSpeed", "width"})
KNOWN = frozenset(NUMBERS) | IGNORED_VTYPE_ATTRIBUTES | {
    "id", "vClass", "speedFactor", "speedDev", "carFollowModel", "laneChangeModel", "impatience",
}  # fmt: skip
DISTRIBUTION = re.compile(r"^(normc?)\(([^)]*)\)$")


def read_type(element: Element, speed_deviation: float | None = None) -> VehicleType:
    """One vType: SUMO's defaults for its class, overwritten by what is given."""
    if unknown := set(element.attributes) - KNOWN:
        element.fail(f"{min(unknown)}: this attribute is not simulated here")
    vehicle_class = element.text("vClass", "passenger")
    if vehicle_class not in VEHICLE_CLASSES:
        element.fail(f"vClass: expected one of SUMO's vehicle classes, got {vehicle_class!r}")
    model = element.text("carFollowModel", "Krauss")
    if model not in FOLLOW_MODELS:
        element.fail(f"carFollowModel: expected one of {', '.join(FOLLOW_MODELS)}, got {model!r}")
    if model != "IDM" and (foreign := OF_IDM & element.attributes.keys()):
        element.fail(f"{min(foreign)}: expected carFollowModel IDM with it, got {model!r}")
    if model == "IDM" and element.has("sigma"):
        element.fail("sigma: the Intelligent Driver Model does not dawdle, expected none")
    change_model = element.text("laneChangeModel", "LC2013")
    if change_model not in {"default", "LC2013"}:
        element.fail(f"laneChangeModel: expected 'LC2013', got {change_model!r}")
    base = default_type(element.text("id"), vehicle_class, speed_deviation)
    given = {field: element.number(name) for name, field in NUMBERS.items() if element.has(name)}
    for name in POSITIVE & element.attributes.keys():
        if element.number(name) <= 0:
            element.fail(f"{name}: expected a number above 0, got {element.number(name):g}")
    if "decel_mps2" in given and "emergency_decel_mps2" not in given:
        given["emergency_decel_mps2"] = max(given["decel_mps2"], base.emergency_decel_mps2)
    impatience = -1e9 if element.text("impatience", "0") == "off" else element.number("impatience", 0.0)
    factor = _speed_factor(element, base.speed_factor)
    if model == "IDM":
        given["sigma"] = 0.0
    return replace(base, speed_factor=factor, impatience=impatience, follow_model=model, **given)  # type: ignore[arg-type]


def _speed_factor(element: Element, default: SpeedFactor) -> SpeedFactor:
    """`speedFactor` as a number or as norm/normc, and `speedDev` for the deviation."""
    factor = default
    raw = element.attributes.get("speedFactor")
    if raw is not None:
        match = DISTRIBUTION.match(raw.replace(" ", ""))
        if match is None:
            factor = replace(factor, mean=element.number("speedFactor"))
        else:
            try:
                numbers = [float(part) for part in match[2].split(",")]
            except ValueError:
                element.fail(f"speedFactor: expected numbers in brackets, got {raw!r}")
            cut = (numbers[2], numbers[3]) if len(numbers) == 4 else (-1e9, 1e9)
            factor = SpeedFactor(numbers[0], numbers[1] if len(numbers) > 1 else 0.0, *cut)
    return replace(factor, deviation=element.number("speedDev")) if element.has("speedDev") else factor


def read_type_choice(element: Element, types: dict[str, VehicleType], speed_deviation: float | None) -> TypeChoice:
    """A vTypeDistribution; the types inside become known under their own names too."""
    members: list[VehicleType] = []
    shares: list[float] = []
    for child in element:
        if child.tag != "vType":
            child.fail("expected vType inside vTypeDistribution")
        kind = read_type(child, speed_deviation)
        types[kind.id] = kind
        members.append(kind)
        shares.append(child.number("probability", 1.0))
    listed = element.words("vTypes")
    given = [float(word) for word in element.words("probabilities")]
    for position, name in enumerate(listed):
        if name not in types:
            element.fail(f"vTypes: expected known vTypes, got {name!r}")
        members.append(types[name])
        shares.append(given[position] if position < len(given) else 1.0)
    if not members or sum(shares) <= 0:
        element.fail("expected at least one vType with a share above 0")
    return TypeChoice(tuple(members), tuple(shares))

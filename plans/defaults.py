"""Every default number of the system, once: value, unit, source, and whether a source confirms it.

A default that is not `sure` is a common professional value which no public source confirmed. A site that relies on one
is told so (`Site.unconfirmed`), and every number can be overridden in the site file.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, TypeVar

from plans.junction import GroupKind, Mode, Turn

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Default:
    """One default: its name as in this module, value, unit, where it comes from and whether that source is certain."""

    name: str
    value: object
    unit: str
    source: str
    sure: bool


_rows: dict[str, Default] = {}
TABLE: Final[Mapping[str, Default]] = MappingProxyType(_rows)


def _define(name: str, value: Value, unit: str, source: str, *, sure: bool) -> Value:
    """Enter a default in the table and hand its value back."""
    _rows[name] = Default(name, value, unit, source, sure)
    return value


# Intergreens
VEHICLE_LENGTH_M: Final = _define("VEHICLE_LENGTH_M", 6.0, "m", "RiLSA 2015: every motor vehicle", sure=True)
TRAM_LENGTH_M: Final = _define("TRAM_LENGTH_M", 15.0, "m", "RiLSA 2015", sure=True)
BICYCLE_LENGTH_M: Final = _define("BICYCLE_LENGTH_M", 0.0, "m", "RiLSA 2015", sure=True)
CAR_STRAIGHT_CLEARING_MPS: Final = _define("CAR_STRAIGHT_CLEARING_MPS", 10.0, "m/s", "RiLSA 2015", sure=True)
CAR_TURNING_CLEARING_MPS: Final = _define("CAR_TURNING_CLEARING_MPS", 7.0, "m/s", "RiLSA 2015", sure=True)
BICYCLE_CLEARING_MPS: Final = _define("BICYCLE_CLEARING_MPS", 4.0, "m/s", "RiLSA 2015", sure=True)
TRAM_CLEARING_MPS: Final = _define("TRAM_CLEARING_MPS", 7.0, "m/s", "set by the city's own table", sure=False)
PEDESTRIAN_CLEARING_MPS: Final = _define("PEDESTRIAN_CLEARING_MPS", 1.2, "m/s", "RiLSA 2015", sure=True)
PEDESTRIAN_SLOW_CLEARING_MPS: Final = _define(
    "PEDESTRIAN_SLOW_CLEARING_MPS", 1.0, "m/s", "RiLSA 2015: schools, elderly, disabled", sure=True
)
CAR_STRAIGHT_CROSSING_S: Final = _define("CAR_STRAIGHT_CROSSING_S", 3, "s", "RiLSA 2015", sure=True)
CAR_TURNING_CROSSING_S: Final = _define("CAR_TURNING_CROSSING_S", 2, "s", "RiLSA 2015", sure=True)
BICYCLE_CROSSING_S: Final = _define("BICYCLE_CROSSING_S", 1, "s", "RiLSA 2015", sure=True)
TRAM_CROSSING_S: Final = _define("TRAM_CROSSING_S", 3, "s", "set by the city's own table", sure=False)
PEDESTRIAN_CROSSING_S: Final = _define("PEDESTRIAN_CROSSING_S", 0, "s", "common practice", sure=False)
VEHICLE_ENTERING_MPS: Final = _define("VEHICLE_ENTERING_MPS", 11.1, "m/s", "RiLSA 2015: 40 km/h", sure=True)
BICYCLE_ENTERING_MPS: Final = _define("BICYCLE_ENTERING_MPS", 5.0, "m/s", "RiLSA 2015", sure=True)
PEDESTRIAN_ENTERING_MPS: Final = _define("PEDESTRIAN_ENTERING_MPS", 1.5, "m/s", "common practice", sure=False)

# Signal aspects
AMBER_BY_SPEED_S: Final[Mapping[int, int]] = _define(
    "AMBER_BY_SPEED_S", {50: 3, 60: 4, 70: 5}, "s at km/h", "VwV-StVO section 37", sure=True
)
TURN_AMBER_S: Final = _define("TURN_AMBER_S", 3, "s", "VwV-StVO section 37: separate turn signals", sure=True)
AMBER_S: Final[Mapping[GroupKind, int]] = _define(
    "AMBER_S",
    {GroupKind.VEHICLE: 3, GroupKind.TRANSIT: 3, GroupKind.BICYCLE: 2, GroupKind.PEDESTRIAN: 0},
    "s",
    "VwV-StVO section 37 for vehicles at 50 km/h; transit and bicycle from common practice",
    sure=False,
)
RED_AMBER_S: Final[Mapping[GroupKind, int]] = _define(
    "RED_AMBER_S",
    {GroupKind.VEHICLE: 1, GroupKind.TRANSIT: 1, GroupKind.BICYCLE: 1, GroupKind.PEDESTRIAN: 0},
    "s",
    "VwV-StVO section 37",
    sure=True,
)
RED_AMBER_MAX_S: Final = _define("RED_AMBER_MAX_S", 2, "s", "VwV-StVO section 37", sure=True)
SAME_GROUP_RED_S: Final = _define("SAME_GROUP_RED_S", 1, "s", "RiLSA 2015: back to the same stage", sure=True)

# Minima and maxima
MIN_GREEN_S: Final[Mapping[GroupKind, int]] = _define(
    "MIN_GREEN_S",
    {GroupKind.VEHICLE: 5, GroupKind.TRANSIT: 5, GroupKind.BICYCLE: 5, GroupKind.PEDESTRIAN: 5},
    "s",
    "RiLSA 2015 for pedestrians, common practice for the others",
    sure=False,
)
PEDESTRIAN_USUAL_GREEN_S: Final = _define("PEDESTRIAN_USUAL_GREEN_S", 8, "s", "RiLSA 2015", sure=True)
MAX_RED_S: Final[Mapping[GroupKind, int]] = _define(
    "MAX_RED_S",
    {GroupKind.VEHICLE: 300, GroupKind.TRANSIT: 300, GroupKind.BICYCLE: 300, GroupKind.PEDESTRIAN: 300},
    "s",
    "common practice: road users take a signal for broken after some minutes",
    sure=False,
)
CYCLE_MIN_S: Final = _define("CYCLE_MIN_S", 30, "s", "RiLSA 2015", sure=True)
CYCLE_USUAL_MAX_S: Final = _define("CYCLE_USUAL_MAX_S", 90, "s", "RiLSA 2015", sure=True)
CYCLE_MAX_S: Final = _define("CYCLE_MAX_S", 120, "s", "RiLSA 2015", sure=True)
PEDESTRIAN_WAIT_S: Final = _define("PEDESTRIAN_WAIT_S", 60, "s", "common practice", sure=False)
PEDESTRIAN_WAIT_TRANSIT_S: Final = _define("PEDESTRIAN_WAIT_TRANSIT_S", 75, "s", "common practice", sure=False)
LEADING_MAX_S: Final = _define(
    "LEADING_MAX_S",
    10,
    "s",
    "FHWA-SA-18-029 and NACTO Urban Street Design Guide: 3 to 7 s; German practice 1 to 2 s; longer ones are slips of "
    "the pen",
    sure=False,
)
INTERGREEN_MAX_S: Final = _define("INTERGREEN_MAX_S", 60, "s", "longer ones are slips of the pen", sure=False)

# Steps between consecutive plans
MAX_CYCLE_STEP_S: Final = _define("MAX_CYCLE_STEP_S", 30, "s", "own choice", sure=False)
MAX_GREEN_STEP_S: Final = _define("MAX_GREEN_STEP_S", 30, "s", "own choice", sure=False)

# Service and link
REQUEST_VALID_S: Final = _define("REQUEST_VALID_S", 5, "s", "field protocol: at most 5 s", sure=True)
STATUS_MAX_AGE_S: Final = _define("STATUS_MAX_AGE_S", 3, "s", "own choice", sure=False)
LEASE_S: Final = _define("LEASE_S", 30, "s", "field protocol", sure=True)
HORIZON_S: Final = _define("HORIZON_S", 50, "s", "own measurements", sure=False)
STRATEGIC_PERIOD_S: Final = _define("STRATEGIC_PERIOD_S", 600, "s", "own choice", sure=False)
PLAN_BY_USUAL: Final = _define(
    "PLAN_BY_USUAL", False, "whether plans count on what earlier days taught", "own measurements", sure=False
)
COMPENSATION: Final = _define(
    "COMPENSATION", 0.5, "weight of a whole green lost to priority", "own measurements", sure=False
)

# Traffic
SATURATION_FLOW_VPH: Final = _define(
    "SATURATION_FLOW_VPH", 1850.0, "vehicles/h per lane", "RiLSA 2015: 1,800 to 2,000; measure it", sure=False
)
TURN_SPEED_MPS: Final[Mapping[Turn, float]] = _define(
    "TURN_SPEED_MPS",
    {Turn.STRAIGHT: 13.9, Turn.LEFT: 10.4, Turn.RIGHT: 8.1, Turn.UTURN: 5.0},
    "m/s",
    "SUMO 1.28 on an isolated four-leg junction; U-turns by common practice",
    sure=False,
)
OCCUPANCY: Final[Mapping[Mode, float]] = _define(
    "OCCUPANCY",
    {
        Mode.CAR: 1.3,
        Mode.TRUCK: 1.1,
        Mode.BUS: 30.0,
        Mode.TRAM: 80.0,
        Mode.BICYCLE: 1.0,
        Mode.PEDESTRIAN: 1.0,
        Mode.EMERGENCY: 2.0,
    },
    "persons per vehicle",
    "common practice in mobility surveys",
    sure=False,
)
MODE_WEIGHT: Final[Mapping[Mode, float]] = _define(
    "MODE_WEIGHT",
    {
        Mode.CAR: 1.0,
        Mode.TRUCK: 1.0,
        Mode.BUS: 1.0,
        Mode.TRAM: 1.0,
        Mode.BICYCLE: 1.5,
        Mode.PEDESTRIAN: 1.5,
        Mode.EMERGENCY: 1000.0,
    },
    "cost of a person's second of delay against that of a car occupant",
    "own choice, policy `balanced`: people on foot and on bicycles first; emergency vehicles above everything",
    sure=False,
)
TRANSIT_FIRST_WEIGHT: Final[Mapping[Mode, float]] = _define(
    "TRANSIT_FIRST_WEIGHT",
    {**MODE_WEIGHT, Mode.BUS: 3.0, Mode.TRAM: 3.0},
    "as MODE_WEIGHT",
    "own choice, policy `transit-first`",
    sure=False,
)
ACTIVE_TRAVEL_FIRST_WEIGHT: Final[Mapping[Mode, float]] = _define(
    "ACTIVE_TRAVEL_FIRST_WEIGHT",
    {**MODE_WEIGHT, Mode.BICYCLE: 4.0, Mode.PEDESTRIAN: 4.0},
    "as MODE_WEIGHT",
    "own choice, policy `active-travel-first`",
    sure=False,
)

# Stops of buses and trams
STOP_DWELL_S: Final = _define("STOP_DWELL_S", 20.0, "s", "common practice for a stop in a city", sure=False)
STOP_DWELL_VARIATION: Final = _define(
    "STOP_DWELL_VARIATION",
    0.6,
    "standard deviation of the dwell over its mean",
    "TCQSM (TCRP Report 165, 2013): 0.4 to 0.8, 0.6 where nothing was measured",
    sure=False,
)
STOP_LOSS_S: Final[Mapping[Mode, float]] = _define(
    "STOP_LOSS_S",
    {Mode.BUS: 7.5, Mode.TRAM: 9.5},
    "s that braking and starting at a stop take beside the dwell, at 13.9 m/s",
    "SUMO 1.28: 7 to 8 s for a bus, 9 to 10 s for a tram; proportional to the speed",
    sure=False,
)

# Priority requests
MAX_LEVEL: Final = _define("MAX_LEVEL", 14, "request level", "levels of priority requests are 0 to 14", sure=True)
EMERGENCY_LEVEL: Final = _define(
    "EMERGENCY_LEVEL", 14, "request level", "own choice: the highest level alone is an emergency vehicle", sure=False
)
EMERGENCY_SOURCES: Final[tuple[str, ...]] = _define(
    "EMERGENCY_SOURCES",
    ("json", "r09"),
    "ways by which emergency vehicles ask",
    "own choice: every way that exists without being set up",
    sure=False,
)

R09_DIRECTIONS: Final = _define(
    "R09_DIRECTIONS", 10, "directions per node", "reporting points as numbered in Dresden (TLMS)", sure=False
)
R09_STATUSES: Final[tuple[str, ...]] = _define(
    "R09_STATUSES",
    ("pre_request", "request", "check_out", "doors_closed"),
    "by the lowest bits of a reporting point",
    "reporting points as numbered in Dresden (TLMS)",
    sure=False,
)
R09_LEVELS: Final[tuple[int, ...]] = _define(
    "R09_LEVELS", (7, 8, 9, 10), "request level by a telegram's priority 0 to 3", "own choice", sure=False
)
TRANSIT_APPROACH_MPS: Final = _define(
    "TRANSIT_APPROACH_MPS", 8.3, "m/s between reporting point and stop line", "own choice: 30 km/h", sure=False
)

# Gating
GATING_INTERVAL_S: Final = _define("GATING_INTERVAL_S", 90, "s", "Keyvan-Ekbatani et al. 2012: one cycle", sure=False)
GATING_PROPORTIONAL_PER_H: Final = _define(
    "GATING_PROPORTIONAL_PER_H", 20.0, "1/h", "order of Keyvan-Ekbatani et al. 2012; tune on the street", sure=False
)
GATING_INTEGRAL_PER_H: Final = _define(
    "GATING_INTEGRAL_PER_H", 5.0, "1/h", "order of Keyvan-Ekbatani et al. 2012; tune on the street", sure=False
)
GATING_ON_RATIO: Final = _define(
    "GATING_ON_RATIO", 0.85, "of the target accumulation", "own choice: gating begins before the target", sure=False
)
GATING_OFF_RATIO: Final = _define("GATING_OFF_RATIO", 0.65, "of the target accumulation", "own choice", sure=False)
GATING_SIGN: Final[str] = _define(
    "GATING_SIGN", "Zufluss dosiert", "text of the sign for drivers", "own choice", sure=False
)
GATE_CLOSE_RATIO: Final = _define("GATE_CLOSE_RATIO", 0.4, "of the room before the gate", "own choice", sure=False)
GATE_OPEN_RATIO: Final = _define("GATE_OPEN_RATIO", 0.55, "of the room before the gate", "own choice", sure=False)
GATE_FULL_RATIO: Final = _define("GATE_FULL_RATIO", 0.75, "of the room before the gate", "own choice", sure=False)
GATE_RED_S: Final = _define("GATE_RED_S", 90, "s", "own choice: no longer than in the longest usual cycle", sure=False)
AIR_ON_UGM3: Final = _define(
    "AIR_ON_UGM3", 80.0, "ug/m3 NO2", "own choice; limit of the hourly mean 200 (2008/50/EC)", sure=False
)
AIR_OFF_UGM3: Final = _define("AIR_OFF_UGM3", 60.0, "ug/m3 NO2", "own choice", sure=False)
AIR_ON_AFTER_S: Final = _define("AIR_ON_AFTER_S", 900, "s above the upper value", "own choice", sure=False)
AIR_OFF_AFTER_S: Final = _define("AIR_OFF_AFTER_S", 1800, "s below the lower value", "own choice", sure=False)
AIR_SILENT_S: Final = _define(
    "AIR_SILENT_S", 2700, "s without a word", "own choice: three of a quarter of an hour each", sure=False
)
AIR_INFLOW_RATIO: Final = _define("AIR_INFLOW_RATIO", 0.7, "of what the due plan lets in", "own choice", sure=False)

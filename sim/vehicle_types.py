"""Kinds of road users with SUMO's defaults per vehicle class.

Source of the numbers: SUMO's page "Vehicle Type Parameter Defaults" and its `SUMOVTypeParameter`, release 1.28.
"""

from dataclasses import dataclass, field

from sim.plant import RoadMode

UNLIMITED_MPS = 10000 / 3.6
PEDESTRIAN_MPS = 5 / 3.6
BICYCLE_MPS = 20 / 3.6


@dataclass(frozen=True, slots=True)
class SpeedFactor:
    """How much faster than the limit somebody wants to drive: a normal distribution, cut at both ends."""

    mean: float = 1.0
    deviation: float = 0.0
    minimum: float = 0.2
    maximum: float = 2.0


@dataclass(frozen=True, slots=True)
class VehicleType:
    """One vType: size, abilities and habits. Defaults of the class `passenger` in SUMO."""

    id: str
    vehicle_class: str = "passenger"
    length_m: float = 5.0
    width_m: float = 1.8
    min_gap_m: float = 2.5
    max_speed_mps: float = 200 / 3.6
    desired_max_speed_mps: float = UNLIMITED_MPS
    accel_mps2: float = 2.6
    decel_mps2: float = 4.5
    emergency_decel_mps2: float = 9.0
    sigma: float = 0.5
    tau_s: float = 1.0
    speed_factor: SpeedFactor = field(default_factory=lambda: SpeedFactor(deviation=0.1))
    impatience: float = 0.0
    startup_delay_s: float = 0.0
    boarding_duration_s: float = 0.5
    lc_strategic: float = 1.0
    lc_cooperative: float = 1.0
    lc_speed_gain: float = 1.0
    lc_keep_right: float = 1.0
    jm_timegap_minor_s: float = 1.0
    jm_crossing_gap_m: float = 10.0
    jm_drive_after_yellow_s: float = -1.0
    jm_drive_after_red_s: float = -1.0
    jm_stopline_gap_m: float = 1.0
    follow_model: str = "Krauss"  # or IDM
    idm_delta: float = 4.0
    idm_stepping_s: float = 0.25
    time_to_teleport_s: float | None = None
    time_to_teleport_bidi_s: float | None = None

    @property
    def mode(self) -> RoadMode:
        """The mode that results are counted under."""
        return MODES.get(self.vehicle_class, RoadMode.CAR)


MODES = {
    "truck": RoadMode.TRUCK,
    "trailer": RoadMode.TRUCK,
    "delivery": RoadMode.TRUCK,
    "bus": RoadMode.BUS,
    "coach": RoadMode.BUS,
    "tram": RoadMode.TRAM,
    "rail_urban": RoadMode.TRAM,
    "rail": RoadMode.TRAM,
    "rail_electric": RoadMode.TRAM,
    "rail_fast": RoadMode.TRAM,
    "subway": RoadMode.TRAM,
    "bicycle": RoadMode.BICYCLE,
    "scooter": RoadMode.BICYCLE,
    "pedestrian": RoadMode.PEDESTRIAN,
    "wheelchair": RoadMode.PEDESTRIAN,
    "emergency": RoadMode.EMERGENCY,
}

_LENGTH_M = {
    "pedestrian": 0.215, "wheelchair": 1.2, "bicycle": 1.6, "scooter": 1.2, "moped": 2.1, "motorcycle": 2.2,
    "truck": 7.1, "trailer": 16.5, "bus": 12.0, "coach": 14.0, "tram": 22.0, "rail_urban": 109.5, "subway": 109.5,
    "rail": 135.0, "rail_electric": 200.0, "rail_fast": 200.0, "delivery": 6.5, "emergency": 6.5, "container": 6.096,
    "ship": 17.0, "drone": 0.5, "aircraft": 72.7, "cable_car": 5.0,
}  # fmt: skip
_MIN_GAP_M = {
    "pedestrian": 0.25, "wheelchair": 0.5, "bicycle": 0.5, "scooter": 0.5,
    "rail_urban": 5.0, "subway": 5.0, "rail": 5.0, "rail_electric": 5.0, "rail_fast": 5.0,
}  # fmt: skip
_MAX_SPEED_KMH = {
    "pedestrian": 37.58, "wheelchair": 30.0, "bicycle": 50.0, "scooter": 25.0, "moped": 60.0, "truck": 130.0,
    "trailer": 130.0, "bus": 100.0, "coach": 100.0, "tram": 80.0, "rail_urban": 100.0, "subway": 100.0,
    "rail": 160.0, "rail_electric": 220.0, "rail_fast": 330.0, "ship": 8 / 1.94 * 3.6,
}  # fmt: skip
_DESIRED_MPS = {
    "pedestrian": PEDESTRIAN_MPS, "wheelchair": PEDESTRIAN_MPS, "bicycle": BICYCLE_MPS, "scooter": BICYCLE_MPS,
}  # fmt: skip
_WIDTH_M = {
    "pedestrian": 0.478, "wheelchair": 0.72, "bicycle": 0.65, "scooter": 0.5, "moped": 0.78, "motorcycle": 0.9,
    "truck": 2.4, "trailer": 2.55, "bus": 2.5, "coach": 2.6, "tram": 2.4, "rail_urban": 3.0, "subway": 3.0,
    "rail": 2.84, "rail_electric": 2.95, "rail_fast": 2.95, "delivery": 2.16, "emergency": 2.16,
}  # fmt: skip
_ACCEL = {
    "pedestrian": 1.5, "wheelchair": 1.5, "bicycle": 1.2, "scooter": 1.2, "motorcycle": 6.0, "moped": 1.1,
    "truck": 1.3, "trailer": 1.1, "bus": 1.2, "coach": 2.0, "tram": 1.0, "rail_urban": 1.0, "subway": 2.6,
    "rail": 0.25, "rail_electric": 0.5, "rail_fast": 0.5, "ship": 0.1,
}  # fmt: skip
_DECEL = {
    "pedestrian": 2.0, "wheelchair": 2.0, "bicycle": 3.0, "scooter": 3.0, "motorcycle": 10.0, "moped": 7.0,
    "truck": 4.0, "trailer": 4.0, "bus": 4.0, "coach": 4.0, "tram": 3.0, "rail_urban": 3.0,
    "rail": 1.3, "rail_electric": 1.3, "rail_fast": 1.3, "ship": 0.15,
}  # fmt: skip
_EMERGENCY_DECEL = {
    "pedestrian": 5.0, "wheelchair": 5.0, "bicycle": 7.0, "scooter": 7.0, "motorcycle": 10.0, "moped": 10.0,
    "truck": 7.0, "trailer": 7.0, "bus": 7.0, "coach": 7.0, "tram": 7.0, "rail_urban": 7.0,
    "rail": 5.0, "rail_electric": 5.0, "rail_fast": 5.0, "ship": 1.0,
}  # fmt: skip
_SPEED_DEVIATION = {
    "pedestrian": 0.1, "wheelchair": 0.1, "bicycle": 0.1, "scooter": 0.1, "moped": 0.1, "motorcycle": 0.1,
    "truck": 0.05, "trailer": 0.05, "coach": 0.05, "delivery": 0.05, "taxi": 0.05, "private": 0.1, "vip": 0.1,
    "passenger": 0.1, "hov": 0.1, "custom1": 0.1, "custom2": 0.1, "evehicle": 0.1, "ship": 0.1,
}  # fmt: skip
_WITHOUT_DAWDLING = frozenset({"tram", "rail_urban", "rail", "rail_electric", "rail_fast", "ship"})


def default_type(type_id: str, vehicle_class: str = "passenger", speed_deviation: float | None = None) -> VehicleType:
    """The vType that SUMO assumes when only the class is given."""
    name = vehicle_class
    deviation = _SPEED_DEVIATION.get(name, 0.0) if speed_deviation is None else speed_deviation
    decel = _DECEL.get(name, 4.5)
    return VehicleType(
        id=type_id,
        vehicle_class=name,
        length_m=_LENGTH_M.get(name, 5.0),
        width_m=_WIDTH_M.get(name, 1.8),
        min_gap_m=_MIN_GAP_M.get(name, 2.5),
        max_speed_mps=_MAX_SPEED_KMH.get(name, 200.0) / 3.6,
        desired_max_speed_mps=_DESIRED_MPS.get(name, UNLIMITED_MPS),
        accel_mps2=_ACCEL.get(name, 2.6),
        decel_mps2=decel,
        emergency_decel_mps2=max(decel, _EMERGENCY_DECEL.get(name, 9.0)),
        sigma=0.0 if name in _WITHOUT_DAWDLING else 0.5,
        speed_factor=SpeedFactor(deviation=deviation),
    )


BUILT_IN_TYPES = {
    "DEFAULT_VEHTYPE": "passenger",
    "DEFAULT_PEDTYPE": "pedestrian",
    "DEFAULT_BIKETYPE": "bicycle",
    "DEFAULT_TAXITYPE": "taxi",
    "DEFAULT_RAILTYPE": "rail",
}
"""Types that exist in SUMO without being written down, and their class."""

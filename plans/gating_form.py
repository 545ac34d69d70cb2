"""The part of a site file's form that says what is gated: areas, gates, air-quality triggers."""

from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from plans import defaults
from plans.form_basics import Form, LaneName, Name, Positive, Seconds, Text
from plans.gating import AirTrigger, PerimeterGate, ProtectedArea
from plans.unconfirmed import Unconfirmed

Ratio = Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)]
Interval = Annotated[int, Field(ge=10, le=900)]


class GateForm(Form):
    """A gate: metered groups of a junction, and the room before them."""

    junction: Name
    groups: Annotated[list[Name], Field(min_length=1)]
    storage_m: Positive | None = None
    close_ratio: Ratio | None = None
    open_ratio: Ratio | None = None
    full_ratio: Ratio | None = None
    red_s: Annotated[int, Field(ge=20, le=600)] | None = None

    @model_validator(mode="after")
    def _hysteresis(self) -> Self:
        close = defaults.GATE_CLOSE_RATIO if self.close_ratio is None else self.close_ratio
        opens = defaults.GATE_OPEN_RATIO if self.open_ratio is None else self.open_ratio
        full = defaults.GATE_FULL_RATIO if self.full_ratio is None else self.full_ratio
        if not close < opens < full:
            raise ValueError(f"close_ratio below open_ratio below full_ratio, got {close}, {opens} and {full}")
        return self


class AirForm(Form):
    """NO2 that lengthens the red of the gates."""

    stations: Annotated[list[Name], Field(min_length=1)]
    on_ugm3: Positive | None = None
    off_ugm3: Positive | None = None
    on_after_s: Seconds | None = None
    off_after_s: Seconds | None = None
    silent_s: Annotated[int, Field(ge=60, le=86_400)] | None = None
    inflow_ratio: Ratio | None = None

    @model_validator(mode="after")
    def _hysteresis(self) -> Self:
        on = defaults.AIR_ON_UGM3 if self.on_ugm3 is None else self.on_ugm3
        off = defaults.AIR_OFF_UGM3 if self.off_ugm3 is None else self.off_ugm3
        if off >= on:
            raise ValueError(f"off_ugm3 below on_ugm3, got {off} and {on}")
        return self


class AreaForm(Form):
    """A protected area with its gates."""

    name: Text = ""
    target_veh: Positive
    junctions: list[Name] = []
    lanes: dict[Name, list[LaneName]] = {}
    gates: Annotated[dict[Name, GateForm], Field(min_length=1)]
    interval_s: Interval | None = None
    proportional_per_h: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    integral_per_h: Positive | None = None
    on_ratio: Ratio | None = None
    off_ratio: Ratio | None = None
    air: AirForm | None = None
    sign: Annotated[Text, Field(max_length=200)] | None = None

    @model_validator(mode="after")
    def _hysteresis(self) -> Self:
        on = defaults.GATING_ON_RATIO if self.on_ratio is None else self.on_ratio
        off = defaults.GATING_OFF_RATIO if self.off_ratio is None else self.off_ratio
        if off >= on:
            raise ValueError(f"off_ratio below on_ratio, got {off} and {on}")
        return self


_AREA = {
    "interval_s": defaults.GATING_INTERVAL_S,
    "proportional_per_h": defaults.GATING_PROPORTIONAL_PER_H,
    "integral_per_h": defaults.GATING_INTEGRAL_PER_H,
    "on_ratio": defaults.GATING_ON_RATIO,
    "off_ratio": defaults.GATING_OFF_RATIO,
    "sign": defaults.GATING_SIGN,
}
_GATE = {
    "close_ratio": defaults.GATE_CLOSE_RATIO,
    "open_ratio": defaults.GATE_OPEN_RATIO,
    "full_ratio": defaults.GATE_FULL_RATIO,
    "red_s": defaults.GATE_RED_S,
}
_AIR = {
    "on_ugm3": defaults.AIR_ON_UGM3,
    "off_ugm3": defaults.AIR_OFF_UGM3,
    "on_after_s": defaults.AIR_ON_AFTER_S,
    "off_after_s": defaults.AIR_OFF_AFTER_S,
    "silent_s": defaults.AIR_SILENT_S,
    "inflow_ratio": defaults.AIR_INFLOW_RATIO,
}


def build_gating(forms: Mapping[str, AreaForm], notes: Unconfirmed) -> dict[str, ProtectedArea]:
    """The areas that a checked form describes."""
    return {name: _area(name, form, notes) for name, form in forms.items()}


def _area(name: str, form: AreaForm, notes: Unconfirmed) -> ProtectedArea:
    path = f"gating/{name}"
    return ProtectedArea(
        id=name,
        name=form.name,
        target_veh=form.target_veh,
        junctions=tuple(form.junctions),
        lanes={junction: tuple(lanes) for junction, lanes in form.lanes.items()},
        gates={gate: _gate(gate, one, f"{path}/gates/{gate}", notes) for gate, one in form.gates.items()},
        air=None if form.air is None else _air(form.air, f"{path}/air", notes),
        **_taken(form, _AREA, path, notes),
    )


def _gate(name: str, form: GateForm, path: str, notes: Unconfirmed) -> PerimeterGate:
    own = _taken(form, _GATE, path, notes)
    return PerimeterGate(name, form.junction, tuple(form.groups), form.storage_m, **own)


def _air(form: AirForm, path: str, notes: Unconfirmed) -> AirTrigger:
    return AirTrigger(tuple(form.stations), **_taken(form, _AIR, path, notes))


def _taken(form: Form, table: Mapping[str, object], path: str, notes: Unconfirmed) -> dict[str, Any]:
    """What the form gives for each name of a table, else the default, whose path is noted."""
    return {name: notes.take(getattr(form, name), default, f"{path}/{name}") for name, default in table.items()}

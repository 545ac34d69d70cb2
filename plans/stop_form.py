"""The part of a site file's form that says where buses and trams stop."""

from typing import Annotated

from pydantic import AfterValidator, Field

from plans import defaults
from plans.form_basics import Form, LaneName, ModeField, NotNegative
from plans.junction import Mode, TransitStop
from plans.unconfirmed import Unconfirmed


def _with_stops(mode: Mode) -> Mode:
    """Only buses and trams have stops."""
    if mode not in defaults.STOP_LOSS_S:
        raise ValueError(" or ".join(f"'{known}'" for known in defaults.STOP_LOSS_S))
    return mode


StoppingMode = Annotated[ModeField, AfterValidator(_with_stops)]


class TransitStopForm(Form):
    """Where buses or trams halt."""

    lane: LaneName
    distance_m: NotNegative
    dwell_s: Annotated[float, Field(gt=0, le=600, allow_inf_nan=False)] | None = None
    deviation_s: Annotated[float, Field(ge=0, le=600, allow_inf_nan=False)] | None = None
    share_ratio: Annotated[float, Field(gt=0, le=1)] = 1.0
    modes: Annotated[list[StoppingMode], Field(min_length=1)] = [Mode.BUS]


def build_stop(name: str, form: TransitStopForm, notes: Unconfirmed, path: str) -> TransitStop:
    """A stop; how much its dwell varies follows from the dwell where the form leaves it open."""
    dwell_s = notes.take(form.dwell_s, defaults.STOP_DWELL_S, f"{path}/dwell_s")
    usual_s = defaults.STOP_DWELL_VARIATION * dwell_s
    deviation_s = notes.take(form.deviation_s, usual_s, f"{path}/deviation_s")
    modes = frozenset(form.modes)
    return TransitStop(name, form.lane, form.distance_m, dwell_s, deviation_s, form.share_ratio, modes)

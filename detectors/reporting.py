"""From a radio telegram to a priority request: the site's table says what a reporting point means."""

from collections.abc import Mapping
from dataclasses import dataclass

from detectors.r09 import Telegram
from detectors.readings import TelegramReading, TransitKind, TransitReading
from plans.defaults import TRANSIT_APPROACH_MPS
from plans.junction import Junction
from plans.transit import TELEGRAM_SOURCE, ReportingPoint, ReportKind, TransitSettings

SECONDS_PER_MINUTE = 60.0
KINDS = {
    ReportKind.PRE_REQUEST: TransitKind.NEW,
    ReportKind.REQUEST: TransitKind.NEW,
    ReportKind.DOORS_CLOSED: TransitKind.UPDATE,
    ReportKind.CHECK_OUT: TransitKind.CHECK_OUT,
}
BEFORE_A_STOP = frozenset({ReportKind.PRE_REQUEST, ReportKind.REQUEST})
"""Where one of these has a time of its own in the table, a stop lies between it and the stop line."""


@dataclass(frozen=True, slots=True)
class _Way:
    """A reporting point with the time that it usually takes from there to the stop line."""

    point: ReportingPoint
    eta_s: float


class ReportingTable:
    """The reporting points of one site."""

    def __init__(self, settings: TransitSettings, junctions: Mapping[str, Junction]) -> None:
        self._levels = settings.levels
        self._ways = {one.point: _Way(one, _eta_s(one, junctions[one.junction])) for one in settings.points}

    def reading(self, heard: TelegramReading) -> TransitReading | None:
        """The request that a telegram stands for; None when its reporting point is none of ours."""
        telegram = heard.telegram
        way = self._ways.get(telegram.reporting_point)
        if way is None:
            return None
        point = way.point
        return TransitReading(
            junction=point.junction,
            id=vehicle_of(telegram),
            t_s=heard.t_s,
            kind=KINDS[point.kind],
            mode=point.mode,
            level=self._levels[telegram.priority] if point.level is None else point.level,
            eta_s=way.eta_s,
            lateness_s=SECONDS_PER_MINUTE * telegram.late_min,
            line=str(telegram.line),
            group=point.group,
            movement=point.movement,
            source=TELEGRAM_SOURCE,
            halts=point.eta_s is not None and point.kind in BEFORE_A_STOP,
        )


def vehicle_of(telegram: Telegram) -> str:
    """What tells vehicles apart: operator and vehicle number where the telegram has them, else line and run."""
    if telegram.vehicle is not None:
        return f"{TELEGRAM_SOURCE}:{telegram.operator or 0}.{telegram.vehicle}"
    return f"{TELEGRAM_SOURCE}:{telegram.line}/{telegram.run}"


def _eta_s(point: ReportingPoint, junction: Junction) -> float:
    """The site's own time, or the distance at the usual speed, which is no higher than the limit."""
    if point.eta_s is not None:
        return point.eta_s
    ways = [m for m in junction.movements if point.movement == m.id or (not point.movement and point.group == m.group)]
    limits_mps = [junction.lanes[movement.lane].speed_mps for movement in ways if movement.lane in junction.lanes]
    return point.distance_m / min([TRANSIT_APPROACH_MPS, *limits_mps])

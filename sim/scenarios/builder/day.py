"""A whole day: every hour is a share of one period's demand, and the programmes follow the site's calendar."""

from collections.abc import Mapping
from datetime import time
from itertools import pairwise

from sim.scenarios.builder.source import DaySource, DemandSource, SignalsSource

HOUR_S = 3600
WORKING_DAY = "tue"
DAY = "day"


def hours_of(day: DaySource, periods: Mapping[str, DemandSource]) -> list[tuple[str, DemandSource]]:
    """The demand of every hour, named 00 to 23. Timetables are not scaled: buses run as in the hour's period."""
    hours = []
    for hour, (period, share) in enumerate(day.hours):
        like = periods[period]
        scaled = like.model_copy(
            update={
                "name": f"{day.name}, {hour:02d}:00, {share:g} of: {like.name}",
                "begin_s": hour * HOUR_S,
                "end_s": (hour + 1) * HOUR_S,
                "least_flow_vph": like.least_flow_vph * share,
                "entries_vph": {arm: flow * share for arm, flow in like.entries_vph.items()},
                "bicycles": tuple(f.model_copy(update={"flow_vph": f.flow_vph * share}) for f in like.bicycles),
                "pedestrians_ph": {
                    junction: {arm: flow * share for arm, flow in arms.items()}
                    for junction, arms in like.pedestrians_ph.items()
                },
            }
        )
        hours.append((f"{hour:02d}", scaled))
    return hours


def schedule_elements(source: SignalsSource) -> str:
    """The calendar of a working day as SUMO's WAUT, which switches every signal by the second of the day."""
    entries = sorted((_seconds(entry.at), entry.plans) for entry in source.site.week if WORKING_DAY in entry.days)
    switches = [entry for before, entry in pairwise([entries[-1], *entries]) if before[1] != entry[1]]
    lines = [f'    <WAUT id="{DAY}" refTime="0" startProg="{entries[-1][1]}">']
    lines += [f'        <wautSwitch time="{time_s}" to="{plan}"/>' for time_s, plan in switches]
    lines.append("    </WAUT>")
    lines += [f'    <wautJunction wautID="{DAY}" junctionID="{junction}"/>' for junction in source.junctions]
    return "\n".join(lines)


def _seconds(at: time) -> int:
    return (at.hour * 60 + at.minute) * 60 + at.second

"""Time-space diagrams as inline SVG: where everybody on a way was at which time, and what its signals showed."""

from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from signalctl.simulation.charts import GRID, round_values
from signalctl.simulation.ways import StopLine, Way, main_ways
from sim.network import Network
from sim.outputs.trajectories import Trajectories, driven, read_trajectories
from sim.plant import RoadMode

WIDTH, HEIGHT = 900, 520
LEFT, RIGHT, TOP, BOTTOM = 56, 28, 14, 30
PLOT_W, PLOT_H = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
WINDOW_S = 600.0
"""Longer parts of a run leave nothing to be told apart."""
WAYS = 2
SPEED_STEP_MPS = 0.6
"""A line bends where the speed has changed by so much."""
COLOURS = {
    RoadMode.CAR: "#5b6b7a", RoadMode.TRUCK: "#8a6d3b", RoadMode.BUS: "#1565c0", RoadMode.TRAM: "#6a1b9a",
    RoadMode.BICYCLE: "#2e7d32", RoadMode.EMERGENCY: "#d50000",
}  # fmt: skip
SIGNAL_COLOURS = {"red": "#d32f2f", "amber": "#f9a825", "green": "#43a047"}


def time_space_diagrams(file: Path, network: Network) -> list[str]:
    """The main ways of a run, each as a figure: ten minutes from its middle."""
    paths = read_trajectories(file)
    if not len(paths.time_s):
        return []
    first_s, last_s = paths.begin_s, float(paths.time_s.max())
    begin_s = max(first_s, (first_s + last_s - WINDOW_S) / 2)
    return [diagram(paths, way, begin_s, min(last_s, begin_s + WINDOW_S)) for way in main_ways(paths, network, WAYS)]


def diagram(paths: Trajectories, way: Way, begin_s: float, end_s: float) -> str:
    """One way from its begin (below) to its end (above), from `begin_s` to `end_s`."""
    scale = _Scale(begin_s, end_s, way.length_m)
    present: set[RoadMode] = set()
    parts = [*_axes(scale)]
    for mode, line in _lines(paths, way, scale):
        present.add(mode)
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in line)
        parts.append(f'<polyline points="{points}" fill="none" stroke="{COLOURS[mode]}" stroke-width="1"/>')
    for stop_line in way.stop_lines:
        parts += _signal(paths, stop_line, scale)
    title = f"from {way.edges[0]} to {way.edges[-1]}"
    keys = [(mode.label, COLOURS[mode]) for mode in sorted(present)] + [*SIGNAL_COLOURS.items()]
    legend = "".join(
        f'<span><svg class="key" viewBox="0 0 24 10"><path d="M0 5h24" stroke="{colour}" stroke-width="3"/></svg>'
        f"{escape(name)}</span>"
        for name, colour in keys
    )
    drawn = f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">'
    return (
        f"<figure><p>{escape(title)}, {way.length_m:.0f} m</p>{drawn}{''.join(parts)}</svg>"
        f'<figcaption class="legend">{legend}</figcaption></figure>'
    )


class _Scale:
    """Where a second and a metre are on the paper."""

    def __init__(self, begin_s: float, end_s: float, length_m: float) -> None:
        self.begin_s, self.end_s, self.length_m = begin_s, max(end_s, begin_s + 1.0), max(length_m, 1.0)

    def x(self, at_s: float) -> float:
        return LEFT + (at_s - self.begin_s) / (self.end_s - self.begin_s) * PLOT_W

    def y(self, at_m: float) -> float:
        return TOP + (1.0 - at_m / self.length_m) * PLOT_H


def _axes(scale: _Scale) -> Iterator[str]:
    for minute in round_values((scale.end_s - scale.begin_s) / 60.0):
        x = scale.x(scale.begin_s + 60.0 * minute)
        yield f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}" stroke="{GRID}"/>'
        yield f'<text x="{x:.1f}" y="{HEIGHT - 10}" text-anchor="middle">{minute:g} min</text>'
    for metre in round_values(scale.length_m):
        y = scale.y(metre)
        yield f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="{GRID}"/>'
        yield f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{metre:g} m</text>'


def _lines(paths: Trajectories, way: Way, scale: _Scale) -> Iterator[tuple[RoadMode, list[tuple[float, float]]]]:
    """One line for each stay of a vehicle on the way."""
    offset_m = np.array([way.offset_m.get(lane, np.nan) for lane in paths.lane_ids])
    along_m = offset_m[paths.lane] + paths.position_m
    wanted = ~np.isnan(along_m) & (paths.time_s >= scale.begin_s) & (paths.time_s <= scale.end_s)
    for vehicle, rows in driven(paths):
        here = np.flatnonzero(wanted[rows]) + rows.start
        if len(here) < 2:
            continue
        apart = np.flatnonzero(np.diff(here) != 1) + 1
        for stay in np.split(here, apart):
            if len(stay) > 1:
                kept = stay[_bends(paths.speed_mps[stay])]
                places = zip(paths.time_s[kept].tolist(), along_m[kept].tolist(), strict=True)
                yield RoadMode(int(paths.modes[vehicle])), [(scale.x(at_s), scale.y(at_m)) for at_s, at_m in places]


def _bends(speed_mps: NDArray[np.float64]) -> list[int]:
    """The first and the last row, and those where the speed has changed since the last one that is kept."""
    kept, before = [0], float(speed_mps[0])
    for row, speed in enumerate(speed_mps.tolist()):
        if abs(speed - before) > SPEED_STEP_MPS:
            kept += [row - 1, row] if row - 1 > kept[-1] else [row]
            before = speed
    return [*dict.fromkeys([*kept, len(speed_mps) - 1])]


def _signal(paths: Trajectories, stop_line: StopLine, scale: _Scale) -> Iterator[str]:
    """What the links of a stop line showed, as a line of its colour along the time."""
    tls = paths.tls_ids.index(stop_line.tls) if stop_line.tls in paths.tls_ids else -1
    changes = np.flatnonzero(paths.signal_tls == tls).tolist()
    shown = [(float(paths.signal_since_s[row]), _colour(paths.signal_letters[row], stop_line.links)) for row in changes]
    y = scale.y(stop_line.at_m)
    for (since_s, colour), until_s in zip(shown, [*(since for since, _ in shown[1:]), scale.end_s], strict=True):
        first_s, last_s = max(since_s, scale.begin_s), min(until_s, scale.end_s)
        if first_s < last_s:
            yield (
                f'<line x1="{scale.x(first_s):.1f}" x2="{scale.x(last_s):.1f}" y1="{y:.1f}" y2="{y:.1f}" '
                f'stroke="{SIGNAL_COLOURS[colour]}" stroke-width="3"/>'
            )


def _colour(letters: str, links: Sequence[int]) -> str:
    """Green where any of the links is, else amber where one is."""
    seen = {letters[link] for link in links if link < len(letters)}
    return "green" if seen & set("Gg") else "amber" if seen & set("yYu") else "red"

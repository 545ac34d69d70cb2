"""Small charts as inline SVG: grouped bars and lines, nothing to load from anywhere."""

import math
from collections.abc import Mapping, Sequence
from html import escape

WIDTH, HEIGHT = 720, 230
LEFT, RIGHT, TOP, BOTTOM = 44, 20, 30, 26
PLOT_W, PLOT_H = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
COLOURS = ("#1f6f8b", "#c08a2d", "#6b7a2f", "#8b3a3a")
DASHES = ("none", "7 4", "2 3", "9 3 2 3")
GRID = "#ddd"
WIDEST_BAR = 60

Series = Mapping[str, Sequence[float | None]]


def bars(labels: Sequence[str], series: Series, unit: str, title: str) -> str:
    """Grouped bars with their values: one group per label, one bar per series; a missing value leaves a gap."""
    top, axis = _height_axis(series, unit)
    slot = PLOT_W / max(1, len(labels))
    width = min(slot * 0.8 / max(1, len(series)), WIDEST_BAR)
    parts = [axis]
    for position, label in enumerate(labels):
        parts.append(_label(LEFT + (position + 0.5) * slot, label))
        for number, (name, values) in enumerate(series.items()):
            value = values[position]
            if value is None:
                continue
            x = LEFT + (position + 0.5) * slot + (number - len(series) / 2) * width
            y = _y(value, top)
            parts.append(
                f'<rect x="{x + 1:.1f}" y="{y:.1f}" width="{width - 2:.1f}" height="{_y(0.0, top) - y:.1f}" '
                f'fill="{_colour(number)}"><title>{escape(f"{label}, {name}: {value:.1f} {unit}")}</title></rect>'
                f'<text x="{x + width / 2:.1f}" y="{y - 4:.1f}" text-anchor="middle">{value:.1f}</text>'
            )
    return _figure(parts, series, title, dashed=False)


def lines(x: Sequence[float], series: Series, unit: str, title: str, *, x_end: float, x_unit: str) -> str:
    """Lines over an axis from 0 to `x_end`; a missing value is a gap and never bridged."""
    top, axis = _height_axis(series, unit)
    parts = [axis, *(_label(_x(at, x_end), f"{at:g} {x_unit}") for at in round_values(x_end))]
    for number, (name, values) in enumerate(series.items()):
        colour = _colour(number)
        for piece in _pieces(x, values):
            points = " ".join(f"{_x(at, x_end):.1f},{_y(value, top):.1f}" for at, value in piece)
            parts.append(
                f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2" '
                f'stroke-dasharray="{_dash(number)}"/>'
            )
            parts += [
                f'<circle cx="{_x(at, x_end):.1f}" cy="{_y(value, top):.1f}" r="3" fill="{colour}">'
                f"<title>{escape(f'{name}, minute {at:g}: {value:.1f} {unit}')}</title></circle>"
                for at, value in piece
            ]
    return _figure(parts, series, title, dashed=True)


def _pieces(x: Sequence[float], values: Sequence[float | None]) -> list[list[tuple[float, float]]]:
    pieces: list[list[tuple[float, float]]] = [[]]
    for at, value in zip(x, values, strict=True):
        if value is None:
            pieces.append([])
        else:
            pieces[-1].append((at, value))
    return [piece for piece in pieces if piece]


def _height_axis(series: Series, unit: str) -> tuple[float, str]:
    """The value at the chart's upper edge, and grid lines at round values up to there."""
    ticks = round_values(
        max((value for values in series.values() for value in values if value is not None), default=0.0)
    )
    top = ticks[-1] + (ticks[1] - ticks[0])
    parts = [f'<text x="{LEFT - 6}" y="12" text-anchor="end">{escape(unit)}</text>']
    for value in (*ticks, top):
        y = _y(value, top)
        parts.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="{GRID}"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{value:g}</text>')
    return top, "".join(parts)


def round_values(high: float) -> list[float]:
    """Round values from 0 up to `high`, about five of them and at least two."""
    rough = max(high, 1e-9) / 5
    scale = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * scale for factor in (1.0, 2.0, 5.0, 10.0) if factor * scale >= rough * 0.9999)
    return [round(step * number, 12) for number in range(max(2, int(high / step + 1e-9) + 1))]


def _x(at: float, end: float) -> float:
    return LEFT + at / (end or 1.0) * PLOT_W


def _y(value: float, top: float) -> float:
    return TOP + (1.0 - value / top) * PLOT_H


def _label(x: float, text: str) -> str:
    return f'<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{escape(text)}</text>'


def _figure(parts: Sequence[str], series: Series, title: str, *, dashed: bool) -> str:
    keys = "".join(
        f'<span><svg class="key" viewBox="0 0 24 10"><path d="M0 5h24" stroke="{_colour(number)}" '
        f'stroke-width="{3 if dashed else 10}" stroke-dasharray="{_dash(number) if dashed else "none"}"/></svg>'
        f"{escape(name)}</span>"
        for number, name in enumerate(series)
    )
    drawn = f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">'
    return f'<figure>{drawn}{"".join(parts)}</svg><figcaption class="legend">{keys}</figcaption></figure>'


def _colour(number: int) -> str:
    return COLOURS[number % len(COLOURS)]


def _dash(number: int) -> str:
    return DASHES[number % len(DASHES)]

"""Small charts as inline SVG: grouped bars and lines, nothing to load from anywhere."""

from collections.abc import Mapping, Sequence
from html import escape

WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 720, 240, 48, 36, 12
COLOURS = ("#1f6f8b", "#c08a2d", "#6b7a2f", "#8b3a3a")


def bars(labels: Sequence[str], series: Mapping[str, Sequence[float | None]], unit: str) -> str:
    """Grouped bars: one group per label, one bar per series; a missing value leaves its place empty."""
    top = _nice(max((value for values in series.values() for value in values if value is not None), default=1.0))
    slot = (WIDTH - LEFT) / max(1, len(labels))
    width = slot * 0.8 / max(1, len(series))
    parts = [_axis(top, unit)]
    for position, label in enumerate(labels):
        middle = LEFT + (position + 0.5) * slot
        parts.append(f'<text x="{middle:.1f}" y="{HEIGHT - BOTTOM + 16}" text-anchor="middle">{escape(label)}</text>')
        for number, (name, values) in enumerate(series.items()):
            value = values[position]
            if value is None:
                continue
            height = value / top * _room()
            x = LEFT + position * slot + slot * 0.1 + number * width
            parts.append(
                f'<rect x="{x:.1f}" y="{HEIGHT - BOTTOM - height:.1f}" width="{width:.1f}" height="{height:.1f}" '
                f'fill="{_colour(number)}"><title>{escape(label)}, {escape(name)}: {value:.1f} {unit}</title></rect>'
            )
    return _svg(parts, series)


def lines(x: Sequence[float], series: Mapping[str, Sequence[float | None]], unit: str, x_unit: str) -> str:
    """Lines over a common axis; a missing value is a gap and never bridged."""
    top = _nice(max((value for values in series.values() for value in values if value is not None), default=1.0))
    low, high = (min(x), max(x)) if x else (0.0, 1.0)
    span = high - low or 1.0

    def place(at: float, value: float) -> str:
        across = LEFT + 8 + (at - low) / span * (WIDTH - LEFT - 16)
        return f"{across:.1f},{HEIGHT - BOTTOM - value / top * _room():.1f}"

    parts = [_axis(top, unit)]
    for at in (low, (low + high) / 2, high):
        position = place(at, 0.0).split(",")[0]
        parts.append(f'<text x="{position}" y="{HEIGHT - BOTTOM + 16}" text-anchor="middle">{at:.0f} {x_unit}</text>')
    for number, values in enumerate(series.values()):
        for piece in _pieces(x, values):
            points = " ".join(place(at, value) for at, value in piece)
            parts.append(f'<polyline points="{points}" fill="none" stroke="{_colour(number)}" stroke-width="2"/>')
    return _svg(parts, series)


def _pieces(x: Sequence[float], values: Sequence[float | None]) -> list[list[tuple[float, float]]]:
    pieces: list[list[tuple[float, float]]] = [[]]
    for at, value in zip(x, values, strict=True):
        if value is None:
            pieces.append([])
        else:
            pieces[-1].append((at, value))
    return [piece for piece in pieces if piece]


def _axis(top: float, unit: str) -> str:
    parts = []
    for ratio in (0.0, 0.5, 1.0):
        y = HEIGHT - BOTTOM - ratio * _room()
        parts.append(f'<line x1="{LEFT}" x2="{WIDTH}" y1="{y:.1f}" y2="{y:.1f}" stroke="#ccc"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{top * ratio:g}</text>')
    return "".join(parts) + f'<text x="4" y="{TOP}">{escape(unit)}</text>'


def _svg(parts: Sequence[str], series: Mapping[str, Sequence[float | None]]) -> str:
    legend = "".join(
        f'<rect x="{LEFT + 130 * number}" y="{HEIGHT - 12}" width="10" height="10" fill="{_colour(number)}"/>'
        f'<text x="{LEFT + 130 * number + 15}" y="{HEIGHT - 3}">{escape(name)}</text>'
        for number, name in enumerate(series)
    )
    return f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img">{"".join(parts)}{legend}</svg>'


def _room() -> float:
    return HEIGHT - BOTTOM - TOP - 4


def _colour(number: int) -> str:
    return COLOURS[number % len(COLOURS)]


def _nice(value: float) -> float:
    """The next round number at or above a value."""
    if value <= 0:
        return 1.0
    scale = 1.0
    while value / scale > 10:
        scale *= 10
    while value / scale <= 1:
        scale /= 10
    return next(step * scale for step in (1.0, 2.0, 2.5, 5.0, 7.5, 10.0) if step * scale >= value * 0.9999)

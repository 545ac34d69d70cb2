"""Tables of a report: numbers with as many digits as they deserve, and what is missing says so."""

from collections.abc import Mapping, Sequence
from html import escape

MISSING = "–"


def table(head: Sequence[str], rows: Sequence[tuple[str, Sequence[str]]]) -> str:
    """Labels to the left, numbers to the right; it scrolls by itself where the page is narrow."""
    top = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in head)
    body = "".join(
        f'<tr><th scope="row">{escape(label)}</th>{"".join(f"<td>{escape(cell)}</td>" for cell in cells)}</tr>'
        for label, cells in rows
    )
    return f'<div class="wide"><table><tr>{top}</tr>{body}</table></div>'


def number(value: float | None, digits: int = 1) -> str:
    """`12.3`, in groups of thousands."""
    return MISSING if value is None else f"{value:,.{digits}f}"


def count(value: float) -> str:
    """A count, or the mean of counts over several seeds."""
    return number(value, 0 if float(value).is_integer() else 1)


def interval(ends: Sequence[float] | None, scale: float = 1.0, digits: int = 1) -> str:
    """The interval of a figure that cannot be negative, whatever Student's t makes of two seeds."""
    return MISSING if ends is None else " to ".join(number(max(0.0, end * scale), digits) for end in ends)


def change(ours: float | None, theirs: float | None, paired: Mapping[str, Sequence[float] | None] | None = None) -> str:
    """By how much a figure differs from the baseline's, with the interval of the pairs by seed where there is one."""
    if ours is None or not theirs:
        return MISSING
    ends = paired.get("ci95") if paired is not None else None
    spread = "" if ends is None else f" ({100 * ends[0]:+.0f} to {ends[1]:+.0%})"
    return f"{(ours - theirs) / theirs:+.1%}{spread}".replace("-", "−").replace("%", " %")

"""Green waves as a mixed-integer program: the offsets with the widest bands, for several streams at once.

MAXBAND (Little 1966, Little, Kelson and Gartner 1981) gives every stream one band; MULTIBAND (Gartner et al. 1991)
gives one to each of its roads, weighted by that road's traffic. Instead of loop equations, offsets are variables
themselves: the middle of the band passes each stop line within a green of the junction, some whole number of cycles
later. So any network of streams can be written down, with cars, bicycles and buses (dwell is travel time) over the
same signals.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

NODE_LIMIT = 3000
GAP_RATIO = 0.005
TOLERANCE_S = 1e-6


@dataclass(frozen=True, slots=True)
class Window:
    """Green of a stream at a junction: `start_s` after plan second 0, `length_s` long, every `cycle_s`."""

    junction: str
    start_s: float
    length_s: float
    cycle_s: int


@dataclass(frozen=True, slots=True)
class Leg:
    """From one stop of a stream to the next: travel time from `least_s` to `most_s`, and what its band is worth."""

    least_s: float
    most_s: float
    weight: float


@dataclass(frozen=True, slots=True)
class Stream:
    """Road users who pass several signals one after another: a window for each stop, a leg between two of them."""

    name: str
    windows: tuple[Window, ...]
    legs: tuple[Leg, ...]


@dataclass(frozen=True)
class Progression:
    """Offsets in seconds, and the width of each band: one per leg, all alike where the stream has one band."""

    offsets_s: Mapping[str, float]
    bands_s: Mapping[str, tuple[float, ...]]
    value: float


class _Program:
    """Columns and rows of a mixed-integer program, collected one by one."""

    def __init__(self) -> None:
        self.cost: list[float] = []
        self.low: list[float] = []
        self.high: list[float] = []
        self.whole: list[int] = []
        self._rows: list[tuple[dict[int, float], float, float]] = []

    def column(self, low: float, high: float, *, cost: float = 0.0, whole: bool = False) -> int:
        """A new variable."""
        self.cost.append(cost)
        self.low.append(low)
        self.high.append(high)
        self.whole.append(int(whole))
        return len(self.cost) - 1

    def row(self, terms: Mapping[int, float], low: float, high: float) -> None:
        """Low <= sum of terms <= high."""
        self._rows.append((dict(terms), low, high))

    def solve(self, node_limit: int) -> NDArray[np.float64] | None:
        """The best values; None where there are none."""
        from scipy.optimize import Bounds, LinearConstraint, milp  # late: it takes two seconds to import
        from scipy.sparse import csr_array

        entries = [(r, c, v) for r, (terms, _, _) in enumerate(self._rows) for c, v in terms.items()]
        rows, columns, values = zip(*entries, strict=True)
        matrix = csr_array((values, (rows, columns)), shape=(len(self._rows), len(self.cost)))
        low = np.array([row[1] for row in self._rows])
        high = np.array([row[2] for row in self._rows])
        found = milp(
            np.array(self.cost),
            integrality=np.array(self.whole),
            bounds=Bounds(np.array(self.low), np.array(self.high)),
            constraints=LinearConstraint(matrix, low, high),
            options={"node_limit": node_limit, "mip_rel_gap": GAP_RATIO},
        )
        return None if found.x is None else np.asarray(found.x, np.float64)


def best_offsets(
    streams: Sequence[Stream], period_s: int, *, one_band: bool = False, node_limit: int = NODE_LIMIT
) -> Progression:
    """Offsets with the largest weighted sum of bands; deterministic, with a limit on the search instead of on time.

    Args:
        streams: Who is to pass without a stop.
        period_s: The common cycle; a junction's own cycle divides it.
        one_band: MAXBAND instead of MULTIBAND: one band from end to end for each stream.
        node_limit: Branches looked at, at most.
    """
    useful = [stream for stream in streams if stream.legs]
    junctions = list(dict.fromkeys(window.junction for stream in useful for window in stream.windows))
    if not junctions:
        return Progression({}, {}, 0.0)
    program = _Program()
    offset = {name: program.column(0.0, 0.0 if n == 0 else float(period_s)) for n, name in enumerate(junctions)}
    bands: dict[str, list[int]] = {}
    for stream in useful:
        bands[stream.name] = _add_stream(program, stream, offset, period_s, one_band=one_band)
    found = program.solve(node_limit)
    if found is None:
        return Progression(dict.fromkeys(junctions, 0.0), {}, 0.0)
    widths = {name: tuple(float(found[column]) for column in columns) for name, columns in bands.items()}
    value = -float(np.dot(program.cost, found))
    return Progression({name: float(found[column]) % period_s for name, column in offset.items()}, widths, value)


def _add_stream(
    program: _Program, stream: Stream, offset: Mapping[str, int], period_s: int, *, one_band: bool
) -> list[int]:
    """Columns of the stream's bands; `passes` is when the middle of the band crosses each stop line."""
    legs, windows = stream.legs, stream.windows
    if one_band:
        width = min(window.length_s for window in windows)
        columns = [program.column(0.0, width, cost=-sum(leg.weight for leg in legs))] * len(legs)
    else:
        columns = [
            program.column(0.0, min(windows[n].length_s, windows[n + 1].length_s), cost=-leg.weight)
            for n, leg in enumerate(legs)
        ]
    latest_s = 2.0 * period_s + sum(leg.most_s for leg in legs)
    passes = [program.column(0.0, latest_s) for _ in windows]
    for n, leg in enumerate(legs):
        program.row({passes[n + 1]: 1.0, passes[n]: -1.0}, leg.least_s, leg.most_s)
    for n, window in enumerate(windows):
        turns = program.column(-2 * period_s // window.cycle_s, latest_s // window.cycle_s + 1, whole=True)
        at = {passes[n]: 1.0, offset[window.junction]: -1.0, turns: -float(window.cycle_s)}
        for column in {columns[k] for k in (n - 1, n) if 0 <= k < len(legs)}:
            program.row({**at, column: -0.5}, window.start_s, np.inf)
            program.row({**at, column: 0.5}, -np.inf, window.start_s + window.length_s)
    return columns


def band_widths(stream: Stream, offsets_s: Mapping[str, float]) -> tuple[float, ...]:
    """How wide each leg's band is under given offsets: the part of a cycle that passes both of its stop lines on green.

    The speed within the legs' ranges is the one that suits the pair best.
    """
    widths = []
    for n, leg in enumerate(stream.legs):
        before, after = stream.windows[n], stream.windows[n + 1]
        speeds = np.linspace(leg.least_s, leg.most_s, 5)
        widths.append(max(_overlap(before, after, offsets_s, float(travel_s)) for travel_s in speeds))
    return tuple(widths)


def _overlap(before: Window, after: Window, offsets_s: Mapping[str, float], travel_s: float) -> float:
    """The widest run of green at one stop line that is green at the next one after the travel time."""
    step_s = min(before.cycle_s, after.cycle_s)
    begin = offsets_s[before.junction] + before.start_s + travel_s - offsets_s[after.junction] - after.start_s
    best = 0.0
    for turn in range(-1, max(before.cycle_s, after.cycle_s) // step_s + 1):
        first = begin % step_s - turn * step_s
        best = max(best, min(first + before.length_s, after.length_s) - max(first, 0.0))
    return best

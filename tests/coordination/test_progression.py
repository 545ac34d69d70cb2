"""Green waves against enumeration and against Little's own formulation."""

from itertools import product

import numpy as np
import pytest
from scipy.optimize import Bounds, LinearConstraint, milp

from plans.progression import Leg, Stream, Window, band_widths, best_offsets

CYCLE_S = 40


def _arterial(greens_s: list[float], travel_s: list[float], cycle_s: int = CYCLE_S) -> tuple[Stream, Stream]:
    """Both directions of a road whose greens are the same for both, each starting at plan second 0."""
    windows = tuple(Window(f"J{n}", 0.0, green, cycle_s) for n, green in enumerate(greens_s))
    legs = tuple(Leg(t, t, 1.0) for t in travel_s)
    return Stream("out", windows, legs), Stream("in", windows[::-1], legs[::-1])


def _end_to_end(stream: Stream, offsets_s: dict[str, float], cycle_s: int) -> float:
    """Width of the one band through all windows: seconds of the cycle that pass every stop line on green (1/4 s)."""
    ok = np.ones(4 * cycle_s, bool)
    at_s = np.arange(4 * cycle_s) / 4.0
    travelled = 0.0
    for n, window in enumerate(stream.windows):
        into = (at_s + travelled - offsets_s[window.junction] - window.start_s) % window.cycle_s
        ok &= into < window.length_s
        travelled += stream.legs[n].least_s if n < len(stream.legs) else 0.0
    runs = "".join("1" if one else "0" for one in np.concatenate([ok, ok])).split("0")
    return min(max(len(run) for run in runs), 4 * cycle_s) / 4.0


def test_one_way_band_is_the_shortest_green() -> None:
    """In one direction alone every signal can be met: the band is as wide as the shortest green."""
    out, _ = _arterial([20.0, 14.0, 25.0], [13.0, 31.0])
    found = best_offsets([out], CYCLE_S, one_band=True)
    assert found.bands_s["out"][0] == pytest.approx(14.0, abs=1e-6)
    assert _end_to_end(out, dict(found.offsets_s), CYCLE_S) == pytest.approx(14.0, abs=0.5)


@pytest.mark.parametrize("travel_s", [[12.0, 17.0], [20.0, 20.0], [7.0, 26.0]])
def test_two_way_bands_are_those_of_enumeration(travel_s: list[float]) -> None:
    """No pair of whole offsets that leaves both directions a band has wider ones together."""
    streams = _arterial([18.0, 22.0, 16.0], travel_s)
    found = best_offsets(streams, CYCLE_S, one_band=True)
    total = sum(bands[0] for bands in found.bands_s.values())
    best = 0.0
    for a, b in product(range(CYCLE_S), repeat=2):
        widths = [_end_to_end(one, {"J0": 0.0, "J1": float(a), "J2": float(b)}, CYCLE_S) for one in streams]
        best = max(best, sum(widths)) if min(widths) > 0.0 else best
    assert best - 0.5 <= total <= best + 2.0  # offsets in between may gain what rounding to seconds loses


def _little(greens_s: list[float], travel_s: list[float], cycle_s: float) -> float:
    """MAXBAND as Little, Kelson and Gartner (1981) write it, in cycles: the sum of both bands in seconds.

    Columns: band out, band in, then for each signal the time from the side of red to the band, out and in, then one
    whole number for each pair of neighbours.
    """
    n = len(greens_s)
    red = [1.0 - green / cycle_s for green in greens_s]
    travel = [t / cycle_s for t in travel_s]
    columns = 2 + 2 * n + (n - 1)
    rows: list[np.ndarray] = []
    low: list[float] = []
    high: list[float] = []
    for i in range(n):
        for direction in (0, 1):
            row = np.zeros(columns)
            row[direction], row[2 + direction * n + i] = 1.0, 1.0
            rows, low, high = [*rows, row], [*low, -np.inf], [*high, 1.0 - red[i]]
    for i in range(n - 1):
        row = np.zeros(columns)
        for direction in (0, 1):
            row[2 + direction * n + i], row[2 + direction * n + i + 1] = 1.0, -1.0
        row[2 + 2 * n + i] = -1.0
        value = red[i + 1] - red[i] - 2.0 * travel[i]
        rows, low, high = [*rows, row], [*low, value], [*high, value]
    cost = np.zeros(columns)
    cost[:2] = -1.0
    whole = np.r_[np.zeros(2 + 2 * n), np.ones(n - 1)]
    bounds = Bounds(np.r_[np.zeros(2 + 2 * n), np.full(n - 1, -9.0)], np.r_[np.ones(2 + 2 * n), np.full(n - 1, 9.0)])
    found = milp(cost, integrality=whole, bounds=bounds, constraints=LinearConstraint(np.array(rows), low, high))
    return -float(found.fun) * cycle_s


@pytest.mark.parametrize(
    ("greens_s", "travel_s"),
    [([30.0, 35.0, 28.0, 40.0], [18.0, 25.0, 33.0]), ([26.0, 26.0, 26.0, 26.0, 26.0], [21.0, 19.0, 30.0, 14.0])],
)
def test_bands_are_those_of_little(greens_s: list[float], travel_s: list[float]) -> None:
    """Offsets as variables and Little's loop equations reach the same optimum."""
    found = best_offsets(_arterial(greens_s, travel_s, 70), 70, one_band=True, node_limit=100000)
    assert found.value / len(travel_s) == pytest.approx(_little(greens_s, travel_s, 70.0), rel=6e-3)


def test_bands_of_single_roads_are_no_narrower() -> None:
    """MULTIBAND has a band for each road, and each is at least what MAXBAND's one band leaves it."""
    streams = _arterial([18.0, 22.0, 16.0], [12.0, 17.0])
    one, many = best_offsets(streams, CYCLE_S, one_band=True), best_offsets(streams, CYCLE_S)
    assert many.value >= one.value * 0.99
    for stream in streams:
        widths = band_widths(stream, many.offsets_s)
        assert all(a >= b - 0.1 for a, b in zip(widths, many.bands_s[stream.name], strict=True))


def test_half_cycles_are_met_at_either_green() -> None:
    """A junction that runs half the cycle offers two greens: a stream half a cycle off passes as well."""
    windows = (Window("A", 0.0, 10.0, 40), Window("B", 0.0, 10.0, 20), Window("A", 0.0, 10.0, 40))
    stream = Stream("loop", windows, (Leg(20.0, 20.0, 1.0), Leg(20.0, 20.0, 1.0)))
    assert best_offsets([stream], 40, one_band=True).bands_s["loop"][0] == pytest.approx(10.0, abs=1e-6)

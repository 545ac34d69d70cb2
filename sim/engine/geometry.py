"""Where ways inside a junction cross, join and part: polylines as arrays of points."""

import math

import numpy as np

from sim.engine.arrays import F8
from sim.engine.jit import helper, setup_kernel

NO_INTERSECTION = -10000.0
MIN_DIVERGENCE_M = 2.5


@helper
def polyline_length(xs: F8, ys: F8) -> float:
    """Length of a polyline."""
    total = 0.0
    for i in range(xs.size - 1):
        total += math.hypot(xs[i + 1] - xs[i], ys[i + 1] - ys[i])
    return total


@helper
def last_crossing(ax: F8, ay: F8, bx: F8, by: F8) -> tuple[float, float]:
    """How far along a its last intersection with b lies, and the direction of a there; a negative distance is none."""
    best, angle, done = -1.0, 0.0, 0.0
    for i in range(ax.size - 1):
        dx, dy = ax[i + 1] - ax[i], ay[i + 1] - ay[i]
        piece = math.hypot(dx, dy)
        for j in range(bx.size - 1):
            ex, ey = bx[j + 1] - bx[j], by[j + 1] - by[j]
            cross = dx * ey - dy * ex
            if abs(cross) < 1e-12:
                continue
            px, py = bx[j] - ax[i], by[j] - ay[i]
            t = (px * ey - py * ex) / cross
            u = (px * dy - py * dx) / cross
            if 0.0 <= t <= 1.0 and 0.0 <= u <= 1.0 and done + t * piece > best:
                best = done + t * piece
                angle = math.atan2(dy, dx)
        done += piece
    return best, angle


@helper
def distance_to(x: float, y: float, bx: F8, by: F8) -> float:
    """Distance of a point from a polyline."""
    best = math.inf
    for j in range(bx.size - 1):
        ex, ey = bx[j + 1] - bx[j], by[j + 1] - by[j]
        square = ex * ex + ey * ey
        t = 0.0 if square == 0.0 else max(0.0, min(1.0, ((x - bx[j]) * ex + (y - by[j]) * ey) / square))
        best = min(best, math.hypot(bx[j] + t * ex - x, by[j] + t * ey - y))
    return best


@helper
def shared_length(ax: F8, ay: F8, bx: F8, by: F8, width: float) -> float:
    """How far from its start a stays closer to b than `width`; reverse both to ask for the end instead."""
    total = polyline_length(ax, ay)
    pieces = max(1, int(total / 0.25))
    done = 0.0
    x, y, i, along = ax[0], ay[0], 0, 0.0
    for k in range(1, pieces + 1):
        want = total * k / pieces
        while i < ax.size - 2 and along + math.hypot(ax[i + 1] - ax[i], ay[i + 1] - ay[i]) < want:
            along += math.hypot(ax[i + 1] - ax[i], ay[i + 1] - ay[i])
            i += 1
        piece = math.hypot(ax[i + 1] - ax[i], ay[i + 1] - ay[i])
        t = 0.0 if piece == 0.0 else min(1.0, (want - along) / piece)
        x, y = ax[i] + t * (ax[i + 1] - ax[i]), ay[i] + t * (ay[i + 1] - ay[i])
        if distance_to(x, y, bx, by) > width:
            return done
        done = want
    return total


@setup_kernel
def conflict_point(
    ax: F8, ay: F8, bx: F8, by: F8, a_length: float, a_width: float, b_width: float, kind: int
) -> tuple[float, float]:
    """Where my way a meets the foe's way b: metres from the conflict to the end of a, and its size.

    `kind` 0: crossing; 1: joining (same target); 2: parting (same source). Without any conflict the first value is
    `-NO_INTERSECTION`. Follows SUMO's rules: a crossing begins half the (slanted) foe width before the intersection.
    """
    shape_length = max(polyline_length(ax, ay), 1e-6)
    scale = a_length / shape_length
    narrow = min(MIN_DIVERGENCE_M, 0.5 * (a_width + b_width))
    if kind == 1:
        if math.hypot(ax[-1] - bx[-1], ay[-1] - by[-1]) >= narrow:
            return 0.0, b_width
        mine = shared_length(ax[::-1].copy(), ay[::-1].copy(), bx[::-1].copy(), by[::-1].copy(), narrow)
        theirs = shared_length(bx[::-1].copy(), by[::-1].copy(), ax[::-1].copy(), ay[::-1].copy(), narrow)
        return min(max(mine, theirs), shape_length, polyline_length(bx, by)) * scale, b_width
    if kind == 2:
        mine = shared_length(ax, ay, bx, by, narrow)
        theirs = shared_length(bx, by, ax, ay, narrow)
        parting = min(max(mine, theirs), shape_length, polyline_length(bx, by))
        return max(0.0, a_length - parting * scale), b_width
    along, angle = last_crossing(ax, ay, bx, by)
    if along < 0.0:
        return -NO_INTERSECTION, 0.0
    _, foe_angle = last_crossing(bx, by, ax, ay)
    slant = 1.0 / max(abs(math.sin(angle - foe_angle)), 0.2) * 2.0 - 1.0
    size = min(b_width * slant, a_length)
    return a_length - max(0.0, along - size / 2.0) * scale, size


def as_columns(shape: tuple[tuple[float, float], ...]) -> tuple[F8, F8]:
    """A shape's x and y as arrays."""
    points = np.asarray(shape, dtype=np.float64)
    return np.ascontiguousarray(points[:, 0]), np.ascontiguousarray(points[:, 1])

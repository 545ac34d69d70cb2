"""Several runs of one scenario as one result: mean, standard deviation and 95 % interval of every figure."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

CONFIDENCE = 0.95
SAME_FOR_ALL = frozenset({"begin", "end", "step_s"})


def combine(runs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The result of several seeds in the shape of one.

    Every number becomes its mean, and the same tree stands again under `sd` (None for one run) and `ci95` (low and high
    end of the 95 % interval of the mean, by Student's t). `seeds` lists the seeds and `runs` the single results.
    """
    result = {key: value for key, value in _merged(runs, _mean).items() if key != "seed"}
    result["seeds"] = [run["seed"] for run in runs]
    figures = [{key: value for key, value in run.items() if _is_figure(key, value)} for run in runs]
    result["sd"] = _merged(figures, _deviation)
    result["ci95"] = _merged(figures, _interval)
    result["runs"] = [dict(run) for run in runs]
    return result


def _is_figure(key: str, value: object) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return (number or isinstance(value, Mapping)) and key not in SAME_FOR_ALL | {"seed"}


def _merged(trees: Sequence[Mapping[str, Any]], of: Callable[[list[float]], Any]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, first in trees[0].items():
        values = [tree.get(key) for tree in trees]
        if isinstance(first, Mapping):
            result[key] = _merged([value for value in values if isinstance(value, Mapping)], of)
        elif key in SAME_FOR_ALL or isinstance(first, str | bool):
            result[key] = first
        else:
            numbers = [float(value) for value in values if value is not None]
            result[key] = of(numbers) if numbers else None
    return result


def _mean(values: list[float]) -> float:
    mean = float(np.mean(values))
    return int(mean) if mean == int(mean) else round(mean, 3)


def _deviation(values: list[float]) -> float | None:
    return round(float(np.std(values, ddof=1)), 3) if len(values) > 1 else None


def _interval(values: list[float]) -> list[float] | None:
    if len(values) < 2:
        return None
    mean, half = float(np.mean(values)), student_t(len(values) - 1) * float(np.std(values, ddof=1))
    half /= math.sqrt(len(values))
    return [round(mean - half, 3), round(mean + half, 3)]


def student_t(freedom: int) -> float:
    """The two-sided 95 % point of Student's t distribution."""
    from scipy.special import stdtrit

    return float(stdtrit(freedom, 0.5 + CONFIDENCE / 2))


def paired_difference(runs: Sequence[float], baseline: Sequence[float]) -> dict[str, Any]:
    """Mean difference to the baseline and, for runs paired by seed, its 95 % interval; in the figure's own unit.

    Args:
        runs: One figure per seed.
        baseline: The baseline's figure of the same seeds, in the same order.
    """
    differences = [a - b for a, b in zip(runs, baseline, strict=True)]
    return {"mean": round(float(np.mean(differences)), 3), "ci95": _interval(differences)}


def relative_change(runs: Sequence[float], baseline: Sequence[float]) -> dict[str, Any]:
    """Mean change against the baseline and, for runs paired by seed, its 95 % interval; as a ratio of the baseline.

    Args:
        runs: One figure per seed.
        baseline: The baseline's figure of the same seeds, in the same order.
    """
    reference = float(np.mean(baseline))
    if reference == 0:
        return {"ratio": None, "ci95": None}
    differences = [(a - b) / reference for a, b in zip(runs, baseline, strict=True)]
    return {"ratio": round(float(np.mean(differences)), 4), "ci95": _interval(differences)}

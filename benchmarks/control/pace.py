"""How long the rest of a matrix takes, from what its runs took so far."""

from collections.abc import Mapping, Sequence

from benchmarks.control.matrix import Job

TRUSTED_RUNS = 0.5  # so much of a run must be done before the pace counts


class Pace:
    """Expects of a run what others of its cell took, else others of its scenario, else any other.

    Args:
        jobs: What is to run.
        workers: How many at once.
    """

    def __init__(self, jobs: Sequence[Job], workers: int) -> None:
        self._jobs = jobs
        self._workers = workers
        self._took_s: dict[tuple[str, ...], list[float]] = {}

    def note(self, cell: tuple[str, str, str], wall_s: float) -> None:
        """A run of this cell took so long."""
        for key in ((), cell[:1], cell):
            self._took_s.setdefault(key, []).append(wall_s)

    def left_s(self, parts: Sequence[float], elapsed_s: float) -> float | None:
        """Seconds to the end of all runs, None while nothing can be said.

        Args:
            parts: Of each run, what is done of it, 0 to 1.
            elapsed_s: Since the first of them began.
        """
        done = sum(parts)
        if not self._took_s and done < TRUSTED_RUNS:
            return None
        anyhow = elapsed_s * self._workers / done if done > 0 else 0.0
        expected = [self._expected_s(job.cell, anyhow) for job in self._jobs]
        work_s = sum(part * seconds for part, seconds in zip(parts, expected, strict=True))
        rest_s = sum((1.0 - part) * seconds for part, seconds in zip(parts, expected, strict=True))
        slower = elapsed_s * self._workers / work_s if done >= TRUSTED_RUNS and work_s > 0 else 1.0
        return rest_s * slower / self._workers

    def _expected_s(self, cell: tuple[str, str, str], otherwise_s: float) -> float:
        for key in (cell, cell[:1], ()):
            if took := self._took_s.get(key):
                return sum(took) / len(took)
        return otherwise_s


def in_words(seconds: float | None) -> str:
    """`40 s`, `12 min` or `3 h 05 min`."""
    if seconds is None:
        return "unknown"
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60:02d} min"


def wall_s(figures: Mapping[str, Mapping[str, float]]) -> float:
    """What a finished run took."""
    return float(figures["performance"]["wall_s"])

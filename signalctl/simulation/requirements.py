"""Requirements on a result: `person_delay_s<=-15%` against the baseline, `by_mode.bicycle.stops<=2` as it stands."""

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from signalctl.errors import UsageError

COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "==": operator.eq,
    "<": operator.lt,
    ">": operator.gt,
}
FORM = re.compile(r"^\s*([A-Za-z_][\w.]*)\s*(<=|>=|==|<|>)\s*([+-]?\d+(?:\.\d+)?)\s*(%?)\s*$")
EXAMPLE = "a figure, <=, <, >=, > or ==, and a number or a change in %, such as person_delay_s<=-15%"


@dataclass(frozen=True, slots=True)
class Requirement:
    """One figure compared with a number, or its change against the baseline with a percentage."""

    text: str
    figure: str
    comparison: str
    wanted: float
    relative: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a requirement is met; `got` is the figure or its change in percent, None where there is no figure.

    `figures` are those that a change was taken from: here and under the baseline.
    """

    requirement: Requirement
    met: bool
    got: float | None
    figures: tuple[float, float] | None = None

    def __str__(self) -> str:
        """The verdict in one line: what came, of which figures, and by how much it misses what was wanted."""
        wanted = self.requirement
        words = f"{wanted.text}: {'met' if self.met else 'not met'}, got "
        if self.got is None:
            return words + "no figure"
        words += f"{self.got:g}{'%' if wanted.relative else ''}"
        if self.figures is not None:
            words += f" ({self.figures[0]:.4g} against {self.figures[1]:.4g})"
        missing = self.got - wanted.wanted
        if not self.met and missing:
            unit = " percentage points" if wanted.relative else ""
            words += f", {abs(missing):.4g}{unit} too {'much' if missing > 0 else 'little'}"
        return words


def parse_requirement(text: str) -> Requirement:
    """Read one expression.

    Raises:
        UsageError: It is not of the form of a requirement.
    """
    found = FORM.match(text)
    if found is None:
        raise UsageError(f"--require: expected {EXAMPLE}, got {text!r}")
    figure, comparison, number, percent = found.groups()
    return Requirement(text.strip(), figure, comparison, float(number), bool(percent))


def judge(requirement: Requirement, result: Mapping[str, Any], baseline: Mapping[str, Any] | None) -> Verdict:
    """Compare; a figure that nobody contributed to meets nothing.

    Raises:
        UsageError: The result has no such figure, or a change is asked for without a baseline.
    """
    got = figure_of(result, requirement.figure)
    figures = None
    if requirement.relative:
        if baseline is None:
            raise UsageError(f"--require {requirement.text}: expected --baseline beside a change in %, got none")
        reference = figure_of(baseline, requirement.figure)
        figures = None if got is None or not reference else (got, reference)
        got = None if figures is None else round(100.0 * (figures[0] - figures[1]) / figures[1], 3)
    met = got is not None and COMPARISONS[requirement.comparison](got, requirement.wanted)
    return Verdict(requirement, met, got, figures)


def figure_of(result: Mapping[str, Any], path: str) -> float | None:
    """The figure under a dotted path.

    Raises:
        UsageError: There is none of this name, or it is not a number.
    """
    here: Any = result
    for step in path.split("."):
        if not isinstance(here, Mapping) or step not in here:
            known = ", ".join(sorted(map(str, here))) if isinstance(here, Mapping) else "nothing"
            raise UsageError(f"--require: {path}: expected one of {known} for {step!r}, got an unknown figure")
        here = here[step]
    if here is None:
        return None
    if isinstance(here, bool) or not isinstance(here, int | float):
        raise UsageError(f"--require: {path}: expected the name of a number, got {type(here).__name__}")
    return float(here)

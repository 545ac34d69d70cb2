"""How many people come to each crossing, counted while it is red: control expects those who are still to come."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from detectors.picture import CrossingPicture
from plans.junction import Aspect

PRIOR_PH = 30.0
PRIOR_RED_S = 120.0
MAX_STEP_S = 5.0
LEAST_CONFIDENCE = 0.3
"""Below this the counts of a crossing or a lane are guesses and left out."""


@dataclass
class KerbRates:
    """Fading counts by group; what lies `memory_s` back counts 37 %. Starts from a few people an hour."""

    groups: Sequence[str]
    memory_s: float = 900.0
    people: dict[str, float] = field(default_factory=dict)
    red_s: dict[str, float] = field(default_factory=dict)
    waiting: dict[str, float] = field(default_factory=dict)
    utc_s: float | None = None

    def observe(self, crossings: Mapping[str, CrossingPicture], aspects: Mapping[str, Aspect], utc_s: float) -> None:
        """Fold in one second; gaps are left out and never bridged."""
        elapsed_s = 0.0 if self.utc_s is None else utc_s - self.utc_s
        self.utc_s = utc_s
        for group in self.groups:
            crossing = crossings.get(group)
            known = crossing is not None and crossing.confidence_ratio >= LEAST_CONFIDENCE
            if crossing is None or not known or aspects.get(group) == Aspect.GREEN:
                self.waiting[group] = 0.0
                continue
            came = max(0.0, crossing.waiting - self.waiting.get(group, 0.0))
            self.waiting[group] = crossing.waiting
            if 0.0 < elapsed_s <= MAX_STEP_S:
                keep = math.exp(-elapsed_s / self.memory_s)
                self.people[group] = self.people.get(group, PRIOR_PH / 3600.0 * PRIOR_RED_S) * keep + came
                self.red_s[group] = self.red_s.get(group, PRIOR_RED_S) * keep + elapsed_s

    def totals(self, group: str) -> tuple[float, float]:
        """People, and the seconds of red that they came in."""
        return self.people.get(group, PRIOR_PH / 3600.0 * PRIOR_RED_S), self.red_s.get(group, PRIOR_RED_S)

    def per_s(self, group: str) -> float:
        """People per second."""
        people, red_s = self.totals(group)
        return people / red_s

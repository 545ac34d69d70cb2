"""Whether a loop counts everybody twice: motor vehicles in one lane follow each other by more than a second."""

from dataclasses import dataclass

from detectors.readings import LoopReading

ONE_SECOND_S = 1.5
"""A reading of a longer time may hold several vehicles that came one after the other."""
MOST_PAIRS = 10.0
"""So many readings with a pair, and hardly any with one vehicle, prove it."""
ALONE_SPEAKS_AGAINST = 3.0
"""Where fewer than three of four counts are pairs, they may be vehicles side by side."""


@dataclass(slots=True)
class PairWatch:
    """The counts of one loop: how many readings speak for a loop that counts twice."""

    _evidence: float = 0.0

    def take(self, reading: LoopReading) -> None:
        """Add a reading in which somebody was counted."""
        if reading.span_s <= ONE_SECOND_S:
            evidence = self._evidence + (1.0 if reading.count % 2 == 0 else -ALONE_SPEAKS_AGAINST)
            self._evidence = min(max(0.0, evidence), MOST_PAIRS)

    @property
    def doubled(self) -> bool:
        """Whether the loop counts twice."""
        return self._evidence >= MOST_PAIRS

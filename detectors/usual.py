"""What lanes usually carry at this time, for those that nobody watches today.

A lane without a usable detector would keep for ever the average that it had when it was last seen, or, after a restart,
one that stands for nothing. Where earlier days have taught what is usual at this time of day, its average moves to
that, as much more or less as the other lanes of the junction (or of the whole site, where it has none) show today.
"""

from collections.abc import Collection, Mapping

from detectors.lanes import LaneMemory

WATCHED = 0.5
"""From this confidence on a lane counts who comes, and says how today differs; below it lives from what is usual."""
CONFIDENCE = 0.25
"""Of a lane that nobody watches, but of which it is known what it usually carries."""
PRIOR_VPH = 200.0
"""Today is taken to be as usual until so many vehicles an hour say otherwise."""
LARGEST_RATIO = 2.0
NOTHING: Mapping[str, float] = {}


class Today:
    """How today differs from what is usual: flows of the watched lanes over what they usually carry."""

    __slots__ = ("flow_vph", "usual_vph")

    def __init__(self) -> None:
        self.flow_vph = self.usual_vph = 0.0

    def add(self, flow_vph: float, usual_vph: float) -> None:
        """One more watched lane, or all of another junction."""
        self.flow_vph += flow_vph
        self.usual_vph += usual_vph

    @property
    def ratio(self) -> float:
        """1 on a usual day, half to twice that at most."""
        ratio = (self.flow_vph + PRIOR_VPH) / (self.usual_vph + PRIOR_VPH)
        return min(LARGEST_RATIO, max(1.0 / LARGEST_RATIO, ratio))


class UsualLanes:
    """The lanes of one junction that live from what is usual."""

    def __init__(self) -> None:
        self.today = Today()
        self.lanes: Collection[str] = frozenset()

    def update(
        self,
        usual_vph: Mapping[str, float],
        elsewhere: Today,
        memories: Mapping[str, LaneMemory],
        confidence: Mapping[str, float],
        elapsed_s: float,
    ) -> None:
        """Move the averages of lanes that nobody watches, before this second's picture is made.

        Args:
            usual_vph: What lanes usually carry now, where that is known.
            elsewhere: How today differs on the whole site.
            memories: Of every lane, with its average.
            confidence: In each lane a second ago; empty at the beginning.
            elapsed_s: Since then.
        """
        self.today = Today()
        blind = []
        for lane, flow_vph in usual_vph.items():
            memory, known = memories.get(lane), confidence.get(lane)
            if memory is None:
                continue
            memory.rate.begin_from(flow_vph)
            if known is None:
                continue
            if known >= WATCHED:
                self.today.add(memory.rate.flow_vph, flow_vph)
            else:
                blind.append(lane)
        ratio = (self.today if self.today.usual_vph > 0.0 else elsewhere).ratio
        for lane in blind:
            memories[lane].rate.drift(usual_vph[lane] * ratio, elapsed_s)
        self.lanes = frozenset(blind)

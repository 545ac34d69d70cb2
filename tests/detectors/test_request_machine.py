"""Whatever vehicles say, in whatever order: each request ends exactly once."""

from collections import Counter
from dataclasses import replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from detectors.open_request import GRACE_S, MAX_LIFE_S
from detectors.picture import EndReason, PriorityRequest, RequestState
from detectors.readings import TransitKind, TransitReading
from detectors.transit import RequestBook
from plans.junction import Aspect, GroupKind, Junction, Lane, Mode, Movement, SignalGroup, Stage, Turn
from tests.detectors.request_samples import NEW, RED, lane

ENDS = {RequestState.COMPLETED, RequestState.TIMED_OUT, RequestState.REJECTED, RequestState.CANCELLED}


def small_junction() -> Junction:
    """Two roads, one of them with a lane and a way for the bus."""
    return Junction(
        id="J1",
        name="",
        groups={"K1": SignalGroup("K1", GroupKind.VEHICLE, 5), "K2": SignalGroup("K2", GroupKind.VEHICLE, 5)},
        intergreens={("K1", "K2"): 5, ("K2", "K1"): 5},
        stages={"1": Stage("1", frozenset({"K1"})), "2": Stage("2", frozenset({"K2"}))},
        lanes={"e_0": Lane("e_0", "e", 300.0, 13.9)},
        movements=(Movement("e-w", "e_0", "K2", Turn.STRAIGHT, "w_0"),),
    )


class RequestLife(RuleBasedStateMachine):
    """Vehicles that say anything at any time, on a junction whose signals and lanes do anything."""

    @initialize()
    def begin(self) -> None:
        self.book = RequestBook(small_junction())
        self.now_s = 1000.0
        self.open: dict[str, PriorityRequest] = {}
        self.opened: Counter[str] = Counter()
        self.ends: Counter[str] = Counter()
        self.said: list[TransitReading] = []
        self.aspect = Aspect.RED
        self.seen = lane()

    @rule(
        id_=st.sampled_from("abc"),
        kind=st.sampled_from(TransitKind),
        late_s=st.sampled_from([0.0, 0.0, 0.0, 2.0, 20.0, 100.0, -3.0, -500.0]),
        eta_s=st.sampled_from([0.0, 5.0, 40.0, 1e9, -1.0]),
        level=st.sampled_from([7, 7, 7, 14, 15]),
        way=st.sampled_from(["e-w", "e-w", "e-w", "nowhere"]),
    )
    def say(self, id_: str, kind: TransitKind, late_s: float, eta_s: float, level: int, way: str) -> None:
        """A message, in time or late, sensible or not."""
        self.said.append(
            replace(NEW, id=id_, kind=kind, t_s=self.now_s - late_s, eta_s=eta_s, level=level, movement=way)
        )

    @precondition(lambda self: self.said)
    @rule(data=st.data())
    def shuffle(self, data: st.DataObject) -> None:
        """Messages overtake each other and come twice."""
        self.said = [*data.draw(st.permutations(self.said)), data.draw(st.sampled_from(self.said))]

    @rule(aspect=st.sampled_from([Aspect.RED, Aspect.GREEN]), modes=st.lists(st.sampled_from([Mode.CAR, Mode.BUS])))
    def show(self, aspect: Aspect, modes: list[Mode]) -> None:
        """Signals and vehicles change."""
        self.aspect, self.seen = aspect, lane(*modes)

    @rule(wait_s=st.sampled_from([0.0, 1.0, 1.0, 10.0, GRACE_S, 200.0]))
    def pass_time(self, wait_s: float) -> None:
        """The next picture."""
        self.now_s += wait_s
        asked = Counter(one.id for one in self.said)
        waiting, ended = self.book.update(self.now_s, self.said, {"K2": self.aspect}, self.seen)
        self.said = []
        for end in ended:
            assert end.state in ENDS
            assert (end.reason is EndReason.NONE) == (end.state in (RequestState.COMPLETED, RequestState.CANCELLED))
        finished = Counter(end.id for end in ended if end.state is not RequestState.REJECTED)
        rejected = Counter(end.id for end in ended if end.state is RequestState.REJECTED)
        now_open = {request.id: request for request in waiting}
        assert len(now_open) == len(waiting)
        for id_ in {*self.open, *now_open, *finished}:
            was, there = id_ in self.open, id_ in now_open
            begun = there - was + finished[id_]  # what was open ended or stayed; the rest was opened now
            assert 0 <= begun <= asked[id_]
            self.opened[id_] += begun
            self.ends[id_] += finished[id_]
        assert all(count <= asked[id_] for id_, count in rejected.items())
        self.open = now_open

    @invariant()
    def every_request_is_open_or_has_ended_once(self) -> None:
        """Opened is open plus ended; what is open has no end state, and counts between nothing and fully."""
        if not hasattr(self, "book"):
            return
        for id_, count in self.opened.items():
            assert count == self.ends[id_] + (id_ in self.open)
        for request in self.open.values():
            assert request.state not in ENDS
            assert 0.0 < request.trust_ratio <= 1.0
            assert 0.0 <= request.eta_s <= 255.0

    def teardown(self) -> None:
        """In the end everybody has ended: who says nothing any more times out."""
        if not hasattr(self, "book"):
            return
        _, ended = self.book.update(self.now_s + 2 * MAX_LIFE_S, [], RED, {})
        assert Counter(end.id for end in ended if end.state is RequestState.TIMED_OUT) == Counter(self.open.keys())
        waiting, ended = self.book.update(self.now_s + 3 * MAX_LIFE_S, [], RED, {})
        assert (waiting, ended) == ((), ())


TestRequestLife = RequestLife.TestCase
TestRequestLife.settings = settings(max_examples=80, stateful_step_count=25, deadline=None, derandomize=True)

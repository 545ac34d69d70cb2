"""One recorded second: what was heard, what came of it, and what the field made of that."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from hashlib import blake2b
from typing import Any

import numpy as np

from controllers.driver import PushReport
from detectors.picture import JunctionPicture, LanePicture, Picture
from plans.timing import TimingPlan
from signalctl.gating.report import AreaReport
from signalctl.recording.codec import FIRST_FREE, CodecError
from signalctl.recording.decoder import Decoder
from signalctl.recording.encoder import Encoder, write_data
from signalctl.strategy import PlanDecision, StageDecision
from signalctl.tick import Heard, JunctionFailure, RefusalNote, Tick, Verdict

DIGEST_OCTETS = 8
COMPUTED_STEPS = ("decide", "gating", "gate")
"""Steps whose failures come again when the second is computed again; others are the world's."""
_PICTURE = tuple(one.name for one in fields(JunctionPicture) if one.name != "lanes")
_LANE = tuple(one.name for one in fields(LanePicture))
PLAN, PLAN_AGAIN = FIRST_FREE, FIRST_FREE + 1


@dataclass(frozen=True, slots=True)
class Outcome:
    """What follows from what was heard: computed again, it must be the same to the last bit.

    `seen` holds a digest of each junction's picture.
    """

    seen: Mapping[str, bytes]
    stages: Mapping[str, StageDecision]
    plans: Mapping[str, PlanDecision]
    plan_wanted: Mapping[str, bool]
    verdicts: Mapping[str, Verdict]
    refusals: tuple[RefusalNote, ...]
    failures: tuple[JunctionFailure, ...]
    gating: tuple[AreaReport, ...]


@dataclass(frozen=True, slots=True)
class Aftermath:
    """What the world made of it: told in a replay, not computed."""

    pushes: Mapping[str, PushReport]
    refusals: tuple[RefusalNote, ...]
    failures: tuple[JunctionFailure, ...]


@dataclass(frozen=True, slots=True)
class Second:
    """Everything about one second. `gate_utc_s` and `lateness_s` answer, in order, what gate and picture asked."""

    utc_s: float
    late_s: float
    heard: Heard
    gate_utc_s: tuple[float, ...]
    lateness_s: tuple[float | None, ...]
    outcome: Outcome
    aftermath: Aftermath


def outcome_of(tick: Tick) -> Outcome:
    """The computed part of a tick."""
    return Outcome(
        digests(tick.picture),
        tick.stage_decisions,
        tick.plan_decisions,
        tick.heard.plan_wanted,
        tick.verdicts,
        tuple(note for note in tick.refusals if note.origin == "gate"),
        tuple(failure for failure in tick.failures if failure.step in COMPUTED_STEPS),
        tick.gating,
    )


def second_of(tick: Tick, gate_utc_s: tuple[float, ...], lateness_s: tuple[float | None, ...]) -> Second:
    """What is recorded of a tick."""
    aftermath = Aftermath(
        tick.pushes,
        tuple(note for note in tick.refusals if note.origin != "gate"),
        tuple(failure for failure in tick.failures if failure.step not in COMPUTED_STEPS),
    )
    return Second(tick.utc_s, tick.lateness_s, tick.heard, gate_utc_s, lateness_s, outcome_of(tick), aftermath)


def digests(picture: Picture) -> dict[str, bytes]:
    """A short fingerprint of what is known of each junction."""
    return {name: digest(seen) for name, seen in picture.junctions.items()}


def digest(seen: JunctionPicture) -> bytes:
    """A short fingerprint of one junction's picture; every bit of it counts."""
    found = blake2b(digest_size=DIGEST_OCTETS)
    rest: list[Any] = [getattr(seen, name) for name in _PICTURE]
    for lane in seen.lanes.values():
        for name in _LANE:
            part = getattr(lane, name)
            if isinstance(part, np.ndarray):
                rest.append(part.size)
                found.update(part.tobytes())
            else:
                rest.append(part)
    found.update(Encoder().encode(rest))
    return found.digest()


class SecondEncoder(Encoder):
    """Writes seconds; a plan is written once a stream, since it stands in every second."""

    def __init__(self) -> None:
        super().__init__()
        self._plans: dict[TimingPlan, int] = {}
        self._same: dict[int, int] = {}  # by place in memory, for plans that `_plans` keeps alive
        self.writers[TimingPlan] = lambda _encoder, plan: self.plan(plan)

    def plan(self, value: TimingPlan) -> None:
        """Append a plan, by its number where the stream has it already."""
        number = self._same.get(id(value))
        if number is None:
            number = self._plans.get(value)
        if number is not None:
            self.out.append(PLAN_AGAIN)
            self.number(number)
            return
        self._same[id(value)] = self._plans[value] = len(self._plans)
        self.out.append(PLAN)
        write_data(self, value)


class SecondDecoder(Decoder):
    """Reads seconds."""

    def __init__(self) -> None:
        super().__init__()
        self._plans: list[TimingPlan] = []

    def second(self, data: bytes) -> Second:
        """The second whose octets are `data`.

        Raises:
            CodecError: they are none.
        """
        found = self.decode(data)
        if not isinstance(found, Second):
            raise CodecError(f"expected a second, got a {type(found).__name__}")
        return found

    def read_other(self, tag: int) -> Any:
        """A plan, new or known."""
        if tag == PLAN_AGAIN:
            return self._plans[self.number()]
        if tag == PLAN:
            plan = self.read()
            self._plans.append(plan)
            return plan
        return super().read_other(tag)

"""A timing plan as block G carries it: stages and group greens by number, in pages under one CRC."""

import zlib
from collections.abc import Sequence
from dataclasses import astuple, dataclass, replace

from controllers import registers
from controllers.codec import CodecError, StagingPage, words_to_bytes
from plans.junction import Junction
from plans.sealed import TransitionMode
from plans.table import expand
from plans.timing import TimingPlan


@dataclass(frozen=True, slots=True)
class WireStage:
    """One stage of a plan on the wire; `stage` counts from 1. Without green it is shown on demand only."""

    stage: int
    green: int
    earliest_start: int
    latest_end: int


@dataclass(frozen=True, slots=True)
class WireGreen:
    """One green of a group on the wire; `group` counts from 1."""

    group: int
    start: int
    length: int


@dataclass(frozen=True, slots=True)
class StagedPlan:
    """A whole plan as block G carries it, over as many pages as it needs."""

    sequence: int
    activate_at: int
    expires: int
    safety_hash: int
    cycle: int
    offset: int
    transition: TransitionMode
    stages: tuple[WireStage, ...]
    greens: tuple[WireGreen, ...]

    @property
    def cycle_stages(self) -> tuple[WireStage, ...]:
        """The stages that the plan shows by itself, in their order."""
        return tuple(stage for stage in self.stages if stage.green)

    @property
    def on_demand(self) -> tuple[WireStage, ...]:
        """The stages that it shows when asked only."""
        return tuple(stage for stage in self.stages if not stage.green)

    def payload(self) -> list[int]:
        """Stages, then group greens."""
        words = [word for stage in self.stages for word in astuple(stage)]
        return words + [word for green in self.greens for word in astuple(green)]

    def content_crc(self) -> int:
        """CRC-32 of what the plan does, without sequence, times and hash."""
        return zlib.crc32(words_to_bytes([self.cycle, self.offset, len(self.stages), *self.payload()]))

    def to_pages(self) -> tuple[StagingPage, ...]:
        """The pages to write, in order; every page carries the one CRC over all."""
        payload = self.payload()
        size = registers.PAYLOAD_WORDS
        pages = max(1, -(-len(payload) // size))
        parts = [tuple(payload[at : at + size]) for at in range(0, pages * size, size)]
        bare = [
            StagingPage(
                registers.MAGIC,
                registers.MAP_VERSION,
                self.sequence,
                self.activate_at,
                self.expires,
                self.safety_hash,
                self.cycle,
                self.offset,
                pages << 8 | number,
                len(self.stages) << 8 | len(self.greens),
                part + (0,) * (size - len(part)),
                int(self.transition),
                0,
            )
            for number, part in enumerate(parts)
        ]
        crc = pages_crc(bare)
        return tuple(replace(page, crc=crc) for page in bare)

    @property
    def crc(self) -> int:
        """The CRC-32 that the pages carry."""
        return self.to_pages()[0].crc


def pages_crc(pages: Sequence[StagingPage]) -> int:
    """CRC-32 over the first page's header without page number, its transition, and the payload of all pages."""
    head = replace(pages[0], page=pages[0].pages << 8, payload=(), crc=0)
    return zlib.crc32(b"".join(words_to_bytes(page.payload) for page in pages), zlib.crc32(head.to_bytes()))


def plan_of_pages(pages: Sequence[StagingPage]) -> StagedPlan:
    """The plan that complete pages carry.

    Raises:
        CodecError: counts do not fit the payload, or the transition mode is unknown.
    """
    head = pages[0]
    stages, greens = head.counts >> 8, head.counts & 0xFF
    payload = [word for page in pages for word in page.payload]
    if stages * 4 + greens * 3 > len(payload) or stages > registers.MAX_STAGES:
        raise CodecError(
            f"block G counts: expected at most {len(payload)} words of payload, got {stages}x4 + {greens}x3"
        )
    if head.transition not in list(TransitionMode):
        raise CodecError(f"block G transition: expected 0 to 2, got {head.transition}")
    split = stages * 4
    return StagedPlan(
        head.sequence,
        head.activate_at,
        head.expires,
        head.safety_hash,
        head.cycle,
        head.offset,
        TransitionMode(head.transition),
        tuple(WireStage(*payload[at : at + 4]) for at in range(0, split, 4)),
        tuple(WireGreen(*payload[at : at + 3]) for at in range(split, split + greens * 3, 3)),
    )


def number_of(name: str) -> int:
    """The u32 by which a site or junction is known in block A: CRC-32 of its id."""
    return zlib.crc32(name.encode())


def staged_plan(
    junction: Junction,
    plan: TimingPlan,
    *,
    sequence: int,
    activate_at_utc_s: int,
    expires_utc_s: int,
    safety_hash: int,
    transition: TransitionMode = TransitionMode.SHORT_WAY,
) -> StagedPlan:
    """The plan as block G carries it, with the group greens that its stages give.

    Raises:
        KeyError: the plan names a stage that the junction does not have.
    """
    stages = {name: number for number, name in enumerate(junction.stage_order, start=1)}
    groups = {name: number for number, name in enumerate(junction.group_order, start=1)}
    return StagedPlan(
        sequence=sequence,
        activate_at=activate_at_utc_s,
        expires=expires_utc_s,
        safety_hash=safety_hash,
        cycle=plan.cycle_s,
        offset=plan.offset_s % plan.cycle_s,
        transition=transition,
        stages=tuple(
            WireStage(stages[stage.stage], stage.green_s, stage.earliest_start_s, stage.latest_end_s)
            for stage in plan.stages
        )
        + tuple(
            WireStage(stages[stage.stage], 0, stage.earliest_start_s, stage.latest_end_s) for stage in plan.on_demand
        ),
        greens=tuple(
            WireGreen(groups[interval.group], interval.start_s, interval.end_s - interval.start_s)
            for interval in expand(junction, plan).intervals
        ),
    )

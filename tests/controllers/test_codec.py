"""Registers and dataclasses say the same, both ways; the table, the docs and the specification agree."""

import json
from dataclasses import fields, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controllers import codec, register_docs, registers
from controllers.codec import (
    CodecError,
    Command,
    Identity,
    Lease,
    Message,
    StageRequest,
    StagingPage,
    Status,
    authentic,
    sign_command,
    sign_request,
)
from controllers.wire import StagedPlan, WireGreen, WireStage, pages_crc, plan_of_pages
from plans.junction import Aspect
from plans.sealed import TransitionMode

MESSAGES: tuple[type[Message], ...] = (Identity, Status, Lease, StagingPage, Command, StageRequest)
U16 = st.integers(0, 0xFFFF)
U32 = st.integers(0, 0xFFFFFFFF)
RANGES = {"u16": U16, "u32": U32, "u64": st.integers(0, 2**64 - 1)}
# first and last address of every block, as the specification gives them
EXTENT = {
    "A": (0x0000, 0x001F),
    "B": (0x0100, 0x013F),
    "C": (0x0200, 0x023F),
    "D": (0x0300, 0x03FF),
    "E": (0x0800, 0x0877),
    "F": (0x1000, 0x1009),
    "G": (0x1100, 0x1175),
    "H": (0x1200, 0x120D),
    "T": (0x1300, 0x130B),
}

PLANS = st.builds(
    StagedPlan,
    sequence=U32,
    activate_at=U32,
    expires=U32,
    safety_hash=U32,
    cycle=U16,
    offset=U16,
    transition=st.sampled_from(TransitionMode),
    stages=st.lists(st.builds(WireStage, U16, U16, U16, U16), max_size=16).map(tuple),
    greens=st.lists(st.builds(WireGreen, U16, U16, U16), max_size=255).map(tuple),
)


@st.composite
def messages(draw: st.DrawFn) -> Message:
    """Any message with any values."""
    kind = draw(st.sampled_from(MESSAGES))
    named = {register.name: register for register in kind.block.registers}
    values: dict[str, object] = {}
    for field in fields(kind):  # type: ignore[arg-type]
        register = named[field.name]
        value = RANGES[register.type]
        values[field.name] = draw(
            value
            if register.count == 1
            else st.lists(value, min_size=register.count, max_size=register.count).map(tuple)
        )
    return kind(**values)


@given(messages())
def test_messages_survive_the_wire(message: Message) -> None:
    """What is encoded is decoded to the same, through exactly the block's registers."""
    words = message.to_words()
    assert len(words) == message.block.words
    assert all(0 <= word <= 0xFFFF for word in words)
    assert type(message).from_words(words) == message


@pytest.mark.parametrize("kind", MESSAGES)
def test_dataclasses_follow_the_table(kind: type[Message]) -> None:
    """Every register but the reserved ones is a field, in the table's order, and no field is anything else."""
    named = [register.name for register in kind.block.registers if register.name != "reserved"]
    assert [field.name for field in fields(kind)] == named  # type: ignore[arg-type]


@given(PLANS)
def test_plans_survive_paging(plan: StagedPlan) -> None:
    """A plan of any size comes back from its pages, under one CRC that all carry."""
    pages = plan.to_pages()
    assert plan_of_pages(pages) == plan
    assert {page.crc for page in pages} == {pages_crc(pages)}
    assert [page.number for page in pages] == list(range(pages[0].pages))
    assert {page.pages for page in pages} == {len(pages)}


@given(PLANS, st.data())
def test_crc_covers_every_register(plan: StagedPlan, data: st.DataObject) -> None:
    """A single flipped bit anywhere but in page number and CRC changes the CRC."""
    pages = list(plan.to_pages())
    number = data.draw(st.integers(0, len(pages) - 1)) if len(pages) > 1 else 0
    words = pages[number].to_words()
    block = registers.STAGING
    first_payload = block.address_of("payload") - block.address
    candidates = list(range(first_payload, first_payload + registers.PAYLOAD_WORDS))
    if number == 0:
        page, transition = (block.address_of(name) - block.address for name in ("page", "transition"))
        candidates = [at for at in range(transition + 1) if at != page]
    at = data.draw(st.sampled_from(candidates))
    words[at] ^= 1 << data.draw(st.integers(0, 15))
    pages[number] = StagingPage.from_words(words)
    assert pages_crc(pages) != plan.crc


@given(PLANS)
def test_content_crc_ignores_sequence_and_times(plan: StagedPlan) -> None:
    """The same signals under another number and at another time are the same content."""
    other = replace(plan, sequence=1, activate_at=2, expires=3, safety_hash=4)
    assert other.content_crc() == plan.content_crc()
    assert replace(plan, cycle=plan.cycle ^ 1).content_crc() != plan.content_crc()


@given(U16, U32, U32, U32, U32, st.binary(min_size=16, max_size=40), st.data())
def test_hmac_covers_the_message(
    code: int, sequence: int, crc: int, epoch: int, utc: int, key: bytes, data: st.DataObject
) -> None:
    """A signed command or request is authentic, and no longer with any changed field or another key."""
    command = sign_command(Command(code, sequence, crc, epoch, utc), key)
    request = sign_request(StageRequest(sequence, epoch, 1, 0x200, 5, 9), key)
    for message in (command, request):
        assert authentic(message, key)
        assert not authentic(message, key + b"x")
        name = data.draw(st.sampled_from([field.name for field in fields(message)]))
        assert not authentic(replace(message, **{name: getattr(message, name) ^ 1}), key)


@given(st.sampled_from(Aspect), st.integers(0, 100_000))
def test_group_words(aspect: Aspect, time_s: int) -> None:
    """Aspect and time share a register; the time stops at 4095 s."""
    assert codec.read_group_word(codec.group_word(aspect, time_s)) == (aspect, min(time_s, 4095))


def test_values_that_do_not_fit_are_refused() -> None:
    """A value beyond its register is an error that names the block, never a truncated number."""
    with pytest.raises(CodecError, match="block F"):
        Lease(1, 1, 70_000, 0, 0, 0).to_bytes()
    with pytest.raises(CodecError, match="block F: expected 10 registers, got 9"):
        Lease.from_words([0] * 9)


def test_blocks_lie_where_the_specification_says() -> None:
    """Addresses and sizes of the blocks are those of map version 1, and each fits one write where it is whole."""
    assert {block.letter: (block.address, block.end - 1) for block in registers.BLOCKS} == EXTENT
    for block in registers.WRITABLE:
        assert block.whole
        assert block.words <= registers.WRITE_LIMIT
    for block in registers.BLOCKS:
        names = [register.name for register in block.registers if register.name != "reserved"]
        assert len(names) == len(set(names))


def test_docs_are_current() -> None:
    """docs/field-protocol.md ends with the tables that the code makes (`signalctl registers --markdown`)."""
    page = Path(__file__).parents[2] / "docs" / "field-protocol.md"
    _, marker, tables = page.read_text(encoding="utf-8").partition("## Registers\n\n")
    assert marker
    assert tables == register_docs.as_markdown()


def test_data_lists_every_register() -> None:
    """The JSON form has every register with its address, and survives JSON."""
    data = json.loads(json.dumps(register_docs.as_data()))
    listed = {(block["letter"], one["name"]): one["address"] for block in data["blocks"] for one in block["registers"]}
    for block in registers.BLOCKS:
        for address, register in block.addressed():
            if register.name != "reserved":
                assert listed[block.letter, register.name] == address

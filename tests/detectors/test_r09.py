"""Radio telegrams: what is encoded is decoded, recorded ones are read right, and noise raises only the typed error."""

import contextlib
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from detectors.r09 import Manual, Telegram, TelegramError, crc, decode, encode, from_hex

# recorded on the air in Dresden with their CRC, and published with these values by the project TLMS (tlm-solutions)
RECORDED = [
    ("9106c9bc001108014061cf", 51644, 0, 11, 8, 14),
    ("91964f1b00611126003ab4", 20251, -1, 61, 11, 260),
    ("91267db50090037100b609", 32181, 2, 90, 3, 710),
]

digits = st.integers(0, 999)
telegrams = st.one_of(
    st.fixed_dictionaries({"destination": st.none(), "train_length": st.none()}),
    st.fixed_dictionaries({"destination": digits, "train_length": st.integers(0, 7)}),
    st.fixed_dictionaries(
        {"destination": digits, "train_length": st.none(), "vehicle": digits, "operator": st.integers(0, 99)}
    ),
).flatmap(
    lambda tail: st.builds(
        Telegram,
        reporting_point=st.integers(0, 0xFFFF),
        late_min=st.integers(-7, 7),
        priority=st.integers(0, 3),
        manual=st.sampled_from(Manual),
        line=digits,
        run=st.integers(0, 99),
        **{name: st.just(value) for name, value in tail.items()},
    )
)


@pytest.mark.parametrize(("text", "point", "late_min", "line", "run", "destination"), RECORDED)
def test_recorded_telegrams_are_read(
    text: str, point: int, late_min: int, line: int, run: int, destination: int
) -> None:
    """Telegrams from the air, CRC included, give the values that were published with them, and come back the same."""
    telegram = from_hex(text)
    assert telegram == Telegram(point, late_min, 0, Manual.NONE, line, run, destination, 0)
    assert encode(telegram).hex() == text
    assert from_hex(text[:-4]) == telegram


def test_every_bit_has_its_place() -> None:
    """Telegrams written down by hand: 5 minutes ahead, priority 2, driver's left; and one with vehicle and operator."""
    octets = bytes([0x91, 0b1_101_0110, 0x12, 0x34, 0b10_10_0001, 0x23, 0x45, 0x67, 0b1000_1_011])
    assert decode(octets) == Telegram(0x1234, -5, 2, Manual.LEFT, 123, 45, 678, 3)
    longest = bytes([0x91, 0x28, 0x12, 0x34, 0x01, 0x23, 0x45, 0x67, 0x89, 0x01, 0x42])
    assert decode(longest) == Telegram(0x1234, 2, 0, Manual.NONE, 123, 45, 678, None, 901, 42)
    assert decode(longest).kind == "R09.18"


@given(telegrams, st.booleans())
def test_a_telegram_survives_the_air(telegram: Telegram, with_crc: bool) -> None:
    """Whatever fits its fields comes back unchanged, in upper and lower case, with spaces and without."""
    octets = encode(telegram, with_crc=with_crc)
    assert decode(octets) == telegram
    assert from_hex(octets.hex(" ").upper()) == telegram


@given(st.one_of(st.binary(max_size=16), st.binary(max_size=14).map(lambda tail: b"\x91" + tail)))
def test_octets_give_a_telegram_or_its_own_error(octets: bytes) -> None:
    """Noise from the air raises nothing but the typed error; what is accepted means something when sent again."""
    try:
        telegram = decode(octets)
    except TelegramError:
        return
    assert decode(encode(telegram)) == telegram


@given(st.text(max_size=80))
def test_text_gives_a_telegram_or_its_own_error(text: str) -> None:
    """So does anything that somebody publishes as hexadecimal digits."""
    with contextlib.suppress(TelegramError):
        assert from_hex(encode(from_hex(text)).hex()) == from_hex(text)


@given(telegrams, st.integers(0, 200))
@example(Telegram(0, 0, 0, Manual.NONE, 1, 0, None, None), 81)  # the length: 9 octets with CRC, or without
def test_a_flipped_bit_is_noticed(telegram: Telegram, bit: int) -> None:
    """The CRC finds each single wrong bit."""
    octets = bytearray(encode(telegram))
    octets[bit // 8 % len(octets)] ^= 1 << bit % 8
    with pytest.raises(TelegramError):
        decode(bytes(octets))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "telegram: expected at least 7 octets, got 0"),
        ("9206c9bc0011080140", "mode, TY: expected 0x91, got 0x92"),
        ("9105c9bc0011080140", "TL: expected 4, 6 or 8, got 5"),
        ("9106c9bc00110801", "telegram: expected 9 octets, or 11 with CRC, got 8"),
        ("9106c9bc00a1080140", "LN: expected decimal digits, got 0xa"),
        ("9106c9bc00110801400000", "CRC: expected 61cf, got 0000"),
        ("no telegram", "telegram: expected octets in hexadecimal digits, got 'no telegram'"),
    ],
)
def test_an_error_says_what_was_expected(text: str, message: str) -> None:
    """Who has to mend the receiver reads field, expectation and what came."""
    with pytest.raises(TelegramError) as caught:
        from_hex(text)
    assert str(caught.value) == message


@pytest.mark.parametrize("change", [{"line": 1000}, {"late_min": 8}, {"reporting_point": -1}, {"train_length": 8}])
def test_what_does_not_fit_is_not_sent(change: dict[str, int]) -> None:
    """A value beyond its field is an error instead of another value."""
    with pytest.raises(TelegramError):
        encode(replace(Telegram(1), **change))  # type: ignore[arg-type]


def test_the_crc_of_nothing_is_all_ones() -> None:
    """The remainder of no octets is zero, sent inverted."""
    assert crc(b"") == b"\xff\xff"

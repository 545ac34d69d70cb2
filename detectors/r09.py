"""Radio telegrams R09.14, R09.16 and R09.18 with which buses and trams ask for green: octets in, values out, and back.

Octets of the telegram, most significant bit first; `TL` is the number of octets after the third:

| Octet | Bits | Field | |
|---|---|---|---|
| 1 | 4, 4 | mode, TY | 9 and 1: R09.1x |
| 2 | 1, 3, 4 | ZV, ZW, TL | minutes behind (ZV 0) or ahead of schedule (ZV 1), 0 to 7; number of further octets |
| 3, 4 | 16 | MP | reporting point |
| 5 | 2, 2 | PR, HA | priority; direction that the driver asked for by hand |
| 5, 6 | 12 | LN | line, three decimal digits |
| 7 | 8 | KN | run (Kurs), two digits |
| 8, 9 | 12 | ZN | destination, three digits (from R09.16 on) |
| 9 | 1, 3 | R, ZL | reserved; train length (R09.16) |
| 9, 10 | 12 | FN | vehicle, three digits (R09.18) |
| 11 | 8 | UN | operator, two digits (R09.18) |
| then | 16 | CRC | optional here: receivers differ in whether they hand it on; checked when it is there |

Sources, both public: Wireshark's dissector `packet-r09.c` (after the annexes to VÖV 04.05.1, which VDV 420 and 426
carry on) for all fields and for the sign of the deviation; the telegram decoder of the project TLMS (tlm-solutions) for
R09.14 and R09.16 and for the CRC, which its telegrams recorded on the air confirm. Unconfirmed: what a priority of 1 to
3 means (the recorded telegrams have 0), and R09.18 beyond the dissector.
"""

import binascii
from dataclasses import dataclass
from enum import IntEnum

R09 = 0x91
"""First octet: mode 9, TY 1."""
FURTHER_OCTETS = (4, 6, 8)
CRC_OCTETS = 2
_CRC_POLYNOMIAL = 0xC6F6  # x^16 + x^14 + x^13 + x^11 + x^10 + x^9 + x^8 + x^6 + x^5 + x + 1, lowest power first
LONGEST_HEX = 64


class TelegramError(ValueError):
    """Octets that are no telegram of this family: what was expected, and what came."""

    def __init__(self, field: str, expected: str, got: str) -> None:
        super().__init__(f"{field}: expected {expected}, got {got}")


class Manual(IntEnum):
    """Direction that the driver asked for by hand (HA)."""

    NONE = 0
    STRAIGHT = 1
    LEFT = 2
    RIGHT = 3


@dataclass(frozen=True, slots=True)
class Telegram:
    """What a vehicle said at a reporting point; None where the telegram's length has no room for it.

    `late_min` is positive behind schedule and negative ahead of it; 7 and -7 also stand for more.
    """

    reporting_point: int
    late_min: int = 0
    priority: int = 0
    manual: Manual = Manual.NONE
    line: int = 0
    run: int = 0
    destination: int | None = 0
    train_length: int | None = 0
    vehicle: int | None = None
    operator: int | None = None

    @property
    def kind(self) -> str:
        """R09.14, R09.16 or R09.18."""
        return f"R09.1{_further_octets(self)}"


def decode(octets: bytes) -> Telegram:
    """The telegram in these octets, with or without its CRC.

    Raises:
        TelegramError: The octets are not of this family, a digit is none, or the CRC does not fit.
    """
    if len(octets) < 3 + FURTHER_OCTETS[0]:
        raise TelegramError("telegram", f"at least {3 + FURTHER_OCTETS[0]} octets", str(len(octets)))
    if octets[0] != R09:
        raise TelegramError("mode, TY", f"{R09:#04x}", f"{octets[0]:#04x}")
    further = octets[1] & 0x0F
    if further not in FURTHER_OCTETS:
        raise TelegramError("TL", "4, 6 or 8", str(further))
    length = 3 + further
    if len(octets) not in (length, length + CRC_OCTETS):
        raise TelegramError("telegram", f"{length} octets, or {length + CRC_OCTETS} with CRC", str(len(octets)))
    body, tail = octets[:length], octets[length:]
    if tail and tail != crc(body):
        raise TelegramError("CRC", crc(body).hex(), tail.hex())
    if not tail:
        _refuse_wrong_length(octets)
    minutes = octets[1] >> 4 & 0x7
    return Telegram(
        reporting_point=octets[2] << 8 | octets[3],
        late_min=-minutes if octets[1] & 0x80 else minutes,
        priority=octets[4] >> 6,
        manual=Manual(octets[4] >> 4 & 0x3),
        line=_digits("LN", body, 9, 3),
        run=_digits("KN", body, 12, 2),
        destination=_digits("ZN", body, 14, 3) if further >= 6 else None,
        train_length=octets[8] & 0x7 if further == 6 else None,
        vehicle=_digits("FN", body, 17, 3) if further == 8 else None,
        operator=_digits("UN", body, 20, 2) if further == 8 else None,
    )


def _refuse_wrong_length(octets: bytes) -> None:
    """One wrong bit of the length makes a shorter telegram with its CRC look like a longer one without."""
    for bit in range(4):
        meant = bytes([octets[0], octets[1] ^ 1 << bit]) + octets[2:-CRC_OCTETS]
        further = meant[1] & 0x0F
        if further in FURTHER_OCTETS and len(meant) == 3 + further and crc(meant) == octets[-CRC_OCTETS:]:
            raise TelegramError("TL", str(further), str(octets[1] & 0x0F))


def encode(telegram: Telegram, *, with_crc: bool = True) -> bytes:
    """The octets of a telegram, as an on-board computer sends them.

    Raises:
        TelegramError: A value does not fit into its field.
    """
    further = _further_octets(telegram)
    _fits("MP", telegram.reporting_point, 0, 0xFFFF)
    _fits("ZW", telegram.late_min, -7, 7)
    _fits("PR", telegram.priority, 0, 3)
    deviation = abs(telegram.late_min) << 4 | (0x80 if telegram.late_min < 0 else 0)
    nibbles = [telegram.priority << 2 | telegram.manual, *_nibbles("LN", telegram.line, 3)]
    nibbles += _nibbles("KN", telegram.run, 2)
    if further >= 6:
        nibbles += _nibbles("ZN", telegram.destination or 0, 3)
    if further == 6:
        _fits("ZL", telegram.train_length or 0, 0, 7)
        nibbles.append(telegram.train_length or 0)
    if further == 8:
        nibbles += [*_nibbles("FN", telegram.vehicle or 0, 3), *_nibbles("UN", telegram.operator or 0, 2)]
    head = bytes([R09, deviation | further]) + telegram.reporting_point.to_bytes(2, "big")
    body = head + bytes(high << 4 | low for high, low in zip(nibbles[::2], nibbles[1::2], strict=True))
    return body + crc(body) if with_crc else body


def from_hex(text: str) -> Telegram:
    """The telegram in hexadecimal digits, with or without spaces between octets.

    Raises:
        TelegramError: The text is no such telegram.
    """
    digits = "".join(text.split())
    if len(text) > LONGEST_HEX:
        raise TelegramError("telegram", f"at most {LONGEST_HEX} characters", str(len(text)))
    try:
        octets = binascii.unhexlify(digits.encode("ascii"))
    except (UnicodeEncodeError, binascii.Error):
        raise TelegramError("telegram", "octets in hexadecimal digits", repr(text)) from None
    return decode(octets)


def crc(body: bytes) -> bytes:
    """The two octets that follow the telegram: cyclic remainder, lowest bit first, inverted."""
    remainder = 0
    for octet in body:
        remainder ^= octet
        for _ in range(8):
            remainder = remainder >> 1 ^ (_CRC_POLYNOMIAL if remainder & 1 else 0)
    return (remainder ^ 0xFFFF).to_bytes(2, "little")


def _further_octets(telegram: Telegram) -> int:
    if telegram.vehicle is not None or telegram.operator is not None:
        return 8
    return 4 if telegram.destination is None and telegram.train_length is None else 6


def _digits(field: str, body: bytes, first: int, count: int) -> int:
    """A number of so many decimal digits, each half an octet, from the half octet `first` on."""
    number = 0
    for place in range(first, first + count):
        digit = body[place // 2] >> (0 if place % 2 else 4) & 0x0F
        if digit > 9:
            raise TelegramError(field, "decimal digits", f"{digit:#x}")
        number = 10 * number + digit
    return number


def _nibbles(field: str, number: int, count: int) -> list[int]:
    _fits(field, number, 0, 10**count - 1)
    return [int(digit) for digit in f"{number:0{count}d}"]


def _fits(field: str, number: int, low: int, high: int) -> None:
    if not low <= number <= high:
        raise TelegramError(field, f"{low} to {high}", str(number))

"""The register map, version 1: the one table from which codec, emulator and documentation come.

Addresses are protocol addresses from 0. A register's address is its block's address plus the words before it, so the
order in this table is the wire order. All values are unsigned and big-endian, 32 and 64 bit ones high word first.
"""

from controllers.register_block import Block, Register

MAP_VERSION = 1
MAGIC = 0x5343  # "SC"

READ_LIMIT = 125  # registers in one FC3 or FC4 request (Modbus Application Protocol V1.1b3, section 6.3)
WRITE_LIMIT = 123  # registers in one FC16 request (section 6.12)


def _r(name: str, kind: str, description: str, unit: str = "", scale: float = 1.0, count: int = 1) -> Register:
    return Register(name, kind, description, unit, scale, count)


IDENTITY = Block(
    "A",
    "identity",
    0x0000,
    (4,),
    False,
    (
        _r("magic", "u16", "always 0x5343"),
        _r("map_version", "u16", "version of this map"),
        _r("site", "u32", "site number: CRC-32 of the site's id"),
        _r("junction", "u32", "junction number: CRC-32 of the junction's id"),
        _r("firmware", "u32", "firmware version, one byte each: major, minor, patch, build"),
        _r("safety_hash", "u32", "hash of the safety configuration (intergreens, minima, amber, conflicts)"),
        _r(
            "capabilities",
            "u16",
            "bit 0 central plans, bit 1 stage requests, bit 2 detectors, bit 3 paged staging, bit 4 stages on demand",
        ),
        _r("groups", "u16", "number of signal groups"),
        _r("stages", "u16", "number of stages"),
        _r("detectors", "u16", "number of detectors"),
        _r("cycle_min", "u16", "shortest cycle accepted", "s"),
        _r("cycle_max", "u16", "longest cycle accepted", "s"),
        _r("reference", "u32", "constant added to UTC before the second in cycle is taken (mixed fleets)", "s"),
        _r("reserved", "u16", "zero", count=14),
    ),
)

STATUS = Block(
    "B",
    "status",
    0x0100,
    (4,),
    False,
    (
        _r("generation", "u16", "grows with every change; equal to `generation_end` in an untorn read"),
        _r(
            "mode",
            "u16",
            "0 dark, 1 flash, 2 local fixed, 3 local actuated, 4 central plan, 5 central stage, 6 fallback, 7 manual, "
            "8 fault",
        ),
        _r("plan_state", "u16", "0 empty, 1 staged, 2 verified, 3 armed, 4 active, 5 expired, 6 released, 7 rejected"),
        _r("active_sequence", "u32", "sequence of the active central plan, 0 when a local plan runs"),
        _r("active_crc", "u32", "CRC-32 of the active central plan, 0 when a local plan runs"),
        _r("staged_sequence", "u32", "sequence of the plan that `plan_state` speaks of"),
        _r("staged_crc", "u32", "CRC-32 of that plan"),
        _r("last_sequence", "u32", "sequence activated last since boot, 0 for none; a new plan's must be newer"),
        _r("reject_code", "u16", "newest refusal of any kind, 0 none; see refusals"),
        _r("reject_element", "u16", "group, stage or register that broke it, from 1; 0 when it is the whole"),
        _r("plan_reject_code", "u16", "why `plan_state` is 7"),
        _r("plan_reject_element", "u16", "its element"),
        _r("cycle", "u16", "cycle of the running plan", "s"),
        _r("second", "u16", "second in that cycle", "s"),
        _r("offset_left", "u16", "time until stages are in step with the plan again, 0 when they are", "s"),
        _r("stage", "u16", "stage shown, counted from 1; 0 in a transition"),
        _r("next_stage", "u16", "where a transition leads, else 0"),
        _r("time_in_stage", "u16", "since the stage is complete", "s", 0.1),
        _r("utc", "u32", "the controller's clock, seconds since 1970-01-01", "s"),
        _r("utc_ms", "u16", "and milliseconds", "ms"),
        _r("clock_quality", "u16", "0 not synchronised, 1 synchronised"),
        _r("lease_left", "u16", "until the lease ends, 0 without one", "s", 0.1),
        _r("heartbeat_echo", "u16", "heartbeat last written to F"),
        _r("epoch", "u32", "highest epoch seen in F"),
        _r("master", "u32", "holder of the lease, 0 without one"),
        _r("request_counter", "u32", "counter of the newest accepted stage request of this epoch"),
        _r(
            "alarms",
            "u32",
            "bit 0 conflict trip, bit 1 clock jump, bit 2 out of step with the plan although nothing is asked for",
        ),
        _r("boots", "u16", "starts since the counters were cleared"),
        _r("rejects", "u32", "refusals since boot"),
        _r("fallbacks", "u32", "losses of central control since boot"),
        _r("conflict_trips", "u16", "trips of the conflict monitor since boot"),
        _r(
            "event_index",
            "u16",
            "records written to E since boot, modulo 65536; the newest is at (index - 1) modulo 20",
        ),
        _r("requested_level", "u16", "level asked for in F"),
        _r("clock_jumps", "u16", "jumps of the clock beyond 2 s since boot"),
        _r(
            "active_content",
            "u32",
            "CRC-32 of the active central plan without sequence and times: a restarted master knows its own plan by it",
        ),
        _r("active_expires", "u32", "when the active central plan ends by itself, 0 when a local plan runs", "s"),
        _r("reserved", "u16", "zero", count=13),
        _r("generation_end", "u16", "equal to `generation` in an untorn read"),
    ),
)

GROUPS = Block(
    "C",
    "groups",
    0x0200,
    (4,),
    False,
    (
        _r(
            "group",
            "u16",
            "bits 15-12 aspect (0 dark, 1 red, 2 red-amber, 3 green, 4 amber, 5 flashing amber), bits 11-0 time in it, "
            "saturating at 4095",
            "s",
            count=64,
        ),
    ),
)

DETECTORS = Block(
    "D",
    "detectors",
    0x0300,
    (4,),
    False,
    (
        _r(
            "detector",
            "u16",
            "two per detector: rolling count modulo 65536; occupancy of the last second in 0.5 % (0..200), "
            "210 and above are faults",
            count=256,
        ),
    ),
)

EVENTS = Block(
    "E",
    "events",
    0x0800,
    (4,),
    False,
    (
        _r(
            "event",
            "u16",
            "20 records of 6: sequence; event code; parameter; UTC high word; UTC low word; ms",
            count=120,
        ),
    ),
)

LEASE = Block(
    "F",
    "lease",
    0x1000,
    (3, 16),
    True,
    (
        _r("master", "u32", "who holds the lease, not 0"),
        _r("epoch", "u32", "term of that master; an older one is refused"),
        _r("lease", "u16", "how long, 1 to 120; 0 gives the lease back", "s"),
        _r("heartbeat", "u16", "grows with every write; echoed in B"),
        _r("active_sequence_seen", "u32", "active sequence as the master last read it"),
        _r("level", "u16", "0 local plan, 1 central plan, 2 central plan and stage requests"),
        _r("reserved", "u16", "zero"),
    ),
)

PAYLOAD_WORDS = 100

STAGING = Block(
    "G",
    "staging",
    0x1100,
    (3, 16),
    True,
    (
        _r("magic", "u16", "always 0x5343"),
        _r("map_version", "u16", "version of this map"),
        _r("sequence", "u32", "number of this plan, newer than the last one activated"),
        _r("activate_at", "u32", "earliest activation", "s"),
        _r("expires", "u32", "the plan is discarded at this time", "s"),
        _r("safety_hash", "u32", "safety configuration that the plan was checked against"),
        _r("cycle", "u16", "cycle", "s"),
        _r("offset", "u16", "offset against seconds since 1970-01-01 UTC", "s"),
        _r("page", "u16", "high byte pages of this plan, low byte number of this page from 0"),
        _r("counts", "u16", "high byte stages (up to 16), low byte group greens"),
        _r(
            "payload",
            "u16",
            "this page's part of the plan's payload: per stage four registers (stage, nominal green, earliest start, "
            "latest end; with nominal green 0, after all others: shown on demand only), then per group green three "
            "registers (group from 1, start, length); zero after its end",
            count=PAYLOAD_WORDS,
        ),
        _r("transition", "u16", "0 dwell, 1 short way, 2 add only"),
        _r("reserved", "u16", "zero"),
        _r("crc", "u32", "CRC-32 of the plan: header without page number, transition and the payload of all pages"),
    ),
)

COMMAND = Block(
    "H",
    "command",
    0x1200,
    (3, 16),
    True,
    (
        _r("code", "u16", "1 verify, 2 activate, 3 abort, 4 release"),
        _r("sequence", "u32", "plan it speaks of; 0 with release"),
        _r("crc", "u32", "its CRC-32; 0 with release"),
        _r("epoch", "u32", "the master's epoch"),
        _r("utc", "u32", "time of writing, within 30 s of the controller's clock", "s"),
        _r("reserved", "u16", "zero"),
        _r("hmac", "u64", "first 64 bit of HMAC-SHA256 with the controller's key over the registers before"),
    ),
)

STAGE_REQUEST = Block(
    "T",
    "stage request",
    0x1300,
    (3, 16),
    True,
    (
        _r("counter", "u32", "grows with every request of an epoch"),
        _r("epoch", "u32", "the master's epoch"),
        _r("stage", "u16", "stage wanted, counted from 1"),
        _r(
            "action",
            "u16",
            "high byte 0 none, 1 hold, 2 go; low byte reason: 0 traffic, 1 transit, 2 pedestrian, 3 bicycle, 4 gating, "
            "5 manual",
        ),
        _r("valid", "u16", "how long, 1 to 5", "s"),
        _r("request_id", "u16", "low word of the journal's reference"),
        _r("hmac", "u64", "as in H"),
    ),
)

BLOCKS: tuple[Block, ...] = (
    IDENTITY,
    STATUS,
    GROUPS,
    DETECTORS,
    EVENTS,
    LEASE,
    STAGING,
    COMMAND,
    STAGE_REQUEST,
)
BY_LETTER = {block.letter: block for block in BLOCKS}
WRITABLE: tuple[Block, ...] = tuple(block for block in BLOCKS if 16 in block.functions)

MAX_GROUPS = 64
MAX_DETECTORS = 128
MAX_STAGES = 16
ON_DEMAND_CAPABILITY = 1 << 4
EVENT_RECORDS = 20

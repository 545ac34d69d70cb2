"""What the register blocks hold, read as a stranger would."""

from dataclasses import replace

import pytest

from controllers import registers
from controllers.codec import Identity, Status, read_group_word
from controllers.driver import ControllerMode
from controllers.registers import READ_LIMIT
from controllers.registerserver import ModbusFault, RegisterError, RegisterServer
from controllers.wire import number_of
from plans.junction import Detector, DetectorKind
from tests.controllers.samples import Master, make_controller, make_plan, run, sample_junction


def server(**changes: object) -> RegisterServer:
    """A controller behind its registers, 140 s after its start."""
    controller = make_controller(**changes)
    run(controller, 140)
    return RegisterServer(controller)


def test_identity_names_site_junction_and_safety_data() -> None:
    """Block A says who this is and by which safety configuration it works."""
    registers_of = server(site="mainz", reference_s=5)
    identity = Identity.from_words(registers_of.read(4, 0x0000, 32))
    assert (identity.magic, identity.map_version) == (registers.MAGIC, registers.MAP_VERSION)
    assert (identity.site, identity.junction) == (number_of("mainz"), number_of("J1"))
    assert identity.safety_hash == registers_of.controller.safety_hash
    assert (identity.groups, identity.stages, identity.cycle_min, identity.cycle_max) == (5, 3, 30, 120)
    assert identity.reference == 5


def test_safety_hash_follows_the_safety_data() -> None:
    """A changed intergreen or minimum in the cabinet changes the hash that plans must carry."""
    base = sample_junction()
    hashes = {make_controller(base).safety_hash}
    hashes.add(make_controller(replace(base, intergreens={**base.intergreens, ("K1", "K2"): 6})).safety_hash)
    longer = replace(base.groups["K1"], min_green_s=6)
    hashes.add(make_controller(replace(base, groups={**base.groups, "K1": longer})).safety_hash)
    assert len(hashes) == 3


def test_status_and_groups_are_those_of_the_logic() -> None:
    """Blocks B and C, word for word what the controller shows."""
    registers_of = server()
    controller = registers_of.controller
    for _ in range(80):
        run(controller, 1)
        status = Status.from_words(registers_of.read(4, 0x0100, 64))
        assert status.generation == status.generation_end
        assert (status.utc, status.cycle, status.second) == (controller.utc_s, 78, controller.plan_second)
        assert status.mode == ControllerMode.LOCAL_FIXED
        shown = controller.status()
        assert status.stage == (controller.compiled.stages.index(shown.stage) + 1 if shown.stage else 0)
        groups = [read_group_word(word) for word in registers_of.read(4, 0x0200, 5)]
        assert groups == list(zip(shown.aspects.values(), shown.time_in_aspect_s.values(), strict=True))


def test_every_change_moves_the_generation() -> None:
    """A reader that sees the same generation twice has seen one state."""
    registers_of = server()
    controller = registers_of.controller
    master = Master(controller)
    seen = {controller.generation}
    for change in (
        lambda: run(controller, 1),
        master.lease,
        lambda: master.stage(master.wire(make_plan(controller.config.junction, [("A", 20), ("C", 12), ("B", 15)]))),
        lambda: master.command(9),
    ):
        change()
        assert controller.generation not in seen
        seen.add(controller.generation)


def test_events_tell_greens_and_refusals() -> None:
    """The ring holds the newest 20 records; their sequence and B's index tell what was missed."""
    registers_of = server()
    Master(registers_of.controller).command(1)
    words = registers_of.read(4, 0x0800, 120)
    records = [words[at : at + 6] for at in range(0, 120, 6)]
    index = Status.from_words(registers_of.read(4, 0x0100, 64)).event_index
    newest = records[(index - 1) % 20]
    assert newest[0] == index - 1
    assert newest[1] == 512 + 12  # a refusal: nobody holds a lease
    assert newest[3] << 16 | newest[4] == registers_of.controller.utc_s
    assert {1, 8, 10, 21, 22} <= {record[1] for record in records}
    assert sorted(record[0] for record in records) == list(range(index - 20, index))


def test_detectors_that_are_not_there_say_so() -> None:
    """The emulated cabinet's detectors publish over MQTT; block D gives fault 210 for each, zero beyond."""
    detectors = {name: Detector(name, DetectorKind.LOOP) for name in ("D1", "D2")}
    registers_of = server(junction=sample_junction(detectors=detectors))
    assert registers_of.read(4, 0x0300, 6) == [0, 210, 0, 210, 0, 0]


@pytest.mark.parametrize(
    ("function", "address", "count", "fault"),
    [
        (1, 0x0000, 1, ModbusFault.FUNCTION),
        (3, 0x0100, 1, ModbusFault.ADDRESS),
        (4, 0x1000, 1, ModbusFault.ADDRESS),
        (4, 0x001F, 2, ModbusFault.ADDRESS),
        (4, 0x0020, 1, ModbusFault.ADDRESS),
        (4, 0x0300, READ_LIMIT + 1, ModbusFault.VALUE),
        (4, 0x0300, 0, ModbusFault.VALUE),
    ],
)
def test_reads_that_are_refused(function: int, address: int, count: int, fault: ModbusFault) -> None:
    """Wrong function, register or count is the matching exception."""
    with pytest.raises(RegisterError) as caught:
        server().read(function, address, count)
    assert caught.value.fault is fault


def test_written_blocks_read_back() -> None:
    """What was written whole is read back as written, whatever the controller thinks of it."""
    registers_of = server()
    for block in registers.WRITABLE:
        words = list(range(block.words))
        registers_of.write(16, block.address, words)
        assert registers_of.read(3, block.address, block.words) == words
    assert registers_of.controller.rejects == len(registers.WRITABLE)

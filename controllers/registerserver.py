"""A field controller behind its register map: what a read gives, and what a write does. No network in here."""

from collections.abc import Sequence
from enum import IntEnum

from controllers import registers
from controllers.codec import Command, Identity, Lease, StageRequest, StagingPage, Status, group_word
from controllers.logic import FieldController
from controllers.logic.compiled import ALL_RED
from controllers.register_block import Block
from controllers.registers import BLOCKS, WRITABLE
from controllers.wire import number_of

FIRMWARE = 0x00010000  # 0.1.0.0
CAPABILITIES = 0b01011 | registers.ON_DEMAND_CAPABILITY
NO_DETECTOR_FAULT = 210


class ModbusFault(IntEnum):
    """Exception codes of the Modbus application protocol."""

    FUNCTION = 1
    ADDRESS = 2
    VALUE = 3


class RegisterError(Exception):
    """A request that is answered with a Modbus exception."""

    def __init__(self, fault: ModbusFault) -> None:
        super().__init__(fault.name.lower())
        self.fault = fault


class RegisterServer:
    """Reads and writes of one controller's registers, exactly as its Modbus server answers them."""

    def __init__(self, controller: FieldController) -> None:
        self.controller = controller
        # the emulated cabinet has no detector cards: its detectors publish over MQTT
        self._detectors = [0, NO_DETECTOR_FAULT] * len(controller.config.junction.detectors)
        self._written: dict[str, list[int]] = {}

    def read(self, function: int, address: int, count: int) -> list[int]:
        """FC3 or FC4.

        Raises:
            RegisterError: another function, or registers that the map does not hold in one block.
        """
        if function not in (3, 4):
            raise RegisterError(ModbusFault.FUNCTION)
        if not 1 <= count <= registers.READ_LIMIT:
            raise RegisterError(ModbusFault.VALUE)
        block = self._block(address, count, BLOCKS)
        if function not in block.functions:
            raise RegisterError(ModbusFault.ADDRESS)
        first = address - block.address
        return self._words(block)[first : first + count]

    def write(self, function: int, address: int, words: Sequence[int]) -> None:
        """FC16; a block is written whole or not at all. What the controller thinks of it stands in block B.

        Raises:
            RegisterError: another function, unknown registers, or a part of a block.
        """
        if function != 16:
            raise RegisterError(ModbusFault.FUNCTION)
        block = self._block(address, 1, WRITABLE)
        if address != block.address or len(words) != block.words:
            self.controller.partial_write(address - block.address)
            raise RegisterError(ModbusFault.VALUE)
        self._written[block.letter] = list(words)
        controller = self.controller
        if block is registers.LEASE:
            controller.write_lease(Lease.from_words(words))
        elif block is registers.STAGING:
            controller.write_staging(StagingPage.from_words(words))
        elif block is registers.COMMAND:
            controller.command(Command.from_words(words))
        else:
            controller.stage_request(StageRequest.from_words(words))

    def _block(self, address: int, count: int, blocks: Sequence[Block]) -> Block:
        for block in blocks:
            if block.address <= address and address + count <= block.end:
                return block
        raise RegisterError(ModbusFault.ADDRESS)

    def _words(self, block: Block) -> list[int]:
        if block is registers.IDENTITY:
            return self.identity().to_words()
        if block is registers.STATUS:
            return self.status().to_words()
        if block is registers.GROUPS:
            return self._filled(self._group_words(), block)
        if block is registers.DETECTORS:
            return self._filled(self._detectors, block)
        if block is registers.EVENTS:
            return self.controller.events.words()
        if block is registers.STAGING and self.controller.plan_life.last_page is None:
            return [0] * block.words  # discarded with every other central value
        return self._filled(self._written.get(block.letter, []), block)

    def _filled(self, words: Sequence[int], block: Block) -> list[int]:
        return [*words, *([0] * (block.words - len(words)))]

    def _group_words(self) -> list[int]:
        controller = self.controller
        display = controller.display
        now = controller.elapsed_s
        return [group_word(aspect, now - since) for aspect, since in zip(display.aspects, display.since, strict=True)]

    def identity(self) -> Identity:
        """Block A."""
        config = self.controller.config
        junction = config.junction
        return Identity(
            magic=registers.MAGIC,
            map_version=registers.MAP_VERSION,
            site=config.site_number,
            junction=number_of(junction.id),
            firmware=FIRMWARE,
            safety_hash=self.controller.safety_hash,
            capabilities=CAPABILITIES,
            groups=len(junction.groups),
            stages=len(junction.stages),
            detectors=len(junction.detectors),
            cycle_min=junction.cycle_min_s,
            cycle_max=junction.cycle_max_s,
            reference=config.reference_s,
        )

    def status(self) -> Status:
        """Block B."""
        controller = self.controller
        life, display, lease = controller.plan_life, controller.display, controller.lease
        now = controller.elapsed_s
        central = controller.plan is life.active
        generation = controller.generation & 0xFFFF
        settled = display.running is None and display.stage != ALL_RED
        return Status(
            generation=generation,
            mode=int(controller.mode),
            plan_state=int(life.state),
            active_sequence=controller.plan.wire.sequence if central else 0,
            active_crc=life.active_crc,
            staged_sequence=life.staged_sequence,
            staged_crc=life.staged_crc,
            last_sequence=life.last_sequence,
            reject_code=int(controller.newest_refusal.code),
            reject_element=controller.newest_refusal.element,
            plan_reject_code=int(life.refusal.code),
            plan_reject_element=life.refusal.element,
            cycle=controller.plan.cycle_s,
            second=controller.plan_second,
            offset_left=controller.in_step_in_s(),
            stage=display.stage + 1 if settled else 0,
            next_stage=display.running.target + 1 if display.running is not None else 0,
            time_in_stage=min((now - display.stage_since) * 10, 0xFFFF) if settled else 0,
            utc=controller.utc_s,
            utc_ms=0,
            clock_quality=int(controller.clock_synchronised),
            lease_left=lease.left_s(now) * 10,
            heartbeat_echo=lease.heartbeat,
            epoch=lease.epoch,
            master=lease.master,
            request_counter=controller.requests.counter,
            alarms=controller.alarms,
            boots=controller.config.boots,
            rejects=controller.rejects,
            fallbacks=controller.fallbacks,
            conflict_trips=controller.conflict_trips,
            event_index=controller.events.total & 0xFFFF,
            requested_level=lease.level,
            clock_jumps=controller.clock_jumps & 0xFFFF,
            active_content=life.active.content_crc if central and life.active is not None else 0,
            active_expires=life.active.wire.expires if central and life.active is not None else 0,
            generation_end=generation,
        )

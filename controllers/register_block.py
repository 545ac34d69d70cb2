"""What a register and a block of registers are: their size, their addresses, and their form on the wire."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

_WORDS = {"u16": 1, "u32": 2, "u64": 4}
_STRUCT = {"u16": "H", "u32": "I", "u64": "Q"}


@dataclass(frozen=True, slots=True)
class Register:
    """One value: `type` is u16, u32 or u64; `count` above 1 makes it an array; `scale` is the value of one unit."""

    name: str
    type: str
    description: str
    unit: str = ""
    scale: float = 1.0
    count: int = 1

    @property
    def words(self) -> int:
        """Registers it takes."""
        return _WORDS[self.type] * self.count


@dataclass(frozen=True)
class Block:
    """Registers that belong together. `whole` blocks are written in one FC16 request or not at all."""

    letter: str
    title: str
    address: int
    functions: tuple[int, ...]
    whole: bool
    registers: tuple[Register, ...]

    @cached_property
    def words(self) -> int:
        """Registers in the block."""
        return sum(register.words for register in self.registers)

    @property
    def end(self) -> int:
        """Address after the last register."""
        return self.address + self.words

    @cached_property
    def struct_format(self) -> str:
        """Format of the whole block for `struct`."""
        return self.padded_format(frozenset(register.name for register in self.registers))

    def padded_format(self, names: frozenset[str]) -> str:
        """Format for `struct` in which registers without one of these names are pad bytes."""
        return ">" + "".join(
            f"{register.count}{_STRUCT[register.type]}" if register.name in names else f"{2 * register.words}x"
            for register in self.registers
        )

    def addressed(self) -> Iterator[tuple[int, Register]]:
        """Each register with its protocol address."""
        address = self.address
        for register in self.registers:
            yield address, register
            address += register.words

    def address_of(self, name: str) -> int:
        """Protocol address of the named register."""
        return next(address for address, register in self.addressed() if register.name == name)

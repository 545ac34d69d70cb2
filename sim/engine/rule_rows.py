"""Instructions of a programme's expressions with the rows of this engine's tables in them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sim.reactive.rule_code import COUNT, GIVEN, GREEN_TIME, LOAD, PEOPLE, RED_TIME, STORE, Instruction
from sim.reactive.rule_sensors import OF_LOOPS

OF_VARIABLES = frozenset({LOAD, STORE, GIVEN})
ON_LOOPS = frozenset(OF_LOOPS.values())
OF_TIMES = frozenset({GREEN_TIME, RED_TIME})


@dataclass(frozen=True)
class RowsOf:
    """Where a programme's things stand in the tables."""

    variable: int  # the first one
    loop: int
    area: int
    limits: Mapping[int, int]  # by link
    crossings: Sequence[int]  # in the order of its layout

    def of(self, step: Instruction) -> int:
        """What `arg` of an instruction is in the tables."""
        if step.op in OF_VARIABLES:
            return self.variable + step.arg
        if step.op in ON_LOOPS:
            return self.loop + step.arg
        if step.op == COUNT:
            return self.area + step.arg
        if step.op in OF_TIMES:
            return self.limits[step.arg]
        return self.crossings[step.arg] if step.op == PEOPLE else step.arg

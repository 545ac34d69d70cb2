"""The embedded microscopic engine: SUMO's scenarios and rules, compiled with numba.

`EmbeddedPlant` is the way in; `compile_kernels` builds the machine code ahead of the first run.
"""

from sim.engine.plant import EmbeddedPlant
from sim.engine.warmup import compile_kernels

__all__ = ["EmbeddedPlant", "compile_kernels"]

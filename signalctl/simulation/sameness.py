"""What must be the same on two machines so that a run gives the same result to the bit on both."""

import hashlib
import importlib.metadata
import math
import struct
from collections.abc import Mapping
from functools import cache
from typing import Final

import numpy as np

from signalctl.recording.software import digest_of_code, software

MISSING: Final = "none"


@cache
def needed_software() -> Mapping[str, str]:
    """Code, libraries, SUMO, and a digest of how this machine rounds.

    Processors are not compared by name: what counts is whether the mathematical functions, which libraries choose by
    the processor, round alike.
    """
    has = {name: value for name, value in software().items() if name != "processor"}
    return {**has, "simulator": digest_of_code(["sim"]), "libsumo": _version("libsumo"), "rounding": _rounding()}


def deviations(wanted: Mapping[str, str]) -> list[str]:
    """In what this machine differs, as words; empty where it does not."""
    here = needed_software()
    return [
        f"{name}: expected {wanted.get(name, MISSING)}, got {here.get(name, MISSING)}"
        for name in {**wanted, **here}
        if wanted.get(name) != here.get(name)
    ]


def _version(library: str) -> str:
    try:
        return importlib.metadata.version(library)
    except importlib.metadata.PackageNotFoundError:
        return MISSING


def _rounding() -> str:
    """A digest of mathematical functions at a few thousand points, by numpy and by the system's library."""
    x = np.random.default_rng(1).uniform(1e-3, 40.0, 4096)
    found = hashlib.sha256()
    for of in (np.sqrt, np.exp, np.log, np.sin, np.cos, np.arctan, np.tanh):
        found.update(of(x).tobytes())
    found.update(np.power(x, 1.7).tobytes() + np.hypot(x, x[::-1]).tobytes())
    for value in x[:512].tolist():
        numbers = math.exp(value), math.log(value), math.sin(value), math.cos(value), math.pow(value, 1.7)
        found.update(struct.pack("<6d", *numbers, math.atan2(value, 3.0)))
    return found.hexdigest()[:12]

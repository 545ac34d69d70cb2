"""The safety gate: the only way from a decision to something that a driver accepts."""

from signalctl.gate.gate import Gate
from signalctl.gate.refusal import Refusal

__all__ = ["Gate", "Refusal"]

"""Gating: how much may enter a protected area, and what its gates make of it second by second."""

from signalctl.gating.report import AreaReport, GateReport, GateState
from signalctl.gating.step import Gating

__all__ = ["AreaReport", "GateReport", "GateState", "Gating"]

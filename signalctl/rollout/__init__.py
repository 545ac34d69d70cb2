"""The compiled rollout: array-only kernels that predict what each possible next stage would cost."""

from signalctl.rollout.compile import compile_kernels

__all__ = ["compile_kernels"]

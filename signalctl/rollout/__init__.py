"""The compiled rollout: array-only kernels that predict what each possible next stage would cost."""

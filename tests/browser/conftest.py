"""The small junction and its ticks, as fixtures of this room."""

from tests.service_samples import crossroads, make_tick, plan

__all__ = ["crossroads", "make_tick", "plan"]

"""Signals within the rollout: which groups are green until when, minimum greens, and changes between stages."""

import numpy as np

from signalctl.rollout.jit import helper
from signalctl.rollout.layout import Floats, Layout


@helper
def may_switch(layout: Layout, stage: int, target: int, at_s: float, green_from: Floats, green_until: Floats) -> bool:
    """Whether the change may begin: minimum greens are over, and what ended before will have cleared."""
    groups = layout.group_min_green_s.size
    for group in range(groups):
        if layout.stage_green[stage, group]:
            ends = np.isfinite(layout.green_ends_s[stage, target, group])
            if ends and at_s < green_from[group] + layout.group_min_green_s[group]:
                return False
            continue
        if green_until[group] + layout.longest_clear_s[group] <= at_s:
            continue
        for other in range(groups):
            if layout.stage_green[target, other] and not layout.stage_green[stage, other]:
                begins_s = at_s + layout.green_begins_s[stage, target, other]
                if begins_s < green_until[group] + layout.clear_s[group, other]:
                    return False
    return True


@helper
def begin_transition(
    layout: Layout, stage: int, target: int, at_s: float, green_from: Floats, green_until: Floats
) -> float:
    """Enter the change's switch times into the groups' greens; returns when all groups of `target` are green."""
    for group in range(layout.group_min_green_s.size):
        ends_s = layout.green_ends_s[stage, target, group]
        if layout.stage_green[stage, group] and np.isfinite(ends_s):
            green_until[group] = at_s + ends_s
        if layout.stage_green[target, group] and (not layout.stage_green[stage, group] or np.isfinite(ends_s)):
            green_from[group] = at_s + layout.green_begins_s[stage, target, group]
            green_until[group] = np.inf
    return float(at_s + layout.transition_s[stage, target])


@helper
def minimum_until_s(layout: Layout, stage: int, complete_s: float, green_from: Floats) -> float:
    """When the first change away from a stage could be worth asking for: every group that it began has had its minimum.

    Later by a second than the stage is complete, at the least.
    """
    until = complete_s + 1.0
    for group in range(layout.group_min_green_s.size):
        if layout.stage_green[stage, group]:
            until = max(until, green_from[group] + layout.group_min_green_s[group])
    return until

"""A junction as arrays: what the compiled rollout needs to know of lanes, movements, groups, stages and transitions."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from plans.defaults import SAME_GROUP_RED_S
from plans.junction import GroupKind, Junction, Movement, Turn
from plans.transition import transition

TURN_HEADWAY = {Turn.STRAIGHT: 1.0, Turn.RIGHT: 1.19, Turn.LEFT: 1.25, Turn.UTURN: 1.4}
"""Saturation headway of a turn over that of going straight (right 2.30 s and left 2.50 s against 1.93 s measured)."""

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Places = NDArray[np.uint32]
"""Places in other arrays. Compiled code would look at each signed one whether it counts from the end."""
Flags = NDArray[np.bool_]


class Layout(NamedTuple):
    """One junction; L lanes, M movements, G groups, S stages, C crossings. Ragged lists are (start, items) pairs."""

    lane_speed_mps: Floats  # (L,)
    lane_yields: Flags  # (L,) has a movement that gives way: looked at after the others
    lane_order: Places  # (L,) lanes with priority first
    lane_move_start: Places  # (L+1,)
    lane_moves: Places
    move_lane: Places  # (M,)
    move_group: Places  # (M,)
    move_headway_s: Floats  # (M,)
    move_share: Floats  # (M,) part of its lane's traffic, where the turn is not seen
    move_foe_start: Places  # (M+1,)
    move_foes: Places  # movements that have priority over it
    move_walk_start: Places  # (M+1,)
    move_walks: Places  # crossings that have priority over it
    group_min_green_s: Floats  # (G,)
    clear_s: Floats  # (G, G) from a group's end of green to another's begin, at least; -inf where they do not conflict
    longest_clear_s: Floats  # (G,) of a group's row
    stage_green: Flags  # (S, G)
    stage_serves: Flags  # (S,) somebody can use it
    transition_s: Floats  # (S, S)
    green_ends_s: Floats  # (S, S, G) after the transition's start; inf where green goes on
    green_begins_s: Floats  # (S, S, G) after the transition's start
    crossing_group: Places  # (C,)


TURN_SHARE = {Turn.STRAIGHT: 3.0, Turn.RIGHT: 1.0, Turn.LEFT: 1.0, Turn.UTURN: 0.02}
"""Relative use of a shared lane's turns when nothing has been counted."""


def crossing_groups(junction: Junction) -> tuple[str, ...]:
    """Groups whose users stand at a kerb: pedestrians, and bicycles that no lane leads to."""
    used = {movement.group for movement in junction.movements}
    return tuple(
        group.id
        for group in junction.groups.values()
        if group.kind is GroupKind.PEDESTRIAN or (group.kind is GroupKind.BICYCLE and group.id not in used)
    )


def _ragged(lists: Sequence[Sequence[int]]) -> tuple[Places, Places]:
    start = np.zeros(len(lists) + 1, np.uint32)
    start[1:] = np.cumsum([len(items) for items in lists])
    return start, np.array([item for items in lists for item in items], np.uint32)


def _foes(junction: Junction, movement: Movement) -> list[int]:
    """Movements whose group has priority and whose way this movement crosses or joins."""
    return [
        index
        for index, other in enumerate(junction.movements)
        if other.group in movement.yields_to and other is not movement and _meets(junction, movement, other)
    ]


def _meets(junction: Junction, movement: Movement, other: Movement) -> bool:
    """Whether the ways meet. From one approach: where both leave by one lane, or somebody turns right across the other.

    The latter is a bicycle lane, mostly: who goes straight on there has priority over the cars beside that turn.
    """
    if junction.lanes[other.lane].approach == junction.lanes[movement.lane].approach:
        if other.lane == movement.lane:
            return False
        crosses = movement.turn is Turn.RIGHT and other.turn is not Turn.RIGHT
        return crosses or other.exit_lane == movement.exit_lane
    return not _side_by_side(movement, other)


def _side_by_side(movement: Movement, other: Movement) -> bool:
    """Two opposing left turns pass in front of each other; a right turn and a U-turn only join who leaves beside."""
    if movement.turn in (Turn.LEFT, Turn.UTURN) and other.turn in (Turn.LEFT, Turn.UTURN):
        return True
    joins = other.turn is Turn.RIGHT or movement.turn is Turn.UTURN
    return joins and other.exit_lane != movement.exit_lane


def _shares(junction: Junction) -> Floats:
    shares = np.zeros(len(junction.movements))
    for lane in junction.lanes:
        members = [index for index, movement in enumerate(junction.movements) if movement.lane == lane]
        weights = np.array([TURN_SHARE[junction.movements[index].turn] for index in members])
        if members:
            shares[members] = weights / weights.sum()
    return shares


def _transitions(junction: Junction) -> tuple[Floats, Floats, Floats]:
    stages, groups = junction.stage_order, {group: index for index, group in enumerate(junction.group_order)}
    duration = np.zeros((len(stages), len(stages)))
    ends = np.full((len(stages), len(stages), len(groups)), np.inf)
    begins = np.zeros((len(stages), len(stages), len(groups)))
    for i, origin in enumerate(stages):
        for j, target in enumerate(stages):
            if i == j:
                continue
            change = transition(junction, origin, target)
            duration[i, j] = change.duration_s
            for switch in change.switches:
                table = begins if switch.green else ends
                table[i, j, groups[switch.group]] = switch.at_s
    return duration, ends, begins


def _clearances(junction: Junction) -> Floats:
    """Intergreens; a group's own entry is its way back to green: amber, a second of red, red-amber."""
    order = junction.group_order
    table = np.full((len(order), len(order)), -np.inf)
    for (ends, begins), seconds in junction.intergreens.items():
        table[order.index(ends), order.index(begins)] = seconds
    for index, group in enumerate(junction.groups.values()):
        table[index, index] = group.amber_s + SAME_GROUP_RED_S + group.red_amber_s
    return table


def build_layout(junction: Junction) -> Layout:
    """The junction's arrays; indices follow the junction's own order of lanes, movements, groups and stages."""
    lane_index = {lane: index for index, lane in enumerate(junction.lanes)}
    group_index = {group: index for index, group in enumerate(junction.group_order)}
    crossings = crossing_groups(junction)
    lane_moves: list[list[int]] = [[] for _ in lane_index]
    for index, movement in enumerate(junction.movements):
        lane_moves[lane_index[movement.lane]].append(index)
    foes = [_foes(junction, movement) for movement in junction.movements]
    walks = [[c for c, group in enumerate(crossings) if group in movement.yields_to] for movement in junction.movements]
    yields = np.array([any(foes[m] or walks[m] for m in moves) for moves in lane_moves], np.bool_)
    stage_green = np.array(
        [[group in stage.groups for group in junction.group_order] for stage in junction.stages.values()], np.bool_
    ).reshape(len(junction.stages), len(group_index))
    used = {movement.group for movement in junction.movements} | set(crossings)
    duration, ends, begins = _transitions(junction)
    clear_s = _clearances(junction)
    move_start, moves = _ragged(lane_moves)
    foe_start, foe_items = _ragged(foes)
    walk_start, walk_items = _ragged(walks)
    return Layout(
        lane_speed_mps=np.array([lane.speed_mps for lane in junction.lanes.values()], np.float64),
        lane_yields=yields,
        lane_order=np.argsort(yields, kind="stable").astype(np.uint32),
        lane_move_start=move_start,
        lane_moves=moves,
        move_lane=np.array([lane_index[movement.lane] for movement in junction.movements], np.uint32),
        move_group=np.array([group_index[movement.group] for movement in junction.movements], np.uint32),
        move_headway_s=np.array(
            [
                3600.0 / junction.lanes[movement.lane].saturation_flow_vph * TURN_HEADWAY[movement.turn]
                for movement in junction.movements
            ],
            np.float64,
        ),
        move_share=_shares(junction),
        move_foe_start=foe_start,
        move_foes=foe_items,
        move_walk_start=walk_start,
        move_walks=walk_items,
        group_min_green_s=np.array([group.min_green_s for group in junction.groups.values()], np.float64),
        clear_s=clear_s,
        longest_clear_s=clear_s.max(axis=1),
        stage_green=stage_green,
        stage_serves=np.array([bool(stage.groups & used) for stage in junction.stages.values()], np.bool_),
        transition_s=duration,
        green_ends_s=ends,
        green_begins_s=begins,
        crossing_group=np.array([group_index[group] for group in crossings], np.uint32),
    )

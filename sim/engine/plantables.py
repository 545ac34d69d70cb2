"""The tables that kernels read plans from: edges, stops, and which lane is best on each edge. Plans can be added."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sim.engine.arrays import BLOCK_CELLS, FREE_BLOCKS, I8, NEXT_BLOCK, Plans, Table, table
from sim.engine.bestlanes import MOST_EDGES, fill_tables
from sim.engine.itineraries import Plan, Stops
from sim.engine.records import CELL, CHAIN, DRAFT, PLACE, PLAN, STOP
from sim.engine.streets import Streets

FIRST_ROOM = 4096  # cells


@dataclass(frozen=True)
class _Layout:
    """Where the rows of some plans stand."""

    start: I8  # first place of each plan, (plans + 1,)
    edge: I8
    row: I8
    table_start: I8  # first table of each plan, (plans + 1,)
    offset: I8  # first cell of each table
    following: I8  # of each cell: the first one of the next edge, as judged on the edge before
    end: int  # first cell behind them


class PlanTables:
    """Plans as tables: those known before the run, with room for cells that each vehicle may need for itself.

    Args:
        streets: The network.
        listed: The plans known before the run.
        stops: Of every vehicle.
        vehicles: How many there are.
    """

    def __init__(self, streets: Streets, listed: Sequence[Plan], stops: Stops, vehicles: int) -> None:
        self._streets = streets
        self._vehicles = vehicles
        net = streets.net
        at = self._laid_out(listed, 0, 0, 0)
        total = at.end
        cell = table(CELL, total + 1, link=np.full(total, -1))
        place = table(PLACE, at.edge.size + 1, edge=at.edge, row=at.row, fan=_fans(streets, at.edge, at.start))
        plan = table(PLAN, len(listed) + 1, start=at.start, table_start=at.table_start)
        draft = table(DRAFT, MOST_EDGES * int(np.diff(net.edge.lane_start[:-1]).max(initial=1)))
        most = _fill(streets, listed, at, place, at.offset, cell, draft)
        cells = table(CELL, total + 1 + vehicles * most)  # fresh memory is used up by those only who come to need it
        cells[:total] = cell[:total]
        chain = table(CHAIN, len(cells))
        _link(streets, cells, chain, 0, total, at.following)
        self._used = [(0, total + 1)]  # cells of plans, and those that vehicles may still read from before a growth
        self._blocks_at, self._end = total + 1, len(cells)
        self._counts = (len(listed), at.edge.size, at.offset.size)
        free, block = np.zeros(vehicles + 1, np.int64), np.array([most, total + 1, 0], np.int64)
        self.plans = Plans(plan, place, at.offset, cells, chain, _stop_table(stops), draft, free, block)

    def add(self, plan: Plan) -> bool:
        """A further plan, whose number is how many there were; whether vehicles lose the cells of their own.

        The arrays of `plans` may be others afterwards.
        """
        plans, streets = self.plans, self._streets
        count, places, tables = self._counts
        at = self._laid_out([plan], places, tables, self._end)
        place, table_offset = _roomy(plans.place, at.start[-1] + 1), _roomy(plans.table_offset, at.table_start[-1])
        plan_table = _roomy(plans.plan, count + 2)
        plan_table.start[count : count + 2], plan_table.table_start[count : count + 2] = at.start, at.table_start
        rows = slice(places, int(at.start[-1]))
        place.edge[rows], place.row[rows], place.fan[rows] = at.edge, at.row, _fans(streets, at.edge, at.start - places)
        table_offset[tables : at.table_start[-1]] = at.offset
        self.plans = plans._replace(plan=plan_table, place=place, table_offset=table_offset)
        self._reserve(at.end)
        cells, chain = self.plans.cell, self.plans.chain
        cells.link[self._end : at.end] = -1
        most = _fill(streets, [plan], at, place, table_offset, cells, plans.draft)
        _link(streets, cells, chain, self._end, at.end, at.following)
        self._use(self._end, at.end)
        self._end = at.end
        self._counts = (count + 1, int(at.start[-1]), int(at.table_start[-1]))
        if most <= self.plans.block[BLOCK_CELLS]:
            return False
        self._widen(most)
        return True

    def _laid_out(self, listed: Sequence[Plan], places: int, tables: int, first_cell: int) -> _Layout:
        """The rows of plans behind so many places and tables, with cells from `first_cell` on."""
        lane_start = self._streets.net.edge.lane_start
        start = places + _starts([len(plan.edges) for plan in listed])
        edge = np.array([e for plan in listed for e in plan.edges], np.int64)
        lanes = (lane_start[edge + 1] - lane_start[edge]).astype(np.int64)
        row = np.zeros(edge.size, np.int64)
        table_start = tables + _starts([len(plan.stops) + 1 for plan in listed])
        offsets: list[int] = []
        following: list[I8] = []
        end = first_cell
        for i, plan in enumerate(listed):
            own = slice(int(start[i]) - places, int(start[i + 1]) - places)
            part = lanes[own]
            places_end = 2 * np.cumsum(part)  # of each place the lanes as judged on the edge before, then its own
            row[own] = places_end - part
            after = np.repeat(places_end, 2 * part)
            for _ in range(len(plan.stops) + 1):
                offsets.append(end)
                following.append(end + after)
                end += int(2 * part.sum())
        flat = np.concatenate(following) if following else np.zeros(0, np.int64)
        return _Layout(start, edge, row, table_start, np.array(offsets, np.int64), flat, end)

    def _widen(self, most: int) -> None:
        """Further blocks of cells for single vehicles, as large as the largest look-ahead needs them now."""
        self._use(self._blocks_at, int(self.plans.block[NEXT_BLOCK]))
        most = max(most, self.plans.block[BLOCK_CELLS] * 5 // 4)
        self._blocks_at, self._end = self._end, self._end + self._vehicles * most
        block = self.plans.block
        block[BLOCK_CELLS], block[NEXT_BLOCK], block[FREE_BLOCKS] = most, self._blocks_at, 0
        self._reserve(self._end)

    def _use(self, first: int, end: int) -> None:
        """Note that these cells are read."""
        if self._used[-1][1] == first:
            first = self._used.pop()[0]
        self._used.append((first, end))

    def _reserve(self, end: int) -> None:
        """Room for cells up to `end`; only what is in use is copied."""
        plans = self.plans
        if end <= len(plans.cell):
            return
        rows = end + max(FIRST_ROOM, sum(last - first for first, last in self._used))
        cells, chain = table(CELL, rows), table(CHAIN, rows)
        for first, last in (*self._used, (self._blocks_at, int(plans.block[NEXT_BLOCK]))):
            cells[first:last] = plans.cell[first:last]
            chain[first:last] = plans.chain[first:last]
        self.plans = plans._replace(cell=cells, chain=chain)


def _fill(
    streets: Streets, listed: Sequence[Plan], at: _Layout, place: Table, table_offset: I8, cell: Table, draft: Table
) -> int:
    """Judge the lanes of these plans; the most lanes that one look-ahead covers."""
    halts = [stop for plan in listed for stop in plan.stops]
    return int(
        fill_tables(
            streets.net, at.start, place, at.table_start, table_offset,
            np.array([plan.bit for plan in listed], np.int64), np.array([plan.look_m for plan in listed], np.float64),
            np.array([plan.railway for plan in listed], np.bool_), _starts([len(plan.stops) for plan in listed]),
            np.array([lane for lane, _, _ in halts], np.int64), np.array([i for _, i, _ in halts], np.int64),
            np.array([start_m for _, _, start_m in halts], np.float64), cell, draft,
        )
    )  # fmt: skip


def _link(streets: Streets, cells: Table, chain: Table, first: int, end: int, following: I8) -> None:
    """For those who follow the route: what comes after each of these cells."""
    net = streets.net
    link = cells.link[first:end]
    lane = np.where(link < 0, -1, net.link.dst[link])
    chain.link[first:end], chain.lane[first:end] = link, lane
    chain.next[first:end] = following + np.where(lane < 0, 0, net.lane.index[lane])


def _stop_table(stops: Stops) -> Table:
    return table(
        STOP,
        len(stops) + 1,
        lane=np.array([lane for lane, _, _ in stops], np.int64),
        position=np.array([position for _, position, _ in stops], np.int64),
        start=np.array([stop.start_m for _, _, stop in stops], np.float64),
        end=np.array([stop.end_m for _, _, stop in stops], np.float64),
        duration=np.array([stop.duration_s for _, _, stop in stops], np.float64),
        until=np.array([stop.until_s for _, _, stop in stops], np.float64),
        parking=np.array([stop.parking for _, _, stop in stops], np.bool_),
        place=np.array([0 if stop.place else -1 for _, _, stop in stops], np.int64),
    )


def _starts(counts: Sequence[int]) -> I8:
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)


def _roomy(rows: Table, needed: int) -> Table:
    """The same rows, in a larger array where they need one."""
    if needed <= len(rows):
        return rows
    larger = table(rows.dtype, 2 * needed) if rows.dtype.fields else np.zeros(2 * needed, rows.dtype)
    larger[: len(rows)] = rows
    return larger


def _fans(streets: Streets, edge: I8, start: I8) -> I8:
    """At each place of a plan: the fan of its edge and the one after it, -1 for none, (places,)."""
    fan = streets.net.fan[:-1]
    following = np.append(edge[1:], -1)
    following[start[1:] - 1] = -1
    key = edge * len(streets.net.edge) + following
    fan_key = fan.edge.astype(np.int64) * len(streets.net.edge) + fan.following
    order = np.argsort(fan_key)
    if not fan_key.size or not edge.size:
        return np.full(edge.size, -1)
    at = np.minimum(np.searchsorted(fan_key[order], key), fan_key.size - 1)
    return np.where((following >= 0) & (fan_key[order][at] == key), order[at], -1)

"""Tables of plans that grow: whatever comes later, everybody reads what would stand there had all been known before."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sim.engine.itineraries import Plan
from sim.engine.plantables import PlanTables
from sim.engine.streets import Streets, build_streets
from sim.network import load_network
from tests.sim.sumo_programs import netgenerate

pytestmark = pytest.mark.sumo
BIT = 1


@pytest.fixture(scope="module")
def streets(tmp_path_factory: pytest.TempPathFactory) -> Streets:
    """A grid with signals and two lanes."""
    folder = tmp_path_factory.mktemp("grid")
    options = ("--grid", "--grid.number", "4", "--default.lanenumber", "2", "-j", "traffic_light")
    return build_streets(load_network(netgenerate(folder, *options)))


def _plan(streets: Streets, first: int, turns: list[int], stop_at: int) -> Plan:
    """A way that turns somehow at every junction, perhaps with a stop."""
    net = streets.net
    edges = [first]
    for turn in turns:
        lane = net.edge.lane_start[edges[-1]]
        lanes = range(lane, net.edge.lane_start[edges[-1] + 1])
        links = [k for i in lanes for k in range(net.lane.link_start[i], net.lane.link_start[i + 1])]
        edges.append(int(net.lane.edge[net.link.dst[net.lane_link[links[turn % len(links)]]]]))
    stops = ((int(net.edge.lane_start[edges[stop_at]]), stop_at, 20.0),) if stop_at < len(edges) else ()
    return Plan(tuple(edges), int(net.lane.permissions[0]), False, 100.0, stops)


def _read(streets: Streets, tables: PlanTables, number: int, stops: int) -> list[Any]:
    """All that a vehicle may read of a plan."""
    plans, net = tables.plans, streets.net
    rows = []
    for place in range(plans.plan.start[number], plans.plan.start[number + 1]):
        edge = plans.place.edge[place]
        rows.append((int(edge), int(plans.place.fan[place])))
        for k in range(stops + 1):
            cells = plans.table_offset[plans.plan.table_start[number] + k] + plans.place.row[place]
            for cell in range(cells, cells + net.edge.lane_start[edge + 1] - net.edge.lane_start[edge]):
                following = plans.chain.next[cell] if plans.chain.lane[cell] >= 0 else -1
                behind = tuple(plans.cell[following]) if following >= 0 else ()
                rows.append((tuple(plans.cell[cell]), int(plans.chain.link[cell]), int(plans.chain.lane[cell]), behind))
    return rows


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    drawn=st.lists(
        st.tuples(st.integers(0, 30), st.lists(st.integers(0, 20), max_size=12), st.integers(0, 20)), max_size=20
    ),
    known=st.integers(0, 20),
)
def test_plans_that_come_later_read_as_if_known_before(
    streets: Streets, drawn: list[tuple[int, list[int], int]], known: int
) -> None:
    """Any plans, any number of them known at the beginning."""
    outer = [i for i, name in enumerate(streets.edge_of) if not name.startswith(":")]
    plans = [_plan(streets, outer[first % len(outer)], turns, stop_at) for first, turns, stop_at in drawn]
    whole = PlanTables(streets, plans, [], 50)
    grown = PlanTables(streets, plans[:known], [], 50)
    for plan in plans[known:]:
        grown.add(plan)
    for number, plan in enumerate(plans):
        assert _read(streets, grown, number, len(plan.stops)) == _read(streets, whole, number, len(plan.stops))
    assert grown.plans.block[0] >= whole.plans.block[0]


def test_cells_of_single_vehicles_are_not_written_over(streets: Streets) -> None:
    """New plans stand neither where vehicles have cells of their own nor where they will get some."""
    short, long = _plan(streets, 60, [], 99), _plan(streets, 60, [1] * 11, 99)
    tables = PlanTables(streets, [short], [], 10)
    size, first, _ = tables.plans.block.tolist()
    tables.plans.block[1] += 3 * size
    tables.plans.cell.length[first : first + 3 * size] = 77.0
    assert tables.add(long)
    assert (tables.plans.cell.length[first : first + 3 * size] == 77.0).all()
    larger, behind, free = tables.plans.block.tolist()
    assert larger > size
    assert free == 0
    end = tables.plans.table_offset[1] + tables.plans.place.row[tables.plans.plan.start[2] - 1]
    assert behind > end
    assert len(tables.plans.cell) >= behind + 10 * larger

"""Demand of one period as SUMO flows: random arrivals, so that every seed gives another hour of the same traffic."""

from collections import defaultdict
from collections.abc import Mapping
from itertools import pairwise

from sim.scenarios.builder.routes import Streets
from sim.scenarios.builder.signals import arm_of
from sim.scenarios.builder.source import DemandSource

LORRY_LEAST_FLOW_VPH = 25.0
WALK_M = 25


def motor_flows_vph(streets: Streets, demand: DemandSource) -> Mapping[tuple[str, ...], float]:
    """Flow on each way. Those below `least_flow_vph` are left out, the rest of their entry scaled up to its volume."""
    flows: dict[tuple[str, ...], float] = {}
    for origin, volume_vph in demand.entries_vph.items():
        ways = {way: share * volume_vph for way, share in streets.turning_routes(origin, demand.turns).items()}
        kept = {way: flow for way, flow in ways.items() if flow >= demand.least_flow_vph} or ways
        scale = volume_vph / sum(kept.values()) if volume_vph else 0.0
        flows |= {way: flow * scale for way, flow in kept.items() if flow * scale > 0}
    return flows


def edge_turns_vph(flows: Mapping[tuple[str, ...], float]) -> Mapping[tuple[str, str], float]:
    """Flow over each pair of successive edges: what a turning count would show."""
    counts: dict[tuple[str, str], float] = defaultdict(float)
    for way, flow in flows.items():
        for pair in pairwise(way):
            counts[pair] += flow
    return counts


def route_elements(streets: Streets, demand: DemandSource, hour: str = "") -> str:
    """The flows of a period as elements of a `.rou.xml`; of one hour of several, its name ends the flows' ids."""
    ending = f".{hour}" if hour else ""
    lines = [f"    <!-- {demand.name}: motor traffic -->", *_motor(streets, demand, ending)]
    lines += ["    <!-- bus lines -->", *_buses(streets, demand, ending)]
    lines += ["    <!-- bicycles -->", *_bicycles(streets, demand, ending)]
    lines += ["    <!-- people on foot -->", *_pedestrians(streets, demand, ending)]
    return "\n".join(lines)


def _motor(streets: Streets, demand: DemandSource, ending: str) -> list[str]:
    flows = motor_flows_vph(streets, demand)
    heavy_vph = sum(flow for flow in flows.values() if flow >= LORRY_LEAST_FLOW_VPH)
    lorry_ratio = demand.lorry_ratio * sum(flows.values()) / heavy_vph if heavy_vph else 0.0
    lines = []
    for way, flow in flows.items():
        ends = f"{arm_of(way[0])}.{arm_of(way[-1])}"
        lorries = flow * lorry_ratio if flow >= LORRY_LEAST_FLOW_VPH else 0.0
        for kind, part in (("car", flow - lorries), ("lorry", lorries)):
            if part > 0:
                lines += _flow(f"{kind}.{ends}{ending}", kind, demand, f'probability="{part / 3600:.6f}"', way)
    return lines


def _buses(streets: Streets, demand: DemandSource, ending: str) -> list[str]:
    lines = []
    for line, bus in demand.buses.items():
        way = streets.route(bus.origin, bus.destination, "bus")
        stops = [f'        <stop busStop="{stop}" duration="{bus.dwell_s}"/>' for stop in bus.stops]
        timing = f'period="{bus.headway_s}" line="{line.split(".")[0]}"'
        lines += _flow(f"bus.{line}{ending}", "bus", demand, timing, way, demand.begin_s + bus.first_s, stops)
    return lines


def _bicycles(streets: Streets, demand: DemandSource, ending: str) -> list[str]:
    lines = []
    for flow in demand.bicycles:
        way = streets.route(flow.origin, flow.destination, "bicycle")
        probability = f'probability="{flow.flow_vph / 3600:.6f}"'
        lines += _flow(f"bicycle.{flow.origin}.{flow.destination}{ending}", "bicycle", demand, probability, way)
    return lines


def _pedestrians(streets: Streets, demand: DemandSource, ending: str) -> list[str]:
    lines = []
    for junction, arms in demand.pedestrians_ph.items():
        for arm, flow_ph in arms.items():
            if not flow_ph:
                continue
            inward, outward = streets.crossing_walk(junction, arm)
            probability = flow_ph / 2 / 3600
            ways = ((inward, outward, -WALK_M, WALK_M), (outward, inward, WALK_M, -WALK_M))
            for way, (start, end, depart_m, arrive_m) in zip("ab", ways, strict=True):
                lines += [
                    f'    <personFlow id="walk.{junction[:3]}.{arm}.{way}{ending}" type="pedestrian" '
                    f'begin="{demand.begin_s}" end="{demand.end_s}" '
                    f'probability="{probability:.6f}" departPos="{depart_m}">',
                    f'        <walk edges="{start} {end}" arrivalPos="{arrive_m}"/>',
                    "    </personFlow>",
                ]
    return lines


def _flow(
    flow_id: str,
    kind: str,
    demand: DemandSource,
    timing: str,
    way: tuple[str, ...],
    begin_s: int | None = None,
    stops: list[str] | None = None,
) -> list[str]:
    begin = demand.begin_s if begin_s is None else begin_s
    return [
        f'    <flow id="{flow_id}" type="{kind}" begin="{begin}" end="{demand.end_s}" {timing} '
        'departLane="best" departSpeed="max">',
        f'        <route edges="{" ".join(way)}"/>',
        *(stops or []),
        "    </flow>",
    ]

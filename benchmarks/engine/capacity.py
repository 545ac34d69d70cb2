"""What a junction lets through, engine and SUMO side by side: turns that give way to oncoming traffic and to people.

    python -m benchmarks.engine.capacity [--seconds 7200] [--seeds 1-3]

A crossroads with signals, two lanes on every arm, 13.89 m/s, crossings of 12.8 m. Whoever is measured is always there;
those who are given way to come at random, the same ones in both. Each figure is what one hour lets through.
"""

import argparse
import random
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

import numpy as np

from benchmarks.engine.streets import environment, program
from sim.engine import EmbeddedPlant
from sim.network import Network, load_network
from sim.plant import Plant, RoadMode, Trip
from sim.scenario import load_scenario
from sim.sumo_tripinfo import read_tripinfo

CYCLE_S, GREEN_S, AMBER_S = 90, 42, 3
WARMUP_S = 180
HOUR_S = 3600
SPACING_S = 2.0  # of the turning vehicles: more than can pass
OPPOSING_VPH = (0, 200, 400, 600, 800, 1000)
PEOPLE_PH = (0, 200, 500, 1000, 1500)
GROUPS = (1, 20, 60)
GREEN_FROM_S = 120
TURNING = "turning"
NODES = '<nodes><node id="m" x="0" y="0" type="traffic_light"/>{}</nodes>'
ENDS = {"n": (0, 300), "e": (300, 0), "s": (0, -300), "w": (-300, 0)}

Runner = Callable[[Path, int], Sequence[Trip]]
Maker = Callable[[Path, int], Plant]


@dataclass(frozen=True)
class Crossroads:
    """The network, and which links belong to which movement."""

    folder: Path
    network: Network

    def letters(self, green: Mapping[tuple[str, str], str]) -> str:
        """What the signal shows when only these movements (from edge, to edge) have a green letter."""
        links = self.network.signal_links["m"]
        state = ["r"] * (max(links) + 1)
        for index, connections in links.items():
            for connection in connections:
                state[index] = green.get((connection.from_edge, connection.to_edge), state[index])
        return "".join(state)

    def crossing_green(self, leaving: str) -> dict[tuple[str, str], str]:
        """Green for people who cross the arm that this edge leaves on."""
        crossing = next(edge.id for edge in self.network.crossings.values() if leaving in edge.crossing_edges)
        return {(c.from_edge, c.to_edge): "G" for c in self.network.connections if c.tl and c.to_edge == crossing}


def make_crossroads(folder: Path) -> Crossroads:
    """Build the network with netconvert."""
    nodes = "".join(f'<node id="{name}" x="{x}" y="{y}"/>' for name, (x, y) in ENDS.items())
    edges = "".join(
        f'<edge id="{a}" from="{a[0]}" to="{a[1]}" numLanes="2" speed="13.89"/>'
        for name in ENDS
        for a in (f"{name}m", f"m{name}")
    )
    (folder / "c.nod.xml").write_text(NODES.format(nodes))
    (folder / "c.edg.xml").write_text(f"<edges>{edges}</edges>")
    net = folder / "c.net.xml"
    call = [program("netconvert"), "-n", folder / "c.nod.xml", "-e", folder / "c.edg.xml", "--no-turnarounds"]
    call += ["--sidewalks.guess", "--crossings.guess", "-o", net]
    subprocess.run([str(word) for word in call], check=True, capture_output=True, env=environment())
    return Crossroads(folder, load_network(net))


def run_engine(config: Path, seed: int) -> Sequence[Trip]:
    """Everybody's trips by the engine."""
    plant = EmbeddedPlant(load_scenario(config), seed=seed, time_to_teleport=-1)
    while not plant.finished:
        plant.step({})
    return plant.trips()


def run_sumo(config: Path, seed: int) -> Sequence[Trip]:
    """Everybody's trips by SUMO's command line."""
    trips = config.parent / "trips.xml"
    command = [program("sumo"), "-c", config, "--seed", seed, "--time-to-teleport", -1, "--no-step-log"]
    command += ["--no-warnings", "--tripinfo-output", trips]
    subprocess.run([str(word) for word in command], check=True, capture_output=True, env=environment())
    end_s = load_scenario(config).end_s
    return read_tripinfo(trips, end_s, lambda *_: RoadMode.CAR)


def left_turns_vph(at: Crossroads, run: Runner, opposing_vph: float, cycle: bool, seconds: int, seed: int) -> float:
    """Left turns in an hour against one opposing lane, with green for good or 42 s of every 90 s."""
    green = at.letters({("wm", "mn"): "g", ("em", "mw"): "G"})
    demand = _always("wm", "mn", seconds) + _at_random("em", "mw", opposing_vph, seconds, seed)
    return _passed_vph(run(_scenario(at, demand, green, cycle, seconds), seed), seconds)


def turns_over_people_vph(at: Crossroads, run: Runner, target: str, people_ph: float, seconds: int, seed: int) -> float:
    """Turns from the west in an hour, 42 s of every 90 s, over a crossing that people have the right of way on.

    Right turns go to `ms`; left turns, which nobody comes towards here, to `mn`.
    """
    green = at.letters({("wm", target): "g", **at.crossing_green(target)})
    demand = _always("wm", target, seconds) + _people(target, people_ph, seconds, seed)
    return _passed_vph(run(_scenario(at, demand, green, True, seconds), seed), seconds)


def clearing_s(at: Crossroads, make: Maker, people: int, seed: int) -> float:
    """Seconds after the beginning of green until a group that gathered at the kerb has left the crossing."""
    walk = '<walk edges="ms sm" arrivalPos="-25"/>'
    demand = [(float(i), f'<person id="p{i}" depart="{i}" departPos="20">{walk}</person>') for i in range(people)]
    red, green = at.letters({}), at.letters(at.crossing_green("ms"))
    plant = make(_scenario(at, demand, red, False, GREEN_FROM_S + 90), seed)
    last_s = 0.0
    try:
        while not plant.finished:
            plant.step({"m": red if plant.time_s < GREEN_FROM_S else green})
            state = plant.state()
            if np.any((state.ped_tls >= 0) & ~state.ped_waiting):
                last_s = plant.time_s
    finally:
        plant.close()
    return last_s - GREEN_FROM_S


def make_engine(config: Path, seed: int) -> Plant:
    """The engine, to be driven step by step."""
    return EmbeddedPlant(load_scenario(config), seed=seed, time_to_teleport=-1)


def make_sumo(config: Path, seed: int) -> Plant:
    """SUMO, to be driven step by step."""
    from sim.sumo_plant import SumoPlant

    return SumoPlant(config, seed=seed)


def _passed_vph(trips: Sequence[Trip], seconds: int) -> float:
    """Turning vehicles that arrived after the warm-up, per hour."""
    passed = sum(trip.id.startswith(TURNING) and trip.arrival_s > WARMUP_S for trip in trips)
    return passed * HOUR_S / (seconds - WARMUP_S)


def _always(source: str, target: str, seconds: int) -> list[tuple[float, str]]:
    times = np.arange(0.0, seconds, SPACING_S)
    return [(t, _vehicle(f"{TURNING}{i}", t, source, target, "best")) for i, t in enumerate(times.tolist())]


def _at_random(source: str, target: str, flow_vph: float, seconds: int, seed: int) -> list[tuple[float, str]]:
    """On the left lane only, so that there is one to give way to."""
    times = _times(flow_vph, seconds, seed)
    return [(t, _vehicle(f"o{i}", t, source, target, "2")) for i, t in enumerate(times)]


def _vehicle(name: str, depart_s: float, source: str, target: str, lane: str) -> str:
    ends = f'from="{source}" to="{target}" departLane="{lane}" departSpeed="max"'
    return f'<trip id="{name}" depart="{depart_s:.2f}" type="t" {ends}/>'


def _people(leaving: str, flow_ph: float, seconds: int, seed: int) -> list[tuple[float, str]]:
    """Half of them from either side."""
    coming = leaving[::-1]
    ways = (f"{leaving} {coming}", 20, -20), (f"{coming} {leaving}", -20, 20)
    return [
        (
            t,
            f'<person id="p{i}" depart="{t:.2f}" departPos="{ways[i % 2][1]}">'
            f'<walk edges="{ways[i % 2][0]}" arrivalPos="{ways[i % 2][2]}"/></person>',
        )
        for i, t in enumerate(_times(flow_ph, seconds, seed))
    ]


def _times(flow_ph: float, seconds: int, seed: int) -> Iterator[float]:
    """A Poisson process."""
    source = random.Random(seed)
    time_s = source.expovariate(flow_ph / HOUR_S) if flow_ph else float(seconds)
    while time_s < seconds:
        yield time_s
        time_s += source.expovariate(flow_ph / HOUR_S)


def _scenario(at: Crossroads, demand: list[tuple[float, str]], green: str, cycle: bool, seconds: int) -> Path:
    """Its signal is green for good, or 42 s of every 90 s; nobody changes lanes."""
    kind = '<vType id="t" vClass="passenger" lcStrategic="-1" lcSpeedGain="0" lcKeepRight="0" lcCooperative="-1"/>'
    elements = "\n".join(text for _, text in sorted(demand))
    (at.folder / "c.rou.xml").write_text(f"<routes>\n{kind}\n{elements}\n</routes>")
    amber = green.translate(str.maketrans("Gg", "yy"))
    phases = [(GREEN_S, green), (AMBER_S, amber), (CYCLE_S - GREEN_S - AMBER_S, at.letters({}))]
    rows = "".join(f'<phase duration="{s}" state="{state}"/>' for s, state in (phases if cycle else [(CYCLE_S, green)]))
    logic = f'<tlLogic id="m" type="static" programID="t" offset="0">{rows}</tlLogic>'
    (at.folder / "c.add.xml").write_text(f"<additional>{logic}</additional>")
    config = at.folder / "c.sumocfg"
    config.write_text(
        '<configuration><input><net-file value="c.net.xml"/><route-files value="c.rou.xml"/>'
        '<additional-files value="c.add.xml"/></input>'
        f'<time><begin value="0"/><end value="{seconds}"/></time>'
        '<processing><max-depart-delay value="30"/></processing></configuration>'
    )
    return config


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=7200)
    parser.add_argument("--seeds", default="1-3")
    options = parser.parse_args(arguments)
    low, _, high = options.seeds.partition("-")
    seeds = range(int(low), int(high or low) + 1)
    with tempfile.TemporaryDirectory() as name:
        at = make_crossroads(Path(name))

        print(f"{'':<44}{'SUMO':>10}{'engine':>10}{'ratio':>8}")
        for cycle in (False, True):
            for flow in OPPOSING_VPH:
                theirs, ours = (
                    fmean(left_turns_vph(at, run, flow, cycle, options.seconds, seed) for seed in seeds)
                    for run in (run_sumo, run_engine)
                )
                _row(f"left turns, {'42 of 90 s' if cycle else 'always green'}, against {flow}/h", theirs, ours)
        for turns, target in (("right", "ms"), ("left", "mn")):
            for flow in PEOPLE_PH:
                theirs, ours = (
                    fmean(turns_over_people_vph(at, run, target, flow, options.seconds, seed) for seed in seeds)
                    for run in (run_sumo, run_engine)
                )
                _row(f"{turns} turns, 42 of 90 s, {flow} people/h", theirs, ours)
        for people in GROUPS:
            theirs, ours = (
                fmean(clearing_s(at, make, people, seed) for seed in seeds) for make in (make_sumo, make_engine)
            )
            _row(f"a group of {people}: seconds to clear", theirs, ours)


def _row(label: str, theirs: float, ours: float) -> None:
    print(f"{label:<44}{theirs:>10.1f}{ours:>10.1f}{ours / theirs:>8.3f}", flush=True)


if __name__ == "__main__":
    main()

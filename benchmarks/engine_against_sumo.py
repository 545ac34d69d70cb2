"""The embedded engine against SUMO on the same scenarios: delay and speed, as ratios measured in one run.

    python benchmarks/engine_against_sumo.py [SCENARIO...] [--seeds 1-3] [--teleport SECONDS]

Without a scenario it takes the shipped Rheinstraße's morning.
Delay is timeLoss + departDelay, averaged over all loaded vehicles, unfinished and never inserted ones included. Both
run the programmes that the network ships; actuated ones run as fixed ones in both.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from collections import defaultdict
from pathlib import Path

from sim.engine import EmbeddedPlant, compile_kernels
from sim.network import TrafficLightLogic
from sim.scenario import Scenario, load_scenario

SHIPPED = Path(__file__).resolve().parent.parent / "sim" / "scenarios" / "rheinstrasse" / "rheinstrasse.am.sumocfg"
MODE_OF_CLASS = {"bus": "bus", "tram": "tram", "bicycle": "bicycle", "truck": "truck", "delivery": "truck"}


def main() -> None:
    """Print one row per scenario and seed, and the means."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scenario", nargs="*", type=Path, default=[SHIPPED])
    parser.add_argument("--seeds", default="1")
    parser.add_argument("--teleport", type=float, default=-1.0)
    options = parser.parse_args()
    low, _, high = options.seeds.partition("-")
    seeds = range(int(low), int(high or low) + 1)
    compile_kernels()
    titles = ("SUMO s", "ours s", "ratio", "SUMO s/run", "ours s/run", "faster")
    print(f"{'scenario':<16}{'seed':>5}" + "".join(f"{title:>12}" for title in titles))
    for path in options.scenario:
        scenario = load_scenario(path)
        totals: list[tuple[float, float, float, float]] = []
        modes: dict[str, tuple[list[float], list[float]]] = defaultdict(lambda: ([], []))
        for seed in seeds:
            theirs, their_wall = run_sumo(scenario, seed, options.teleport)
            ours, our_wall = run_ours(scenario, seed, options.teleport)
            for mode, values in theirs.items():
                modes[mode][0].extend(values)
            for mode, values in ours.items():
                modes[mode][1].extend(values)
            a, b = mean_of(theirs), mean_of(ours)
            totals.append((a, b, their_wall, our_wall))
            row(scenario.name, str(seed), a, b, their_wall, our_wall)
        columns = [statistics.fmean(column) for column in zip(*totals, strict=True)]
        row(scenario.name, "mean", *columns)
        for mode, (theirs_list, ours_list) in sorted(modes.items()):
            if theirs_list and ours_list:
                a, b = statistics.fmean(theirs_list), statistics.fmean(ours_list)
                print(f"    {mode:<12}{len(theirs_list):>8}{a:>9.2f}{b:>9.2f}{b / a if a else 0:>8.3f}")


def row(name: str, seed: str, theirs: float, ours: float, their_wall: float, our_wall: float) -> None:
    """One line of the table."""
    ratio, faster = ours / theirs if theirs else 0.0, their_wall / our_wall
    print(
        f"{name:<16}{seed:>5}{theirs:>9.2f}{ours:>9.2f}{ratio:>8.3f}{their_wall:>12.2f}{our_wall:>12.2f}{faster:>8.1f}",
        flush=True,
    )


def mean_of(by_mode: dict[str, list[float]]) -> float:
    """Mean over everybody but pedestrians."""
    return statistics.fmean([value for mode, values in by_mode.items() if mode != "pedestrian" for value in values])


def fixed_programmes(scenario: Scenario, folder: Path) -> Path:
    """An additional file that turns the network's actuated programmes into fixed ones, so that both run the same."""

    def text(logic: TrafficLightLogic) -> str:
        phases = "".join(f'<phase duration="{p.duration_s}" state="{p.state}"/>' for p in logic.phases)
        return f'<tlLogic id="{logic.id}" type="static" programID="fixed" offset="{logic.offset_s}">{phases}</tlLogic>'

    path = folder / "fixed.add.xml"
    path.write_text("<additional>" + "".join(map(text, scenario.network.tl_logics.values())) + "</additional>")
    return path


def run_sumo(scenario: Scenario, seed: int, teleport: float) -> tuple[dict[str, list[float]], float]:
    """Delays by mode, and wall seconds."""
    import sumo

    binary = Path(sumo.SUMO_HOME) / "bin" / "sumo"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        trips = folder / "trips.xml"
        root = ET.parse(scenario.path).getroot()
        additional = root.find(".//additional-files")
        files = (
            [str(scenario.path.parent / f) for f in additional.get("value", "").split(",")]
            if additional is not None
            else []
        )
        command = [str(binary), "-c", str(scenario.path), "--seed", str(seed), "--time-to-teleport", str(teleport)]
        command += ["--additional-files", ",".join([*files, str(fixed_programmes(scenario, folder))])]
        command += ["--no-step-log", "--no-warnings", "--tripinfo-output", str(trips)]
        command += ["--tripinfo-output.write-unfinished", "--tripinfo-output.write-undeparted"]
        began = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=os.environ | {"SUMO_HOME": sumo.SUMO_HOME})
        wall = time.perf_counter() - began
        types = {name: kind.vehicle_class for name, kind in scenario.demand.types.items()}
        return read_delays(trips, types), wall


def read_delays(trips: Path, types: dict[str, str]) -> dict[str, list[float]]:
    """Delays by mode from a tripinfo file of SUMO."""
    result: dict[str, list[float]] = defaultdict(list)
    for element in ET.parse(trips).getroot():
        if element.tag == "tripinfo":
            name = element.get("vType", "").split("@")[0]
            mode = MODE_OF_CLASS.get(types.get(name, "passenger"), "car")
            result[mode].append(float(element.get("timeLoss", 0)) + float(element.get("departDelay", 0)))
        elif element.tag == "personinfo":
            losses = [float(walk.get("timeLoss", 0)) for walk in element.findall("walk")]
            result["pedestrian"].append(sum(max(0.0, loss) for loss in losses))
    return result


def run_ours(scenario: Scenario, seed: int, teleport: float) -> tuple[dict[str, list[float]], float]:
    """Delays by mode, and wall seconds, building included."""
    began = time.perf_counter()
    plant = EmbeddedPlant(scenario, seed=seed, time_to_teleport=teleport)
    while not plant.finished:
        plant.step({})
    wall = time.perf_counter() - began
    result: dict[str, list[float]] = defaultdict(list)
    for trip in plant.trips():
        result[trip.mode.label].append(trip.delay_s)
    updates = plant.statistics().vehicle_updates
    print(f"    {updates} vehicle updates, {updates / wall / 1e6:.2f} M/s", file=sys.stderr)
    return result, wall


if __name__ == "__main__":
    main()

"""The engine against SUMO under control: mean delay, ranking of strategies, and delay by movement.

    python -m benchmarks.engine.agreement SCENARIO... [--strategies fixed,adaptive] [--seeds 1-2]

A scenario is a path or a shipped name with its period, as in `rheinstrasse:am`. Both drive the same vehicles: flows are
drawn once per seed (`benchmarks/engine/settled.py`). Runs that have ended are kept in OUT/runs.jsonl; called again, it
goes on where it was as long as code, scenarios and options are the same.

The ratio in a row is that of the means over the seeds that both have run. Its 95 % interval is over pairs of runs with
the same seed, so the same vehicles (`benchmarks/engine/ratios.py`). The row says `within 5 %` where all of the interval
lies between 0.95 and 1.05, `more than 5 % apart` where none of it does, and otherwise `open`: more seeds would tell.
"""

import argparse
import shutil
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import Console

from benchmarks.control.ledger import Ledger, Record
from benchmarks.control.matrix import Job, Street, make_jobs, parse_street, parse_teleports
from benchmarks.control.revision import code_revision, scenario_digest, sumo_version
from benchmarks.control.running import run_jobs
from benchmarks.engine.agreement_tables import MOVEMENT, report
from benchmarks.engine.settled import settled
from detectors.equipment import Detection
from plans.site import StrategyName
from signalctl.compile import compile_decisions
from signalctl.errors import EXIT_FINDINGS, EXIT_OK, EXIT_USAGE, input_errors
from signalctl.simulation.road import NEVER
from signalctl.simulation.run import RunOutcome
from signalctl.simulation.spec import PlantName, parse_control, parse_seeds
from sim.engine import compile_kernels
from sim.flows import expand
from sim.scenario import Scenario, load_scenario

STRATEGIES = (StrategyName.FIXED, StrategyName.ACTUATED, StrategyName.MAX_PRESSURE, StrategyName.ADAPTIVE)

Ways = Mapping[str, str]
"""The movement of a vehicle by its name: where it enters the network and where it leaves it."""


class MovementLedger(Ledger):
    """A ledger whose figures also tell delay by movement.

    Args:
        path: The file; it need not exist yet.
        revision: Of the code that runs now.
        ways: The movements of every scenario's vehicles, by the name of its configuration.
    """

    def __init__(self, path: Path, revision: str, ways: Mapping[str, Ways]) -> None:
        super().__init__(path, revision)
        self._ways = ways

    def add(self, job: Job, conditions: Mapping[str, Any], outcome: RunOutcome) -> Record:
        """Append a result; it is on the disk when this returns."""
        ways = self._ways[str(job.street.config)]
        delays: dict[str, list[float]] = defaultdict(list)
        for trip in outcome.trips:
            if trip.id in ways:
                delays[ways[trip.id]].append(trip.delay_s)
        movements = {way: [len(values), sum(values)] for way, values in delays.items()}
        return super().add(job, conditions, replace(outcome, figures={**outcome.figures, MOVEMENT: movements}))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what is still to be run and print the tables; status 1 for a failed run, 2 for a wrong call."""
    options = _parser().parse_args(arguments)
    console = Console(stderr=True, soft_wrap=True)
    try:
        return _run(options, console)
    except input_errors() as error:
        console.print(f"benchmarks.engine.agreement: {error}", markup=False, highlight=False)
        return EXIT_USAGE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scenario", nargs="+", metavar="[LABEL=]PATH|NAME[:PERIOD]")
    parser.add_argument("--strategies", default=",".join(STRATEGIES))
    parser.add_argument("--seeds", default="1-2", help="as in 1-5 or 1,3 (default 1-2)")
    parser.add_argument("--teleport", action="append", default=[], metavar="LABEL=SECONDS")
    parser.add_argument("--duration", type=float, metavar="SECONDS", help="only the first so many seconds of each")
    parser.add_argument("--jobs", type=int, default=1, help="processes at once (default 1)")
    parser.add_argument("--out", type=Path, default=Path("out/agreement"), help="folder of results")
    return parser


def _run(options: argparse.Namespace, console: Console) -> int:
    streets = [parse_street(text, options.duration) for text in options.scenario]
    teleports = parse_teleports(options.teleport, [street.label for street in streets])
    streets = [replace(street, teleport_s=teleports.get(street.label, NEVER)) for street in streets]
    ways: dict[str, Ways] = {}
    jobs = [
        job
        for seed in parse_seeds(options.seeds)
        for street in streets
        for job in _jobs(street, options.strategies.split(","), seed, options.out, ways)
    ]
    conditions = {_label(street, plant): _conditions(street) for street in streets for plant in PlantName}
    revision = code_revision()
    ledger = MovementLedger(options.out / "runs.jsonl", revision, ways)
    todo = [job for job in jobs if ledger.find(job, conditions[job.street.label]) is None]
    failed: dict[Job, str] = {}
    if todo:
        compile_kernels()
        compile_decisions(lambda words: console.print(words, highlight=False))
        failed = run_jobs(todo, conditions, ledger, workers=options.jobs, revision=code_revision, console=console)
    records = [record for job in jobs if (record := ledger.find(job, conditions[job.street.label])) is not None]
    sys.stdout.write(report([street.label for street in streets], options.strategies.split(","), records))
    return EXIT_FINDINGS if failed else EXIT_OK


def _jobs(street: Street, strategies: Sequence[str], seed: int, out: Path, ways: dict[str, Ways]) -> list[Job]:
    """One street, one seed: every strategy on both plants, with the same vehicles."""
    folder = out / "settled" / f"{street.label}-{seed}"
    folder.mkdir(parents=True, exist_ok=True)
    scenario = settled(load_scenario(street.config), seed, folder)
    for beside in street.config.parent.glob("*.yaml"):
        shutil.copy(beside, folder)
    ways[str(scenario.path)] = _ways(scenario)
    same = replace(street, config=scenario.path, name=str(scenario.path), period=None)
    controls = [parse_control(name) for name in strategies]
    return [
        replace(job, spec=replace(job.spec, plant=plant))
        for plant in PlantName
        for job in make_jobs([replace(same, label=_label(street, plant))], controls, [Detection.PERFECT], [seed])
    ]


def _ways(scenario: Scenario) -> Ways:
    vehicles, _ = expand(scenario.demand, scenario.begin_s, scenario.end_s)
    result = {}
    for vehicle in vehicles:
        edges = vehicle.route.edges if vehicle.route is not None else (vehicle.origin, vehicle.destination)
        result[vehicle.id] = f"{edges[0]} to {edges[-1]}"
    return result


def _label(street: Street, plant: PlantName) -> str:
    return f"{street.label}@{plant.value}"


def _conditions(street: Street) -> dict[str, Any]:
    """What the results of a scenario depend on besides strategy, plant, seed and code."""
    return {
        "files": scenario_digest(street),
        "begin_s": street.begin_s,
        "end_s": street.end_s,
        "teleport_s": street.teleport_s,
        "sumo": sumo_version(),
    }


if __name__ == "__main__":
    sys.exit(main())

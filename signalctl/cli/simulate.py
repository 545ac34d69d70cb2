"""`signalctl simulate`: a scenario under control in lock-step, faster than real time, and its figures."""

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from detectors.equipment import Detection
from plans.policy import Policy
from plans.site import StrategyName
from signalctl.cli.demo import Period
from signalctl.errors import EXIT_FINDINGS, EXIT_OK, UsageError
from signalctl.simulation.spec import (
    CONTROLS,
    NO_OUTPUTS,
    Outputs,
    PlantName,
    RunSpec,
    parse_control,
    parse_part,
    parse_seeds,
    path_of_seed,
)
from sim.sensors.faults import FaultSpec, Lie

WHO = f"[{'|'.join(CONTROLS)}]"


def simulate(
    scenario: Annotated[str, typer.Argument(help="A .sumocfg, a folder with one, or a shipped scenario's name.")],
    period: Annotated[Period | None, typer.Option(help="Time of day of a shipped scenario.")] = None,
    plant: Annotated[PlantName, typer.Option(help="What stands for the road.")] = PlantName.EMBEDDED,
    strategy: Annotated[str, typer.Option(help="Who decides.", metavar=WHO)] = StrategyName.ADAPTIVE,
    detection: Annotated[Detection, typer.Option(help="How much is seen.")] = Detection.PERFECT,
    seed: Annotated[int, typer.Option(min=0, help="Seed of traffic and sensor noise.")] = 1,
    seeds: Annotated[str | None, typer.Option(help="Several seeds, as in 1-5 or 1,3.")] = None,
    begin: Annotated[float | None, typer.Option(help="Scenario second to begin at.")] = None,
    end: Annotated[float | None, typer.Option(help="Scenario second to end at.")] = None,
    teleport: Annotated[
        float | None, typer.Option(help="Lift a stuck vehicle away after so many seconds; never by default.")
    ] = None,
    no_extra_stages: Annotated[
        bool, typer.Option("--no-extra-stages", help="Derived sites: no stages but those that the programme shows.")
    ] = False,
    policy: Annotated[
        Policy | None, typer.Option(help="Whose delay counts how much, instead of the site's weights.")
    ] = None,
    fail_detectors: Annotated[
        str | None, typer.Option(help="Part of the detectors that fail during the run, as in 20%.", metavar="PART")
    ] = None,
    lie: Annotated[list[Lie] | None, typer.Option(help="A source that lies during the run.")] = None,
    baseline: Annotated[str | None, typer.Option(help="Compare with this strategy.", metavar=WHO)] = None,
    site_file: Annotated[
        Path | None, typer.Option("--site", help="Another site file than the one beside the scenario.")
    ] = None,
    baseline_site: Annotated[
        Path | None, typer.Option(help="Another site file for the baseline than for the run.")
    ] = None,
    require: Annotated[list[str] | None, typer.Option(help="A requirement, as in 'person_delay_s<=-15%'.")] = None,
    tripinfo: Annotated[
        Path | None, typer.Option(help="Write trips as SUMO does; several seeds: one file each.")
    ] = None,
    detectors: Annotated[
        Path | None, typer.Option(help="Write what the induction loops of additional files measured, as SUMO does.")
    ] = None,
    queues: Annotated[
        Path | None, typer.Option(help="Write the queue on each lane in each step, as SUMO does.")
    ] = None,
    signals: Annotated[
        Path | None, typer.Option(help="Write what each signal shows in each step, as SUMO does.")
    ] = None,
    trajectories: Annotated[
        Path | None, typer.Option(help="Write where each vehicle is in each step, as compact arrays (.npz).")
    ] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write the result to this file; - is the screen.")
    ] = None,
    junit: Annotated[Path | None, typer.Option(help="Write the verdicts as JUnit XML.")] = None,
    report: Annotated[Path | None, typer.Option(help="Write an HTML report.")] = None,
    journal: Annotated[
        Path | None, typer.Option(help="Keep a journal of the run, whose every second can be replayed.")
    ] = None,
    counts: Annotated[
        Path | None, typer.Option(help="What earlier runs, or a site's store, have taught of traffic.")
    ] = None,
    write_counts: Annotated[
        Path | None, typer.Option(help="Keep in this store what the run teaches of traffic.")
    ] = None,
    jobs: Annotated[int | None, typer.Option(min=1, help="Processes at most; one per core by default.")] = None,
    dask: Annotated[
        str | None, typer.Option(help="Run on the workers of this Dask scheduler instead.", metavar="ADDRESS")
    ] = None,
) -> None:
    """Simulate a scenario under control and print what it costs people."""
    from plans.schema import load_site
    from signalctl.scenarios import open_scenario
    from signalctl.simulation.junit import junit_xml
    from signalctl.simulation.report import html_report
    from signalctl.simulation.requirements import judge, parse_requirement
    from signalctl.simulation.result import result_of, with_baseline
    from signalctl.simulation.summary import print_summary
    from signalctl.usual_counts import read_usual, write_usual

    requirements = [parse_requirement(text) for text in require or []]
    if baseline is None and (relative := next((one for one in requirements if one.relative), None)):
        raise UsageError(f"--require {relative.text}: expected --baseline beside a change in %, got none")
    outputs = Outputs(detectors, queues, signals, trajectories)
    for path in (tripinfo, json_file, junit, report, journal, write_counts, *outputs.files().values()):
        if path is not None and str(path) != "-" and not path.parent.is_dir():
            raise UsageError(f"{path}: expected an existing folder, got {path.parent}")
    faults = FaultSpec(0.0 if fail_detectors is None else parse_part(fail_detectors), tuple(lie or ()))
    numbers = (seed,) if seeds is None else parse_seeds(seeds)
    if journal is not None and (baseline is not None or len(numbers) > 1):
        raise UsageError(f"--journal {journal}: expected a single run, got several (seeds or a baseline)")
    if dask is not None and (journal is not None or jobs is not None):
        raise UsageError(f"--dask {dask}: expected neither --journal nor --jobs beside it, which are of this machine")
    strategies = [parse_control(name) for name in (strategy, baseline) if name is not None]
    if journal is not None and not isinstance(strategies[0], StrategyName):
        raise UsageError(f"--journal {journal}: expected a strategy of this house, got {strategy}, which leaves none")
    if write_counts is not None and (len(numbers) > 1 or not isinstance(strategies[0], StrategyName)):
        raise UsageError(f"--write-counts {write_counts}: expected one run of a strategy of this house, which counts")
    if baseline_site is not None and baseline is None:
        raise UsageError(f"--baseline-site {baseline_site}: expected --baseline beside it, got none")
    own = load_site(site_file) if site_file is not None else None
    sites = (own, load_site(baseline_site) if baseline_site is not None else own)
    site = None
    if counts or write_counts:
        in_sumo = plant is PlantName.SUMO
        site = open_scenario(scenario, period.value if period else None, in_sumo=in_sumo, site=own).site
    usual = read_usual(counts, site.junctions) if counts is not None and site is not None else None
    specs = [
        RunSpec(
            scenario, period.value if period else None, plant, chosen, detection, number, begin, end, teleport,
            not no_extra_stages, policy, faults, journal, NO_OUTPUTS if place else _of_seed(outputs, number, numbers),
            usual, sites[place],
        )
        for place, chosen in enumerate(strategies)
        for number in numbers
    ]  # fmt: skip
    if dask is None:
        _compile(specs)
    began = time.perf_counter()
    outcomes = _run(specs, jobs, dask)
    for line in dict.fromkeys(line for outcome in outcomes for line in outcome.stand_ins):
        typer.echo(line, err=True)
    runs, baseline_runs = outcomes[: len(numbers)], outcomes[len(numbers) :]
    result = result_of(runs)
    if baseline_runs:
        result = with_baseline(result, runs, baseline_runs)
    verdicts = [judge(one, result, result.get("baseline")) for one in requirements]
    wall_s = time.perf_counter() - began
    if json_file is not None:
        _write(json_file, json.dumps(result, indent=2, allow_nan=False) + "\n")
    if write_counts is not None and site is not None and runs[0].usual is not None:
        write_usual(write_counts, site.junctions, runs[0].usual, runs[0].usual.slots())
    if tripinfo is not None:
        _write_trips(tripinfo, runs)
    if junit is not None:
        _write(junit, junit_xml(result, verdicts, wall_s))
    if report is not None:
        _write(report, html_report(result, runs, baseline_runs, verdicts, _diagrams(runs[0])))
    if json_file is None or str(json_file) != "-":
        print_summary(result, outcomes, verdicts)
    unsafe = any(count for kind, count in result["safety"].items() if kind != "refused")
    failed = any(outcome.failures for outcome in outcomes)
    raise typer.Exit(EXIT_FINDINGS if unsafe or failed or not all(one.met for one in verdicts) else EXIT_OK)


def _of_seed(outputs: Outputs, seed: int, seeds: Sequence[int]) -> Outputs:
    return outputs if len(seeds) == 1 else outputs.of_seed(seed)


def _compile(specs: Sequence[RunSpec]) -> None:
    """Machine code is made here, once: runs in processes of their own would each make it for themselves."""
    from signalctl.compile import compile_decisions, compile_engine
    from signalctl.scenarios import find_config

    def say(words: str) -> None:
        typer.echo(words, err=True)

    find_config(specs[0].scenario, specs[0].period)  # a wrong name is not worth the wait
    if any(spec.strategy is StrategyName.ADAPTIVE for spec in specs):
        compile_decisions(say)
    if specs[0].plant is PlantName.EMBEDDED:
        compile_engine(say)


def _run(specs: Sequence[RunSpec], jobs: int | None, cluster: str | None) -> list[Any]:
    """Run everything behind a progress bar on the standard error output."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    from signalctl.simulation.batch import run_batch

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        tasks = [progress.add_task(f"{spec.strategy} seed {spec.seed}", total=1.0) for spec in specs]

        def show(parts: Sequence[float]) -> None:
            for task, part in zip(tasks, parts, strict=True):
                progress.update(task, completed=part)

        return run_batch(specs, workers=jobs, cluster=cluster, on_progress=show)


def _write(path: Path, text: str) -> None:
    if str(path) == "-":
        typer.echo(text, nl=False)
    else:
        path.write_text(text, encoding="utf-8")


def _diagrams(run: Any) -> list[str]:
    """Time-space diagrams of a run that kept its trajectories."""
    from signalctl.scenarios import find_config
    from signalctl.simulation.time_space import time_space_diagrams
    from sim.scenario import load_street

    file = run.spec.outputs.trajectories
    if file is None:
        return []
    return time_space_diagrams(file, load_street(find_config(run.spec.scenario, run.spec.period)).network)


def _write_trips(path: Path, runs: Sequence[Any]) -> None:
    from sim.tripinfo_file import write_tripinfo

    for run in runs:
        write_tripinfo(run.trips, path if len(runs) == 1 else path_of_seed(path, run.spec.seed))

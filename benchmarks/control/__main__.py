"""Control against its peers on SUMO: scenarios x strategies x detection x seeds, with 95 % intervals.

    python -m benchmarks.control --scenario path/to/cologne1 --scenario rheinstrasse:am --seeds 1-5

Runs that have ended are kept in OUT/runs.jsonl; called again, the matrix goes on where it was, as long as code,
scenario and options are the same. OUT/control.json and OUT/control.md hold the result. What the figures mean is
written in docs/benchmarks.md.
"""

import argparse
import json
import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import Console

from benchmarks.control.cells import make_cells
from benchmarks.control.ledger import Ledger, Record
from benchmarks.control.matrix import ALL_CONTROLS, Job, Street, make_jobs, parse_street, parse_teleports
from benchmarks.control.revision import code_revision, commit, scenario_digest, sumo_version
from benchmarks.control.running import run_jobs
from benchmarks.control.tables import report, write_section
from detectors.equipment import Detection
from plans.policy import Policy
from plans.site import StrategyName
from signalctl.compile import compile_decisions
from signalctl.errors import EXIT_FINDINGS, EXIT_OK, EXIT_USAGE, UsageError, input_errors
from signalctl.simulation.road import NEVER
from signalctl.simulation.spec import CONTROLS, parse_control, parse_seeds

DEFAULT_SCENARIO = "rheinstrasse:am"
EXIT_INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the matrix and write its tables; status 1 for a failed run or a safety entry, 2 for a wrong call."""
    options = _parser().parse_args(arguments)
    console = Console(stderr=True, soft_wrap=True)
    try:
        return _run(options, console)
    except input_errors() as error:
        console.print(f"benchmarks.control: {error}", markup=False, highlight=False)
        return EXIT_USAGE
    except KeyboardInterrupt:
        console.print("interrupted; start it again to go on, or with --tables-only to see what there is")
        return EXIT_INTERRUPTED


def _stop(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="benchmarks.control", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add(
        "--scenario",
        action="append",
        metavar="[LABEL=]PATH|NAME[:PERIOD]",
        help=f"a .sumocfg, a folder with one, or a shipped scenario; repeat it for more (default {DEFAULT_SCENARIO})",
    )
    add("--strategy", action="append", choices=CONTROLS, help="repeat it for more (default: all)")
    add("--detection", action="append", choices=list(Detection), help="repeat it for more (default: all)")
    add("--seeds", default="1-5", help="as in 1-5 or 1,3 (default 1-5)")
    add("--baseline", default=StrategyName.FIXED.value, choices=CONTROLS, help="compare with this (default fixed)")
    add(
        "--teleport",
        action="append",
        default=[],
        metavar="LABEL=SECONDS",
        help="lift stuck vehicles away in this scenario; never by default",
    )
    add("--duration", type=float, metavar="SECONDS", help="only the first so many seconds of each scenario")
    add("--policy", choices=list(Policy), help="whose delay counts how much, instead of the site's weights")
    add("--no-extra-stages", action="store_true", help="derived sites: no stages but those that the programme shows")
    add("--jobs", type=int, default=os.cpu_count() or 1, help="processes at once (default: one per core)")
    add("--dask", metavar="ADDRESS", help="run on the workers of this Dask scheduler; --jobs says how many there are")
    add("--out", type=Path, default=Path("out/control"), help="folder of results (default out/control)")
    add(
        "--reuse",
        action="append",
        default=[],
        choices=CONTROLS,
        metavar="STRATEGY",
        help="take this strategy's earlier results although the code has changed since",
    )
    add("--tables-only", action="store_true", help="run nothing; tables of what there is")
    add("--write-docs", type=Path, metavar="PAGE", help="put the tables between the markers of this Markdown page")
    return parser  # fmt: skip


def _run(options: argparse.Namespace, console: Console) -> int:
    streets = [parse_street(text, options.duration) for text in options.scenario or [DEFAULT_SCENARIO]]
    labels = [street.label for street in streets]
    teleports = parse_teleports(options.teleport, labels)
    streets = [replace(street, teleport_s=teleports.get(street.label, NEVER)) for street in streets]
    seeds = parse_seeds(options.seeds)
    names = options.strategy or list(ALL_CONTROLS)
    chosen = [name for name in ALL_CONTROLS if name in {*names, options.baseline}]
    jobs = make_jobs(
        streets,
        [parse_control(name) for name in chosen],
        [Detection(name) for name in options.detection or list(Detection)],
        seeds,
        extra_stages=not options.no_extra_stages,
        policy=Policy(options.policy) if options.policy else None,
    )
    revision = code_revision()
    ledger = Ledger(options.out / "runs.jsonl", revision, options.reuse)
    conditions = {street.label: _conditions(street, options) for street in streets}
    todo = [job for job in jobs if ledger.find(job, conditions[job.street.label]) is None]
    failed: dict[Job, str] = {}
    if todo and not options.tables_only:
        console.print(f"{len(jobs)} runs, {len(jobs) - len(todo)} of them done before", highlight=False)
        if options.dask is None and any(job.control is StrategyName.ADAPTIVE for job in todo):
            compile_decisions(lambda words: console.print(words, highlight=False))
        failed = run_jobs(
            todo,
            conditions,
            ledger,
            workers=max(1, options.jobs),
            cluster=options.dask,
            revision=code_revision,
            console=console,
        )
    found = {job: ledger.find(job, conditions[job.street.label]) for job in jobs}
    about = {
        "seeds": list(seeds),
        "baseline": options.baseline,
        "scenarios": conditions,
        "duration_s": options.duration,
        "teleport_s": teleports,
        "policy": options.policy,
        "extra_stages": not options.no_extra_stages,
        "sumo": sumo_version(),
        "revision": revision,
        "commit": commit(),
        "failed": {str(job): error for job, error in failed.items()},
        "missing": [str(job) for job in jobs if found[job] is None and job not in failed],
    }
    return _write(options, about, [record for record in found.values() if record is not None], console)


def _conditions(street: Street, options: argparse.Namespace) -> dict[str, Any]:
    """What the results of a scenario depend on besides strategy, detection, seed and code."""
    return {
        "files": scenario_digest(street),
        "begin_s": street.begin_s,
        "end_s": street.end_s,
        "teleport_s": street.teleport_s,
        "policy": options.policy,
        "extra_stages": not options.no_extra_stages,
        "sumo": sumo_version(),
    }


def _write(options: argparse.Namespace, about: dict[str, Any], records: Sequence[Record], console: Console) -> int:
    """Write the result where it is wanted, and print the tables."""
    if not records:
        raise UsageError(f"{options.out}: expected results of finished runs, got none")
    cells = make_cells(_by_street(records), options.baseline)
    about["other_revisions"] = sorted({cell["strategy"] for cell in cells if cell["revisions"] != [about["revision"]]})
    text = report(cells, about)
    options.out.mkdir(parents=True, exist_ok=True)
    result = {"about": about, "cells": cells}
    (options.out / "control.json").write_text(json.dumps(result, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    (options.out / "control.md").write_text(text, encoding="utf-8")
    sys.stdout.write(text)
    incomplete = len(about["failed"]) + len(about["missing"])
    if options.write_docs is not None:
        if incomplete:
            raise UsageError(f"{options.write_docs}: not written, {incomplete} runs failed or are missing")
        page = options.write_docs.read_text(encoding="utf-8")
        try:
            options.write_docs.write_text(write_section(page, text), encoding="utf-8")
        except ValueError as error:
            raise UsageError(f"{options.write_docs}: {error}") from error
    entries = sum(
        run["safety"][kind]
        for cell in cells
        if cell["strategy"] in set(StrategyName)
        for run in cell["runs"]
        for kind in run["safety"]
        if kind != "refused"
    )
    if about["missing"]:
        console.print(f"{len(about['missing'])} runs are missing", highlight=False)
    notes = any(cell["notes"] for cell in cells if cell["strategy"] in set(StrategyName))
    return EXIT_FINDINGS if about["failed"] or entries or notes else EXIT_OK


def _by_street(records: Sequence[Record]) -> list[Record]:
    """Records in the order of scenarios, strategies and detections, seeds last."""
    order: dict[tuple[str, str, str], int] = {}
    for record in records:
        order.setdefault((record["scenario"], record["strategy"], record["detection"]), len(order))
    return sorted(records, key=lambda one: (order[one["scenario"], one["strategy"], one["detection"]], one["seed"]))


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _stop)
    sys.exit(main())

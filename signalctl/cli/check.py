"""`signalctl check`: every finding on a site file, one line each."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from plans.rules import check_site
from plans.schema import Problem, SiteError, SiteFile, read_site_file
from plans.timing import Finding, Severity

FOUND, BROKEN = 1, 2


def check(
    site: Annotated[Path, typer.Argument(help="Site file", metavar="SITE.yaml")],
    as_json: Annotated[bool, typer.Option("--json", help="Findings and unconfirmed defaults as JSON")] = False,
) -> None:
    """Check junctions, plans and calendar of a site file against the timing rules.

    Exit status 0: no errors (warnings may be there); 1: errors; 2: the file cannot be read as a site.
    """
    try:
        file = read_site_file(site)
    except OSError as error:
        typer.echo(f"{site}:1: file: unreadable: expected a readable file, got {error.strerror}", err=True)
        raise typer.Exit(BROKEN) from None
    except SiteError as error:
        if as_json:
            typer.echo(_as_json(str(site), [_row(problem, Severity.ERROR) for problem in error.problems], []))
        for problem in () if as_json else error.problems:
            typer.echo(str(problem), err=True)
        raise typer.Exit(BROKEN) from None
    findings = check_site(file.site)
    if as_json:
        rows = [_row(file.problem(finding), finding.severity) for finding in findings]
        typer.echo(_as_json(str(site), rows, sorted(file.site.unconfirmed)))
    else:
        _print(file, findings)
    if any(finding.severity is Severity.ERROR for finding in findings):
        raise typer.Exit(FOUND)


def _print(file: SiteFile, findings: Sequence[Finding]) -> None:
    for finding in findings:
        mark = "" if finding.severity is Severity.ERROR else " (warning)"
        typer.echo(f"{file.problem(finding)}{mark}")
    errors = sum(finding.severity is Severity.ERROR for finding in findings)
    junctions, plans = len(file.site.junctions), sum(len(plans) for plans in file.site.plans.values())
    typer.echo(
        f"{file.file}: {junctions} junctions, {plans} plans: {errors} errors, {len(findings) - errors} warnings, "
        f"{len(file.site.unconfirmed)} numbers left to unconfirmed defaults (--json lists them)"
    )


def _row(problem: Problem, severity: Severity) -> dict[str, str | int]:
    return {
        "file": problem.file,
        "line": problem.line,
        "field": problem.field,
        "rule": problem.rule,
        "severity": severity.value,
        "expected": problem.expected,
        "got": problem.got,
    }


def _as_json(file: str, findings: list[dict[str, str | int]], unconfirmed: list[str]) -> str:
    return json.dumps({"file": file, "findings": findings, "unconfirmed": unconfirmed}, indent=2, ensure_ascii=False)

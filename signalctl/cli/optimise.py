"""`signalctl optimise`: plans for counted traffic, and what they save on paper."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from signalctl.errors import UsageError

if TYPE_CHECKING:
    from plans.optimise import SetOutcome


def optimise(
    site: Annotated[Path, typer.Argument(help="The site file.")],
    counts: Annotated[Path, typer.Option(help="Counts in CSV: junction, movement (or lane, or approach), turn, vph.")],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="The site file with the new plans; none is written without.")
    ] = None,
    plans: Annotated[
        list[str] | None, typer.Option(help="Plan sets to make anew; those that the counts name by default.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the output file when it exists.")] = False,
) -> None:
    """Compute cycle, greens and offsets for counted traffic, and compare them with the plans that the site has."""
    from dataclasses import replace

    from plans.counts import read_counts
    from plans.optimise import optimise_site
    from plans.rules import check_site, errors
    from plans.schema import SiteError, dump_site, read_site_file

    if output is not None and output.exists() and not force:
        raise UsageError(f"{output}: expected a new file (or --force), got one that exists")
    if output is not None and not output.parent.is_dir():
        raise UsageError(f"{output}: expected an existing folder, got {output.parent}")
    file = read_site_file(site)
    broken = errors(check_site(file.site))
    if broken:
        raise SiteError((file.problem(broken[0]),))
    rows = read_counts(_text(counts), str(counts), file.site)
    named = tuple(dict.fromkeys(plans or [row.plan_set for row in rows if row.plan_set]))
    chosen = named or file.site.calendar.plan_sets
    if len(chosen) > 1 and not named:
        raise UsageError(f"--plans: expected which plan sets the counts are for ({', '.join(chosen)}), got none")
    known = {plan_set for of_junction in file.site.plans.values() for plan_set in of_junction}
    for name in chosen:
        if name not in known:
            raise UsageError(f"--plans: expected one of {', '.join(sorted(known))}, got {name!r}")
    outcomes = optimise_site(file.site, rows, chosen, on_set=lambda name: typer.echo(f"{name}: searching", err=True))
    for outcome in outcomes:
        _print(outcome)
    if output is not None:
        merged = {
            name: {**of_junction, **{o.plan_set: o.plans[name] for o in outcomes if name in o.plans}}
            for name, of_junction in file.site.plans.items()
        }
        dump_site(replace(file.site, plans=merged), output)
        typer.echo(f"{output}: {', '.join(chosen)} written; check it with: signalctl check {output}")


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: expected UTF-8, got byte {error.object[error.start]:#x}") from None


def _print(outcome: "SetOutcome") -> None:
    before, after = outcome.before, outcome.after
    width = max(len(name) for name in (*after.junctions, "junction"))
    typer.echo(f"\n{outcome.plan_set}: before -> after, as the model predicts")
    typer.echo(f"{'junction':{width}}  {'cycle s':>11}  {'saturation':>14}  {'delay s':>15}  {'stops':>14}")
    for name, new in after.junctions.items():
        old = before.junctions[name]
        saturation = f"{old.saturation_ratio:5.2f} -> {new.saturation_ratio:5.2f}"
        stops = f"{old.stops:5.2f} -> {new.stops:5.2f}"
        cycle = f"{old.cycle_s:4d} -> {new.cycle_s:3d}"
        typer.echo(f"{name:{width}}  {cycle}  {saturation}  {old.delay_s:6.1f} -> {new.delay_s:5.1f}  {stops}")
    change = 100.0 * (after.cost / before.cost - 1.0) if before.cost > 0.0 else 0.0
    typer.echo(
        f"mean delay of a person at a signal {before.delay_s:.1f} -> {after.delay_s:.1f} s; "
        f"cost (delay and stops, weighted) {change:+.1f} %"
    )
    for name, band_s in after.bands_s.items():
        was = before.bands_s.get(name)
        typer.echo(f"band {name}: {f'{was:.0f}' if was is not None else 'none'} -> {band_s:.0f} s")

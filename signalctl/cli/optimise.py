"""`signalctl optimise`: plans for counted traffic, and plans refined by simulating a period again and again."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from signalctl.cli.demo import Period
from signalctl.cli.progress import progress
from signalctl.errors import UsageError

if TYPE_CHECKING:
    from plans.optimise import SetOutcome
    from plans.site import Site
    from plans.timing import TimingPlan
    from signalctl.tuning.refine import Refined

SEEDS, CHECK_SEEDS = "1-6", "101-108"
CHOOSING_PART = 3
"""A third of the seeds choose, the others decide."""


def optimise(
    site: Annotated[Path, typer.Argument(help="The site file.")],
    counts: Annotated[
        Path | None, typer.Option(help="Counts in CSV: junction, movement (or lane, or approach), turn, vph.")
    ] = None,
    scenario: Annotated[
        str | None, typer.Option(help="Refine the plans in this scenario: a .sumocfg, a folder, or a shipped name.")
    ] = None,
    period: Annotated[
        list[Period] | None,
        typer.Option(help="Time of day of a shipped scenario; given several times, their plan sets one after another."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="The site file with the new plans; none is written without.")
    ] = None,
    plans: Annotated[
        list[str] | None, typer.Option(help="Plan sets to make anew; those that counts or period name by default.")
    ] = None,
    junction: Annotated[
        list[str] | None, typer.Option(help="Change the plans of these junctions only (--scenario).")
    ] = None,
    seeds: Annotated[str, typer.Option(help="Seeds of the search.")] = SEEDS,
    check_seeds: Annotated[str, typer.Option(help="Further seeds that tell how good the outcome is.")] = CHECK_SEEDS,
    begin: Annotated[float | None, typer.Option(help="Scenario second to begin at.")] = None,
    end: Annotated[float | None, typer.Option(help="Scenario second to end at.")] = None,
    jobs: Annotated[int | None, typer.Option(min=1, help="Processes at most; one per core by default.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the output file when it exists.")] = False,
) -> None:
    """Compute cycle, greens and offsets for counted traffic or by simulation, and compare with the site's plans."""
    from plans.rules import check_site, errors
    from plans.schema import SiteError, read_site_file

    if counts is None and scenario is None:
        raise UsageError("optimise: expected --counts or --scenario, got neither")
    if scenario is None and (period or begin is not None or end is not None):
        raise UsageError("optimise: expected --scenario beside --period, --begin or --end, got none")
    if period and len(period) > 1 and (counts or plans or begin is not None or end is not None):
        raise UsageError("optimise: expected one --period beside --counts, --plans, --begin or --end, got several")
    if output is not None and output.exists() and not force:
        raise UsageError(f"{output}: expected a new file (or --force), got one that exists")
    if output is not None and not output.parent.is_dir():
        raise UsageError(f"{output}: expected an existing folder, got {output.parent}")
    file = read_site_file(site)
    broken = errors(check_site(file.site))
    if broken:
        raise SiteError((file.problem(broken[0]),))
    made: dict[str, Mapping[str, TimingPlan]] = {}
    if counts is not None:
        made = {one.plan_set: one.plans for one in _by_counts(file.site, counts, tuple(plans or ()))}
    if scenario is None:
        _write(_with(file.site, made), tuple(made), output)
        return
    now, done, only = file.site, [], _junctions(file.site, junction or [])
    for one in period or (None,):
        plan_set = _one_set(now, plans, one, made)
        further = {"plans for the counts": made[plan_set]} if plan_set in made else {}
        place = (scenario, now, one.value if one else None, begin, end)
        refined = _by_simulation(place, plan_set, seeds, check_seeds, further, only, jobs)
        proved = now.refined if only else now.refined | {plan_set}
        if refined.check.better:
            now = _with(now, {plan_set: refined.plans})
        now = replace(now, refined=proved)
        done.append(plan_set)
        _write(now, done, output)  # at once: the next period may take long


def _write(site: "Site", done: Sequence[str], output: Path | None) -> None:
    """The whole site file; nothing where no output is named."""
    from plans.schema import dump_site

    if output is not None:
        dump_site(site, output)
        typer.echo(f"{output}: {', '.join(done)} written; check it with: signalctl check {output}")


def _with(site: "Site", made: Mapping[str, Mapping[str, "TimingPlan"]]) -> "Site":
    """The site with the new plans in their places, which simulation has not proved yet."""
    plans = {
        name: {**of_junction, **{plan_set: of_set[name] for plan_set, of_set in made.items() if name in of_set}}
        for name, of_junction in site.plans.items()
    }
    return replace(site, plans=plans, refined=site.refined - made.keys())


def _by_counts(site: "Site", counts: Path, plans: tuple[str, ...]) -> tuple["SetOutcome", ...]:
    """Plans by the cyclic-flow model, and what they save on paper."""
    from plans.counts import read_counts
    from plans.optimise import optimise_site

    rows = read_counts(_text(counts), str(counts), site)
    named = tuple(dict.fromkeys(plans or [row.plan_set for row in rows if row.plan_set]))
    chosen = named or site.calendar.plan_sets
    if len(chosen) > 1 and not named:
        raise UsageError(f"--plans: expected which plan sets the counts are for ({', '.join(chosen)}), got none")
    for name in chosen:
        _known(site, name)
    outcomes = optimise_site(site, rows, chosen, on_set=lambda name: typer.echo(f"{name}: searching", err=True))
    for outcome in outcomes:
        _print(outcome)
    return outcomes


def _known(site: "Site", plan_set: str) -> str:
    known = {name for of_junction in site.plans.values() for name in of_junction}
    if plan_set not in known:
        raise UsageError(f"--plans: expected one of {', '.join(sorted(known))}, got {plan_set!r}")
    return plan_set


def _one_set(
    site: "Site", plans: list[str] | None, period: Period | None, made: Mapping[str, Mapping[str, "TimingPlan"]]
) -> str:
    """The one plan set that the simulation is about."""
    named = plans or list(made) or ([period.value] if period is not None else list(site.calendar.plan_sets))
    if len(named) != 1:
        raise UsageError(f"--plans: expected the one plan set that the scenario is about, got {', '.join(named)}")
    return _known(site, named[0])


def _junctions(site: "Site", names: Sequence[str]) -> Sequence[str]:
    """Those names, all of which the site knows."""
    for name in names:
        if name not in site.junctions:
            raise UsageError(f"--junction: expected one of {', '.join(site.junctions)}, got {name!r}")
    return names


def _by_simulation(
    where: tuple[str, "Site", str | None, float | None, float | None],
    plan_set: str,
    seeds: str,
    check_seeds: str,
    further: Mapping[str, Mapping[str, "TimingPlan"]],
    only: Sequence[str],
    jobs: int | None,
) -> "Refined":
    """Plans refined on the embedded engine; how far it is stands on the standard error output."""
    from signalctl.compile import compile_engine
    from signalctl.simulation.spec import parse_seeds
    from signalctl.tuning.refine import refine
    from signalctl.tuning.report import print_refined
    from signalctl.tuning.search import SearchNumbers
    from signalctl.tuning.trial import Place

    searching, checking = parse_seeds(seeds), parse_seeds(check_seeds)
    if len(searching) < 2:
        raise UsageError(f"--seeds: expected two seeds or more, as those that choose do not decide, got {seeds}")
    if shared := set(searching) & set(checking):
        raise UsageError(
            f"--check-seeds: expected none of the search's seeds, got {', '.join(map(str, sorted(shared)))}"
        )
    choosing = max(1, len(searching) // CHOOSING_PART)
    numbers = SearchNumbers(choosing=searching[:choosing], deciding=searching[choosing:])
    compile_engine(lambda words: typer.echo(words, err=True))
    with progress(f"{plan_set}: trying changes") as tell:
        refined = refine(
            Place(*where),
            plan_set,
            numbers=numbers,
            checking=checking,
            further=further,
            only=only,
            jobs=jobs,
            on_progress=tell,
        )
    print_refined(refined)
    return refined


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

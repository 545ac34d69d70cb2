"""`signalctl site`: what is done with site files before they run."""

from pathlib import Path
from typing import Annotated
from zoneinfo import available_timezones

import typer

from signalctl.errors import UsageError

site = typer.Typer(help="Make a site file.", no_args_is_help=True)


@site.callback()
def about() -> None:
    """Make a site file."""


@site.command()
def init(
    network: Annotated[Path, typer.Argument(help="A SUMO network, .net.xml or .net.xml.gz.")],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Site file; the network's name by default.")
    ] = None,
    no_extra_stages: Annotated[
        bool, typer.Option("--no-extra-stages", help="No stages but those that the programmes show.")
    ] = False,
    scenario: Annotated[Path | None, typer.Option(help="A .sumocfg whose buses and trams say where they stop.")] = None,
    timezone: Annotated[str, typer.Option(help="Time zone of the calendar, as in Europe/Berlin.")] = "UTC",
    force: Annotated[bool, typer.Option("--force", help="Replace the file when it exists.")] = False,
) -> None:
    """Derive junctions, groups, stages, intergreens and detectors from a network; every derived value is marked."""
    from plans.schema import dump_site
    from sim.network import load_network
    from sim.scenario import load_scenario
    from sim.site_derivation import derive_site, signals_left_out

    if timezone not in available_timezones():
        raise UsageError(f"--timezone: expected a name of the IANA time zone database, got {timezone}")
    target = output or network.with_name(network.name.split(".")[0] + ".site.yaml")
    if target.exists() and not force:
        raise UsageError(f"{target}: expected a new file (or --force), got one that exists")
    if not target.parent.is_dir():
        raise UsageError(f"{target}: expected an existing folder, got {target.parent}")
    demand = load_scenario(scenario).demand if scenario is not None else None
    net = load_network(network, all_programmes=False)
    derived = derive_site(net, demand=demand, timezone=timezone, with_extra_stages=not no_extra_stages)
    dump_site(derived, target)
    junctions = derived.junctions.values()
    stops = sum(len(one.stops) for one in junctions)
    typer.echo(
        f"{target}: {len(junctions)} junctions, {sum(len(one.groups) for one in junctions)} signal groups, "
        f"{sum(len(one.stages) for one in junctions)} stages, {stops} stops; intergreens are"
        " derived from the network's programmes and must be replaced by signed ones before they control a street"
    )
    for signal, why in signals_left_out(net, derived).items():
        typer.echo(f"left out: signal {signal}: {why}")


@site.command()
def take(
    base: Annotated[Path, typer.Argument(help="The site file that plan sets are taken into.", metavar="SITE")],
    plans: Annotated[list[str], typer.Argument(help="Plan sets and the site files they come from, as in am=new.yaml.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="The site file with these plan sets.")],
    force: Annotated[bool, typer.Option("--force", help="Replace the output file when it exists.")] = False,
) -> None:
    """Take plan sets from other site files of the same junctions, if any set can still follow any other."""
    from plans.rules import check_site, errors
    from plans.schema import SiteError, dump_site, parse_site, read_site_file
    from plans.site_dump import site_text
    from plans.take import with_plan_set

    if output.exists() and not force:
        raise UsageError(f"{output}: expected a new file (or --force), got one that exists")
    if not output.parent.is_dir():
        raise UsageError(f"{output}: expected an existing folder, got {output.parent}")
    merged = read_site_file(base).site
    for words in plans:
        plan_set, sign, file = words.partition("=")
        if not (plan_set and sign and file):
            raise UsageError(f"expected a plan set and a site file, as in am=new.yaml, got {words!r}")
        try:
            merged = with_plan_set(merged, read_site_file(Path(file)).site, plan_set)
        except ValueError as error:
            raise UsageError(f"{file}: {error}") from None
    broken = errors(check_site(merged))
    if broken:
        file_then = parse_site(site_text(merged), str(output))
        raise SiteError(tuple(file_then.problem(finding) for finding in broken))
    dump_site(merged, output)
    typer.echo(f"{output}: {', '.join(words.partition('=')[0] for words in plans)} taken")

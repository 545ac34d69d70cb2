"""Finding a scenario: by path, by folder, or by the name of one that ships, with the site that goes with it."""

from dataclasses import dataclass
from pathlib import Path

from plans.schema import load_site
from plans.site import Site
from signalctl.errors import UsageError
from sim.scenario import Scenario, load_scenario, load_street
from sim.signals import junction_id
from sim.site_derivation import derive_site

SHIPPED = Path(__file__).resolve().parent.parent / "sim" / "scenarios"
SITE_FILE = "site.yaml"
DEFAULT_PERIOD = "am"


@dataclass(frozen=True, slots=True)
class OpenScenario:
    """A scenario with its site. `derived` tells whether the site was computed from the network's programmes."""

    name: str
    config: Path
    scenario: Scenario
    site: Site
    derived: bool


def shipped_scenarios() -> list[str]:
    """Names of the scenarios that ship."""
    return sorted(path.name for path in SHIPPED.iterdir() if any(path.glob("*.sumocfg"))) if SHIPPED.is_dir() else []


def find_config(name: str, period: str | None = None) -> Path:
    """The `.sumocfg` that `name` means.

    Raises:
        UsageError: there is none, or a folder holds several and the period does not choose.
    """
    given = Path(name)
    if given.is_file():
        return given
    folder = given if given.is_dir() else SHIPPED / name
    if not folder.is_dir() or (folder is not given and name not in shipped_scenarios()):
        shipped = ", ".join(shipped_scenarios()) or "none"
        raise UsageError(
            f"scenario: expected a .sumocfg, a folder with one, or a shipped name ({shipped}), got {name!r}"
        )
    configs = sorted(folder.glob("*.sumocfg"))
    if len(configs) == 1 and period is None:
        return configs[0]
    wanted = [path for path in configs if path.name.split(".")[1:-1] == [period or DEFAULT_PERIOD]]
    if wanted:
        return wanted[0]
    if len(configs) == 1:
        raise UsageError(f"period: {folder} has one period only, got {period!r}")
    periods = ", ".join(path.name.split(".")[1] for path in configs if path.name.count(".") > 1)
    raise UsageError(f"period: expected one of {periods or 'none'} in {folder}, got {period!r}")


def open_scenario(
    name: str, period: str | None = None, *, in_sumo: bool = False, site: Site | None = None
) -> OpenScenario:
    """Read a scenario and its site: the one that is given, or lies beside it, or else is derived from the network.

    Where SUMO is to simulate it (`in_sumo`), only network, signals and detectors are read: SUMO reads the demand.

    Raises:
        UsageError: There is no such scenario or period, or the given site is not of its network.
    """
    config = find_config(name, period)
    scenario = load_street(config) if in_sumo else load_scenario(config)
    site_file = config.parent / SITE_FILE
    derived = site is None and not site_file.is_file()
    if site is not None:
        _check_signals(site, config, scenario)
    elif derived:
        site = derive_site(scenario.network, demand=scenario.demand, site_id=config.name.split(".")[0])
    else:
        site = load_site(site_file)
    return OpenScenario(config.name.removesuffix(".sumocfg"), config, scenario, site, derived)


def _check_signals(site: Site, config: Path, scenario: Scenario) -> None:
    """Each junction has its signal in the network, with as many links as its groups name."""
    logics = {junction_id(tls): logic for tls, logic in scenario.network.tl_logics.items()}
    for name, junction in site.junctions.items():
        if name not in logics:
            raise UsageError(f"{config}: expected a signal for junction {name} of site {site.id}, got none")
        links = len(logics[name].phases[0].state)
        last = max((link for group in junction.groups.values() for link in group.links), default=-1)
        if last >= links:
            raise UsageError(
                f"{config}: expected the links of junction {name} of site {site.id} below {links}, got {last}"
            )

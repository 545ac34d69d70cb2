"""`python -m sim.scenarios.builder FOLDER`: build a scenario's generated files from its sources."""

import gzip
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from sim.demand import Demand
from sim.network import Network, load_network
from sim.scenarios.builder.day import DAY, HOUR_S, hours_of, schedule_elements
from sim.scenarios.builder.demand import route_elements
from sim.scenarios.builder.network_files import HEADER, build_network, tll_file
from sim.scenarios.builder.programmes import programme_elements
from sim.scenarios.builder.routes import Streets
from sim.scenarios.builder.signals import derive_junction
from sim.scenarios.builder.site import site_file
from sim.scenarios.builder.source import DaySource, DemandSource, SignalsSource, read_source
from sim.site_derivation import with_transit_stops
from sim.sumo_files.additional import read_additional
from sim.sumo_files.routes import DemandReader

NOTE = "<!-- {} Built from the sources in this folder; see README.md. A model, not a survey. -->\n"


def build(folder: Path) -> Mapping[str, str]:
    """Contents of every generated file of a scenario folder, by file name."""
    name = folder.name
    source = read_source(folder / "signals.yaml", SignalsSource)
    bare = _parsed(build_network(folder, name, None))
    junctions = {tls_id: derive_junction(bare, tls_id, own) for tls_id, own in source.junctions.items()}
    programmes = {period: programme_elements(bare, junctions, period, plan) for period, plan in source.plans.items()}
    net = build_network(folder, name, programmes[source.network_plan])
    network = _parsed(net)
    built = {f"{name}.net.xml": net, f"{name}.tll.xml": tll_file(programmes[source.network_plan])}
    streets = Streets(network)
    periods = {period: read_source(folder / "demand" / f"{period}.yaml", DemandSource) for period in source.plans}
    own = {period: f"{name}.{period}.tls.add.xml" for period in source.plans if period != source.network_plan}
    for period, demand in periods.items():
        if period in own:
            note = f"Signal programme: {source.plans[period].name}."
            built[own[period]] = _file("additional", note, programmes[period])
        routes = f"{name}.{period}.rou.xml"
        built[routes] = _file("routes", "Demand.", route_elements(streets, demand))
        built[f"{name}.{period}.sumocfg"] = _configuration(
            name, demand.name, routes, [own[period]] if period in own else [], (demand.begin_s, demand.end_s)
        )
    stopping = with_transit_stops(junctions, network, _demands(folder, network, built))
    built["site.yaml"] = site_file(name, source, stopping)
    day = read_source(folder / "demand" / f"{DAY}.yaml", DaySource)
    routes, schedule = f"{name}.{DAY}.rou.xml.gz", f"{name}.{DAY}.waut.add.xml"
    hours = [route_elements(streets, demand, hour) for hour, demand in hours_of(day, periods)]
    built[routes] = _file("routes", "Demand.", "\n".join(hours))
    built[schedule] = _file("additional", "Signal programmes by time of day.", schedule_elements(source))
    built[f"{name}.{DAY}.sumocfg"] = _configuration(
        name, day.name, routes, [*own.values(), schedule], (0, len(hours) * HOUR_S)
    )
    return built


def read(path: Path) -> str:
    """The text of a generated file; what ends in `.gz` is packed."""
    return (gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()).decode("utf-8")


def write(path: Path, text: str) -> None:
    """Write a generated file, packed when its name ends in `.gz`."""
    data = text.encode("utf-8")
    path.write_bytes(gzip.compress(data, mtime=0) if path.suffix == ".gz" else data)


def _demands(folder: Path, network: Network, built: Mapping[str, str]) -> list[Demand]:
    """What the route files of the periods ask for."""
    places = {place.id: place for place in read_additional(folder / f"{folder.name}.stops.add.xml", network).places}
    found = []
    for file, text in built.items():
        if file.endswith(".rou.xml"):
            with tempfile.TemporaryDirectory() as scratch:
                (Path(scratch) / file).write_text(text, encoding="utf-8")
                reader = DemandReader(network, places)
                reader.read_file(folder / f"{folder.name}.vtypes.xml")
                reader.read_file(Path(scratch) / file)
                found.append(reader.demand())
    return found


def _parsed(text: str) -> Network:
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "network.net.xml"
        path.write_text(text, encoding="utf-8")
        return load_network(path)


def _file(root: str, note: str, elements: str) -> str:
    return f"{HEADER}{NOTE.format(note)}<{root}>\n{elements}\n</{root}>\n"


def _configuration(name: str, title: str, routes: str, programmes: Sequence[str], span_s: tuple[int, int]) -> str:
    additional = [f"{name}.stops.add.xml", *programmes]
    return (
        f"{HEADER}{NOTE.format(title + '.')}<sumoConfiguration>\n"
        "    <input>\n"
        f'        <net-file value="{name}.net.xml"/>\n'
        f'        <route-files value="{name}.vtypes.xml,{routes}"/>\n'
        f'        <additional-files value="{",".join(additional)}"/>\n'
        "    </input>\n"
        "    <time>\n"
        f'        <begin value="{span_s[0]}"/>\n'
        f'        <end value="{span_s[1]}"/>\n'
        '        <step-length value="1"/>\n'
        "    </time>\n"
        "    <processing>\n"
        '        <time-to-teleport value="-1"/>\n'
        "    </processing>\n"
        "</sumoConfiguration>\n"
    )


def main(arguments: list[str]) -> int:
    """Write the generated files; with `--check` only report those that would change (exit status 1)."""
    check = "--check" in arguments
    folders = [Path(argument) for argument in arguments if argument != "--check"]
    if len(folders) != 1 or not folders[0].is_dir():
        sys.stderr.write("expected: python -m sim.scenarios.builder [--check] FOLDER\n")
        return 2
    folder = folders[0].resolve()
    changed = []
    for file_name, text in build(folder).items():
        path = folder / file_name
        if not path.exists() or read(path) != text:
            changed.append(file_name)
            if not check:
                write(path, text)
    for file_name in changed:
        sys.stdout.write(f"{'differs' if check else 'written'}: {file_name}\n")
    return 1 if check and changed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""`python -m sim.scenarios.builder FOLDER`: build a scenario's generated files from its sources."""

import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from sim.network import Network, load_network
from sim.scenarios.builder.demand import route_elements
from sim.scenarios.builder.network_files import HEADER, build_network, tll_file
from sim.scenarios.builder.programmes import programme_elements
from sim.scenarios.builder.signals import derive_junction
from sim.scenarios.builder.site import site_file
from sim.scenarios.builder.source import DemandSource, SignalsSource, read_source

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
    built["site.yaml"] = site_file(name, source, junctions)
    for period, plan in source.plans.items():
        demand = read_source(folder / "demand" / f"{period}.yaml", DemandSource)
        if period != source.network_plan:
            note = f"Signal programme: {plan.name}."
            built[f"{name}.{period}.tls.add.xml"] = _file("additional", note, programmes[period])
        built[f"{name}.{period}.rou.xml"] = _file("routes", "Demand.", route_elements(network, demand))
        built[f"{name}.{period}.sumocfg"] = _configuration(name, period, demand, period != source.network_plan)
    return built


def _parsed(text: str) -> Network:
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "network.net.xml"
        path.write_text(text, encoding="utf-8")
        return load_network(path)


def _file(root: str, note: str, elements: str) -> str:
    return f"{HEADER}{NOTE.format(note)}<{root}>\n{elements}\n</{root}>\n"


def _configuration(name: str, period: str, demand: DemandSource, own_programme: bool) -> str:
    additional = [f"{name}.stops.add.xml"]
    if own_programme:
        additional.append(f"{name}.{period}.tls.add.xml")
    return (
        f"{HEADER}{NOTE.format(demand.name + '.')}<sumoConfiguration>\n"
        "    <input>\n"
        f'        <net-file value="{name}.net.xml"/>\n'
        f'        <route-files value="{name}.vtypes.xml,{name}.{period}.rou.xml"/>\n'
        f'        <additional-files value="{",".join(additional)}"/>\n'
        "    </input>\n"
        "    <time>\n"
        f'        <begin value="{demand.begin_s}"/>\n'
        f'        <end value="{demand.end_s}"/>\n'
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
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            changed.append(file_name)
            if not check:
                path.write_text(text, encoding="utf-8")
    for file_name in changed:
        sys.stdout.write(f"{'differs' if check else 'written'}: {file_name}\n")
    return 1 if check and changed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

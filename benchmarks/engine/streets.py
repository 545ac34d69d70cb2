"""The two networks of the comparison, made by SUMO's own tools: an arterial with 10 signals and a grid with 130."""

import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

NETWORKS = {"arterial": 3600, "grid": 1200}  # and how many seconds of each are simulated
CROSSROADS = (
    *("--grid.attach-length", "300", "--default.lanenumber", "2", "-j", "traffic_light", "--tls.cycle.time", "90"),
    *("--no-turnarounds", "true", "--turn-lanes", "1", "--turn-lanes.length", "80", "--seed", "1"),
)
SHAPES = {
    "arterial": ("--grid.x-number", "10", "--grid.y-number", "1", "--grid.x-length", "300"),
    "grid": ("--grid.x-number", "13", "--grid.y-number", "10", "--grid.length", "400"),
}
ENTRY_VPH = 1200  # at each of the arterial's 22 entries
TURNS = "10,80,10"  # per cent right, straight, left
TRIPS = ("-p", "0.0667", "--fringe-factor", "3", "--min-distance", "1000", "--seed", "1")  # on the grid
DEPARTURE = 'departLane="best" departSpeed="max"'


def make(name: str, folder: Path, seconds: int) -> Path:
    """Build a network and the routes on it in a folder of its own; the path of its configuration."""
    home = folder / name
    home.mkdir(parents=True)
    net, demand, routes = (home / f"{name}.{kind}.xml" for kind in ("net", "trips", "rou"))
    run(program("netgenerate"), "--grid", *SHAPES[name], *CROSSROADS, "-o", net)
    if name == "arterial":
        write_flows(net, demand, seconds)
        options = ("--turn-defaults", TURNS, "--accept-all-destinations", "--seed", "1")
        run(program("jtrrouter"), "-n", net, "-r", demand, *options, "-e", seconds, "-o", routes)
    else:
        tool = sumo_home() / "tools" / "randomTrips.py"
        options = (*TRIPS, "--trip-attributes", DEPARTURE)
        run(sys.executable, tool, "-n", net, "-e", seconds, *options, "-o", demand, "-r", routes)
    path = home / f"{name}.sumocfg"
    path.write_text(
        f'<configuration><input><net-file value="{net.name}"/><route-files value="{routes.name}"/></input>'
        f'<time><begin value="0"/><end value="{seconds}"/></time></configuration>\n'
    )
    return path


def write_flows(net: Path, path: Path, seconds: int) -> None:
    """The same flow at every entry; where each vehicle turns is drawn junction by junction."""
    root = ET.parse(net).getroot()
    outside = {junction.get("id") for junction in root.iter("junction") if junction.get("type") == "dead_end"}
    flows = "".join(
        f'<flow id="f_{edge}" from="{edge}" begin="0" end="{seconds}" vehsPerHour="{ENTRY_VPH}" {DEPARTURE}/>\n'
        for edge in (edge.get("id") for edge in root.iter("edge") if edge.get("from") in outside)
    )
    path.write_text(f"<routes>\n{flows}</routes>\n")


def run(*command: object) -> None:
    """Run one of SUMO's tools to its end."""
    subprocess.run([str(word) for word in command], check=True, capture_output=True, env=environment())


def program(name: str) -> Path:
    """One of the programs that SUMO's wheel brings."""
    return sumo_home() / "bin" / name


def sumo_home() -> Path:
    """Where SUMO's wheel lies."""
    import sumo

    return Path(sumo.SUMO_HOME)


def environment() -> dict[str, str]:
    """The environment in which SUMO's tools find their own files."""
    return {**os.environ, "SUMO_HOME": str(sumo_home())}

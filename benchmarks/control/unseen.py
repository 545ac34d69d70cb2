"""Networks that nobody tuned for, made by SUMO's own tools from seeds, as scenarios for `benchmarks.control`.

    python -m benchmarks.control.unseen out/unseen [--only NAME] [--seconds 900]

Each gets a folder with net, demand and `.sumocfg`. The same options make the same files with the same SUMO. The table
says what is particular about each: shapes, lanes, phases, turns and users that the shared scenarios do not have.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET
from xml.sax.saxutils import quoteattr

from benchmarks.control.unseen_plain import write_plain, write_programmes
from benchmarks.engine.streets import DEPARTURE, program, run, sumo_home

SECONDS = 900
GRID = ("--grid", "-j", "traffic_light", "--seed", "1")
ATTACHED = ("--grid.attach-length", "200")
PROTECTED = ("--turn-lanes", "1", "--turn-lanes.length", "80")


@dataclass(frozen=True, slots=True)
class Unseen:
    """A network and how much traffic there is on it; everything that is drawn is drawn from one seed.

    `options` are netgenerate's, or netconvert's where `plain` names a network of `unseen_plain`. `period_s` is the time
    between two vehicles on the whole network, `walkers_s`, `riders_s` the same for people on foot and cyclists.
    Without `bicycles_turn_left` no lane of theirs leads to the left (see `forbid_left_turns`).
    """

    what: str
    options: tuple[str, ...]
    period_s: float
    plain: str = ""
    walkers_s: float = 0.0
    riders_s: float = 0.0
    fringe_factor: float = 5.0
    min_distance_m: float = 300.0
    bicycles_turn_left: bool = True


UNSEEN = {
    "lanes1": Unseen(
        "grid of 9, one lane, nobody turns without giving way",
        (*GRID, "--grid.number", "3", "--grid.length", "200", *ATTACHED),
        1.4,
    ),
    "lanes2": Unseen(
        "grid of 9, two lanes, all turns from shared lanes, U-turns",
        (*GRID, "--grid.number", "3", "--grid.length", "250", *ATTACHED, "-L", "2"),
        0.9,
    ),
    "protected": Unseen(
        "grid of 16, 300 m apart, two lanes and a protected left turn",
        (*GRID, "--grid.number", "4", "--grid.length", "300", *ATTACHED, "-L", "2", *PROTECTED, "--no-turnarounds"),
        0.6,
    ),
    "incoming": Unseen(
        "grid of 9, three lanes, one approach at a time",
        (*GRID, "--grid.number", "3", "--grid.length", "250", *ATTACHED, "-L", "3", "--tls.layout", "incoming"),
        0.8,
    ),
    "detected": Unseen(
        "grid of 9, programmes that SUMO actuates, with turn lanes",
        (*GRID, "--grid.number", "3", "--grid.length", "250", *ATTACHED, "-L", "2", *PROTECTED,
         "--tls.default-type", "actuated", "--no-turnarounds"),
        0.8,
    ),
    "quiet": Unseen(
        "grid of 16 with a vehicle every five seconds, all red between phases",
        (*GRID, "--grid.number", "4", "--grid.length", "200", *ATTACHED, "-L", "2", "--tls.allred.time", "2"),
        5.0,
    ),
    "spider": Unseen(
        "three rings, six arms, one junction of six roads",
        ("--spider", "--spider.arm-number", "6", "--spider.circle-number", "3", "--spider.space-radius", "180",
         "--spider.attach-length", "150", "-j", "traffic_light", "-L", "2", "--seed", "1"),
        0.9,
    ),
    "random": Unseen(
        "random streets of one to three lanes, signals where SUMO guesses them",
        ("--rand", "--rand.iterations", "45", "--rand.min-distance", "120", "--rand.max-distance", "300",
         "--random-lanenumber", "-L", "3", "--bidi-probability", "1", "--tls.guess", "--tls.guess.threshold", "50",
         "--seed", "5"),
        1.1, fringe_factor=2.0,
    ),
    "joined": Unseen(
        "one signal over several nodes: a dual carriageway of short links",
        (*GRID, "--grid.x-number", "6", "--grid.y-number", "2", "--grid.x-length", "150", "--grid.y-length", "45",
         *ATTACHED, "--tls.join", "--tls.join-dist", "50", "-L", "2", "--no-turnarounds"),
        1.2,
    ),
    "short": Unseen(
        "grid of 16 with links of 40 m",
        (*GRID, "--grid.number", "4", "--grid.length", "60", *ATTACHED, "-L", "2", "--no-turnarounds"),
        1.2, min_distance_m=150.0,
    ),
    "walking": Unseen(
        "grid of 9, two lanes, crossings on all sides",
        (*GRID, "--grid.number", "3", "--grid.length", "200", *ATTACHED, "-L", "2", "--sidewalks.guess",
         "--crossings.guess", "--no-turnarounds"),
        1.3, walkers_s=3.0,
    ),
    "cycling": Unseen(
        "grid of 9 with a lane for bicycles beside one for cars, and crossings",
        (*GRID, "--grid.number", "3", "--grid.length", "200", *ATTACHED, "--bikelanes.guess",
         "--bikelanes.guess.from-permissions", "--sidewalks.guess", "--crossings.guess", "--no-turnarounds"),
        3.0, walkers_s=6.0, riders_s=6.0, bicycles_turn_left=False,
    ),
    "lefthand": Unseen(
        "grid of 9, drives on the left, turn lanes",
        (*GRID, "--grid.number", "3", "--grid.length", "250", *ATTACHED, "-L", "2", "--lefthand", *PROTECTED),
        0.9,
    ),
    "tees": Unseen(
        "grid of 16 without outer roads: corners and T-junctions",
        (*GRID, "--grid.number", "4", "--grid.length", "250", "-L", "2"),
        0.9, fringe_factor=1.0,
    ),
    "large": Unseen(
        "grid of 100, two lanes, protected left turns",
        (*GRID, "--grid.number", "10", "--grid.length", "250", *ATTACHED, "-L", "2", *PROTECTED, "--no-turnarounds"),
        0.25, min_distance_m=800.0,
    ),
    "roundabout": Unseen("a roundabout with a signal at each entry", (), 4.0, plain="roundabout"),
    "ring": Unseen("a ring road of eight T-junctions with odd names", (), 1.3, plain="ring"),
    "letters": Unseen(
        "a crossroads whose programme has red-amber, right turns on red and phases that jump", (), 3.0, plain="letters"
    ),
}  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> None:
    """Make the networks that are asked for, and print where they are."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", action="append", choices=UNSEEN, help="repeat it for more (default: all)")
    parser.add_argument("--seconds", type=int, default=SECONDS, help=f"length of the demand (default {SECONDS})")
    options = parser.parse_args(arguments)
    for name in options.only or UNSEEN:
        print(make(name, options.folder, options.seconds))


def make(name: str, folder: Path, seconds: int = SECONDS) -> Path:
    """Build a network and its demand in a folder of its own; the path of its configuration."""
    street = UNSEEN[name]
    home = folder / name
    home.mkdir(parents=True, exist_ok=True)
    net = home / f"{name}.net.xml"
    added: list[Path] = []
    if street.plain:
        run(program("netconvert"), *write_plain(street.plain, home), *street.options, "-o", net)
        added = write_programmes(street.plain, net)
    else:
        run(program("netgenerate"), *street.options, "-o", net)
    if not street.bicycles_turn_left:
        forbid_left_turns(net)
    routes = [_trips(street, net, "car", street.period_s, seconds)]
    if street.riders_s:
        routes.append(_trips(street, net, "bicycle", street.riders_s, seconds))
    if street.walkers_s:
        routes.append(_trips(street, net, "person", street.walkers_s, seconds))
    listed = ",".join(path.name for path in routes)
    further = "".join(f'<additional-files value="{path.name}"/>' for path in added)
    config = home / f"{name}.sumocfg"
    config.write_text(
        f'<configuration><input><net-file value="{net.name}"/><route-files value="{listed}"/>{further}</input>'
        f'<time><begin value="0"/><end value="{seconds + 300}"/></time></configuration>\n'
    )
    return config


def forbid_left_turns(net: Path) -> None:
    """Take the direct left turns of bicycle lanes out of a network.

    netgenerate draws them from the kerb across the cars beside. Inside the junction each then gives way to a left turn
    that comes towards it, that one to the right turn beside the bicycle, and the right turn to the bicycle: the three
    wait for each other for ever, whatever the signals show.
    """
    root = ET.parse(net).getroot()
    only_bicycles = {lane.get("id") for lane in root.iter("lane") if lane.get("allow") == "bicycle"}
    names = ("from", "to", "fromLane", "toLane")
    cut = "".join(
        "<delete " + " ".join(f"{name}={quoteattr(one.get(name, ''))}" for name in names) + "/>\n"
        for one in root.iter("connection")
        if one.get("tl") and one.get("dir") == "l" and f"{one.get('from')}_{one.get('fromLane')}" in only_bicycles
    )
    patch = net.with_name("no_left_turns.con.xml")
    patch.write_text(f"<connections>\n{cut}</connections>\n", encoding="utf-8")
    run(program("netconvert"), "-s", net, "-x", patch, "--no-turnarounds", "-o", net)


def _trips(street: Unseen, net: Path, who: str, period_s: float, seconds: int) -> Path:
    """Random trips of one kind of road user, with their routes."""
    routes = net.with_name(f"{who}.rou.xml")
    drawn = net.with_name(f"{who}.trips.xml")
    common = (
        "-n", net, "-e", seconds, "-p", period_s, "--seed", 42, "--prefix", who, "-o", drawn,
        "--fringe-factor", street.fringe_factor,
    )  # fmt: skip
    if who == "person":
        special: tuple[object, ...] = ("--pedestrians", "--max-distance", 700, "-r", routes)
    elif who == "bicycle":
        special = ("--vehicle-class", "bicycle", "--min-distance", street.min_distance_m, "-r", routes)
    else:
        special = ("--trip-attributes", DEPARTURE, "--min-distance", street.min_distance_m, "-r", routes)
    run(sys.executable, sumo_home() / "tools" / "randomTrips.py", *common, *special)
    return routes


if __name__ == "__main__":
    main()

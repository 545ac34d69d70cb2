"""A small town made by SUMO's netconvert at test time: a ring of four inner junctions, and a gate on each way in.

The blocks of the ring are short, and much of the traffic turns left on it, so that queues of one block reach into the
next one all the way round: more vehicles inside mean fewer that get out. Each way in is metered by a signal that also
lets a side road cross; beyond it the road goes on to a junction without signals, the one upstream.
"""

import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from plans.gating import PerimeterGate, ProtectedArea
from plans.site import Site
from sim.network import load_network
from sim.site_derivation import derive_site
from tests.sim.sumo_programs import program

BLOCK_M, WAY_IN_M, STORAGE_M = 120, 160, 220
INNER = {"a": (0, 0), "b": (BLOCK_M, 0), "c": (BLOCK_M, -BLOCK_M), "d": (0, -BLOCK_M)}
OUTWARD = {"a": (0, 1), "b": (1, 0), "c": (0, -1), "d": (-1, 0)}
"""The direction of the way in at each inner junction; the way out is a quarter turn from it."""
SPEED_MPS = 13.89


@dataclass(frozen=True)
class Ring:
    """The folder's scenario with its site."""

    config: Path
    site: Site


def area(target_veh: float, ring: Ring, **other: Any) -> ProtectedArea:
    """The ring with its four gates, each on the lanes from the junction upstream."""
    gates = {}
    for name in INNER:
        movements = ring.site.junctions[f"g{name}"].movements
        groups = tuple(dict.fromkeys(move.group for move in movements if move.lane.startswith("u")))
        gates[name] = PerimeterGate(name, f"g{name}", groups, storage_m=float(STORAGE_M))
    return ProtectedArea("ring", target_veh, gates, junctions=tuple(INNER), **other)


def build(folder: Path, *, peak_vph: int, peak_s: int, end_s: int) -> Ring:
    """Build network, demand and site in a folder."""
    (folder / "r.nod.xml").write_text(_nodes())
    (folder / "r.edg.xml").write_text(_edges())
    net = folder / "ring.net.xml"
    call = [program("netconvert"), "-n", str(folder / "r.nod.xml"), "-e", str(folder / "r.edg.xml")]
    call += ["--no-turnarounds", "--tls.cycle.time", "80", "-o", str(net)]
    subprocess.run(call, check=True, capture_output=True, timeout=60)
    (folder / "r.rou.xml").write_text(_routes(peak_vph, peak_s, end_s))
    config = folder / "ring.sumocfg"
    config.write_text(
        '<configuration><input><net-file value="ring.net.xml"/><route-files value="r.rou.xml"/></input>'
        f'<time><begin value="0"/><end value="{end_s}"/></time>'
        # everybody takes the shortest way, however full it is
        '<routing><device.rerouting.adaptation-interval value="0"/></routing></configuration>'
    )
    return Ring(config, derive_site(load_network(net), site_id="ring"))


def _nodes() -> str:
    lines = []
    for name, (x, y) in INNER.items():
        dx, dy = OUTWARD[name]
        far = WAY_IN_M + STORAGE_M
        lines.append(f'<node id="{name}" x="{x}" y="{y}" type="traffic_light"/>')
        lines.append(f'<node id="g{name}" x="{x + WAY_IN_M * dx}" y="{y + WAY_IN_M * dy}" type="traffic_light"/>')
        lines.append(f'<node id="u{name}" x="{x + far * dx}" y="{y + far * dy}" type="priority"/>')
        lines.append(f'<node id="z{name}" x="{x + (far + 200) * dx}" y="{y + (far + 200) * dy}"/>')
        sx, sy = dy, -dx
        for side, sign in (("l", -1), ("r", 1)):
            at = (x + WAY_IN_M * dx + sign * 150 * sx, y + WAY_IN_M * dy + sign * 150 * sy)
            lines.append(f'<node id="s{side}{name}" x="{at[0]}" y="{at[1]}"/>')
        # the way out: a quarter turn against the clock
        ox, oy = -dy, dx
        lines.append(f'<node id="o{name}" x="{x + 250 * ox}" y="{y + 250 * oy}"/>')
    return "<nodes>" + "".join(lines) + "</nodes>"


def _edges() -> str:
    lines = []

    def edge(a: str, b: str, lanes: int) -> None:
        lines.append(f'<edge id="{a}-{b}" from="{a}" to="{b}" numLanes="{lanes}" speed="{SPEED_MPS}"/>')

    names = list(INNER)
    for index, name in enumerate(names):
        after = names[(index + 1) % len(names)]
        edge(name, after, 1)
        edge(after, name, 1)
        for a, b in ((f"z{name}", f"u{name}"), (f"u{name}", f"g{name}")):
            edge(a, b, 2)
        edge(f"g{name}", name, 2)
        edge(name, f"o{name}", 1)
        edge(f"sl{name}", f"g{name}", 1)
        edge(f"g{name}", f"sr{name}", 1)
    return "<edges>" + "".join(lines) + "</edges>"


def _routes(peak_vph: int, peak_s: int, end_s: int) -> str:
    """From each way in to each of the other ways out, to the opposite one most of all; side roads straight across."""
    shares = {0: 0.1, 1: 0.25, 2: 0.4, 3: 0.25}
    names = list(INNER)
    lines = []
    for index, name in enumerate(names):
        for steps, share in shares.items():
            out = names[(index + steps) % len(names)]
            for part, (begin, end, vph) in enumerate(((0, peak_s, peak_vph), (peak_s, end_s, peak_vph // 4))):
                lines.append(
                    f'<flow id="{name}{out}{part}" from="z{name}-u{name}" to="{out}-o{out}" begin="{begin}" '
                    f'end="{end}" probability="{vph * share / 3600:.5f}" departLane="best" departSpeed="max"/>'
                )
        lines.append(
            f'<flow id="side{name}" from="sl{name}-g{name}" to="g{name}-sr{name}" begin="0" end="{end_s}" '
            'probability="0.08" departLane="best" departSpeed="max"/>'
        )
    lines.sort(key=lambda line: float(line.split('begin="')[1].split('"')[0]))
    return "<routes>" + "".join(lines) + "</routes>"

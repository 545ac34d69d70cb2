"""Networks of `unseen` that no generator makes, as plain nodes, edges and programmes for netconvert."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree as ET
from xml.sax.saxutils import quoteattr

Point = tuple[float, float]


Phase = tuple[float, str, Mapping[str, str]]
"""Seconds, what else its element says, and the letter of each approach: `nm` for all its turns, `nm r` for one."""


@dataclass(frozen=True, slots=True)
class Plain:
    """Nodes by id (x, y, type), edges by id (from, to, lanes), and programmes by signal with their attributes."""

    nodes: Mapping[str, tuple[float, float, str]]
    edges: Mapping[str, tuple[str, str, int]]
    programmes: Mapping[str, tuple[str, Sequence[Phase]]] = field(default_factory=dict)


def write_plain(name: str, folder: Path) -> list[str]:
    """Write nodes and edges of a network; netconvert's options that name them."""
    plain = PLAIN[name]()
    nodes, edges = folder / f"{name}.nod.xml", folder / f"{name}.edg.xml"
    listed = "".join(
        f'<node id={quoteattr(node)} x="{x:.2f}" y="{y:.2f}" type="{kind}"/>\n'
        for node, (x, y, kind) in plain.nodes.items()
    )
    nodes.write_text(f"<nodes>\n{listed}</nodes>\n", encoding="utf-8")
    listed = "".join(
        f'<edge id={quoteattr(edge)} from={quoteattr(a)} to={quoteattr(b)} numLanes="{lanes}" speed="13.89"/>\n'
        for edge, (a, b, lanes) in plain.edges.items()
    )
    edges.write_text(f"<edges>\n{listed}</edges>\n", encoding="utf-8")
    return ["-n", str(nodes), "-e", str(edges)]


def write_programmes(name: str, net: Path) -> list[Path]:
    """Write the additional file with a network's own programmes, where it has any."""
    plain = PLAIN[name]()
    links: dict[str, dict[int, tuple[str, str]]] = {}
    for connection in ET.parse(net).getroot().iter("connection"):
        if signal := connection.get("tl"):
            turn = (connection.get("from", ""), connection.get("dir", ""))
            links.setdefault(signal, {})[int(connection.get("linkIndex", ""))] = turn
    written = []
    for signal, (attributes, phases) in plain.programmes.items():
        turns = [links[signal][index] for index in sorted(links[signal])]
        states = ["".join(p.get(f"{a} {turn}", p.get(a, "r")) for a, turn in turns) for _, _, p in phases]
        inner = "".join(
            f'<phase duration="{phase[0]}" state="{state}" {phase[1]}/>\n'
            for phase, state in zip(phases, states, strict=True)
        )
        written.append(f"<tlLogic id={quoteattr(signal)} {attributes}>\n{inner}</tlLogic>\n")
    if not written:
        return []
    path = net.with_name(f"{name}.add.xml")
    path.write_text("<additional>\n" + "".join(written) + "</additional>\n", encoding="utf-8")
    return [path]


def on_circle(number: int, of: int, radius_m: float) -> Point:
    """One of so many places at equal distances on a circle."""
    angle = 2 * math.pi * number / of
    return radius_m * math.cos(angle), radius_m * math.sin(angle)


def roundabout() -> Plain:
    """Four roads of two lanes into a circle of two, with a signal where each enters."""
    nodes: dict[str, tuple[float, float, str]] = {}
    edges: dict[str, tuple[str, str, int]] = {}
    for arm in range(4):
        nodes[f"entry{arm}"] = (*on_circle(arm, 4, 45), "traffic_light")
        nodes[f"far{arm}"] = (*on_circle(arm, 4, 350), "dead_end")
        edges[f"in{arm}"] = (f"far{arm}", f"entry{arm}", 2)
        edges[f"out{arm}"] = (f"entry{arm}", f"far{arm}", 2)
        edges[f"circle{arm}"] = (f"entry{arm}", f"entry{(arm + 1) % 4}", 2)
    programmes = {
        f"entry{arm}": (
            f'type="static" programID="metered" offset="{10 * arm}"',
            (
                (25.0, "", {f"in{arm}": "G"}),
                (3.0, "", {f"in{arm}": "y"}),
                (2.0, "", {}),
                (25.0, "", {f"circle{(arm - 1) % 4}": "G"}),
                (3.0, "", {f"circle{(arm - 1) % 4}": "y"}),
                (2.0, "", {}),
            ),
        )
        for arm in range(4)
    }
    return Plain(nodes, edges, programmes)


def ring() -> Plain:
    """Eight T-junctions on a ring in both directions, named with everything that SUMO takes in a name."""
    nodes: dict[str, tuple[float, float, str]] = {}
    edges: dict[str, tuple[str, str, int]] = {}
    for place in range(8):
        here, there = f"Größe#{place}/ß", f"Größe#{(place + 1) % 8}/ß"
        nodes[here] = (*on_circle(place, 8, 220), "traffic_light")
        nodes[f"-außen.{place}"] = (*on_circle(place, 8, 420), "dead_end")
        edges[f"{place}#0-R"] = (here, there, 2)
        edges[f"-{place}#0-R"] = (there, here, 2)
        edges[f"zu/{place}@x"] = (f"-außen.{place}", here, 1)
        edges[f"von/{place}@x"] = (here, f"-außen.{place}", 1)
    return Plain(nodes, edges)


def letters() -> Plain:
    """Two crossroads with programmes by hand: red-amber, right turns on red, a jump, a second programme, an offset."""
    nodes = {
        "m": (0.0, 0.0, "traffic_light"),
        "k": (250.0, 0.0, "traffic_light"),
        "n": (0.0, 250.0, "dead_end"),
        "s": (0.0, -250.0, "dead_end"),
        "w": (-250.0, 0.0, "dead_end"),
        "o": (500.0, 0.0, "dead_end"),
        "p": (250.0, 250.0, "dead_end"),
        "q": (250.0, -250.0, "dead_end"),
    }
    pairs = (("n", "m"), ("s", "m"), ("w", "m"), ("m", "k"), ("k", "o"), ("k", "p"), ("k", "q"))
    edges = {f"{a}{b}": (a, b, 1) for pair in pairs for a, b in (pair, pair[::-1])}
    along = {"wm": "G", "wm l": "g", "km": "G", "km l": "g"}
    across = {"nm": "G", "nm l": "g", "sm": "G", "sm l": "g"}
    on_red = {"nm r": "s", "sm r": "s"}
    main = (
        (30.0, 'minDur="5" maxDur="45"', along | on_red),
        (3.0, "", dict.fromkeys(along, "y") | on_red),
        (1.5, "", dict.fromkeys(across, "u")),
        (27.0, 'name="across"', across),
        (3.0, "", dict.fromkeys(across, "y")),
        (1.5, "", dict.fromkeys(along, "u") | on_red),
    )
    jumping = (
        (24.0, 'next="1"', {"mk": "G", "mk l": "g", "ok": "G", "ok l": "g"}),
        (3.0, 'next="3"', {"mk": "y", "ok": "y"}),
        (20.0, 'next="3"', {"mk": "G"}),
        (20.0, "", {"pk": "G", "pk l": "g", "qk": "G", "qk l": "g"}),
        (3.0, 'next="0"', {"pk": "y", "qk": "y"}),
        (10.0, "", {"mk": "O", "ok": "O", "pk": "o", "qk": "o"}),
    )
    programmes = {
        "m": ('type="static" programID="day" offset="17"', main),
        "k": ('type="static" programID="1" offset="-5"', jumping),
    }
    return Plain(nodes, edges, programmes)


PLAIN: Mapping[str, Callable[[], Plain]] = {"roundabout": roundabout, "ring": ring, "letters": letters}

"""Networks made by SUMO's own tools at test time; skips by name where SUMO is not installed."""

import subprocess
from pathlib import Path

import pytest


def program(name: str) -> str:
    """Path of one of SUMO's programs."""
    sumo = pytest.importorskip("sumo", reason="needs SUMO (extra `sumo`)")
    path = Path(sumo.SUMO_HOME) / "bin" / name
    if not path.exists():
        pytest.skip(f"needs SUMO's program {name} (extra `sumo`)")
    return str(path)


def netgenerate(folder: Path, *options: str) -> Path:
    """A generated network."""
    target = folder / "made.net.xml"
    call = [program("netgenerate"), *options, "--seed", "7", "-o", str(target)]
    subprocess.run(call, check=True, capture_output=True, timeout=60)
    return target


CROSS_NODES = """<nodes>
    <node id="m" x="0" y="0" type="{kind}"/><node id="n" x="0" y="200"/><node id="e" x="200" y="0"/>
    <node id="s" x="0" y="-200"/><node id="w" x="-200" y="0"/>
</nodes>"""
CROSS_EDGES = "<edges>" + "".join(
    f'<edge id="{a}m" from="{a}" to="m" numLanes="{{lanes}}" speed="13.89"/>'
    f'<edge id="m{a}" from="m" to="{a}" numLanes="{{lanes}}" speed="13.89"/>'
    for a in "nesw"
) + "</edges>"  # fmt: skip


def cross(folder: Path, *options: str, lanes: int = 2, kind: str = "traffic_light") -> Path:
    """One crossroads with signals, 200 m on each arm."""
    (folder / "c.nod.xml").write_text(CROSS_NODES.format(kind=kind))
    (folder / "c.edg.xml").write_text(CROSS_EDGES.format(lanes=lanes))
    target = folder / "cross.net.xml"
    call = [program("netconvert"), "-n", str(folder / "c.nod.xml"), "-e", str(folder / "c.edg.xml")]
    call += ["--no-turnarounds", *options, "-o", str(target)]
    subprocess.run(call, check=True, capture_output=True, timeout=60)
    return target


def demand(folder: Path, net: Path, *, vehicles_per_hour: int = 300, end: int = 300, people: bool = False) -> Path:
    """A scenario on the crossroads: the same flow from every arm to the opposite one and to the left."""
    flows = [
        f'<flow id="{a}{b}" from="{a}m" to="m{b}" begin="0" end="{end}" vehsPerHour="{vehicles_per_hour}"/>'
        for a, b in ("ns", "sn", "ew", "we", "ne", "sw")
    ]
    if people:
        walk = '<walk from="nm" to="me" arrivalPos="30"/>'
        flows.append(f'<personFlow id="p" departPos="170" begin="0" end="{end}" period="8">{walk}</personFlow>')
    (folder / "d.rou.xml").write_text("<routes>" + "".join(flows) + "</routes>")
    config = folder / "d.sumocfg"
    config.write_text(
        f'<configuration><input><net-file value="{net.name}"/><route-files value="d.rou.xml"/></input>'
        f'<time><begin value="0"/><end value="{end}"/></time></configuration>'
    )
    return config

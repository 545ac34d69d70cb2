"""The embedded engine against SUMO on a small arterial: delays agree."""

import statistics
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from sim.engine import EmbeddedPlant
from sim.network import load_network
from sim.scenario import load_scenario

sumo = pytest.importorskip("sumo")
BIN = Path(sumo.SUMO_HOME) / "bin"

pytestmark = pytest.mark.sumo


@pytest.fixture(scope="module")
def arterial(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three signals in a row, two lanes and turn lanes, 20 minutes of through traffic and turns."""
    folder = tmp_path_factory.mktemp("arterial")
    shape = (
        "--grid --grid.x-number 3 --grid.y-number 1 --grid.x-length 300 --grid.attach-length 300 --no-turnarounds true"
    )
    lanes = "--default.lanenumber 2 --turn-lanes 1 --turn-lanes.length 80 -j traffic_light --tls.cycle.time 90"
    command = [str(BIN / "netgenerate"), *shape.split(), *lanes.split(), "-o", str(folder / "a.net.xml")]
    subprocess.run(command, check=True, capture_output=True)
    net = load_network(folder / "a.net.xml")
    ends = {name for name, junction in net.junctions.items() if junction.type == "dead_end"}
    pairs = [
        (source.id, sink.id)
        for source in net.edges.values()
        for sink in net.edges.values()
        if source.from_junction in ends and sink.to_junction in ends and source.from_junction != sink.to_junction
    ]
    flows = [
        f'<flow id="{source}-{sink}" begin="0" end="1200" vehsPerHour="50" from="{source}" to="{sink}"/>'
        for source, sink in pairs
    ]
    (folder / "a.rou.xml").write_text("<routes>" + "".join(flows) + "</routes>")
    (folder / "a.sumocfg").write_text(
        '<configuration><input><net-file value="a.net.xml"/><route-files value="a.rou.xml"/></input>'
        '<time><begin value="0"/><end value="1500"/></time></configuration>'
    )
    return folder / "a.sumocfg"


def sumo_delay(config: Path, seed: int) -> float:
    """Mean of timeLoss and departDelay over all loaded vehicles."""
    trips = config.parent / f"trips{seed}.xml"
    command = [str(BIN / "sumo"), "-c", str(config), "--seed", str(seed), "--time-to-teleport", "-1", "--no-step-log"]
    command += ["--tripinfo-output", str(trips), "--tripinfo-output.write-unfinished"]
    subprocess.run([*command, "--tripinfo-output.write-undeparted"], check=True, capture_output=True)
    rows = ET.parse(trips).getroot()
    return statistics.fmean(float(row.get("timeLoss", 0)) + float(row.get("departDelay", 0)) for row in rows)


def test_mean_delay_agrees(arterial: Path) -> None:
    """Over three seeds the mean delay is within a tenth of SUMO's, below saturation."""
    scenario = load_scenario(arterial)
    theirs, ours = [], []
    for seed in (1, 2, 3):
        plant = EmbeddedPlant(scenario, seed=seed, time_to_teleport=-1)
        while not plant.finished:
            plant.step({})
        ours.append(statistics.fmean(trip.delay_s for trip in plant.trips()))
        theirs.append(sumo_delay(arterial, seed))
    assert statistics.fmean(ours) == pytest.approx(statistics.fmean(theirs), rel=0.1)

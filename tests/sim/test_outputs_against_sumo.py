"""Detector, queue and signal files against SUMO's own: what is measured, and what both plants write."""

import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from plans.site import StrategyName
from signalctl.simulation.batch import run_batch
from signalctl.simulation.spec import Outputs, PlantName, RunSpec
from sim.outputs.detectors import DetectorWriter
from sim.outputs.queues import QueueWriter
from sim.outputs.signal_states import SignalStateWriter
from sim.outputs.watching import WatchedPlant
from sim.scenario import load_scenario
from sim.sumo_outputs import SumoOutputs
from tests.sim.sumo_programs import cross, demand

pytestmark = pytest.mark.sumo
libsumo = pytest.importorskip("libsumo", reason="needs SUMO (extra `sumo`)")
sumo = pytest.importorskip("sumo", reason="needs SUMO (extra `sumo`)")

END_S = 900
SEEDS = (1, 2, 3)
LOOPS = """<additional>
    <inductionLoop id="before line" lane="nm_1" pos="-20" period="60" file="one.xml"/>
    <e1Detector id="far" lane="nm_2" pos="100" freq="100" file="two.xml"/>
    <e1Detector id="behind" lane="ms_1" pos="10" file="two.xml"/>
    <e1Detector id="at line" lane="em_1" pos="-3" length="2" period="60" file="two.xml"/>
    <e1Detector id="inside" lane=":m_1_0" pos="3" period="60" file="two.xml"/>
</additional>"""
Rows = list[dict[str, str]]


@pytest.fixture(scope="module")
def scenario(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A crossroads with crossings, cars and people, and loops in front of, on and behind the stop lines."""
    folder = tmp_path_factory.mktemp("measured")
    net = cross(folder, "--sidewalks.guess", "--crossings.guess")
    return with_loops(demand(folder, net, vehicles_per_hour=320, people=True, end=END_S))


def with_loops(config: Path) -> Path:
    """The scenario with an additional file beside it."""
    (config.parent / "loops.add.xml").write_text(LOOPS)
    added = '<additional-files value="loops.add.xml"/></input>'
    config.write_text(config.read_text().replace("</input>", added))
    return config


@pytest.fixture(scope="module")
def measured(scenario: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, Path]]:
    """One run of SUMO that writes its own files, with our writers looking on: SUMO's file and ours, by kind."""
    from sim.sumo_plant import SumoPlant

    folder = tmp_path_factory.mktemp("files")
    pairs = {
        kind: (folder / f"{kind}.sumo.xml", folder / f"{kind}.ours.xml") for kind in ("loops", "queues", "signals")
    }
    read = load_scenario(scenario)
    theirs = SumoOutputs(*(pairs[kind][0] for kind in pairs), tuple(read.network.programs))
    bare = SumoPlant(scenario, seed=5, outputs=theirs)

    def waiting_s(vehicles: np.ndarray) -> np.ndarray:
        return np.array([libsumo.vehicle.getWaitingTime(bare.vehicle_name(one)) for one in vehicles.tolist()])

    def shown(tls_id: str, _at_s: float) -> tuple[str, int]:
        return libsumo.trafficlight.getProgram(tls_id), libsumo.trafficlight.getPhase(tls_id)

    lengths_m = np.array([read.network.lanes[lane].length_m for lane in bare.lane_ids])
    plant = WatchedPlant(
        bare,
        [
            DetectorWriter(pairs["loops"][1], read.detectors, read.network, bare.lane_ids, bare.begin_s),
            QueueWriter(pairs["queues"][1], bare.lane_ids, lengths_m, waiting_s),
            SignalStateWriter(pairs["signals"][1], bare.tls_ids, bare.displayed, shown),
        ],
    )
    try:
        while not plant.finished:
            plant.step({})
    finally:
        plant.close()
    return pairs


def elements(path: Path, tag: str) -> Rows:
    """Attributes of the elements with this tag, in the file's order."""
    return [dict(element.attrib) for element in ElementTree.parse(path).iter(tag)]


def by_time(path: Path) -> Iterator[tuple[str, dict[str, dict[str, str]]]]:
    """Second by second, the lanes of a queue file."""
    for data in ElementTree.parse(path).iter("data"):
        yield data.attrib["timestep"], {lane.attrib["id"]: lane.attrib for lane in data.iter("lane")}


def test_loops_measure_as_those_of_sumo(measured: dict[str, tuple[Path, Path]]) -> None:
    """On the same traffic: every interval, every attribute, but for the rounding of two decimals."""
    theirs, ours = (sorted(elements(path, "interval"), key=key) for path in measured["loops"])
    assert len(ours) == len(theirs) == 3 * END_S // 60 + END_S // 100 + 1
    for our, their in zip(ours, theirs, strict=True):
        assert list(our) == list(their)
        for name, value in their.items():
            if name == "id":
                assert our[name] == value
            else:
                assert float(our[name]) == pytest.approx(float(value), abs=0.02, rel=2e-3), (name, our, their)


def key(row: dict[str, str]) -> tuple[str, float]:
    """By detector, then by time."""
    return row["id"], float(row["begin"])


def test_queues_are_those_of_sumo(measured: dict[str, tuple[Path, Path]]) -> None:
    """On the same traffic: the same lanes in each second, with the same lengths and waits."""
    theirs, ours = (dict(by_time(path)) for path in measured["queues"])
    assert next(iter(ours)) == next(iter(theirs)) == "0.00"
    assert sum(map(len, theirs.values())) > END_S
    for at, lanes in theirs.items():
        assert set(ours[at]) == set(lanes), at
        for lane, row in lanes.items():
            assert {name: float(value) for name, value in ours[at][lane].items() if name != "id"} == pytest.approx(
                {name: float(value) for name, value in row.items() if name != "id"}, abs=0.011
            )


def test_signals_are_those_of_sumo(measured: dict[str, tuple[Path, Path]]) -> None:
    """Programme, phase and letters of each second."""
    theirs, ours = (elements(path, "tlsState") for path in measured["signals"])
    assert len({row["phase"] for row in theirs}) > 3
    assert ours == theirs[: len(ours)]
    assert len(theirs) - len(ours) <= 1


def test_both_plants_write_the_same_kind_of_file(tmp_path: Path) -> None:
    """The engine's files have the elements and attributes of SUMO's schemas, and count about as many vehicles."""
    scenario = with_loops(demand(tmp_path, cross(tmp_path, "--sidewalks.guess"), vehicles_per_hour=250, end=END_S))
    specs = []
    for plant in PlantName:
        for seed in SEEDS:
            folder = tmp_path / plant / str(seed)
            folder.mkdir(parents=True)
            files = Outputs(*(folder / name for name in ("loops.xml", "queues.xml", "signals.xml", "paths.npz")))
            specs.append(RunSpec(str(scenario), plant=plant, strategy=StrategyName.FIXED, seed=seed, outputs=files))
    run_batch(specs)  # a process each: what SUMO draws depends on its seed alone
    written = {plant: [spec.outputs for spec in specs if spec.plant is plant] for plant in PlantName}
    here, there = written[PlantName.EMBEDDED][0], written[PlantName.SUMO][0]
    for kind, schema, tag in (
        ("detectors", "det_e1_file.xsd", "interval"),
        ("queues", "queue_file.xsd", "lane"),
        ("signals", "tlsstates_file.xsd", "tlsState"),
    ):
        ours, theirs = elements(here.files()[kind], tag), elements(there.files()[kind], tag)
        assert list(ours[0]) == list(theirs[0])
        assert_fits(ElementTree.parse(here.files()[kind]).getroot(), schema)
    ours, theirs = (
        [row for outputs in written[plant] for row in elements(outputs.files()["detectors"], "interval")]
        for plant in (PlantName.EMBEDDED, PlantName.SUMO)
    )
    assert {row["id"] for row in ours} == {row["id"] for row in theirs}
    # lanes fill differently far from the junction, and drivers change onto the last metres more or less often
    for loop, ratio in (("before line", 0.08), ("behind", 0.08), ("at line", 0.2)):
        here_count, there_count = (
            sum(int(row["nVehEntered"]) for row in rows if row["id"] == loop) for rows in (ours, theirs)
        )
        assert here_count == pytest.approx(there_count, rel=ratio)
    ours, theirs = elements(here.files()["signals"], "tlsState"), elements(there.files()["signals"], "tlsState")
    assert [row["state"] for row in ours[:END_S]] == [row["state"] for row in theirs[:END_S]]
    queued = [
        sum(float(row["queueing_length"]) for row in elements(outputs.files()["queues"], "lane"))
        for outputs in (here, there)
    ]
    assert queued[0] == pytest.approx(queued[1], rel=0.25)


def assert_fits(root: ElementTree.Element, schema: str) -> None:
    """Every element and attribute is in SUMO's schema, and what the schema requires is there."""
    space = "{http://www.w3.org/2001/XMLSchema}"
    known: dict[str, dict[str, str]] = {}
    for declared in ElementTree.parse(Path(sumo.SUMO_HOME) / "data" / "xsd" / schema).iter(f"{space}element"):
        kind = declared.find(f"{space}complexType")
        if "name" in declared.attrib and kind is not None:
            known[declared.attrib["name"]] = {
                one.attrib["name"]: one.attrib["use"] for one in kind.findall(f"{space}attribute")
            }
    for element in root.iter():
        allowed = known[element.tag]
        assert set(element.attrib) <= set(allowed), element.tag
        assert {name for name, use in allowed.items() if use == "required"} <= set(element.attrib), element.tag

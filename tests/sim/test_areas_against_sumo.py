"""Areas (E2) and entry-exit detectors (E3) against SUMO's own, on the same traffic."""

from pathlib import Path

import pytest

from sim.outputs.detectors import DetectorWriter
from sim.outputs.watching import WatchedPlant
from sim.scenario import load_scenario
from sim.sumo_files import SumoFileError
from sim.sumo_outputs import SumoOutputs
from tests.sim.sumo_programs import cross, demand
from tests.sim.test_outputs_against_sumo import Rows, elements, key

pytestmark = pytest.mark.sumo
pytest.importorskip("libsumo", reason="needs SUMO (extra `sumo`)")

END_S = 900
AREAS = """<additional>
    <laneAreaDetector id="at line" lane="nm_1" pos="-60" endPos="-1" period="60" file="one.xml"/>
    <laneAreaDetector id="whole" lane="em_0" period="100" file="one.xml"/>
    <e2Detector id="across" lanes="sm_1 mn_1" pos="120" endPos="50" freq="90" file="two.xml"/>
    <laneAreaDetector id="back" lane="mw_1" endPos="40" length="120" period="60" file="two.xml"/>
    <laneAreaDetector id="on" lane="wm_0" pos="150" length="90" period="60" file="two.xml"/>
    <laneAreaDetector id="slow" lane="wm_1" pos="20" endPos="180" speedThreshold="4" timeThreshold="3" jamThreshold="1"
        period="60" file="two.xml"/>
    <entryExitDetector id="north" period="60" file="three.xml">
        <detEntry lane="nm_0" pos="60"/><detEntry lane="nm_1" pos="60"/>
        <detExit lane="ms_0" pos="30"/><detExit lane="ms_1" pos="30"/>
        <detExit lane="me_0" pos="30"/><detExit lane="me_1" pos="30"/>
    </entryExitDetector>
    <e3Detector id="patient" timeThreshold="4" speedThreshold="3" freq="200" file="three.xml">
        <detEntry lane="em_0" pos="-100"/><detEntry lane="em_1" pos="-100"/>
        <detExit lane="em_0" pos="-2"/><detExit lane="em_1" pos="-2"/>
    </e3Detector>
</additional>"""


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Rows, Rows]]:
    """One run of SUMO with our writer looking on: SUMO's intervals and ours, by detector."""
    from sim.sumo_plant import SumoPlant

    folder = tmp_path_factory.mktemp("areas")
    config = demand(folder, cross(folder), vehicles_per_hour=320, end=END_S)
    (folder / "areas.add.xml").write_text(AREAS)
    added = '<additional-files value="areas.add.xml"/></input>'
    config.write_text(config.read_text().replace("</input>", added))
    read = load_scenario(config)
    theirs, ours = folder / "theirs.xml", folder / "ours.xml"
    bare = SumoPlant(config, seed=5, outputs=SumoOutputs(theirs))
    writer = DetectorWriter(ours, read.detectors, read.network, bare.lane_ids, bare.begin_s)
    plant = WatchedPlant(bare, [writer])
    try:
        while not plant.finished:
            plant.step({})
    finally:
        plant.close()
    rows = [sorted(elements(path, "interval"), key=key) for path in (theirs, ours)]
    return {
        name: ([row for row in rows[0] if row["id"] == name], [row for row in rows[1] if row["id"] == name])
        for name in {row["id"] for row in rows[0]}
    }


@pytest.mark.parametrize("name", ["at line", "whole", "across", "back", "on", "slow", "north", "patient"])
def test_intervals_are_those_of_sumo(measured: dict[str, tuple[Rows, Rows]], name: str) -> None:
    """Every interval and attribute, in SUMO's order, to the rounding of two decimals."""
    theirs, ours = measured[name]
    assert len(ours) == len(theirs) > 3
    wrong = []
    for our, their in zip(ours, theirs, strict=True):
        assert list(our) == list(their)
        wrong += [
            (their["begin"], attribute, value, our[attribute])
            for attribute, value in their.items()
            if attribute != "id" and float(our[attribute]) != pytest.approx(float(value), abs=0.02, rel=2e-3)
        ]
    assert wrong == []


@pytest.mark.parametrize(
    ("element", "message"),
    [
        ('<laneAreaDetector id="x" lane="nm_0" tl="m" file="f"/>', "tl: areas that measure by the phases"),
        ('<laneAreaDetector id="x" lane="nm_9" file="f"/>', "lane: expected existing lanes, got 'nm_9'"),
        ('<laneAreaDetector id="x" lane="nm_0" pos="50" endPos="20" file="f"/>', "expected 0 <= pos < endPos"),
        ('<laneAreaDetector id="x" lanes="nm_0 em_0" file="f"/>', "lanes that follow each other"),
        ('<entryExitDetector id="x" file="f"><detEntry lane="no" pos="1"/></entryExitDetector>', "lane: expected an"),
        ('<entryExitDetector id="x" vTypes="bus" file="f"/>', "vTypes: detectors that look at some"),
        ('<instantInductionLoop id="x" lane="nm_0" pos="1" file="f"/>', "other detectors are not measured here"),
    ],
)
def test_what_cannot_be_measured_is_refused(tmp_path: Path, element: str, message: str) -> None:
    """By file and line, before the run begins."""
    config = demand(tmp_path, cross(tmp_path))
    (tmp_path / "a.add.xml").write_text(f"<additional>\n{element}\n</additional>")
    config.write_text(config.read_text().replace("</input>", '<additional-files value="a.add.xml"/></input>'))
    scenario = load_scenario(config)
    with pytest.raises(SumoFileError, match=message) as told:
        DetectorWriter(tmp_path / "o.xml", scenario.detectors, scenario.network, (), 0.0)
    assert "a.add.xml:2" in str(told.value)

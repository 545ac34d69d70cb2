"""Networks that nobody tuned for."""

from itertools import product
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from benchmarks.control.unseen import UNSEEN, make
from plans.rules import check_site, errors
from signalctl.scenarios import open_scenario

pytestmark = pytest.mark.sumo
pytest.importorskip("sumo", reason="needs SUMO (extra `sumo`)")


@pytest.mark.parametrize(("name", "junctions"), [("roundabout", 4), ("ring", 8), ("letters", 2), ("joined", 6)])
def test_a_network_is_made_and_derived(tmp_path: Path, name: str, junctions: int) -> None:
    """Each network has the signals that the table speaks of, a lawful site, and demand of its kinds."""
    config = make(name, tmp_path, 30)
    opened = open_scenario(str(config), in_sumo=True)
    assert len(opened.site.junctions) == junctions
    assert not errors(check_site(opened.site))
    assert "<vehicle " in (config.parent / "car.rou.xml").read_text()


def test_the_same_name_makes_the_same_demand(tmp_path: Path) -> None:
    """Everything that is drawn is drawn from seeds, so that anybody gets the same vehicles."""
    trips = []
    for copy in ("a", "b"):
        made = make("letters", tmp_path / copy, 60).parent / "car.trips.xml"
        trips.append([line for line in made.read_text().splitlines() if "<trip " in line])
    assert trips[0] == trips[1]
    assert len(trips[0]) == round(60 / UNSEEN["letters"].period_s)


def test_nobody_waits_in_a_circle_where_bicycles_have_lanes(tmp_path: Path) -> None:
    """No three who have green together give way to each other in a circle: they would stand there for ever."""
    net = make("cycling", tmp_path, 30).parent / "cycling.net.xml"
    root = ET.parse(net).getroot()
    greens: dict[str, list[str]] = {}
    for programme in root.iter("tlLogic"):
        greens[programme.get("id", "")] = [phase.get("state", "") for phase in programme.iter("phase")]
    circles = []
    for junction in root.iter("junction"):
        yields = {
            int(row.get("index", "")): {
                other for other, bit in enumerate(reversed(row.get("response", ""))) if bit == "1"
            }
            for row in junction.iter("request")
        }
        for state in greens.get(junction.get("id", ""), ()):
            shown = [link for link in yields if state[link] in "Gg"]
            circles += [
                (junction.get("id"), a, b, c)
                for a, b, c in product(shown, repeat=3)
                if b in yields[a] and c in yields[b] and a in yields[c]
            ]
    assert greens
    assert not circles

"""Gating in a site file: read, checked, written back."""

from pathlib import Path

import pytest

from plans.gating import AirTrigger, PerimeterGate, ProtectedArea, nominal_ratio, storage_m
from plans.junction import Feeder, Lane
from plans.rules import check_site, errors
from plans.schema import SiteError, dump_site, load_site, parse_site
from signalctl.gating.area import AreaControl
from tests.gating.samples import GATE, JUNCTIONS, PLAN

SITE = """
site: town
timezone: Europe/Berlin
calendar: {week: [{days: [mon, tue, wed, thu, fri, sat, sun], at: "00:00", plans: p}]}
gating:
  old_town:
    name: Old town
    target_veh: 45
    junctions: [M]
    lanes: {G: [side_0]}
    gates:
      west: {junction: G, groups: [in], storage_m: 180, red_s: 100}
    air: {stations: [ring], on_ugm3: 90, off_ugm3: 70.5}
    sign: "Zufluss dosiert: Luftreinhaltung"
junctions:
  G:
    groups: {in: {kind: vehicle}, side: {kind: vehicle}, walk: {kind: pedestrian}, bus: {kind: transit}}
    intergreens: {in: {side: 5}, side: {in: 5, walk: 7, bus: 5}, walk: {side: 7}, bus: {side: 5}}
    stages: {A: {groups: [in, walk, bus]}, B: {groups: [side]}}
    lanes: {in_0: {length_m: 200, speed_mps: 13.9}, side_0: {length_m: 150, speed_mps: 13.9}}
    movements:
      m_in: {lane: in_0, group: in, turn: straight, exit_lane: out_0}
      m_side: {lane: side_0, group: side, turn: straight, exit_lane: side_out}
    plans: {p: {cycle_s: 80, stages: [{stage: A, green_s: 33}, {stage: B, green_s: 33}]}}
  M:
    groups: {x: {kind: vehicle}, y: {kind: vehicle}}
    intergreens: {x: {y: 5}, y: {x: 5}}
    stages: {X: {groups: [x]}, Y: {groups: [y]}}
    lanes: {x_0: {length_m: 150, speed_mps: 13.9}, y_0: {length_m: 50, speed_mps: 13.9}}
    movements:
      m_x: {lane: x_0, group: x, turn: straight, exit_lane: x_out}
      m_y: {lane: y_0, group: y, turn: straight, exit_lane: y_out}
    plans: {p: {cycle_s: 80, stages: [{stage: X, green_s: 35}, {stage: Y, green_s: 35}]}}
"""


def test_a_site_with_gating_reads_checks_and_writes_back(tmp_path: Path) -> None:
    """What is said stands; what is not said is a default that is listed as unconfirmed."""
    site = parse_site(SITE).site
    area = site.gating["old_town"]
    assert (area.target_veh, area.name, area.interval_s) == (45.0, "Old town", 90)
    assert area.gates["west"] == PerimeterGate("west", "G", ("in",), 180.0, red_s=100)
    assert area.air == AirTrigger(("ring",), 90.0, 70.5)
    assert area.protected_lanes(site.junctions) == {"M": ("x_0", "y_0"), "G": ("side_0",)}
    assert "gating/old_town/gates/west/open_ratio" in site.unconfirmed
    assert "gating/old_town/air/silent_s" in site.unconfirmed
    assert "gating/old_town/sign" not in site.unconfirmed
    assert not errors(check_site(site))
    dump_site(site, tmp_path / "again.yaml")
    assert load_site(tmp_path / "again.yaml") == site


@pytest.mark.parametrize(
    ("old", "new", "field", "rule"),
    [
        ("junctions: [M]", "junctions: [Z]", "gating.old_town.junctions.0", "unknown_reference"),
        ("lanes: {G: [side_0]}", "lanes: {G: [x_0]}", "gating.old_town.lanes.G", "unknown_reference"),
        ("lanes: {G: [side_0]}", "lanes: {Z: [x_0]}", "gating.old_town.lanes.Z", "unknown_reference"),
        ("junction: G, groups", "junction: Z, groups", "gating.old_town.gates.west.junction", "unknown_reference"),
        ("groups: [in], storage", "groups: [no], storage", "gating.old_town.gates.west.groups", "unknown_reference"),
        ("groups: [in], storage", "groups: [bus], storage", "gating.old_town.gates.west.groups", "gating_group_kind"),
        (
            "groups: [in], storage",
            "groups: [in, side], storage",
            "gating.old_town.gates.west.groups",
            "gating_no_other_stage",
        ),
        (
            "red_s: 100}",
            "red_s: 100}\n      east: {junction: G, groups: [in]}",
            "gating.old_town.gates.east.groups",
            "gating_group_twice",
        ),
        ("junctions: [M]\n    lanes: {G: [side_0]}", "lanes: {G: [in_0]}", "gating.old_town", "gating_area_empty"),
        ("off_ugm3: 70.5", "off_ugm3: 90", "gating.old_town.air", "value_error"),
        ("red_s: 100", "open_ratio: 0.9", "gating.old_town.gates.west", "value_error"),
        ("target_veh: 45", "target_veh: 45\n    on_ratio: 0.5", "gating.old_town", "value_error"),
        ("target_veh: 45", "target_veh: 0", "gating.old_town.target_veh", "greater_than"),
    ],
)
def test_what_could_not_work_is_named_with_its_place(old: str, new: str, field: str, rule: str) -> None:
    """Each mistake is one finding at its field."""
    assert old in SITE
    with pytest.raises(SiteError) as caught:
        parse_site(SITE.replace(old, new))
    problem = caught.value.problems[0]
    assert (problem.field, problem.rule) == (field, rule)
    assert problem.line > 1


def test_room_and_nominal_share_follow_from_junction_and_plan() -> None:
    """Feeders belong to the room unless the site says how long it is; the plan's green is what it gives."""
    lane = Lane("l", "a", 80.0, 13.9, feeders=(Feeder("up", 80.0, 120.0), Feeder("side", 80.0, 30.0)))
    assert storage_m(lane, GATE) == 200.0
    assert storage_m(lane, PerimeterGate("g", "G", ("in",), storage_m=150.0)) == 150.0
    assert nominal_ratio(JUNCTIONS["G"], GATE, PLAN) == pytest.approx(35 / 80)


def test_an_area_by_lanes_alone_is_one() -> None:
    """Junctions need not be named where lanes are."""
    area = ProtectedArea("a", 10.0, {"west": GATE}, lanes={"M": ("x_0",)})
    assert area.protected_lanes(JUNCTIONS) == {"M": ("x_0",)}
    assert AreaControl(area, JUNCTIONS).area is area

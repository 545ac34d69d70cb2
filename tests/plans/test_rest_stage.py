"""The stage that a junction rests in: where it stands in a site file, and that a plan can lead there."""

from dataclasses import replace

import pytest

from plans.junction import Stage
from plans.open_plan import open_plan
from plans.rules import check_site
from plans.schema import SiteError, parse_site
from plans.site import Site
from plans.site_dump import site_text
from plans.timing import MAX_ENTRIES
from tests.plans.conftest import EXAMPLE

TEXT = EXAMPLE.read_text(encoding="utf-8")
RESTING = TEXT.replace("    lanes:\n", "    rest: {stage: A}\n    lanes:\n", 1)


def test_it_stands_in_the_site_file(example: Site) -> None:
    """It is read and written back; a site without one writes nothing."""
    site = parse_site(RESTING).site
    assert site.junctions["J1"].rest == "A"
    assert not check_site(site)
    assert parse_site(site_text(site)).site.junctions == site.junctions
    assert "rest:" not in site_text(example)


def test_an_unknown_stage_is_named_with_its_line() -> None:
    """A slip in the name is found where it stands."""
    line = RESTING.splitlines().index("    rest: {stage: A}") + 1
    with pytest.raises(SiteError, match=rf"^SITE.yaml:{line}: junctions.J1.rest.stage: .* one of A, B, got Z$"):
        parse_site(RESTING.replace("rest: {stage: A}", "rest: {stage: Z}"), "SITE.yaml")


def test_all_red_is_a_stage_to_rest_in(example: Site) -> None:
    """A stage without groups needs no transition of its own, and a strategy may open it for every plan."""
    text = RESTING.replace("rest: {stage: A}", "rest: {stage: red}")
    site = parse_site(text.replace("      B: {name: side", "      red: {groups: []}\n      B: {name: side")).site
    assert not check_site(site)
    for plan in site.plans["J1"].values():
        assert "red" in {entry.stage for entry in open_plan(site.junctions["J1"], plan).on_demand}


def test_the_stage_of_rest_has_room_on_demand_before_others(example: Site) -> None:
    """A plan lists 16 stages at most; the one to rest in is not among those that find no room."""
    junction = example.junctions["J1"]
    many = {f"C{number}": Stage(f"C{number}", frozenset({"K3"})) for number in range(MAX_ENTRIES)}
    full = replace(junction, stages={**junction.stages, **many, "red": Stage("red", frozenset())})
    plan = example.plans["J1"]["day"]
    assert "red" not in {entry.stage for entry in open_plan(full, plan).on_demand}
    resting = replace(full, rest="red")
    assert open_plan(resting, plan).on_demand[0].stage == "red"

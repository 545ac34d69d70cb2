"""Counts in CSV, and `signalctl optimise` from end to end."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from plans.capacity import ShortLane
from plans.counts import demand_of, read_counts
from plans.rules import check_site, errors
from plans.schema import SiteError, load_site
from plans.site import Site
from signalctl.cli import app

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "single-junction.yaml"


@pytest.fixture(scope="module")
def site() -> Site:
    """The example that ships."""
    return load_site(EXAMPLE)


def _line(site: Site) -> tuple[str, str, str]:
    junction = next(iter(site.junctions.values()))
    movement = junction.movements[0]
    return junction.id, movement.id, movement.lane


def test_flows_of_several_modes_add_up(site: Site) -> None:
    """Cars and buses of one movement are one flow, with the persons of both."""
    junction, movement, lane = _line(site)
    rows = f"junction,movement,mode,vph\n{junction},{movement},car,300\n{junction},{movement},bus,10\n"
    demand = demand_of(site, read_counts(rows, "c.csv", site), "")[junction]
    assert demand.flow_vph[movement] == pytest.approx(310.0)
    assert demand.persons[lane] == pytest.approx((300 * 1.3 + 10 * 30.0) / 310.0)


@pytest.mark.parametrize(
    ("text", "line", "field"),
    [
        ("junction,vph\nnowhere,5\n", 2, "junction"),
        ("junction,movement,vph\n{j},nothing,5\n", 2, "movement"),
        ("junction,movement,vph\n{j},{m},many\n", 2, "vph"),
        ("junction,movement,vph\n{j},{m},-1\n", 2, "vph"),
        ("junction,movement,mode,vph\n{j},{m},rocket,1\n", 2, "mode"),
        ("junction,group,mode,vph\n{j},nobody,pedestrian,1\n", 2, "group"),
        ("junction,colour,vph\n", 1, "header"),
        ("movement,vph\n", 1, "header"),
        ("junction,vph\n", 1, "file"),
    ],
)
def test_a_wrong_line_is_named(site: Site, text: str, line: int, field: str) -> None:
    """File, line, field, what was expected and what came."""
    junction, movement, _ = _line(site)
    with pytest.raises(SiteError) as caught:
        read_counts(text.format(j=junction, m=movement), "c.csv", site)
    problem = caught.value.problems[0]
    assert (problem.file, problem.line, problem.field) == ("c.csv", line, field)
    assert problem.expected
    assert problem.got


def test_optimise_writes_legal_plans_and_says_what_they_save(site: Site, tmp_path: Path) -> None:
    """The command ends with 0, its file passes every rule, and the table has a line for each junction."""
    junction = next(iter(site.junctions.values()))
    rows = ["junction,movement,mode,vph,plans"]
    plan_set = next(iter(site.plans[junction.id]))
    rows += [f"{junction.id},{movement.id},car,250,{plan_set}" for movement in junction.movements]
    counts, output = tmp_path / "counts.csv", tmp_path / "plans.yaml"
    counts.write_text("\n".join(rows) + "\n")
    done = CliRunner().invoke(app, ["optimise", str(EXAMPLE), "--counts", str(counts), "-o", str(output)])
    assert done.exit_code == 0, done.output
    assert junction.id in done.output
    assert "mean delay of a person" in done.output
    written = load_site(output)
    assert not errors(check_site(written))
    assert set(written.plans[junction.id]) == set(site.plans[junction.id])
    others = {name: plan for name, plan in site.plans[junction.id].items() if name != plan_set}
    assert all(written.plans[junction.id][name] == plan for name, plan in others.items())


def test_a_short_lane_has_what_stands_on_it_and_its_part_of_the_feeder() -> None:
    """Ten vehicles at a second each stand on the lane; of the feeder's traffic only a quarter is for it."""
    short = ShortLane(stored_veh=10.0, share_ratio=0.25)
    assert short.discharge_s(8.0, 1.0) == pytest.approx(8.0)
    assert short.discharge_s(12.0, 1.0) == pytest.approx(10.0 + 2.0 / 0.25)

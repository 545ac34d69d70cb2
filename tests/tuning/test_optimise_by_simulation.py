"""`signalctl optimise --scenario`: plans that traffic itself has proved."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from plans.schema import dump_site, load_site
from signalctl.cli import app
from signalctl.errors import UsageError
from signalctl.scenarios import SHIPPED, open_scenario
from signalctl.tuning.refine import refine
from signalctl.tuning.search import SearchNumbers
from signalctl.tuning.trial import Ground, Place

SITE = load_site(SHIPPED / "rheinstrasse" / "site.yaml")
PLACE = "j04_fischtorstrasse"
ONLY = (PLACE, "j05_quintinsstrasse")
QUICK = SearchNumbers(choosing=(1,), deciding=(2, 3), steps_s=(8,), cycle_changes_s=(), rounds=1)


def test_the_same_on_any_number_of_processes() -> None:
    """Plans, costs and changes do not depend on how many processes tried them, and the outcome is measured apart."""
    place = Place("rheinstrasse", SITE, "am", begin_s=25_200.0, end_s=25_320.0)
    one, two = (refine(place, "am", numbers=QUICK, checking=(9,), further={}, only=ONLY, jobs=jobs) for jobs in (1, 2))
    assert one == two
    assert one.runs > 15
    assert one.check.seeds == (9,)


def test_a_junction_out_of_step_is_put_right(tmp_path: Path) -> None:
    """Half a cycle beside the wave: `optimise` finds back, writes the site, and everybody gains on other seeds."""
    before, after = tmp_path / "before.yaml", tmp_path / "after.yaml"
    plan = SITE.plans[PLACE]["am"]
    moved = replace(plan, offset_s=(plan.offset_s + plan.cycle_s // 2) % plan.cycle_s)
    dump_site(replace(SITE, plans={**SITE.plans, PLACE: {**SITE.plans[PLACE], "am": moved}}), before)
    call = ["optimise", str(before), "--scenario", "rheinstrasse", "--period", "am", "--junction", PLACE]
    call += ["--begin", "25200", "--end", "25560", "--seeds", "1-3", "--check-seeds", "11-13", "-o", str(after)]
    result = CliRunner().invoke(app, call)
    assert result.exit_code == 0, result.output
    assert f"{PLACE}: " in result.output
    assert "3 seeds that took no part" in result.output
    made = load_site(after)
    assert made.plans[PLACE]["am"] != moved
    others = {name: plans for name, plans in made.plans.items() if name != PLACE}
    assert others == {name: plans for name, plans in SITE.plans.items() if name != PLACE}
    place = Place("rheinstrasse", SITE, "am", begin_s=25_200.0, end_s=25_560.0)
    ground, running = Ground(place), {name: plans["am"] for name, plans in made.plans.items()}
    costs = [ground.run({**running, PLACE: one}, 21).cost_s for one in (moved, made.plans[PLACE]["am"])]
    assert costs[1] < costs[0]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ([], "expected --counts or --scenario"),
        (["--period", "am"], "expected --counts or --scenario"),
        (["--scenario", "rheinstrasse", "--period", "am", "--seeds", "1"], "two seeds or more"),
        (["--scenario", "rheinstrasse", "--period", "am", "--check-seeds", "6-9"], "none of the search's seeds, got 6"),
        (["--scenario", "rheinstrasse", "--period", "am", "--junction", "j99"], "got 'j99'"),
        (["--scenario", "rheinstrasse", "--period", "am", "--plans", "noon"], "got 'noon'"),
        (["--scenario", "rheinstrasse"], "the one plan set"),
        (["--scenario", "nowhere", "--plans", "am"], "got 'nowhere'"),
    ],
)
def test_wrong_calls_say_what_is_expected(options: list[str], words: str) -> None:
    """One line, status 2."""
    result = CliRunner().invoke(app, ["optimise", str(SHIPPED / "rheinstrasse" / "site.yaml"), *options])
    assert words in f"{result.output}{result.exception}"
    assert result.exit_code != 0


def test_a_run_takes_another_site_file(tmp_path: Path) -> None:
    """`simulate --site`: plans before and after are compared on the same traffic."""
    plan = SITE.plans[PLACE]["am"]
    moved = replace(plan, offset_s=(plan.offset_s + plan.cycle_s // 2) % plan.cycle_s)
    other = tmp_path / "other.yaml"
    dump_site(replace(SITE, plans={**SITE.plans, PLACE: {**SITE.plans[PLACE], "am": moved}}), other)
    own = SHIPPED / "rheinstrasse" / "site.yaml"
    common = ["simulate", "rheinstrasse", "--period", "am", "--strategy", "fixed", "--begin", "25200", "--end", "25380"]
    call = [*common, "--site", str(other), "--baseline", "fixed", "--baseline-site", str(own), "--json", "-"]
    result = CliRunner().invoke(app, call)
    assert result.exit_code == 0, result.output
    figures = json.loads(result.stdout)
    assert figures["person_delay_s"] != figures["baseline"]["person_delay_s"]
    alone = CliRunner().invoke(app, [*common, "--json", "-"])
    assert json.loads(alone.stdout)["person_delay_s"] == figures["baseline"]["person_delay_s"]


def test_a_site_of_another_network_is_refused(tmp_path: Path) -> None:
    """Junctions without a signal in the network are named, with the scenario's file."""
    junctions = {"elsewhere": replace(SITE.junctions[PLACE], id="elsewhere")}
    site = replace(SITE, junctions=junctions)
    with pytest.raises(UsageError, match=r"rheinstrasse.*expected a signal for junction elsewhere"):
        open_scenario("rheinstrasse", "am", site=site)

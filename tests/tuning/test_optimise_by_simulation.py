"""`signalctl optimise --scenario`: plans that traffic itself has proved."""

import json
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import pytest
from typer.testing import CliRunner

from plans.rules import check_site, errors
from plans.schema import dump_site, load_site
from signalctl.cli import app
from signalctl.errors import UsageError
from signalctl.scenarios import SHIPPED, open_scenario
from signalctl.tuning.refine import Check, Refined, by_formulas, refine
from signalctl.tuning.search import SearchNumbers
from signalctl.tuning.trial import Ground, Place, Score

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


def test_periods_follow_one_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each period begins with what those before have found, and its set is marked; where nothing saves, plans stay."""
    began: list[tuple[str, int]] = []

    def shifted(place, plan_set, _seeds, _check_seeds, _further, _only, _jobs):
        site = place[1]
        plan = site.plans[PLACE][plan_set]
        began.append((place[2], site.plans[PLACE]["am"].offset_s))
        after = replace(plan, offset_s=(plan.offset_s + 1) % plan.cycle_s)
        check = Check((9,), (Score(50.0, 50.0, {}),), (Score(60.0 if plan_set == "pm" else 40.0, 50.0, {}),))
        return Refined(plan_set, {PLACE: after}, (), 2, check)

    monkeypatch.setattr(import_module("signalctl.cli.optimise"), "_by_simulation", shifted)
    own, after = SHIPPED / "rheinstrasse" / "site.yaml", tmp_path / "after.yaml"
    call = ["optimise", str(own), "--scenario", "rheinstrasse", "-o", str(after)]
    result = CliRunner().invoke(app, [*call, "--period", "am", "--period", "night", "--period", "pm"])
    assert result.exit_code == 0, result.output
    first = SITE.plans[PLACE]["am"].offset_s
    assert began == [("am", first), ("night", first + 1), ("pm", first + 1)]
    made = load_site(after)
    assert made.refined == {"am", "night", "pm"}
    changed = {name: made.plans[PLACE][name].offset_s - SITE.plans[PLACE][name].offset_s for name in made.plans[PLACE]}
    assert changed == {"am": 1, "night": 1, "pm": 0, "midday": 0}


def test_formulas_take_part_with_what_is_simulated() -> None:
    """Flows of the simulation lead to legal plans within the site's steps of all other sets."""
    place = Place("rheinstrasse", SITE, "am", begin_s=25_200.0, end_s=25_500.0)
    before = {name: plans["am"] for name, plans in SITE.plans.items()}
    plans = by_formulas(place, "am", before, 1)
    assert plans != before
    made = replace(SITE, plans={name: {**of, "am": plans[name]} for name, of in SITE.plans.items()})
    assert not errors(check_site(made))


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
        (
            ["--scenario", "rheinstrasse", "--period", "am", "--period", "pm", "--begin", "25200"],
            "expected one --period",
        ),
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

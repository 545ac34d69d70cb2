"""`signalctl site take`: plan sets made apart come together, if any can still follow any other."""

from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from plans.schema import SiteError, dump_site, load_site
from plans.site import Site
from signalctl.cli import app
from signalctl.errors import UsageError
from signalctl.scenarios import SHIPPED

SITE = load_site(SHIPPED / "rheinstrasse" / "site.yaml")
PLACE = "j04_fischtorstrasse"


def _with_offset(plan_set: str, by_s: int) -> Site:
    plan = SITE.plans[PLACE][plan_set]
    moved = replace(plan, offset_s=(plan.offset_s + by_s) % plan.cycle_s)
    return replace(SITE, plans={**SITE.plans, PLACE: {**SITE.plans[PLACE], plan_set: moved}}, refined={plan_set})


def test_sets_of_several_files_come_together(tmp_path: Path) -> None:
    """Each set is that of its own file, with its mark; everything else is the site's."""
    made = {name: _with_offset(name, by_s) for name, by_s in (("am", 3), ("night", 5))}
    for name, site in made.items():
        dump_site(site, tmp_path / f"{name}.yaml")
    out = tmp_path / "both.yaml"
    sets = [f"{name}={tmp_path / name}.yaml" for name in made]
    result = CliRunner().invoke(
        app, ["site", "take", str(SHIPPED / "rheinstrasse" / "site.yaml"), *sets, "-o", str(out)]
    )
    assert result.exit_code == 0, result.output
    both = load_site(out)
    for name, site in made.items():
        assert both.plans[PLACE][name] == site.plans[PLACE][name]
    assert both.plans[PLACE]["pm"] == SITE.plans[PLACE]["pm"]
    assert both.refined == {"am", "night"}
    assert both.junctions == SITE.junctions


def test_sets_that_cannot_follow_each_other_are_refused(tmp_path: Path) -> None:
    """A site whose step limit two sets break is not written, and the rule is named."""
    own = SITE.unconfirmed - {"control/max_cycle_step_s"}
    strict = replace(SITE, control=replace(SITE.control, max_cycle_step_s=10), unconfirmed=own)
    base, out = tmp_path / "strict.yaml", tmp_path / "out.yaml"
    dump_site(strict, base)
    result = CliRunner().invoke(app, ["site", "take", str(base), f"am={base}", "-o", str(out)])
    assert isinstance(result.exception, SiteError)
    assert "cycle" in str(result.exception)
    assert not out.exists()


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("am", "as in am=new.yaml"),
        ("noon=OTHER", "expected a plan set of am"),
        ("am=OTHER", f"expected junction {PLACE}"),
    ],
)
def test_wrong_calls_say_what_is_expected(tmp_path: Path, words: str, expected: str) -> None:
    """A set that is not there, or plans of another junction."""
    junction = replace(SITE.junctions[PLACE], cycle_max_s=110)
    other = tmp_path / "other.yaml"
    dump_site(replace(SITE, junctions={**SITE.junctions, PLACE: junction}), other)
    call = ["site", "take", str(SHIPPED / "rheinstrasse" / "site.yaml"), words.replace("OTHER", str(other))]
    result = CliRunner().invoke(app, [*call, "-o", str(tmp_path / "out.yaml")])
    assert isinstance(result.exception, UsageError)
    assert expected in str(result.exception)


def test_the_shipped_refined_plans_are_of_the_shipped_site() -> None:
    """Nothing but plans differs from the site beside it, and only in the sets that are marked."""
    refined = load_site(SHIPPED / "rheinstrasse" / "refined.yaml")
    assert refined.refined
    assert replace(refined, plans=SITE.plans, refined=SITE.refined) == SITE
    for name, plans in refined.plans.items():
        kept = {plan_set: plan for plan_set, plan in plans.items() if plan_set not in refined.refined}
        assert kept == {plan_set: plan for plan_set, plan in SITE.plans[name].items() if plan_set in kept}
        assert plans.keys() == SITE.plans[name].keys()
    assert any(refined.plans[name]["am"] != SITE.plans[name]["am"] for name in refined.plans)

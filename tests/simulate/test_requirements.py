"""Requirements, verdicts and what is written of them."""

import xml.etree.ElementTree as ET

import pytest

from signalctl.errors import UsageError
from signalctl.simulation.junit import junit_xml
from signalctl.simulation.requirements import judge, parse_requirement
from signalctl.simulation.spec import parse_seeds

RESULT = {
    "scenario": "s", "strategy": "adaptive", "plant": "sumo", "person_delay_s": 8.0,
    "by_mode": {"pedestrian": {"max_wait_s": 70.0, "delay_s": None}},
    "safety": {"conflicting_greens": 0, "short_intergreens": 2, "short_greens": 0, "long_reds": 0, "refused": 3},
}  # fmt: skip
BASELINE = {**RESULT, "person_delay_s": 10.0}


@pytest.mark.parametrize(
    ("text", "met", "got"),
    [
        ("person_delay_s<=-15%", True, -20.0),
        ("person_delay_s <= -25%", False, -20.0),
        ("by_mode.pedestrian.max_wait_s<=75", True, 70.0),
        ("by_mode.pedestrian.max_wait_s<70", False, 70.0),
        ("safety.short_intergreens==0", False, 2.0),
        ("person_delay_s>7.5", True, 8.0),
    ],
)
def test_requirements_compare_figures_and_changes(text: str, met: bool, got: float) -> None:
    """A plain number compares the figure, a percentage its change against the baseline."""
    verdict = judge(parse_requirement(text), RESULT, BASELINE)
    assert (verdict.met, verdict.got) == (met, got)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("person_delay_s<=-15%", "met, got -20% (8 against 10)"),
        ("person_delay_s<=-25%", "not met, got -20% (8 against 10), 5 percentage points too much"),
        ("person_delay_s>=9.5", "not met, got 8, 1.5 too little"),
        ("person_delay_s<8", "not met, got 8"),
    ],
)
def test_a_verdict_says_which_figure_and_by_how_much(text: str, words: str) -> None:
    """Requirement, what came, of which figures, and what is missing."""
    assert str(judge(parse_requirement(text), RESULT, BASELINE)) == f"{text}: {words}"


def test_missing_figure_meets_nothing() -> None:
    """Where nobody was counted, no requirement is met."""
    verdict = judge(parse_requirement("by_mode.pedestrian.delay_s<=1000"), RESULT, None)
    assert not verdict.met
    assert "no figure" in str(verdict)


@pytest.mark.parametrize("text", ["person_delay_s", "person_delay_s=<5", "<=5", "a<=b", "a<=5 %%"])
def test_malformed_requirement_is_refused(text: str) -> None:
    """The error shows the form that was expected and the text that came."""
    with pytest.raises(UsageError, match="--require: expected a figure"):
        parse_requirement(text)


def test_unknown_figure_and_missing_baseline_are_refused() -> None:
    """A name that the result does not have, and a change without a baseline, are the caller's errors."""
    with pytest.raises(UsageError, match=r"by_mode\.horse.*expected one of pedestrian"):
        judge(parse_requirement("by_mode.horse.delay_s<=5"), RESULT, None)
    with pytest.raises(UsageError, match="expected the name of a number"):
        judge(parse_requirement("by_mode.pedestrian<=5"), RESULT, None)
    with pytest.raises(UsageError, match="--baseline"):
        judge(parse_requirement("person_delay_s<=-5%"), RESULT, None)


def test_junit_names_every_case_and_failure() -> None:
    """Safety kinds and requirements are cases; what failed says expected and got, with markup escaped."""
    verdicts = [judge(parse_requirement(text), RESULT, None) for text in ("person_delay_s<=9", "person_delay_s<2")]
    suite = ET.fromstring(junit_xml(RESULT, verdicts, 1.5)).find("testsuite")
    assert suite is not None
    assert (suite.get("tests"), suite.get("failures")) == ("6", "2")
    failed = {
        case.get("name"): case.find("failure").get("message") for case in suite if case.find("failure") is not None
    }
    assert failed == {
        "safety.short_intergreens is 0": "expected 0 short_intergreens, got 2",
        "person_delay_s<2": "person_delay_s<2: not met, got 8, 6 too much",
    }


@pytest.mark.parametrize(("text", "seeds"), [("3", (3,)), ("1-3", (1, 2, 3)), ("1,4,7-8", (1, 4, 7, 8))])
def test_seed_lists(text: str, seeds: tuple[int, ...]) -> None:
    """Single seeds, ranges and lists."""
    assert parse_seeds(text) == seeds


@pytest.mark.parametrize("text", ["", "a", "3-1", "-1", "1,1", "1-99999"])
def test_bad_seed_lists_are_refused(text: str) -> None:
    """The error names the option and what came."""
    with pytest.raises(UsageError, match="--seeds: expected"):
        parse_seeds(text)

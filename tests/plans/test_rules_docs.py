"""The page of rules and defaults is complete and up to date; the table of defaults holds every default."""

from pathlib import Path

from plans import defaults
from plans.codes import Code
from plans.junction import GroupKind, Mode
from plans.rules_docs import MEANING, page

PAGE = Path(__file__).resolve().parents[2] / "docs" / "rules.md"


def test_every_code_has_its_line() -> None:
    """No rule without an explanation, none explained twice."""
    listed = [code for rules in MEANING.values() for code in rules]
    assert sorted(listed) == sorted(Code)


def test_the_page_is_what_the_code_says() -> None:
    """docs/rules.md is the output of `python -m plans.rules_docs`."""
    assert PAGE.read_text(encoding="utf-8") == page()


def test_every_default_stands_in_the_table() -> None:
    """Each constant of `plans.defaults` is listed under its name with unit and source."""
    constants = {name for name in vars(defaults) if name.isupper() and name != "TABLE"}
    assert constants == set(defaults.TABLE)
    for name, row in defaults.TABLE.items():
        assert row.value is getattr(defaults, name)
        assert row.unit
        assert row.source


def test_defaults_cover_every_kind_and_mode() -> None:
    """Nothing falls through a table by mode or kind of group."""
    for table in (defaults.AMBER_S, defaults.RED_AMBER_S, defaults.MIN_GREEN_S, defaults.MAX_RED_S):
        assert set(table) == set(GroupKind)
    for table in (defaults.OCCUPANCY, defaults.MODE_WEIGHT):
        assert set(table) == set(Mode)

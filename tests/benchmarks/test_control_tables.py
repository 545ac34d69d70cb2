"""The Markdown of a matrix says what its cells hold, and goes between a page's markers."""

from pathlib import Path
from typing import Any

import pytest

from benchmarks.control.cells import make_cells
from benchmarks.control.tables import BEGIN, END, report, write_section
from tests.benchmarks.control_samples import jobs_of, record_of

ABOUT: dict[str, Any] = {
    "seeds": [1, 2, 3], "baseline": "fixed", "duration_s": None, "teleport_s": {}, "policy": None, "extra_stages": True,
    "sumo": "1.28.0", "revision": "abc", "commit": "v1", "failed": {}, "missing": [], "other_revisions": [],
}  # fmt: skip
DELAYS = {"sumo-actuated": 50.0, "fixed": 40.0, "adaptive": 20.0}
PAGE = Path(__file__).resolve().parents[2] / "docs" / "benchmarks.md"


def tables(text: str) -> dict[str, list[list[str]]]:
    """Cells of each table by its heading, the line of dashes left out."""
    found: dict[str, list[list[str]]] = {}
    heading = ""
    for line in text.splitlines():
        if line.startswith("### "):
            heading = line[4:]
        elif line.startswith("|") and not line.startswith("|---"):
            found.setdefault(heading, []).append([cell.strip() for cell in line.strip("|").split("|")])
    return found


def text_of(about: dict[str, Any] | None = None, **other: Any) -> str:
    """The report of two streets, three seeds."""
    records = [record_of(job, DELAYS[job.control.value] + job.seed, **other) for job in jobs_of()]
    return report(make_cells(records, "fixed"), ABOUT | (about or {}))


def test_every_cell_stands_where_its_row_and_column_say() -> None:
    """Mean and half interval by scenario, the difference to the baseline in seconds and percent."""
    found = tables(text_of())
    delay = {row[0]: row[1:] for row in found["Delay of a vehicle, s"]}
    assert delay[""] == ["here", "there"]
    assert delay["`adaptive`, loops"] == ["22.0 ± 2.5"] * 2
    assert delay["`sumo-actuated`"] == ["52.0 ± 2.5"] * 2
    against = {row[0]: row[1:] for row in found["Delay against `fixed`, seed by seed: s (%)"]}
    assert against["`adaptive`, perfect"] == ["−20.0 ± 0.0 (−47.6 ± 0.0 %)"] * 2
    assert against["`sumo-actuated`"] == ["+10.0 ± 0.0 (+23.8 ± 0.0 %)"] * 2
    assert "`fixed`" not in against
    assert all(len(row) == len(rows[0]) for rows in found.values() for row in rows)


def test_modes_have_a_table_where_there_are_several() -> None:
    """Cars and people on foot, no trams that nobody saw; the longest wait is the longest of any seed."""
    found = tables(text_of())
    assert found["here by mode, s"][0] == ["", "person delay", "car", "pedestrian", "longest wait on foot"]
    assert found["here by mode, s"][1] == ["`sumo-actuated`", "52.0 ± 2.5", "52.0 ± 2.5", "26.0 ± 1.2", "50"]
    assert not [name for name in tables(text_of(people=0)) if "by mode" in name]


def test_safety_is_counted_over_all_runs() -> None:
    """Entries of any kind add up, refusals apart; the slowest tick is the slowest of any run."""
    rows = {row[0]: row[1:] for row in tables(text_of(conflicts=2))["Safety and speed"]}
    assert rows[""] == ["runs", "safety entries", "refused", "lifted away", "tick p50, ms", "tick p99, ms"]
    assert rows["`adaptive`, loops"] == ["6", "12", "6", "0", "1.0", "5.0"]


def test_what_is_missing_failed_or_older_is_said() -> None:
    """A missing run shows in its cell, a missing cell as a dash; failures and other code are named."""
    jobs = [job for job in jobs_of() if not (job.control == "adaptive" and job.street.label == "there")]
    records = [record_of(job, 10.0) for job in jobs if job.cell != ("here", "adaptive", "loops") or job.seed < 3]
    about = ABOUT | {"failed": {"there adaptive": "gone"}, "other_revisions": ["fixed"], "teleport_s": {"here": 120.0}}
    text = report(make_cells(records, "fixed"), about)
    delay = {row[0]: row[1:] for row in tables(text)["Delay of a vehicle, s"]}
    assert delay["`adaptive`, loops"] == ["10.0 ± 0.0 (2 of 3 seeds)", "–"]
    assert "- there adaptive: gone" in text
    assert "SUMO 1.28.0, seeds 1 to 3; stuck vehicles lifted away in here after 120 s" in text
    assert "Results of `fixed` come from earlier code" in text


def test_the_section_of_a_page_is_rewritten() -> None:
    """What stands around the markers stays, what stood between them goes, and twice is once."""
    page = f"# Title\n\n{BEGIN}\nold\n{END}\n\nAfter.\n"
    once = write_section(page, "new\n")
    assert once == f"# Title\n\n{BEGIN}\nnew\n{END}\n\nAfter.\n"
    assert write_section(once, "new\n") == once
    for wrong in ("no markers", BEGIN, f"{END} {BEGIN}", page + page):
        with pytest.raises(ValueError, match="once each"):
            write_section(wrong, "new")


def test_the_page_has_a_place_for_the_tables_and_says_what_they_mean() -> None:
    """The documentation can be rewritten, and names every heading and column that the tables have."""
    page = PAGE.read_text()
    write_section(page, "new")
    explained = page.partition(BEGIN)[0]
    words = "safety entries, refused, lifted away, tick p50, tick p99, person delay, longest wait on foot"
    for column in words.split(", "):
        assert column in explained, column

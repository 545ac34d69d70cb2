"""The report of a simulation in a real browser: everything is drawn, and nothing covers anything else."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page
from typer.testing import CliRunner

from signalctl.cli import app

pytestmark = pytest.mark.peer

TEXTS = """
() => [...document.querySelectorAll("svg.chart")].map(chart => {
  const frame = chart.getBoundingClientRect();
  const box = one => {
    const { left, top, right, bottom } = one.getBoundingClientRect();
    return [left, top, right, bottom, one.textContent];
  };
  return [[frame.left, frame.top, frame.right, frame.bottom], [...chart.querySelectorAll("text")].map(box)];
})
"""


def report_of(folder: Path, *arguments: str, status: int) -> Path:
    """The report that a short run on the shipped street writes."""
    path = folder / "report.html"
    call = ["simulate", "rheinstrasse", "--jobs", "1", "--report", str(path), *arguments]
    done = CliRunner().invoke(app, call)
    assert done.exit_code == status, done.output
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exc_info
    return path


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Three minutes of the morning under two strategies, with a requirement that cannot be met; and an empty road.

    Made before the browser starts: its client keeps an event loop running that a simulation could not start beside.
    """
    morning = ("--period", "am", "--begin", "24840", "--end", "25020", "--strategy", "actuated", "--baseline", "fixed")
    empty = ("--period", "night", "--begin", "0", "--end", "3", "--strategy", "fixed")
    return {
        "morning": report_of(
            tmp_path_factory.mktemp("morning"), *morning, "--require", "person_delay_s<=-100%", status=1
        ),
        "empty": report_of(tmp_path_factory.mktemp("empty"), *empty, status=0),
    }


@pytest.fixture
def opened(browser: Browser) -> Iterator[Callable[[Path, int], Page]]:
    """Opens a file in a window of a width; a complaint of the browser, or a look at anything else, is a failure."""
    complaints: list[str] = []
    page = browser.new_page()
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: complaints.append(request.url) if request.url != page.url else None)

    def open_file(path: Path, width: int) -> Page:
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(path.as_uri())
        return page

    yield open_file
    page.close()
    assert [one for one in complaints if not one.endswith("report.html")] == []


def test_tables_and_charts_stand_there(reports: dict[str, Path], opened: Callable[[Path, int], Page]) -> None:
    """The verdict, every figure against its baseline, a bar per mode and strategy, and a line per strategy."""
    page = opened(reports["morning"], 1100)
    assert page.title() == "rheinstrasse.am: actuated on the embedded engine"
    assert "not met" in page.inner_text("li.bad")
    rows = page.locator("table").first.locator("tr").all_inner_texts()
    assert rows[0].split("\t")[1:] == ["actuated", "fixed (baseline)", "change"]
    assert rows[1].startswith("Person delay, s\t")
    assert rows[1].endswith(" %")
    modes = page.locator("table").nth(1).locator("tr").count() - 1
    assert modes >= 4
    assert page.locator("svg.chart").first.locator("rect").count() == 2 * modes
    assert page.locator("svg.chart").nth(1).locator("polyline").count() == 2
    assert page.locator(".legend").first.locator("span").all_inner_texts() == ["actuated", "fixed (baseline)"]


@pytest.mark.parametrize("width", [1100, 500])
def test_no_text_covers_another_or_leaves_its_chart(
    reports: dict[str, Path], opened: Callable[[Path, int], Page], width: int
) -> None:
    """Axes, units and values keep clear of each other, and the page never scrolls sideways."""
    page = opened(reports["morning"], width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    charts = page.evaluate(TEXTS)
    assert len(charts) == 2
    for (left, top, right, bottom), texts in charts:
        assert len(texts) > 8
        for at, one in enumerate(texts):
            assert left <= one[0], one
            assert top <= one[1], one
            assert one[2] <= right, one
            assert one[3] <= bottom, one
            for other in texts[at + 1 :]:
                apart = one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
                assert apart, (one, other)


def test_an_empty_report_says_why(reports: dict[str, Path], opened: Callable[[Path, int], Page]) -> None:
    """Where nobody was on the road, sentences stand instead of charts."""
    page = opened(reports["empty"], 1100)
    assert page.locator("svg").count() == 0
    assert page.inner_text("body").count("nobody was on the road") == 2

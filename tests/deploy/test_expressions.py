"""What dashboards and alerts ask for is what the service declares."""

import json
import re
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from signalctl.metrics import Metrics
from signalctl.metrics_docs import page
from tests.deploy.expressions import DASHBOARDS, RULES, Expression, alert_expressions, dashboard_expressions, yaml_file

DOCS = Path(__file__).resolve().parents[2] / "docs"
DECLARED = {series: frozenset(one.labels) for one in Metrics(CollectorRegistry()).declarations for series in one.series}
ALL = [*dashboard_expressions(), *alert_expressions()]


def test_there_are_expressions_to_check() -> None:
    """A moved folder must not turn the checks below into nothing."""
    assert len(dashboard_expressions()) > 40
    assert len(alert_expressions()) >= 20


@pytest.mark.parametrize("expression", ALL, ids=lambda one: one.where)
def test_expression_reads_declared_metrics_and_labels(expression: Expression) -> None:
    """Every metric and every label of an expression is declared."""
    allowed = {"job", "instance", "le"}
    for name, labels in expression.selectors():
        assert name in DECLARED, f"{name} is not declared in signalctl/*metrics.py"
        assert labels <= DECLARED[name] | allowed, f"{name} has no label {sorted(labels - DECLARED[name])}"
        allowed |= DECLARED[name]
    assert expression.grouped_by() <= allowed


def test_every_metric_is_shown_or_alerted_on() -> None:
    """A metric that nobody looks at is either missing from the dashboard or not worth its series."""
    used = {name for one in ALL for name, _ in one.selectors()}
    unused = {one.name for one in Metrics(CollectorRegistry()).declarations if not used & set(one.series)}
    assert unused == {"signalctl_build_info"}


def test_panels_of_a_dashboard_lie_side_by_side() -> None:
    """No two panels have one id, and none lies over another: Grafana would show one of them alone."""
    for path in DASHBOARDS:
        panels = json.loads(path.read_text())["panels"]
        assert len({panel["id"] for panel in panels}) == len(panels)
        taken: dict[tuple[int, int], str] = {}
        for panel in panels:
            at = panel["gridPos"]
            for x in range(at["x"], at["x"] + at["w"]):
                for y in range(at["y"], at["y"] + at["h"]):
                    other = taken.setdefault((x, y), panel["title"])
                    assert other == panel["title"], f"{panel['title']} lies over {other}"


def test_the_page_of_metrics_is_current() -> None:
    """`make docs` was run after the last change of a declaration."""
    assert (DOCS / "metrics.md").read_text() == page()


def test_every_alert_leads_to_a_runbook() -> None:
    """The runbook that an alert names exists as a heading."""
    for path in RULES:
        for group in yaml_file(path)["groups"]:
            for rule in group["rules"]:
                page, anchor = rule["annotations"]["runbook"].split("#")
                headings = re.findall(r"^#+ (.+)$", (DOCS.parent / page).read_text(), re.MULTILINE)
                assert anchor in {heading.lower().replace(" ", "-") for heading in headings}, rule["alert"]

"""Prometheus's own tool judges what we give to Prometheus."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from signalctl.metrics import Metrics
from tests.deploy.expressions import DEPLOY, RULES, yaml_file
from tests.deploy.sample_junction import fill

UNIT_TESTS = sorted((DEPLOY / "prometheus" / "tests").glob("*.yml"))
pytestmark = pytest.mark.peer


def _promtool(program: str, *arguments: str | Path, text: str = "") -> None:
    done = subprocess.run([program, *map(str, arguments)], input=text, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_scrape_configuration_and_rules_are_valid(require_program: Callable[[str], str]) -> None:
    """Promtool loads the configuration together with the rules that it names."""
    _promtool(require_program("promtool"), "check", "config", DEPLOY / "prometheus" / "prometheus.yml")


def test_the_rules_pass_their_unit_tests(require_program: Callable[[str], str]) -> None:
    """Each alert is silent when it should be, and fires with the text that it should."""
    _promtool(require_program("promtool"), "test", "rules", *UNIT_TESTS)


def test_every_alert_has_a_case_in_which_it_fires_and_one_in_which_it_does_not() -> None:
    """An alert without both is not tested."""
    declared = {rule["alert"] for path in RULES for group in yaml_file(path)["groups"] for rule in group["rules"]}
    cases = [case for path in UNIT_TESTS for test in yaml_file(path)["tests"] for case in test["alert_rule_test"]]
    assert {case["alertname"] for case in cases if case["exp_alerts"]} == declared
    assert {case["alertname"] for case in cases if not case["exp_alerts"]} == declared


def test_promtool_accepts_what_the_service_exposes(require_program: Callable[[str], str]) -> None:
    """Names, units and help texts follow Prometheus's own rules, with every metric in use."""
    metrics = Metrics(CollectorRegistry())
    fill(metrics)
    _promtool(require_program("promtool"), "check", "metrics", text=metrics.exposition().decode())

"""Reads the expressions of dashboards and alert rules, and splits them into names and labels."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
DASHBOARDS = sorted((DEPLOY / "grafana" / "dashboards").glob("*.json"))
RULES = sorted((DEPLOY / "prometheus" / "rules").glob("*.yml"))

# What Grafana puts in for its variables when everything is chosen and the window is short.
_VARIABLES = {
    "$site": ".*",
    "$corridor": ".*",
    "$junction": ".*",
    "$__rate_interval": "20s",
}


@dataclass(frozen=True, slots=True)
class Expression:
    """One PromQL expression and where it stands."""

    where: str
    promql: str

    def selectors(self) -> Iterator[tuple[str, frozenset[str]]]:
        """Each metric of this project that it reads, with the labels it selects by."""
        for name, labels in re.findall(r"\b(signalctl_\w+)(?:\{([^}]*)\})?", self.promql):
            yield name, frozenset(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", labels))

    def grouped_by(self) -> frozenset[str]:
        """The labels that it groups or joins by."""
        lists = re.findall(r"\b(?:by|on)\s*\(([^)]*)\)", self.promql)
        return frozenset(label.strip() for names in lists for label in names.split(","))


def yaml_file(path: Path) -> Any:
    """The content of a YAML file."""
    return YAML(typ="safe", pure=True).load(path)


def dashboard_expressions() -> list[Expression]:
    """Every target of every panel, its variables filled in as Grafana does."""
    found = []
    for path in DASHBOARDS:
        for panel in json.loads(path.read_text())["panels"]:
            for target in panel.get("targets", []):
                promql = target["expr"]
                for variable, value in _VARIABLES.items():
                    promql = promql.replace(variable, value)
                found.append(Expression(f"{path.name}: {panel['title']} {target['refId']}", promql))
    return found


def alert_expressions() -> list[Expression]:
    """Every rule's expression as it stands."""
    return [
        Expression(f"{path.name}: {rule['alert']}", rule["expr"])
        for path in RULES
        for group in yaml_file(path)["groups"]
        for rule in group["rules"]
    ]


def without_comparison(expression: Expression) -> Expression:
    """The alert's left side: it must have data even while nothing is wrong, or the alert can never fire."""
    promql = re.split(r"\s+(?:and|or)\s+", expression.promql)[0]
    return Expression(expression.where, re.sub(r"\s*(?:==|[<>]=?)\s*[0-9.]+$", "", promql))

"""Verdicts as JUnit XML, which every build server reads."""

from collections.abc import Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from signalctl.simulation.requirements import Verdict

SAFETY_KINDS = ("conflicting_greens", "short_intergreens", "short_greens", "long_reds")


def junit_xml(result: Mapping[str, Any], verdicts: Sequence[Verdict], wall_s: float) -> str:
    """One test case per kind of safety entry and one per requirement."""
    name = f"signalctl simulate {result['scenario']} {result['strategy']} {result['plant']}"
    cases = [_case(name, f"safety.{kind} is 0", _safety_failure(result, kind)) for kind in SAFETY_KINDS]
    cases += [_case(name, verdict.requirement.text, "" if verdict.met else str(verdict)) for verdict in verdicts]
    failures = sum("<failure" in case for case in cases)
    head = f'name={quoteattr(name)} tests="{len(cases)}" failures="{failures}" errors="0" time="{wall_s:.3f}"'
    return "\n".join(
        ['<?xml version="1.0" encoding="UTF-8"?>', "<testsuites>", f"  <testsuite {head}>", *cases, "  </testsuite>",
         "</testsuites>", ""]
    )  # fmt: skip


def _safety_failure(result: Mapping[str, Any], kind: str) -> str:
    count = result["safety"][kind]
    return f"expected 0 {kind}, got {count:g}" if count else ""


def _case(suite: str, name: str, failure: str) -> str:
    opening = f"    <testcase classname={quoteattr(suite)} name={quoteattr(name)}"
    if not failure:
        return f"{opening}/>"
    return f"{opening}><failure message={quoteattr(failure)}>{escape(failure)}</failure></testcase>"

"""The page docs/metrics.md: every figure that the service publishes. `python -m signalctl.metrics_docs`."""

from prometheus_client import CollectorRegistry

from signalctl.metrics import Metrics


def page() -> str:
    """The page `docs/metrics.md`."""
    lines = [
        "# Metrics",
        "",
        "Served at `/metrics` in Prometheus's text format. "
        "This page is generated: `python -m signalctl.metrics_docs > docs/metrics.md`.",
        "Counters of a simulated street count simulated seconds and persons; "
        "ratios of two rates do not depend on its speed.",
        "",
        "| Name | Kind | Unit | Labels | Meaning |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| `{one.name}` | {one.kind} | {one.unit} | {', '.join(one.labels)} | {one.help} |"
        for one in Metrics(CollectorRegistry()).declarations
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(page(), end="")

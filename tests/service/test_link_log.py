"""What the log says of field controllers that come and go."""

from collections.abc import Callable
from types import SimpleNamespace

from structlog.testing import capture_logs

from controllers.driver import Reachability
from signalctl.link_log import LinkLog
from signalctl.tick import Tick


def test_an_outage_is_reported_once_with_its_reason_and_its_end(make_tick: Callable[..., Tick]) -> None:
    """A pause of two seconds is nothing; one of twenty is one warning, and its end one line."""
    observer = LinkLog({"J1": SimpleNamespace(last_error="connection refused")})  # type: ignore[dict-item]
    up = [True] * 5 + [False] * 2 + [True] * 5 + [False] * 20 + [True] * 5
    with capture_logs() as lines:
        for second, connected in enumerate(up):
            links = {"J1": Reachability(connected=connected, last_seen_utc_s=None)}
            observer.record(make_tick(1000.0 + second, links=links))
    assert [(line["log_level"], line["event"], line["junction"]) for line in lines] == [
        ("warning", "controller does not answer", "J1"),
        ("info", "controller answers again", "J1"),
    ]
    assert lines[0]["error"] == "connection refused"

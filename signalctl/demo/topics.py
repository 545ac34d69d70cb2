"""Topics that exist beside the real ones in a demo: the street's clock, the service's echo, and what the page draws."""

import json
from typing import Any


def clock_topic(site: str) -> str:
    """The street says which second it is: `{"t": utc_s}`."""
    return f"signalctl/v1/{site}/sim/clock"


def done_topic(site: str) -> str:
    """The service says which second it has dealt with: `{"t": utc_s}`."""
    return f"signalctl/v1/{site}/sim/done"


def road_topic(site: str) -> str:
    """Where everybody is, for the page."""
    return f"signalctl/v1/{site}/sim/road"


def encode(body: object) -> bytes:
    """Compact JSON."""
    return json.dumps(body, separators=(",", ":")).encode()


def decode_second(payload: bytes) -> float | None:
    """The time in a clock or done message, or None when it is not one."""
    try:
        body: Any = json.loads(payload)
        return float(body["t"])
    except (ValueError, TypeError, KeyError):
        return None

"""Asks GTFS-Realtime feeds again and again how late vehicles are; what fails is tried again, slower and slower."""

import asyncio
import os
import time
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import structlog

from detectors.gtfs import decode_feed, load_bindings, merge
from detectors.lateness import LatenessBoard
from plans.transit import LatenessFeed
from signalctl.errors import UsageError

log = structlog.get_logger(__name__)

TIMEOUT_S = 5.0
WHOLE_TIMEOUT_S = 15.0
MAX_OCTETS = 32_000_000
CHUNK_OCTETS = 65_536
LONGEST_WAIT_S = 300.0

Fetch = Callable[[str, Mapping[str, str]], bytes]


@dataclass(slots=True)
class FeedState:
    """How the feed does: whether the last look succeeded, and failed looks so far."""

    up: bool = False
    errors: int = 0
    detail: str = "not asked yet"


class LatenessReader:
    """Keeps a board up to date; `run` is its supervised task.

    Args:
        feed: Addresses, headers and how often to look.
        fetch: How octets are got from an address; waits, so it is called in a thread.

    Raises:
        UsageError: an environment variable with a header's value is missing.
        GtfsMissingError: the extra `gtfs` is not installed.
    """

    def __init__(self, feed: LatenessFeed, fetch: Fetch | None = None) -> None:
        load_bindings()
        self.board = LatenessBoard(feed.lines)
        self.state = FeedState()
        self._addresses = [url for url in (feed.trip_updates, feed.vehicle_positions) if url]
        self._poll_s = float(feed.poll_s)
        self._headers = {header: _from_environment(name) for header, name in feed.headers.items()}
        self._fetch = fetch or fetch_octets

    async def run(self) -> None:
        """Look until cancelled; an outage is one warning in the log, its repeats are debug."""
        failed = 0
        while True:
            try:
                await asyncio.to_thread(self._look)
            except Exception as error:  # whatever a server sends: the next look may be better
                failed += 1
                self.state.errors += 1
                self.state.up, self.state.detail = False, f"{type(error).__name__}: {error}"
                report = log.debug if failed > 1 else log.warning
                report("no news of lateness, trying again", why=self.state.detail)
            else:
                failed = 0
                self.state.up, self.state.detail = True, "up to date"
            await asyncio.sleep(min(self._poll_s * 2.0**failed, LONGEST_WAIT_S))

    def _look(self) -> None:
        self.board.post(merge([decode_feed(self._fetch(url, self._headers)) for url in self._addresses]))


def fetch_octets(url: str, headers: Mapping[str, str]) -> bytes:
    """The body behind an HTTP or HTTPS address, within bounds of size and time.

    Raises:
        OSError: The server does not answer, answers with an error, sends too much or too slowly.
    """
    end = time.monotonic() + WHOLE_TIMEOUT_S
    request = urllib.request.Request(url, headers={"User-Agent": "signalctl", **headers})  # noqa: S310 - checked: http(s)
    octets = bytearray()
    with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310
        while chunk := answer.read(CHUNK_OCTETS):
            octets += chunk
            if len(octets) > MAX_OCTETS:
                raise OSError(f"{url}: expected at most {MAX_OCTETS} octets, got more")
            if time.monotonic() > end:
                raise TimeoutError(f"{url}: expected an answer within {WHOLE_TIMEOUT_S:.0f} s, got a part of it")
    return bytes(octets)


def _from_environment(name: str) -> str:
    value = os.environ.get(name)
    if value is None:
        raise UsageError(f"environment variable {name}: expected the value of an HTTP header, got nothing")
    return value

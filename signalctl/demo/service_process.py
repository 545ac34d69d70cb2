"""The service as a process of its own, so that it can be killed as in real life, and started again."""

import asyncio
import json
import os
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import structlog

log = structlog.get_logger(__name__)

END_S = 10.0


class ServiceProcess:
    """Starts, watches and ends `signalctl run`."""

    def __init__(self, site_file: Path, strategy: str, port: int) -> None:
        self._command = [sys.executable, "-m", "signalctl", "run", str(site_file), "--follow-street"]
        self._command += ["--strategy", strategy, "--port", str(port)]
        self.port = port
        self.restarts = 0
        self._process: asyncio.subprocess.Process | None = None

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._process is not None and self._process.returncode is None

    @property
    def pid(self) -> int | None:
        """Its process id while it runs."""
        return self._process.pid if self._process is not None and self.alive else None

    @property
    def status(self) -> int | None:
        """Exit status of the last run; negative for the signal that ended it."""
        return self._process.returncode if self._process is not None else None

    async def start(self) -> None:
        """Start it; a second start counts as a restart."""
        if self._process is not None:
            self.restarts += 1
        self._process = await asyncio.create_subprocess_exec(*self._command, env=dict(os.environ))

    async def end(self) -> None:
        """Ask it to end, and insist after a while."""
        if self._process is None or self._process.returncode is not None:
            return
        self._process.terminate()
        try:
            await asyncio.wait_for(self._process.wait(), END_S)
        except TimeoutError:
            log.warning("the service does not end by itself; it is killed")
            self._process.kill()
            await self._process.wait()

    async def fetch(self, path: str) -> Any:
        """JSON from its API, or None while it does not answer."""
        return await asyncio.to_thread(_fetch, f"http://127.0.0.1:{self.port}{path}")


def _fetch(url: str) -> Any:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - our own service on loopback
            return json.load(answer)
    except (urllib.error.URLError, OSError, ValueError):
        return None

"""The whole demo as a process, with its service killed in the middle."""

import asyncio
import json
import os
import re
import signal
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.peer, pytest.mark.slow, pytest.mark.timeout(600)]


async def _read_until(stream: asyncio.StreamReader, pattern: str, seen: list[str]) -> re.Match[str]:
    """The first line that matches; what went by is kept for the report."""
    while line := await stream.readline():
        seen.append(line.decode(errors="replace"))
        if found := re.search(pattern, seen[-1]):
            return found
    pytest.fail(f"the demo ended without {pattern!r}:\n{''.join(seen[-30:])}")


async def test_killing_the_service_leaves_every_controller_on_its_plan_and_a_new_one_takes_over(tmp_path: Path) -> None:
    """Ten controllers fall back once, the restarted service takes them over, and nobody sees an unsafe signal."""
    result = tmp_path / "out.json"
    command = [sys.executable, "-m", "signalctl", "demo", "--headless", "--speed", "max", "--duration", "420"]
    command += ["--port", "0", "--json", str(result)]
    process = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.PIPE, limit=1 << 20)
    assert process.stderr is not None
    seen: list[str] = []
    try:
        answered = await _read_until(process.stderr, r"service answers.*pid=(\d+)", seen)
        await _read_until(process.stderr, r"\b60 s .*10 of 10 controllers under central control", seen)
        os.kill(int(answered[1]), signal.SIGKILL)
        await _read_until(process.stderr, "the service is gone", seen)
        alone = await _read_until(process.stderr, r"every controller runs its own plan.*after_s=([\d.]+)", seen)
        assert float(alone[1]) <= 30 + 10, "within the lease of 30 s, and the safe transition at its end"
        rest = await process.stderr.read()
        status = await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    told = json.loads(result.read_text())
    assert sum(count for kind, count in told["safety"].items() if kind != "refused") == 0
    # a plan that comes back within one cycle of its first activation has to wait; while a service that starts does not
    # answer yet, the street goes on without it, so that a request may come after its second: then a change is under
    # way, or the stage that it holds has been left; nothing else is refused
    refusals = [one["refusals"] for one in told["controllers"].values()]
    assert {code for codes in refusals for code in codes} <= {"activation_rate", "in_transition", "outside_frame"}
    assert all(codes.get("outside_frame", 0) <= 1 for codes in refusals), "one that was late, none that was wrong"
    assert status == 0, "".join(seen[-30:]) + rest.decode(errors="replace")[-3000:]
    assert told["service"]["restarts"] == 1
    assert len(told["controllers"]) == 10
    for name, controller in told["controllers"].items():
        assert controller["fallbacks"] == 1, name
        assert controller["confirmed"], name
        assert controller["mode"] in ("central_plan", "central_stage"), name
    assert told["vehicles"]["arrived"] > 0

"""Nobody goes on working for a process that is gone."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

PATIENCE_S = 60.0
CALL = """
import sys
from signalctl.tuning.runs import Runs
from signalctl.tuning.trial import Place
from plans.schema import load_site
from signalctl.scenarios import SHIPPED

if __name__ == "__main__":
    site = load_site(SHIPPED / "rheinstrasse" / "site.yaml")
    with Runs(Place("rheinstrasse", site, "am", end_s=24_900.0), 2) as runs:
        plans = {name: of["am"] for name, of in site.plans.items()}
        runs.scores([(plans, 1), (plans, 2)])
        print(*(process.pid for process in runs._pool._processes.values()), flush=True)
        sys.stdin.read()
"""


def test_workers_end_when_the_search_is_killed(tmp_path: Path) -> None:
    """The search is killed without a chance to tidy up; its processes are gone soon after."""
    script = tmp_path / "call.py"
    script.write_text(CALL)
    with subprocess.Popen([sys.executable, script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as call:
        assert call.stdout is not None
        workers = [int(word) for word in call.stdout.readline().split()]
        assert len(workers) >= 1
        assert all(_runs(worker) for worker in workers)
        call.send_signal(signal.SIGKILL)
        call.wait()
    until_s = time.monotonic() + PATIENCE_S
    while any(_runs(worker) for worker in workers) and time.monotonic() < until_s:
        time.sleep(0.1)
    assert not any(_runs(worker) for worker in workers)


def _runs(process: int) -> bool:
    """Whether it is there and not only waiting to be buried."""
    try:
        os.kill(process, 0)
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False

"""Ctrl-C ends the demo while machine code is made for the first time, too."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]
AT_ONCE_S = 15.0
"""The compiler hears of it between two functions; all of them together take a minute."""


def test_the_first_compilation_can_be_interrupted(tmp_path: Path) -> None:
    """It says that it compiles, hears of Ctrl-C, and is gone soon after, with the status of an interrupted command."""
    command = [sys.executable, "-m", "signalctl", "demo", "--headless", "--duration", "60", "--port", "0"]
    process = subprocess.Popen(
        command,
        env={**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)},
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    with process:
        assert process.stderr is not None
        try:
            assert any("machine code of the traffic engine, once" in line for line in process.stderr)
            pressed_s = time.monotonic()
            process.send_signal(signal.SIGINT)
            assert process.wait(60) == 130
            assert time.monotonic() - pressed_s < AT_ONCE_S
        finally:
            process.kill()

"""Stretches are as long as the tests ask for, however slow the machine is; `signalctl` as a fixture."""

import sys

import pytest

from signalctl.cli import main
from signalctl.recording import recorder
from tests.recording.replay_samples import Command, Done


@pytest.fixture(autouse=True)
def _short_stretches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder, "CAPTURE_RATIO", 0.0)


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    """`signalctl` in this process."""

    def call(*words: str) -> Done:
        monkeypatch.setattr(sys, "argv", ["signalctl", *words])
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            main()
        said = capsys.readouterr()
        return Done(int(end.value.code or 0), said.out, said.err)

    return call

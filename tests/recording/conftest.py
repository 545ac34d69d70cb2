"""Stretches of these tests are as long as they ask for, however slow the machine is."""

import pytest

from signalctl.recording import recorder


@pytest.fixture(autouse=True)
def _short_stretches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder, "CAPTURE_RATIO", 0.0)

"""The small junction and its ticks, and a real browser, as fixtures of this room."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.service_samples import crossroads, make_tick, plan

__all__ = ["crossroads", "make_tick", "plan"]

CHROMIUM_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def browser(require_program: Callable[[str], str]) -> Iterator[Browser]:
    """Headless Chromium, as the system has it."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=require_program("chromium"), args=CHROMIUM_ARGS)
        yield chromium
        chromium.close()

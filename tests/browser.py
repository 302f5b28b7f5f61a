"""A real Chromium for tests, driven by playwright and opened once for a test module.

Without Chromium the tests that need it are skipped; with `CI=true` they fail. While it is open
the thread has a running event loop: a module that calls `asyncio.run` does it in another thread.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Route, sync_playwright

OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--force-color-profile=srgb",
]

#: Milliseconds that anything in the browser may take.
PATIENCE = 20_000


def absent(reason: str) -> None:
    """Skip what cannot be tested on this machine, or fail where everything has to be."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def chromium_path() -> Path:
    """Chromium's program; skips or fails where there is none."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if not found:
        absent("chromium is not on PATH")
    return Path(str(found))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A running Chromium; open pages with `browser.new_page(viewport=…, color_scheme=…)`."""
    program = chromium_path()
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=program, args=OPTIONS, timeout=PATIENCE * 3
        )
        yield running
        running.close()


def only_loopback(route: Route) -> None:
    """For `page.route("**/*", only_loopback)`: nothing leaves this machine."""
    address = route.request.url
    local = address.startswith(("http://127.0.0.1:", "http://localhost:", "data:", "file:"))
    if local:
        route.continue_()
    else:
        route.abort()

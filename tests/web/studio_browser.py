"""The real `digest preview` over a built sample, and what a browser sees of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, expect
from tests.browser import PATIENCE
from tests.web.studio_world import NOW, WEEK

expect.set_options(timeout=PATIENCE)
_SECONDS = PATIENCE / 1000
_ENVIRONMENT = {**os.environ, "DIGEST_NOW": NOW.isoformat()}


@dataclass(frozen=True)
class Publication:
    """A publication in a folder of its own, with its edition built."""

    root: Path

    @property
    def edition(self) -> Path:
        return self.root / "editions" / WEEK / "edition.toml"

    @property
    def template(self) -> Path:
        return self.root / "templates/weekly/letter.mjml.j2"

    @contextmanager
    def changed(self, file: Path, old: str, new: str) -> Iterator[None]:
        """A file saved with `new` for the first `old`, and put back at the end."""
        before = file.read_text(encoding="utf-8")
        assert old in before
        file.write_text(before.replace(old, new, 1), encoding="utf-8")
        try:
            yield
        finally:
            file.write_text(before, encoding="utf-8")

    def digest(self, *arguments: str) -> str:
        command = [sys.executable, "-m", "digest", *arguments]
        done = subprocess.run(
            command,
            cwd=self.root,
            env=_ENVIRONMENT,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    @contextmanager
    def previewed(self) -> Iterator[Preview]:
        """`digest preview` running; ended at the end."""
        command = [sys.executable, "-m", "digest", "preview", "--no-open", "--json"]
        process = subprocess.Popen(
            command,
            cwd=self.root,
            env=_ENVIRONMENT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        impatient = threading.Timer(_SECONDS, process.kill)
        impatient.start()
        try:
            assert process.stdout is not None
            said = process.stdout.readline()
            impatient.cancel()
            assert said, "the preview did not start"
            yield Preview(self, json.loads(said)["url"], process)
        finally:
            impatient.cancel()
            process.terminate()
            process.communicate(timeout=_SECONDS)


@dataclass(frozen=True)
class Preview:
    """A running preview."""

    publication: Publication
    url: str
    process: subprocess.Popen[str]

    @contextmanager
    def page(self, browser: Browser, *, width: int = 1440, height: int = 1000) -> Iterator[Page]:
        """The page in a window of its own, whole, after the check; it must ask nobody else."""
        context = browser.new_context(viewport={"width": width, "height": height})
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        wrong: list[str] = []
        host = self.url.partition("/?")[0]
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on(
            "request",
            lambda request: wrong.append(request.url) if is_outside(request.url, host) else None,
        )
        page.goto(self.url)
        expect(page.locator("#why")).not_to_have_text("Contrôles en cours…")
        page.frame_locator(".frame:not(.spare)").locator("#story-1").wait_for()
        yield page
        assert wrong == []
        context.close()


def is_outside(url: str, host: str) -> bool:
    return not url.startswith((host, "data:", "about:"))


def letter(page: Page, query: str) -> str:
    """The text of something in the letter, with plain spaces."""
    found = page.frame_locator(".frame:not(.spare)").locator(query).first
    return found.inner_text().replace("\N{NO-BREAK SPACE}", " ")


def style(page: Page, query: str, name: str) -> str:
    """A computed style in the letter, once the chosen face stands."""
    found = page.frame_locator(".frame:not(.spare)").locator(query).first
    return str(found.evaluate("(node, name) => getComputedStyle(node)[name]", name))


def top_of(page: Page, key: str) -> float:
    """Where on the screen a part of the letter begins."""
    box = page.frame_locator(".frame:not(.spare)").locator(f"#{key}").bounding_box()
    assert box is not None
    return round(box["y"])


def comes_to(page: Page, key: str, top: float) -> None:
    """Wait until a part of the letter begins there on the screen, give or take a pixel."""
    page.wait_for_function(
        "([key, top]) => { const frame = document.querySelector('.frame:not(.spare)');"
        " const part = frame?.contentDocument?.getElementById(key);"
        " return part && Math.abs(frame.getBoundingClientRect().top"
        " + part.getBoundingClientRect().top - top) <= 1.5; }",
        arg=[key, top],
    )


def frame_of(page: Page, face: str) -> None:
    """Wait until the letter is shown as this face."""
    page.wait_for_function(
        "face => document.querySelector('.frame:not(.spare)')"
        "?.contentWindow.location.pathname.endsWith(`/${face}.html`)",
        arg=face,
    )

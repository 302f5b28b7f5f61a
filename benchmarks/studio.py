"""How soon a save is seen in the preview studio, against 100 ms and the bare way to the browser.

Starts `digest preview` on a new publication, saves a template and the edition's file in turn, and
takes the time until the browser's event and until the new letter has been fetched. The peer is
watchfiles with server-sent events and nothing in between, with the same waiting times. Run it
from the repository: `.venv/bin/python benchmarks/studio.py [SAVES]`.
"""

from __future__ import annotations

import http.client
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Queue
from urllib.parse import urlsplit

NOW = "2026-11-16T07:30:00+01:00"
WEEK = "2026-W46"
#: Milliseconds from save to event that the studio is built for.
LIMIT = 100
#: Seconds that a save is waited for, and between two saves.
_DEADLINE, _PAUSE = 30.0, 0.4

_PEER = """
import asyncio, json, sys
import uvicorn
from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from watchfiles import awatch
from digest.web.studio.watching import DEBOUNCE, STEP

app = FastAPI()

@app.get("/events")
async def events():
    async def stream():
        yield "event: state\\ndata: {}\\n\\n"
        async for _ in awatch(sys.argv[1], debounce=DEBOUNCE, step=STEP):
            yield "event: state\\ndata: {}\\n\\n"
    return StreamingResponse(stream(), media_type="text/event-stream")

class Server(uvicorn.Server):
    async def startup(self, sockets=None):
        await super().startup(sockets)
        port = self.servers[0].sockets[0].getsockname()[1]
        print(json.dumps({"url": f"http://127.0.0.1:{port}/"}), flush=True)

Server(uvicorn.Config(app, port=0, log_level="error", timeout_graceful_shutdown=1)).run()
"""


class Browser:
    """One browser with the studio's page open: it hears events and fetches what it is asked."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._host, self._cookie = parts.netloc, ""
        self.heard: Queue[float] = Queue()
        if parts.query:
            answer = self._ask(f"/?{parts.query}")
            self._cookie = answer.getheader("set-cookie", "").partition(";")[0]
        self._events = self._ask("/events")
        threading.Thread(target=self._listen, daemon=True).start()

    def fetch(self, path: str) -> bytes:
        """What stands at an address."""
        return self._ask(path).read()

    def _ask(self, path: str) -> http.client.HTTPResponse:
        connection = http.client.HTTPConnection(self._host, timeout=_DEADLINE)
        connection.request("GET", path, headers={"Cookie": self._cookie})
        return connection.getresponse()

    def _listen(self) -> None:
        try:
            while line := self._events.readline():
                if line.startswith(b"event: state"):
                    self.heard.put(time.perf_counter())
        except OSError:
            return


@contextmanager
def running(arguments: list[str], folder: Path) -> Iterator[str]:
    """A server that prints its address as JSON; yields the address."""
    environment = {**os.environ, "DIGEST_NOW": NOW}
    with subprocess.Popen(
        [sys.executable, *arguments],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline())["url"]
        finally:
            process.terminate()


def saves(browser: Browser, file: Path, count: int, frame: str) -> tuple[list[float], list[float]]:
    """Milliseconds from each save to its event, and to the new letter (when `frame` names it)."""
    text = file.read_text(encoding="utf-8")
    events: list[float] = []
    frames: list[float] = []
    for number in range(count):
        _settle(browser)
        begun = time.perf_counter()
        file.write_text(_changed(text, number), encoding="utf-8")
        events.append(1000 * (browser.heard.get(timeout=_DEADLINE) - begun))
        if frame:
            browser.fetch(f"/frames/{frame}.html?v={number}")
            frames.append(1000 * (time.perf_counter() - begun))
    file.write_text(text, encoding="utf-8")
    _settle(browser)
    return events, frames


def _changed(text: str, number: int) -> str:
    """The file as an editor leaves it: one letter of its first title or comment is another."""
    return (
        text.replace('title = "', f'title = "{number} ', 1)
        if "title = " in text
        else (f"{text}{{# {number} #}}\n")
    )


def _settle(browser: Browser) -> None:
    """Wait until nothing more is heard."""
    time.sleep(_PAUSE)
    while not browser.heard.empty():
        browser.heard.get()


def told(name: str, found: list[float], peer: float) -> str:
    """One line: median, 95th percentile, the part of the limit, the ratio to the bare way."""
    ordered = sorted(found)
    middle = statistics.median(ordered)
    late = ordered[min(len(ordered) - 1, round(0.95 * len(ordered)))]
    return f"{name:32} {middle:6.1f} {late:6.1f}  {late / LIMIT:8.2f}  {middle / peer:8.1f}"


def main() -> None:
    """Measure and print."""
    count = int(sys.argv[1]) if sys.argv[1:] else 40
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "lettre"
        environment = {**os.environ, "DIGEST_NOW": NOW}
        for command in (["init", str(folder)], ["build", "--config", str(folder / "config.toml")]):
            subprocess.run(
                [sys.executable, "-m", "digest", *command],
                env=environment,
                check=True,
                capture_output=True,
            )
        template = folder / "templates" / "weekly" / "letter.mjml.j2"
        edition = folder / "editions" / WEEK / "edition.toml"
        with running(["-c", _PEER, str(template.parent)], folder) as url:
            bare, _ = saves(Browser(url), template, count, "")
        peer = statistics.median(bare)
        print(f"{count} saves each\n\n{'milliseconds':32} median    p95  of 100 ms  × bare")
        print(told("watchfiles + events, nothing else", bare, peer))
        with running(["-m", "digest", "preview", "--json", "--no-open"], folder) as url:
            browser = Browser(url)
            for name, file in (("template", template), ("edition.toml", edition)):
                events, frames = saves(browser, file, count, "light")
                print(told(f"{name}: save to event", events, peer))
                print(told(f"{name}: save to letter fetched", frames, peer))


if __name__ == "__main__":
    main()

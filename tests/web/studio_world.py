"""A publication at the studio: the real server on loopback, in a thread, and a browser."""

from __future__ import annotations

import json
import queue
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import uvicorn

from digest.config import load_config
from digest.delivery import ledger
from digest.publication import Publication
from digest.subscribers.importing import refresh_list
from digest.web.studio.app import create_studio
from digest.web.studio.session import Studio

#: The Monday after the samples' week.
NOW = datetime.fromisoformat("2026-11-16T07:30:00+01:00")
WEEK = "2026-W46"
TOKEN = "the-token-of-this-test"
#: Seconds that anything is waited for.
DEADLINE = 60.0


@dataclass(frozen=True)
class Running:
    """The server's address, the sitting behind it, and the publication's folder."""

    url: str
    studio: Studio
    folder: Path

    @property
    def address(self) -> str:
        """What `digest preview` prints: it lets a browser in."""
        return f"{self.url}/?token={TOKEN}"

    @property
    def edition_file(self) -> Path:
        """The edition's file."""
        return self.folder / "editions" / WEEK / "edition.toml"

    @contextmanager
    def client(self, *, inside: bool = True) -> Iterator[httpx.Client]:
        """A browser, which was let in or not."""
        with httpx.Client(base_url=self.url, trust_env=False, timeout=DEADLINE) as client:
            if inside:
                assert client.get(self.address).status_code == 303
            yield client

    @contextmanager
    def events(self) -> Iterator[Events]:
        """The page's stream of events, opened; the version of now was heard."""
        with (
            self.client() as client,
            client.stream("GET", "/events") as answer,
        ):
            events = Events(answer)
            yield events


class Events:
    """Hears the versions that the server tells."""

    def __init__(self, answer: httpx.Response) -> None:
        self._heard: queue.Queue[int] = queue.Queue()
        self._answer = answer
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()
        self.version = self.next()

    def next(self) -> int:
        """The next version that is told."""
        self.version = self._heard.get(timeout=DEADLINE)
        return self.version

    def _listen(self) -> None:
        try:
            for line in self._answer.iter_lines():
                if line.startswith('data: {"version"'):
                    self._heard.put(json.loads(line.removeprefix("data: "))["version"])
        except (httpx.HTTPError, httpx.StreamError):
            return


def _settle(running: Running, before: int) -> None:
    """Hear events until the watching has begun and the letter is checked."""
    with running.events() as events:
        while True:
            view = running.studio.view
            checked = view.failure or view.seen is None or view.seen.is_checked
            if view.version > before and checked:
                return
            events.next()


class _Server(uvicorn.Server):
    """Says when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listens = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listens.set()


def open_studio(folder: Path) -> Studio:
    """A sitting over the publication in `folder`, rendered once and not served."""
    publication = Publication.open(load_config(folder / "config.toml"))
    studio = Studio(publication, WEEK, clock=lambda: NOW, user="solveig")
    studio.render()
    return studio


@contextmanager
def serving(studio: Studio, folder: Path) -> Iterator[Running]:
    """The real server, until left."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port, before = listener.getsockname()[1], studio.view.version
        app, live = create_studio(studio, port=port, token=TOKEN)
        server = _Server(uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=2))
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            assert server.listens.wait(DEADLINE)
            running = Running(f"http://127.0.0.1:{port}", studio, folder)
            _settle(running, before)
            yield running
        finally:
            live.stop()
            server.should_exit = True
            thread.join()


def edit(file: Path, old: str, new: str) -> None:
    """Save a file with one text replaced, as an editor does."""
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def state(client: httpx.Client) -> dict[str, Any]:
    answer = client.get("/state.json")
    assert answer.status_code == 200
    return dict(answer.json())


@contextmanager
def acting(running: Running) -> Iterator[httpx.Client]:
    """A browser whose posts come from the page itself."""
    with running.client() as client:
        client.headers["Origin"] = running.url
        yield client


def heard_until(running: Running, change: Callable[[], object], wanted: Callable[[], bool]) -> None:
    """Make a change and hear events until what is wanted is there."""
    with running.events() as events:
        change()
        while not wanted():
            events.next()


def send(studio: Studio) -> None:
    """Freeze the letter that is shown, as `digest send` does."""
    publication, seen = studio.publication, studio.view.seen
    assert seen is not None
    refresh_list(publication.database, publication.config, "hebdo", now=NOW)
    ledger.freeze(
        publication.database,
        seen.rendered.letter,
        edition_id=WEEK,
        ledger="main",
        list_name="hebdo",
        provider="outbox",
        stories=[],
        now=NOW,
    )

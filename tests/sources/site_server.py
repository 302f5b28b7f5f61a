"""A small site on loopback whose pages each test writes, and the web as sources see it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from digest.config import Config, SourceSettings
from digest.config.settings import FetchSettings, PublicationSettings, SelectionSettings
from digest.net import Fetcher, Visit, Web

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@dataclass
class Answer:
    """What the site says at one path."""

    body: bytes
    content_type: str = "text/html; charset=utf-8"
    status: int = 200
    etag: str = ""
    location: str = ""


@dataclass
class Visits:
    """Remembers visits for as long as a test lasts."""

    seen: dict[str, Visit] = field(default_factory=dict)

    def last(self, url: str) -> Visit | None:
        return self.seen.get(url)

    def note(self, visit: Visit) -> None:
        self.seen[visit.url] = visit


@dataclass
class Site:
    """The running site; `requests` holds the paths that were asked for, in order."""

    port: int
    answers: dict[str, Answer | Callable[[str], Answer]]
    requests: list[str]
    root: Path
    visits: Visits = field(default_factory=Visits)
    fetch: FetchSettings = field(
        default_factory=lambda: FetchSettings(allow=("127.0.0.1",), timeout=10.0)
    )

    def url(self, path: str = "/") -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def page(self, path: str, html: str | bytes, **answer: Any) -> str:
        """Put something at a path; `{site}` in a text becomes the site's address."""
        if isinstance(html, str):
            html = html.replace("{site}", self.url("")).encode()
        self.answers[path] = Answer(html, **answer)
        return self.url(path)

    def xml(self, path: str, text: str, **answer: Any) -> str:
        return self.page(path, text, content_type="application/xml", **answer)

    def json(self, path: str, text: str, **answer: Any) -> str:
        return self.page(path, text, content_type="application/json", **answer)

    def web(self, *, remembers: bool = True) -> Web:
        return Web(
            Fetcher(self.fetch, version="1"),
            history=self.visits if remembers else None,
            clock=lambda: NOW,
            per_host=self.fetch.per_host,
        )

    def config(self, *sources: SourceSettings) -> Config:
        return Config(
            PublicationSettings(name="La Lettre"),
            sources=sources,
            selection=SelectionSettings(sections=("International", "Monde")),
            fetch=self.fetch,
            root=self.root,
            file=self.root / "config.toml",
        )


class _Server(ThreadingHTTPServer):
    def handle_error(self, *_: object) -> None:
        """A visitor who hangs up early is no fault."""


@contextmanager
def running_site(root: Path) -> Iterator[Site]:
    """A site that answers 404 wherever nothing was put."""
    answers: dict[str, Answer | Callable[[str], Answer]] = {}
    requests: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            requests.append(self.path)
            found = answers.get(self.path) or answers.get(self.path.partition("?")[0])
            answer = found(self.path) if callable(found) else found
            if answer is None:
                answer = Answer(b"<html><body>absent</body></html>", status=404)
            same = answer.etag and self.headers.get("If-None-Match") == answer.etag
            body = b"" if same else answer.body
            self.send_response(304 if same else answer.status)
            if answer.content_type:
                self.send_header("Content-Type", answer.content_type)
            if answer.etag:
                self.send_header("ETag", answer.etag)
            if answer.location:
                self.send_header("Location", answer.location)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = _Server(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield Site(server.server_address[1], answers, requests, root)
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


LEAD = (
    "À Lindoe, le conseil du port a choisi le bois contre le béton. La digue sera finie au "
    "printemps, promet la capitainerie."
)
TEXTS = tuple(
    """Le conseil du port de Lindoe a voté jeudi la construction d’une digue de bois, la première
depuis un siècle. Les pêcheurs l’attendaient, les baigneurs la redoutent.

Le chantier doit commencer en mars. Il occupera quarante charpentiers pendant deux hivers, selon
la capitainerie, qui n’a pas encore dit qui paierait les pieux.

« Une digue qui dure est une digue que l’on oublie de regarder », a dit la capitaine du port,
Solveig Aramburu, devant une salle pleine et un peu incrédule.""".replace("\n\n", "|")
    .replace("\n", " ")
    .split("|")
)


def article_html(
    title: str = "Une digue de bois à Lindoe",
    *,
    head: str = "",
    published: str = "2026-11-12T18:30:00+01:00",
    lead: str = LEAD,
    texts: tuple[str, ...] = TEXTS,
    number: int = 0,
) -> str:
    """An article's page as a newsroom makes it; `number` makes its text its own."""
    date = f'<meta property="article:published_time" content="{published}">' if published else ""
    chapo = f'<p class="article__chapo">{lead}</p>' if lead else ""
    own = f"Ceci est la dépêche numéro {number} de la capitainerie, qui en publie beaucoup."
    body = "".join(f"<p>{text}</p>" for text in (*texts, *([own] if number else [])))
    return (
        f'<!doctype html><html lang="fr"><head><title>{title} | La Vigie</title>'
        f'<meta property="og:title" content="{title}">'
        f'<meta property="og:site_name" content="La Vigie">{date}{head}</head><body>'
        '<nav><a href="/">Accueil</a> <a href="/monde/">Monde</a></nav>'
        f"<main><article><header><h1>{title}</h1>{chapo}</header><div>{body}</div></article></main>"
        '<footer><a href="/mentions-legales">Mentions légales</a></footer></body></html>'
    )

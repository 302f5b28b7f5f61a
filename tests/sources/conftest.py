"""A publication in a temporary folder, and a web that serves what a test hands it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from digest.config import Config, SourceSettings
from digest.config.settings import PublicationSettings, SelectionSettings
from digest.errors import SourceError
from digest.model.content import Article, Rejected, Window
from digest.net import Fetched
from digest.selection import week_window
from digest.sources import open_sources

PARIS = ZoneInfo("Europe/Paris")


@dataclass
class ServedPages:
    """Stands in for the network: addresses and the bytes they give."""

    pages: dict[str, tuple[bytes, str]] = field(default_factory=dict)
    unchanged: set[str] = field(default_factory=set)

    def changed(self, url: str, *, robots: bool = True) -> Fetched | None:
        if url not in self.pages:
            raise SourceError(f"{url}: the server answered 404 Not Found", "Look it up.")
        if url in self.unchanged:
            return None
        body, charset = self.pages[url]
        return Fetched(url, 200, "application/xml", charset, body)


@dataclass
class Newsroom:
    """A publication's folder and the sources read from it."""

    root: Path
    window: Window
    served: ServedPages
    sections: tuple[str, ...] = ("International", "Monde", "World")

    def config(self, *sources: SourceSettings) -> Config:
        return replace(
            Config(PublicationSettings(name="La Lettre")),
            sources=sources,
            selection=SelectionSettings(sections=self.sections),
            root=self.root,
            file=self.root / "config.toml",
        )

    def read(self, **settings: Any) -> list[Article | Rejected]:
        """Everything that one source yields."""
        source = SourceSettings(**{"name": "redaction", "kind": "files", **settings})
        config = self.config(source)
        (opened,) = open_sources(config, self.served)  # type: ignore[arg-type]
        return list(opened.articles(self.window))

    def files(self, contents: dict[str, str | bytes], **settings: Any) -> list[Article | Rejected]:
        """Write files and read them as a `files` source."""
        for name, content in contents.items():
            file = self.root / "articles" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content.encode() if isinstance(content, str) else content)
        settings.setdefault("base_url", "https://example.org/articles/")
        return self.read(path="articles", **settings)

    def file(self, content: str | bytes, name: str = "a.txt", **settings: Any) -> Article:
        """The article that one file gives."""
        (found,) = self.files({name: content}, **settings)
        assert isinstance(found, Article), found
        return found

    def bad_file(self, content: str | bytes, name: str = "a.md", **settings: Any) -> Rejected:
        """The rejection that one file gives."""
        (found,) = self.files({name: content}, **settings)
        assert isinstance(found, Rejected), found
        return found

    def feed(self, content: str | bytes, charset: str = "", **settings: Any) -> list[Any]:
        """Everything that a feed at https://example.org/rss.xml yields."""
        url = "https://example.org/rss.xml"
        body = content.encode() if isinstance(content, str) else content
        self.served.pages[url] = (body, charset)
        return self.read(kind="feed", url=url, **settings)


@pytest.fixture
def newsroom(tmp_path: Path) -> Newsroom:
    return Newsroom(tmp_path, week_window("2026-W46", PARIS), ServedPages())


Titles = Callable[[Sequence[Article | Rejected]], list[str]]


@pytest.fixture
def titles() -> Titles:
    def read(found: Sequence[Article | Rejected]) -> list[str]:
        return [article.title for article in found if isinstance(article, Article)]

    return read

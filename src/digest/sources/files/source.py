"""A folder of articles: plain text as published, Markdown with a head, or saved pages.

Walks sub-folders in the order of the paths, but not hidden ones and not those that are another
source of their own. A file that cannot be used is
reported with its line and never stops the others. What a file does not state is concluded from
its name, and the article says so.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from digest.config import Config, SourceSettings
from digest.errors import SourceError
from digest.model.content import Article, Paragraph, Picture, Rejected, SectionSignal, Window
from digest.selection.sections import label_signals, section_in_url
from digest.sources.end_matter import without_end_matter
from digest.sources.files.front_matter import FrontMatter, split_front_matter
from digest.sources.files.layout import read_layout
from digest.sources.files.markdown import read_markdown
from digest.sources.files.pages import read_saved_page
from digest.sources.files.reading import UnusableError, read_text
from digest.text.addresses import canonical_url
from digest.text.folding import fold

_PAGES = (".html", ".htm")
_SUFFIXES = (".txt", ".md", *_PAGES)
# fmt: off
_KEYS = frozenset(
    (
        "title", "date", "section", "url", "chapo", "chapô", "description", "summary", "author",
        "region", "desk", "tags", "categories", "language", "picture", "alt", "caption", "credit",
        "pinned",
    )
)
# fmt: on
_FROM_NAME = "published: from the file's name, at noon"
_DATED_NAME = re.compile(r"(?P<y>\d{4})(?P<dash>-?)(?P<m>\d{2})(?P=dash)(?P<d>\d{2})(?!\d)[-_. ]*")


class FilesSource:
    """The source of kind `files`."""

    def __init__(self, settings: SourceSettings, config: Config) -> None:
        self.name = settings.name
        self._settings = settings
        self._config = config
        self._folder = config.path(settings.path)
        self._section_names = config.selection.sections
        self._elsewhere = {
            config.path(other.path)
            for other in config.sources
            if other.kind == "files" and other.name != settings.name
        }

    def articles(self, window: Window) -> Iterator[Article | Rejected]:
        """Every article of the folder, whatever its date.

        Raises:
            SourceError: there is no such folder.
        """
        taken: dict[str, str] = {}
        for file in self._files():
            place = self._config.shown(file)
            try:
                is_page = file.suffix.lower() in _PAGES
                article = self._page(file, place) if is_page else self._article(file, place)
            except UnusableError as error:
                where = f"{place}:{error.line}" if error.line else place
                yield Rejected(self.name, where, error.reason)
                continue
            if article.url in taken:
                reason = f"has the same address as {taken[article.url]} ({article.url})"
                yield Rejected(self.name, place, f"{reason}; give it a `url` or another name")
                continue
            taken[article.url] = place
            yield article

    def _files(self) -> list[Path]:
        if not self._folder.is_dir():
            found = "is not a folder" if self._folder.exists() else "there is no such folder"
            raise SourceError(
                f"source “{self.name}”: {self._folder}: {found}",
                "Make the folder, or mend `path` of the source in config.toml.",
            )

        def stop(error: OSError) -> None:
            raise SourceError(
                f"source “{self.name}”: {error.filename}: {error.strerror}",
                "Make the folder readable.",
            ) from error

        found_files: list[Path] = []
        for folder, subfolders, names in os.walk(self._folder, onerror=stop):
            subfolders[:] = [
                name
                for name in subfolders
                if not name.startswith(".") and Path(folder, name) not in self._elsewhere
            ]
            found_files += [
                file
                for name in names
                if not name.startswith(".") and name.lower().endswith(_SUFFIXES)
                if (file := Path(folder, name)).is_file()
            ]
        return sorted(found_files)

    def _article(self, file: Path, place: str) -> Article:
        text = read_text(file)
        head, rest = split_front_matter(text)
        parts = _read_parts(rest, head, file, self._section_names)
        if not parts.title:
            raise UnusableError("has no title: the first line is not one", 1)
        if not parts.body and not parts.chapo:
            raise UnusableError(f"has a title (“{parts.title}”) but no text", 1)
        slug, day = _from_name(file.stem, self._config)
        inferred = head.unknown(_KEYS)
        published = head.moment("date", self._config.zone)
        if published is None and day is not None:
            published = day
            inferred.append(_FROM_NAME)
        url = self._url(head, slug, file)
        return Article(
            source=self.name,
            url=url,
            title=parts.title,
            published=published,
            chapo=parts.chapo,
            body=parts.body,
            sections=self._signals(head, parts, url),
            categories=head.texts("desk", "tags", "categories"),
            author=", ".join(head.texts("author")) or parts.author,
            language=head.text("language"),
            region=head.text("region"),
            picture=_picture(head, file, self._folder),
            pinned=head.flag("pinned"),
            inferred=tuple(inferred),
            location=place,
        )

    def _page(self, file: Path, place: str) -> Article:
        """A saved page: what it states wins over what its name tells."""
        page = read_saved_page(file, self._config)
        slug, day = _from_name(file.stem, self._config)
        url = page.url or self._address(slug, file)
        article = replace(page, url=url).as_article(self.name, place, self._settings.section)
        if day is not None and (page.published is None or page.inferred):
            article = replace(article, published=day, inferred=(_FROM_NAME,))
        return article

    def _url(self, head: FrontMatter, slug: str, file: Path) -> str:
        if stated := head.text("url"):
            url = canonical_url(stated)
            if not url:
                raise head.fail("url", f"found “{stated}”; write an address with https://")
            return url
        return self._address(slug, file)

    def _address(self, slug: str, file: Path) -> str:
        if self._settings.base_url:
            return canonical_url(f"{self._settings.base_url.rstrip('/')}/{quote(slug)}")
        return file.as_uri()

    def _signals(self, head: FrontMatter, parts: _Parts, url: str) -> tuple[SectionSignal, ...]:
        signals: list[SectionSignal] = []
        if self._settings.section:
            signals.append(SectionSignal("feed", self._settings.section))
        if stated := head.text("section"):
            signals.append(SectionSignal("metadata", stated))
        labels = head.texts("desk", "tags", "categories")
        signals += label_signals(labels, self._section_names)
        if segment := section_in_url(url, self._section_names):
            signals.append(SectionSignal("url", segment))
        signals += [SectionSignal("printed", label) for label in parts.labels]
        return tuple(signals)


@dataclass(frozen=True, slots=True)
class _Parts:
    title: str
    chapo: str
    body: tuple[Paragraph, ...]
    labels: tuple[str, ...] = ()
    author: str = ""


def _read_parts(text: str, head: FrontMatter, file: Path, section_names: tuple[str, ...]) -> _Parts:
    if not head.values and (file.suffix.lower() == ".txt" or not text.lstrip().startswith("#")):
        layout = read_layout(text, section_names)
        return _Parts(layout.title, layout.chapo, layout.body, layout.labels, layout.author)
    heading, paragraphs = read_markdown(text)
    title = head.text("title") or heading
    kept = len(without_end_matter([paragraph.text for paragraph in paragraphs], title))
    chapo = head.text("chapo", "chapô", "description", "summary")
    return _Parts(title, chapo, paragraphs[:kept])


def _from_name(stem: str, config: Config) -> tuple[str, datetime | None]:
    """The slug and the day that a file's name states."""
    stem = unicodedata.normalize("NFC", stem)
    day: datetime | None = None
    rest = stem
    if dated := _DATED_NAME.match(stem):
        try:
            day = datetime(
                int(dated["y"]), int(dated["m"]), int(dated["d"]), 12, tzinfo=config.zone
            )
        except ValueError:
            day = None
        else:
            rest = stem[dated.end() :] or stem
    return fold(rest).replace(" ", "-") or rest, day


def _picture(head: FrontMatter, file: Path, folder: Path) -> Picture | None:
    stated = head.text("picture")
    if not stated:
        return None
    if re.match(r"https?://", stated, re.IGNORECASE):
        location = stated
    elif re.match(r"[A-Za-z][A-Za-z0-9+.-]+:", stated):
        raise head.fail("picture", f"found “{stated}”; write a path or an address with https://")
    else:
        path = (file.parent / stated).resolve()
        if not path.is_relative_to(folder.resolve()):
            raise head.fail(
                "picture", f"found “{stated}”; it must stand inside the source's folder"
            )
        location = str(path)
    return Picture(location, head.text("alt"), head.text("caption"), head.text("credit"))

"""`editions/<id>/edition.toml`: written for an editor who is no programmer, read with care.

Beside it stands `.built.toml`, what the last build wrote: the common ancestor of the next merge.
Both are written whole or not at all (`digest.store.files`).
"""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.items import Item, String, StringType, Table, Trivia

from digest.config.tables import TableReader, key_lines
from digest.errors import EditionFileError
from digest.model.edition import Brief, Edition, Note, PlacementRef, Quotation, Story
from digest.store.files import write_whole

FILE = "edition.toml"
BUILT = ".built.toml"

# How a text of several lines opens when nothing stands behind its marks.
_OPENING = ('"""', "'''")

#: Fields of a story that only some templates print.
_UNLESS_EMPTY = ("byline", "body")


def write_edition(edition: Edition, folder: Path, wording: Mapping[str, str]) -> Path:
    """Write `edition.toml` (for the editor) in an edition's folder; returns its path."""
    return _write(folder / FILE, render_file(edition, wording))


def write_built(edition: Edition, folder: Path) -> None:
    """Keep what a build proposed, for the next merge."""
    _write(folder / BUILT, render_file(edition, {}))


def read_edition(folder: Path, number: int = 0) -> Edition | None:
    """The edition as it stands in its folder; None when it was never built.

    Raises:
        EditionFileError: the file has a mistake: file, line, key, value, what is allowed.
    """
    return _read(folder / FILE, number)


def read_built(folder: Path) -> Edition | None:
    """What the last build proposed; None when unknown."""
    return _read(folder / BUILT, 0)


def body_line(folder: Path, url: str, line: int) -> str:
    """Where a line of a story's body stands in the file: `…/edition.toml:47`.

    Args:
        url: the story's, which has a body in the file.
        line: of the body, from 1; the body may begin on the line of its key or on the next.
    """
    file = folder / FILE
    text = file.read_text(encoding="utf-8-sig")
    urls = [story.get("url") for story in tomllib.loads(text)["stories"]]
    begin = key_lines(text)[f"stories[{urls.index(url)}].body"]
    key = text.splitlines()[begin - 1].rstrip()
    return f"{file}:{begin + line - (not key.endswith(_OPENING))}"


def render_file(edition: Edition, wording: Mapping[str, str]) -> str:
    """The file's text. `wording` gives the comments (`edition_header`, …); none when empty."""
    document = tomlkit.document()
    _comment(document, wording.get("edition_header", ""))
    document.add("id", tomlkit.item(edition.id))
    document.add("subject", _text(edition.subject))
    document.add("preheader", _text(edition.preheader))
    if edition.template:
        document.add("template", _text(edition.template))
    groups: tuple[tuple[str, Note | Quotation], ...] = (
        ("note", edition.note),
        ("quotation", edition.quotation),
    )
    for name, value in groups:
        table = tomlkit.table()
        _comment(table, wording.get(f"edition_{name}", ""))
        _fill(table, value)
        document.add(name, table)
    arrays: tuple[tuple[str, Sequence[Story | Brief | PlacementRef]], ...] = (
        ("stories", edition.stories),
        ("briefs", edition.briefs),
        ("placements", edition.placements),
    )
    for name, values in arrays:
        array = tomlkit.aot()
        for index, entry in enumerate(values):
            table = tomlkit.table()
            if index == 0:
                _comment(table, wording.get(f"edition_{name}", ""))
                if name == "stories" and any(story.body for story in edition.stories):
                    _comment(table, wording.get("edition_body", ""))
            _fill(table, entry)
            array.append(table)
        if values:
            document.add(name, array)
    return tomlkit.dumps(document)


def _fill(table: Table, value: Any) -> None:
    for spec in dataclasses.fields(value):
        part = getattr(value, spec.name)
        if dataclasses.is_dataclass(part):
            inner = tomlkit.table()
            _fill(inner, part)
            table.add(spec.name, inner)
        elif isinstance(part, tuple):
            if part:
                table.add(spec.name, _line_of(part))
        elif spec.name in _UNLESS_EMPTY:
            if part:
                table.add(spec.name, _paragraphs(part) if spec.name == "body" else _text(part))
        else:
            table.add(spec.name, _text(str(part)) if isinstance(part, str) else tomlkit.item(part))


def _line_of(values: tuple[Any, ...]) -> Item:
    """An array on one line: of words, or of what a dataclass holds."""
    array = tomlkit.array()
    for value in values:
        if dataclasses.is_dataclass(value):
            entry = tomlkit.inline_table()
            for spec in dataclasses.fields(value):
                entry[spec.name] = getattr(value, spec.name)
            array.append(entry)
        else:
            array.append(value)
    return array


def _paragraphs(value: str) -> Item:
    """A long text that begins on a line of its own; TOML drops the first line break."""
    written = tomlkit.string(value, multiline=True).as_string()[3:-3]
    return String(
        StringType.MLB, value, written if value.startswith("\n") else f"\n{written}", Trivia()
    )


def _text(value: str) -> Item:
    if "\n" in value:
        return tomlkit.string(value, multiline=True)
    return tomlkit.string(value)


def _comment(container: Table | tomlkit.TOMLDocument, text: str) -> None:
    for line in text.splitlines():
        container.add(tomlkit.comment(line) if line else tomlkit.nl())
    if text:
        container.add(tomlkit.nl())


def _write(path: Path, text: str) -> Path:
    write_whole(path, text.encode())
    return path


def _read(path: Path, number: int) -> Edition | None:
    reader = TableReader(path, error=EditionFileError)
    try:
        tree = reader.parse()
    except FileNotFoundError:
        return None
    if "number" in tree:
        reader.fail("number", "the N° is kept by the store", "Remove the line.")
    edition: Edition = reader.section(Edition, {**tree, "number": number}, "")
    if edition.id != path.parent.name:
        reader.fail("id", f"found “{edition.id}”", f"Allowed: {path.parent.name}, as the folder.")
    for array, urls in (
        ("stories", [story.url for story in edition.stories]),
        ("briefs", [brief.url for brief in edition.briefs]),
    ):
        for index, url in enumerate(urls):
            if not url.strip():
                reader.fail(f"{array}[{index}].url", "is empty", "Every entry keeps its url.")
            if url in urls[:index]:
                reader.fail(
                    f"{array}[{index}].url", f"“{url}” stands twice", "Remove one of the two."
                )
    return dataclasses.replace(
        edition,
        stories=tuple(edition.stories),
        briefs=tuple(edition.briefs),
    )

"""Where a finding can be mended: the line of `edition.toml`, a sponsor's file, `config.toml`, or
the template line that an element of the traced HTML comes from.

What cannot be found to the line is named as a file. Reads those files; judges nothing.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from digest.check.document import Document
from digest.check.findings import Location
from digest.config import Config
from digest.config.tables import key_lines
from digest.edition.file import FILE
from digest.model.edition import Brief, Edition, Story
from digest.model.sponsorship import HOUSE_PREFIX, Placement
from digest.render.templates.tracing import Trace


@dataclass(frozen=True, slots=True)
class Traced:
    """The letter's HTML with the numbers of template lines in it, and what they stand for."""

    html: str
    trace: Trace


class Locator:
    """Finds the places of one edition; `traced` is its HTML with the templates' lines, if known.

    Args:
        edition: its id and its template.
        config: names the folders of the publication.
        folder: the edition's folder.
        traced: the letter again, with its templates' lines; None: templates are named as files.
    """

    def __init__(
        self, edition: Edition, config: Config, folder: Path, traced: Traced | None = None
    ) -> None:
        self._config = config
        self._edition_file = folder / FILE
        self.traced = Document(traced.html, traced.trace) if traced else None
        template = edition.template or config.edition.template
        self._templates = config.path(config.edition.templates) / template
        self._key_lines: dict[Path, dict[str, int]] = {}

    def edition(self, key: str) -> Location:
        """A key of the edition's file, such as `subject` or `note.text`."""
        return self._key(self._edition_file, key)

    def story(self, story: Story, field: str) -> Location:
        """A field of a story, such as `title` or `picture.alt`."""
        return self._entry("stories", story.url, field)

    def body(self, story: Story, words: str) -> Location:
        """The line of a story's body that holds these words; where it begins, when none does."""
        at = self.story(story, "body")
        lines = _text(self._edition_file).splitlines() if at.line else []
        holding = (n for n, line in enumerate(lines, 1) if n >= at.line and words in line)
        return Location(at.file, next(holding, at.line))

    def brief(self, brief: Brief, field: str) -> Location:
        """A field of a sentence of “En bref”."""
        return self._entry("briefs", brief.url, field)

    def creative(self, placement: Placement, field: str) -> Location:
        """A field of a sponsor's creative, in the sponsor's own file."""
        sponsor = placement.booking.removeprefix(HOUSE_PREFIX).partition("/")[0]
        file = self._config.path(self._config.sponsorship.directory) / f"{sponsor}.toml"
        return self._key(file, f"creatives.{placement.creative.id}.{field}")

    def placement(self, placement: Placement) -> Location:
        """The placement's own entry in the edition's file."""
        refs = self._tree.get("placements", ())
        index = next((i for i, r in enumerate(refs) if r.get("slot") == placement.slot.name), None)
        return self.edition("" if index is None else f"placements[{index}]")

    def setting(self, key: str) -> Location:
        """A key of `config.toml`."""
        return self._key(self._config.root / self._config.file, key)

    def template(self, part: str = "HTML") -> Location:
        """The template of a part of the letter, HTML or text, as a file."""
        name = "letter.txt.j2" if part == "text" else "letter.mjml.j2"
        return Location(self.shown(self._templates / name))

    def link(self, url: str) -> Location:
        """The template line that prints a link; the template's file when it cannot be told."""
        return self._element("a", "href", url)

    def image(self, src: str) -> Location:
        """The template line that prints a picture, likewise."""
        return self._element("img", "src", src)

    def slot(self, name: str) -> Location:
        """The template line at which a slot's block begins, likewise."""
        return self._element("*", "class", f"slot-{name}")

    def shown(self, file: Path) -> str:
        """A file as a person is told of it: relative to the publication's folder."""
        root = self._config.root
        return (file.relative_to(root) if file.is_relative_to(root) else file).as_posix()

    def _element(self, tag: str, attribute: str, value: str) -> Location:
        if self.traced is not None:
            for node in self.traced.root.iter(tag):
                found = node.get(attribute, "")
                if value == found or (attribute == "class" and value in found.split()):
                    return self.traced.origin(node)
        return self.template()

    def _entry(self, array: str, url: str, field: str) -> Location:
        entries = self._tree.get(array, ())
        index = next((i for i, entry in enumerate(entries) if entry.get("url") == url), None)
        return self.edition("" if index is None else f"{array}[{index}].{field}")

    def _key(self, file: Path, key: str) -> Location:
        """The line of a key, or of the table that would hold it; the file alone at worst."""
        lines = self._lines(file)
        while key and key not in lines:
            key = re.sub(r"(?:\.[^.\[\]]+|\[[0-9]+\]|^[^.\[\]]+)$", "", key)
        return Location(self.shown(file), lines.get(key, 0))

    def _lines(self, file: Path) -> dict[str, int]:
        if file not in self._key_lines:
            self._key_lines[file] = key_lines(_text(file))
        return self._key_lines[file]

    @cached_property
    def _tree(self) -> dict[str, list[dict[str, str]]]:
        try:
            return tomllib.loads(_text(self._edition_file))
        except tomllib.TOMLDecodeError:
            return {}


def _text(file: Path) -> str:
    """A file's text; what is not there, or no text, has no lines."""
    try:
        return file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return ""

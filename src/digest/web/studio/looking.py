"""An edition as the studio looks at it: rendered, checked, and what is known of its state.

`look` renders, `examined` adds the findings, which may take longer. What has left is looked at as
it was frozen, whatever the files say since, and not checked any more. A failed rendering is a
`Failure` with file and line.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from digest import pipeline
from digest.check import Checked
from digest.config import Config
from digest.delivery import ledger
from digest.edition import lifecycle
from digest.edition.approval import edition_parts, letter_hash, letter_parts
from digest.errors import DigestError
from digest.model.sending import Letter
from digest.pipeline import Prepared, Rendered
from digest.publication import Publication
from digest.render.letter import render_letter
from digest.render.templates.family import LetterTemplate, template_of
from digest.store.content.editions import EditionRecord
from digest.web.studio.pictures import ServedPictures, served_pictures

#: Where an error is: where something was asked for, what the message begins with, or a name in it.
_PLACES = (
    re.compile(r"asked for in (?P<file>[^:\n]{1,1000}):(?P<line>[0-9]{1,9})\b"),
    re.compile(r"\A(?P<file>[^\s:][^:()“”\n]{0,999}\.[A-Za-z0-9]{1,8}):(?P<line>[0-9]{1,9})\b"),
    re.compile(
        r"(?<![^\s(“\"])(?P<file>[^\s:()“”\"]{1,999}\.[A-Za-z0-9]{1,8}):(?P<line>[0-9]{1,9})\b"
    ),
)


@dataclass(frozen=True, slots=True)
class Failure:
    """Why there is no new letter: what was found, what to do, and where when that is known.

    `file` is relative to the publication's folder, `line` 0 when unknown; a message that
    begins with both leaves them out.
    """

    message: str
    hint: str = ""
    file: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Look:
    """One letter with all that explains it.

    `template` is what it was set in, as that said of itself then. `checked` is what the check
    found, of an earlier letter while `is_checked` is False. `is_frozen` says that the letter has
    left; `agrees` that the edition's files still make this very letter.
    """

    rendered: Rendered
    letter: Letter
    pictures: ServedPictures
    parts: Mapping[str, str]
    details: Mapping[str, str]
    template: LetterTemplate
    checked: Checked = field(default_factory=Checked)
    is_checked: bool = False
    is_frozen: bool = False
    agrees: bool = True

    @property
    def publication(self) -> Publication:
        """The publication with the settings that this letter was made with."""
        return self.rendered.publication

    @property
    def hash(self) -> str:
        """What an approval of this letter keeps."""
        return letter_hash(self.parts)

    @property
    def errors(self) -> int:
        """Findings that stop this letter."""
        return sum(finding.severity == "error" for finding in self.checked.findings)


def look(publication: Publication, edition_id: str) -> Look:
    """Render an edition and look at it; of one that has left, at the letter that readers have.

    Raises:
        ContentError: it was never built, or cannot be rendered.
    """
    return _seen(pipeline.render(publication, edition_id))


def examined(seen: Look, now: datetime) -> Look:
    """The same with what the check found.

    Raises:
        ConfigError: a rule is silenced that does not exist or may not be.
    """
    prepared = pipeline.examine(seen.rendered, now=now)
    return dataclasses.replace(seen, checked=prepared.checked, is_checked=True)


def look_at(publication: Publication, prepared: Prepared) -> Look:
    """What was prepared elsewhere, as the studio looks at it."""
    rendered = Rendered(publication, prepared.edition, None, prepared.placements, prepared.letter)
    seen = _seen(rendered)
    if seen.is_frozen:
        return seen
    return dataclasses.replace(seen, checked=prepared.checked, is_checked=True)


def without_sponsors(seen: Look) -> Letter:
    """The letter once more, with no placement in it.

    Raises:
        TemplateError: a template cannot do without.
    """
    rendered = seen.rendered
    publication = rendered.publication
    folder = publication.folder(rendered.edition.id)
    return render_letter(rendered.edition, [], publication.config, folder)


def record_of(publication: Publication, edition_id: str) -> EditionRecord | None:
    """What the store knows of the edition now."""
    return lifecycle.record_of(publication.database, edition_id)


def failure_of(error: Exception, config: Config) -> Failure:
    """An error as the page tells it; what is no `DigestError` is a fault of the program."""
    if isinstance(error, RecursionError):
        return Failure(
            "the templates ask for each other without end",
            "Look for a template that includes itself, or a component that calls itself.",
        )
    if not isinstance(error, DigestError):
        message = f"{type(error).__name__}: {error}"
        return Failure(message, "This is a fault of digest itself; please report it.")
    found = next(filter(None, (place.search(error.message) for place in _PLACES)), None)
    if found is None:
        return Failure(error.message, error.hint)
    file = config.shown(Path(found["file"]))
    message = error.message
    if found.start() == 0:
        message = message[found.end() :].lstrip(": ") or message
    return Failure(message, error.hint, file, int(found["line"]))


def _seen(rendered: Rendered) -> Look:
    publication, edition = rendered.publication, rendered.edition
    config = publication.config
    frozen = ledger.frozen(publication.database, edition.id, "main")
    letter = frozen.letter if frozen else rendered.letter
    parts = letter_parts(letter, config)
    return Look(
        rendered,
        letter,
        served_pictures(letter, config, publication.folder(edition.id)),
        parts,
        edition_parts(edition, rendered.placements),
        template_of(edition, config),
        is_checked=frozen is not None,
        is_frozen=frozen is not None,
        agrees=frozen is None or letter_parts(rendered.letter, config) == parts,
    )

"""What is compared: every template's letters and the documents of components, compiled twice."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.faces import TEMPLATES, faces, page_of, without_pictures
from tests.parity.documents import documents
from tests.parity.script import Script

from digest.render.mjml.compiling import compile_mjml

#: CSS pixels.
WIDTHS = (600, 375)


@dataclass(frozen=True, slots=True)
class Case:
    """One document as we compile it and as npm's mjml does; `errors` are what npm's says of it."""

    name: str
    ours: str
    theirs: str
    errors: tuple[str, ...] = ()

    def variants(self) -> Iterator[Case]:
        """The case itself, and as it looks where no picture is loaded, if it has any."""
        yield self
        ours, theirs = without_pictures(self.ours), without_pictures(self.theirs)
        if ours != self.ours or theirs != self.theirs:
            yield Case(f"{self.name}, pictures blocked", ours, theirs)


def cases(folder: Path, npm: Script) -> Iterator[Case]:
    """Every case; pictures are written to `folder`."""
    for name, source in documents().items():
        answer = npm.ask(mjml=source)
        yield Case(name, compile_mjml(source, name=name), answer["html"], tuple(answer["errors"]))
    for template in TEMPLATES:
        yield from template_cases(folder, template, npm)


def template_cases(folder: Path, template: str, npm: Script) -> Iterator[Case]:
    """The letters of one template."""
    for face in faces(folder, template):
        answer = npm.ask(mjml=face.letter.mjml)
        theirs = page_of(dataclasses.replace(face.letter, html=answer["html"]))
        yield Case(face.name, face.page, theirs, tuple(answer["errors"]))

"""The studio as a folder: the same page with everything in it, for others to look at.

Nothing in it acts, nothing loads from elsewhere, and all addresses are relative, so that it can be
opened from disk or put online. It holds what the page shows of the invented reader, nobody's
address, and neither the settings nor what sponsors pay.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

from digest.errors import StoreError
from digest.model.sending import Letter
from digest.publication import Publication
from digest.render.letter import content_id
from digest.render.tokens import split
from digest.web.studio.looking import Look
from digest.web.studio.page import assets, page
from digest.web.studio.readers import SAMPLE, Reader, Readers
from digest.web.studio.viewing import View, as_json

PAGE = "index.html"


def write_studio(publication: Publication, seen: Look, folder: Path, now: datetime) -> Path:
    """Write the folder; returns the path of its page.

    Args:
        seen: the letter, checked.
        folder: made when it is missing; files of the same names are replaced.
        now: when the letter is supposed to leave.

    Raises:
        StoreError: the folder cannot be written.
    """
    (reader,) = [r for r in Readers().offered(publication.config, now) if r.id == SAMPLE]
    edition = seen.rendered.edition.id
    view = View(publication, edition, seen, [reader], version=1, rendered_at=now)
    try:
        for name, content in _files(view, seen, reader, now):
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    except OSError as error:
        raise StoreError(
            f"{error.filename or folder}: cannot be written: {error.strerror}",
            "Name a folder that can be written.",
        ) from None
    return folder / PAGE


def as_received(letter: Letter, values: Mapping[str, str]) -> tuple[str, str]:
    """HTML and text as a reader with these values receives them, pictures inside the HTML."""
    html = split(letter.html, "html").join(values)
    for picture in letter.pictures:
        content = base64.b64encode(picture.content).decode("ascii")
        html = html.replace(
            f"cid:{content_id(picture.name, letter.edition)}",
            f"data:{picture.content_type};base64,{content}",
        )
    return html, split(letter.text, "text").join(values)


def _files(view: View, seen: Look, reader: Reader, now: datetime) -> Iterator[tuple[str, bytes]]:
    """Every file of the folder by its relative name; the page comes last."""
    state = view.state(now, static=True)
    companions = {
        "text.json": view.text(reader, now),
        "text-unsponsored.json": view.text(reader, now, unsponsored=True),
        "message.json": view.message(reader, now),
        "files.json": view.files(public=True),
        "provenance.json": view.provenance(public=True),
    }
    for name, value in {"state.json": state, **companions}.items():
        yield name, as_json(value).encode()
    for name in state["faces"]:
        yield f"frames/{name}.html", (view.frame(name, reader, now) or "").encode()
    for name, picture in seen.pictures.by_name.items():
        yield f"pictures/{name}", picture.read()
    for name, (_, content) in assets().items():
        yield name, content
    language = view.publication.config.publication.language
    yield PAGE, page(state, language=language, companions=companions).encode()

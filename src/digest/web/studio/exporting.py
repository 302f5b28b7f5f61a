"""The studio as a folder: the same page with everything in it, for others to look at.

Nothing in it acts, nothing loads from elsewhere, and all addresses are relative, so that it can be
opened from disk or put online. It holds what the page shows of the invented reader, nobody's
address, and neither the settings nor what sponsors pay.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from html import escape
from pathlib import Path

from digest.model.sending import Letter
from digest.publication import Publication
from digest.render.tokens import split
from digest.web.studio.faces import BLOCKED, foreign_pictures
from digest.web.studio.looking import Look
from digest.web.studio.page import assets, page
from digest.web.studio.pictures import ServedPictures
from digest.web.studio.readers import SAMPLE, Reader, Readers
from digest.web.studio.replacing import replace_files
from digest.web.studio.viewing import View, as_json

PAGE = "index.html"
_HEAD = re.compile(r"<head\b[^>]*>", re.IGNORECASE)
#: The letter as a file is looked at in a browser: it may load nothing.
_POLICY = (
    '<meta http-equiv="Content-Security-Policy" '
    "content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'\">"
)


def write_studio(
    publication: Publication,
    seen: Look,
    folder: Path,
    now: datetime,
    *,
    beside: Mapping[str, bytes] | None = None,
    is_own: bool = False,
) -> Path:
    """Write the folder; returns the path of its page.

    Args:
        seen: the letter, checked.
        folder: made when it is missing; what an earlier export wrote there is replaced.
        now: when the letter is supposed to leave.
        beside: more files, by name.
        is_own: the folder is digest's own, and may hold anything.

    Raises:
        StoreError: the folder cannot be written, or holds what is of no earlier export.
    """
    (reader,) = [r for r in Readers().offered(publication.config, now) if r.id == SAMPLE]
    edition = seen.rendered.edition.id
    view = View(publication, edition, seen, [reader], version=1, rendered_at=now)
    files = [*(beside or {}).items(), *_files(view, seen, reader, now)]
    replace_files(folder, files, is_own=is_own)
    return folder / PAGE


def as_received(
    letter: Letter, values: Mapping[str, str], pictures: ServedPictures
) -> tuple[str, str]:
    """HTML and text as a reader with these values receives them, pictures inside the HTML.

    The HTML loads nothing: what it would load from elsewhere is blocked.
    """
    html = split(letter.html, "html").join(values)
    for foreign in foreign_pictures(html, pictures.sources):
        for written in (foreign, escape(foreign)):
            html = html.replace(f'src="{written}"', f'src="{BLOCKED}"')
    # The longest first: a name may be the beginning of another.
    for source, address in sorted(pictures.sources.items(), reverse=True):
        picture = pictures.by_name[address.rpartition("/")[2]]
        content = base64.b64encode(picture.read()).decode("ascii")
        html = html.replace(source, f"data:{picture.content_type};base64,{content}")
    html = _HEAD.sub(rf"\g<0>{_POLICY}", html, count=1)
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

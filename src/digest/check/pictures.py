"""Rules about pictures as readers receive them: they are there, sharp and light.

What is judged is what the letter carries or what stands in the edition's folder; pictures on
somebody's server are not fetched.
"""

from __future__ import annotations

import base64
import binascii
import io
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from lxml import etree
from PIL import Image

from digest.check.document import Document
from digest.check.findings import Finding, error, of_story, warning
from digest.check.locating import Locator
from digest.config import Config
from digest.model.edition import Edition
from digest.model.sending import Letter
from digest.render.pictures import content_id


class Shown(NamedTuple):
    """A picture of the letter: its element, its bytes, and its width there in CSS pixels."""

    element: etree._Element
    content: bytes
    width: int


def picture_findings(
    letter: Letter,
    document: Document,
    edition: Edition,
    config: Config,
    folder: Path,
    where: Locator,
) -> Iterator[Finding]:
    """The findings about the pictures of a letter.

    Args:
        folder: the edition's.
    """
    yield from _kept(edition, folder, where)
    shown = list(_shown(letter, document, config, folder))
    for picture in shown:
        yield from _sharp(document, picture, where)
        yield from _light(document, picture, config.edition.picture_kb, where)
    whole = sum(len(content) for content in {picture.content for picture in shown})
    if whole > config.edition.pictures_kb * 1000:
        yield warning(
            "picture-heavy",
            "HTML",
            f"its pictures have {_kb(whole)} together; {config.edition.pictures_kb} are the limit",
            "Take a picture out, or lower edition.picture_kb.",
            where.setting("edition.pictures_kb"),
        )


def _kept(edition: Edition, folder: Path, where: Locator) -> Iterator[Finding]:
    for story in edition.stories:
        file = story.picture.file
        if not file:
            continue
        if file.startswith(("http://", "https://")):
            found = "its picture was not fetched and is left out"
        elif not (folder / file).is_file():
            found = f"there is no file {file}"
        else:
            continue
        yield warning(
            "picture-missing",
            of_story(story),
            found,
            "Put the file into the edition's `pictures` folder and name it in `file`.",
            where.story(story, "picture.file"),
        )


def _shown(letter: Letter, document: Document, config: Config, folder: Path) -> Iterator[Shown]:
    """The pictures whose bytes are at hand."""
    embedded = {
        f"cid:{content_id(picture.name, letter.edition)}": picture.content
        for picture in letter.pictures
    }
    base = f"{config.edition.image_base_url.rstrip('/')}/{letter.edition}/"
    for element in document.root.iter("img"):
        src = element.get("src", "")
        if src in embedded:
            content = embedded[src]
        elif src.startswith("data:"):
            content = _inline(src)
        elif config.edition.image_base_url and src.startswith(base):
            content = _read(folder / src.removeprefix(base))
        else:
            continue
        width = element.get("width", "")
        yield Shown(element, content, int(width) if width.isdigit() else 0)


def _inline(src: str) -> bytes:
    try:
        return base64.b64decode(src.partition(";base64,")[2], validate=True)
    except binascii.Error:
        return b""


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:
        return b""


def _sharp(document: Document, picture: Shown, where: Locator) -> Iterator[Finding]:
    at = where.image(picture.element.get("src", ""))
    place = document.place_of(picture.element)
    width = _pixels(picture.content)
    if not width:
        yield error(
            "picture-missing",
            place,
            "its picture cannot be shown: there is no such file, or it is no picture",
            "Put the file back, or take the picture out.",
            at,
        )
    elif width < picture.width:
        yield warning(
            "picture-small",
            place,
            f"its picture has {width} pixels for a place of {picture.width}: it looks blurred",
            f"Give one of {2 * picture.width} pixels, sharp on every screen.",
            at,
        )


def _light(document: Document, picture: Shown, limit_kb: int, where: Locator) -> Iterator[Finding]:
    if len(picture.content) > limit_kb * 1000:
        yield warning(
            "picture-heavy",
            document.place_of(picture.element),
            f"its picture has {_kb(len(picture.content))}; {limit_kb} are the limit",
            "Save it smaller, or raise edition.picture_kb.",
            where.image(picture.element.get("src", "")),
        )


def _pixels(content: bytes) -> int:
    """A picture's width; 0 where it is none."""
    try:
        with Image.open(io.BytesIO(content)) as image:
            return image.width
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return 0


def _kb(size: int) -> str:
    return f"{size / 1000:.0f} kB"

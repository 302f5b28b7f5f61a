"""Rules about pictures as readers receive them: they are there, sharp and light.

What is judged is what the letter carries or what stands in the edition's folder; pictures on
somebody's server are not fetched.
"""

from __future__ import annotations

import base64
import binascii
import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from lxml import etree
from PIL import Image

from digest.check.document import Document
from digest.check.findings import Finding, Location, error, of_placement, of_story, warning
from digest.check.locating import Locator
from digest.config import Config
from digest.edition.body import read_body
from digest.model.edition import Edition
from digest.model.sending import Letter
from digest.model.sponsorship import Placement
from digest.render.templates.family import template_of
from digest.text.saying import Said, say


class Shown(NamedTuple):
    """A picture of the letter: its element, its bytes, and its width there in CSS pixels."""

    element: etree._Element
    content: bytes
    width: int


def picture_findings(
    letter: Letter,
    document: Document,
    edition: Edition,
    placements: Sequence[Placement],
    config: Config,
    folder: Path,
    where: Locator,
) -> Iterator[Finding]:
    """The findings about the pictures of a letter.

    Args:
        folder: the edition's.
    """
    yield from _left_out(letter, edition, placements, config, where)
    yield from _unshown(letter, edition, folder, where)
    shown = list(_shown(letter, document, config, folder))
    for picture in shown:
        yield from _sharp(document, picture, where)
        yield from _light(document, picture, config.edition.picture_kb, where)
    whole = sum(len(content) for content in {picture.content for picture in shown})
    if whole > config.edition.pictures_kb * 1000:
        yield warning(
            "picture-heavy",
            say("HTML"),
            say(
                "its pictures have {size:.0f} kB together; {limit} are the limit",
                size=whole / 1000,
                limit=config.edition.pictures_kb,
            ),
            say("Take a picture out, or lower edition.picture_kb."),
            where.setting("edition.pictures_kb"),
        )


def _left_out(
    letter: Letter,
    edition: Edition,
    placements: Sequence[Placement],
    config: Config,
    where: Locator,
) -> Iterator[Finding]:
    """What the templates asked for and could not be made, wherever it is named."""
    faults = {picture.file: picture for picture in letter.left_out}
    for place, file, shown, at in _named(edition, placements, config, where) if faults else ():
        if fault := faults.get(file):
            message = say("its picture is left out: {file} {fault}", file=shown, fault=fault.fault)
            yield error("picture-missing", place, message, _said(fault.hint), at)


def _named(
    edition: Edition, placements: Sequence[Placement], config: Config, where: Locator
) -> Iterator[tuple[Said, str, str, Location]]:
    """The files that are named: where, as written, as shown to a person, and the line."""
    printed_whole = template_of(edition, config).bodies
    for story in edition.stories:
        file = story.picture.file
        yield of_story(story), file, file, where.story(story, "picture.file")
        for part in read_body(story) if printed_whole else ():
            yield of_story(story), part.file, part.file, where.body(story, part.file)
    for placement in placements:
        file = placement.creative.picture
        at = where.creative(placement, "picture")
        yield of_placement(placement), file, where.shown(Path(file)), at


def _said(text: str) -> Said:
    return text if isinstance(text, Said) else Said(text)


def _unshown(letter: Letter, edition: Edition, folder: Path, where: Locator) -> Iterator[Finding]:
    """What no template asked for, and would not be had if one did."""
    asked = {picture.file for picture in letter.left_out}
    for story in edition.stories:
        file = story.picture.file
        if not file or file in asked:
            continue
        if file.startswith(("http://", "https://")):
            found = say("its picture was not fetched and is left out")
        elif not (folder / file).is_file():
            found = say("there is no file {file}", file=file)
        else:
            continue
        yield warning(
            "picture-missing",
            of_story(story),
            found,
            say("Put the file into the edition's `pictures` folder and name it in `file`."),
            where.story(story, "picture.file"),
        )


def _shown(letter: Letter, document: Document, config: Config, folder: Path) -> Iterator[Shown]:
    """The pictures whose bytes are at hand."""
    embedded = {
        f"cid:{picture.content_id(letter.edition)}": picture.content for picture in letter.pictures
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
            say("its picture cannot be shown: there is no such file, or it is no picture"),
            say("Put the file back, or take the picture out."),
            at,
        )
    elif width < picture.width:
        yield warning(
            "picture-small",
            place,
            say(
                "its picture has {width} pixels for a place of {room}: it looks blurred",
                width=width,
                room=picture.width,
            ),
            say("Give one of {width} pixels, sharp on every screen.", width=2 * picture.width),
            at,
        )


def _light(document: Document, picture: Shown, limit_kb: int, where: Locator) -> Iterator[Finding]:
    if len(picture.content) > limit_kb * 1000:
        yield warning(
            "picture-heavy",
            document.place_of(picture.element),
            say(
                "its picture has {size:.0f} kB; {limit} are the limit",
                size=len(picture.content) / 1000,
                limit=limit_kb,
            ),
            say("Save it smaller, or raise edition.picture_kb."),
            where.image(picture.element.get("src", "")),
        )


def _pixels(content: bytes) -> int:
    """A picture's width; 0 where it is none."""
    try:
        with Image.open(io.BytesIO(content)) as image:
            return image.width
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return 0

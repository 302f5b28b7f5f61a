"""The desk where a template asks for pictures: which file, at which place, and how it is referred
to (linked, travelling with the message, or standing in the HTML itself).

Which pictures are shown, and how large, is the template's business: nothing is made of a picture
that no template asks for. Making them is left to `retouching`, fetching them to `digest.edition`.
"""

from __future__ import annotations

import os
import threading
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from digest.config.settings import PictureMode
from digest.errors import (
    ConfigError,
    ContentError,
    DigestError,
    EditionFileError,
    SponsorshipError,
    StoreError,
)
from digest.model.edition import Story
from digest.model.sending import LetterPicture
from digest.model.sponsorship import Placement
from digest.render.retouching import Place, Retouched, retouched

#: Bytes of a logo, at most: it is in every letter.
LOGO_BYTES = 20_000
#: No picture is made lighter than this for the sake of the others.
LEAST_BYTES = 10_000


@dataclass(frozen=True, slots=True)
class ShownPicture:
    """A picture at its place: `src` for HTML, its size in CSS pixels, its words."""

    src: str
    width: int
    height: int
    alt: str


def content_id(name: str, edition_id: str) -> str:
    """The Content-ID of an embedded picture, without angle brackets; `cid:` + this is its URL."""
    return f"{name}@{edition_id.lower()}.digest"


def picture_limit(each: int, together: int, pictures: int) -> int:
    """Bytes that one of so many pictures may have: its fair share of what all may have.

    Args:
        each: bytes of one picture, at most.
        together: bytes of all of them, at most.
        pictures: how many a letter shows.
    """
    return max(LEAST_BYTES, min(each, together // max(1, pictures)))


class PictureDesk:
    """Makes the pictures that a template asks for.

    Args:
        edition_id: `2026-W47`.
        folder: the edition's folder; linked pictures are written to its `pictures` folder, and
            stay there: letters that have left lead to them.
        mode: how pictures are referred to.
        base_url: the web address that serves the folder above `folder`, for linked pictures.
        limit: bytes of one picture, at most.
    """

    def __init__(
        self, edition_id: str, folder: Path, *, mode: PictureMode, base_url: str, limit: int
    ) -> None:
        self._edition_id = edition_id
        self._folder = folder
        self._mode = mode
        self._base_url = base_url
        self._limit = limit
        self._embedded: dict[str, LetterPicture] = {}

    @property
    def embedded(self) -> tuple[LetterPicture, ...]:
        """The pictures that travel with the letter, in the order of their first use."""
        return tuple(self._embedded.values())

    def story(self, story: Story, width: int, height: int) -> ShownPicture | None:
        """A story's picture cropped to width × height CSS pixels; None when it has none.

        A picture that is still an address on somebody's server is left out.

        Raises:
            EditionFileError: it cannot be used; names the story.
        """
        picture = story.picture
        return self._inside(
            f"story-{story.order}",
            picture.file,
            picture.alt,
            Place(width, height, self._limit),
            f"story {story.order} “{story.title}”: picture",
        )

    def inside(self, file: str, alt: str, width: int, height: int) -> ShownPicture | None:
        """A picture inside a text, cropped to width × height CSS pixels.

        Height 0 keeps its ratio. None for no file and for an address on somebody's server.

        Args:
            file: relative to the edition's folder.
            alt: its words.

        Raises:
            EditionFileError: it cannot be used; names the file.
        """
        place = Place(width, height, self._limit)
        return self._inside("inside", file, alt, place, "picture in a text")

    def creative(self, placement: Placement, width: int, height: int) -> ShownPicture | None:
        """A sponsor's picture cropped to width × height CSS pixels; None when it has none.

        Raises:
            SponsorshipError: it cannot be used; names slot, sponsor and creative.
        """
        creative = placement.creative
        if not creative.picture:
            return None
        where = (
            f"slot “{placement.slot.name}”, {placement.sponsor}, creative “{creative.id}”: picture"
        )
        path = self._folder / creative.picture
        made = _made(path, Place(width, height, self._limit), where, SponsorshipError)
        return self._show(f"slot-{placement.slot.name}", made, creative.alt)

    def logo(self, path: str | Path, width: int, alt: str) -> ShownPicture | None:
        """The publication's logo, so many CSS pixels wide; None without a path.

        Its height follows from its ratio, and a transparent ground stays so.

        Raises:
            ConfigError: it cannot be used.
        """
        if not str(path):
            return None
        place = Place(width, 0, min(LOGO_BYTES, self._limit), see_through=True)
        return self._show("logo", _made(self._folder / path, place, "theme.logo", ConfigError), alt)

    def _inside(
        self, stem: str, file: str, alt: str, place: Place, where: str
    ) -> ShownPicture | None:
        if not file or file.startswith(("http://", "https://")):
            return None
        return self._show(stem, _made(self._folder / file, place, where, EditionFileError), alt)

    def _show(self, stem: str, made: Retouched, alt: str) -> ShownPicture:
        name = f"{stem}-{made.digest}{made.suffix}"
        if self._mode == "embed":
            self._embedded[name] = LetterPicture(name, made.content_type, made.content)
            src = f"cid:{content_id(name, self._edition_id)}"
        elif self._mode == "inline":
            src = f"data:{made.content_type};base64,{b64encode(made.content).decode()}"
        else:
            src = self._link(name, made.content)
        return ShownPicture(src, made.width, made.height, alt)

    def _link(self, name: str, content: bytes) -> str:
        if not self._base_url:
            raise ConfigError(
                "edition.image_base_url is missing: pictures are linked in this letter",
                'Give the web address that serves the editions\' folder, or set images = "embed".',
            )
        _keep(self._folder / "pictures" / name, content)
        return f"{self._base_url.rstrip('/')}/{self._edition_id}/pictures/{name}"


def _made(
    path: Path, place: Place, where: str, error: Callable[[str, str], DigestError]
) -> Retouched:
    try:
        return retouched(path, place)
    except ContentError as fault:
        raise error(f"{where}: {fault.message}", fault.hint) from None


def _keep(target: Path, content: bytes) -> None:
    """Write a linked picture whole, once: its name holds its hash, so it never changes."""
    try:
        if target.exists() and target.stat().st_size == len(content):
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = target.with_name(f".{target.name}.{os.getpid()}-{threading.get_ident()}.tmp")
        temporary.write_bytes(content)
        temporary.replace(target)
    except OSError as error:
        raise StoreError(
            f"{target}: cannot be written: {error.strerror}",
            "Free some space or make the folder writable.",
        ) from None

"""The desk where a template asks for pictures: which file, at which place, and how it is referred
to (linked, travelling with the message, or standing in the HTML itself).

Which pictures are shown, and how large, is the template's business: nothing is made of a picture
that no template asks for. Making them is left to `retouching`, fetching them to `digest.edition`.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from pathlib import Path

from digest.config.settings import PictureMode
from digest.errors import ConfigError, ContentError
from digest.model.edition import Story
from digest.model.sending import LeftOut, LetterPicture
from digest.model.sponsorship import Placement
from digest.render.pictures.retouching import Place, Retouched, retouched
from digest.store.files import write_whole

#: Bytes of a logo, at most: it is in every letter.
LOGO_BYTES = 20_000
_NO_LOGO = "Name a picture file of the publication's folder, such as templates/logo.png."
#: No picture is made lighter than this for the sake of the others.
LEAST_BYTES = 10_000


@dataclass(frozen=True, slots=True)
class ShownPicture:
    """A picture at its place: `src` for HTML, its size in CSS pixels, its words."""

    src: str
    width: int
    height: int
    alt: str


def picture_limit(each: int, together: int, pictures: int) -> int:
    """Bytes that one of so many pictures may have: its fair share of what all may have.

    Args:
        each: bytes of one picture, at most.
        together: bytes of all of them, at most.
        pictures: how many the edition has; which of them a letter shows, its template decides.
    """
    return max(LEAST_BYTES, min(each, together // max(1, pictures)))


class PictureDesk:
    """Makes the pictures that a template asks for; what cannot be made is left out and remembered.

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
        self._left_out: dict[str, LeftOut] = {}

    @property
    def embedded(self) -> tuple[LetterPicture, ...]:
        """The pictures that travel with the letter, in the order of their first use."""
        return tuple(self._embedded.values())

    @property
    def left_out(self) -> tuple[LeftOut, ...]:
        """The pictures that were asked for and could not be made, each file once."""
        return tuple(self._left_out.values())

    def story(self, story: Story, width: int, height: int) -> ShownPicture | None:
        """A story's picture cropped to width × height CSS pixels; None when it has none that can
        be shown, such as an address on somebody's server.
        """
        place = Place(width, height, self._limit)
        return self._made(f"story-{story.order}", story.picture.file, story.picture.alt, place)

    def inside(self, file: str, alt: str, width: int, height: int) -> ShownPicture | None:
        """A picture inside a text, cropped to width × height CSS pixels; None as for a story's.

        Height 0 keeps its ratio.

        Args:
            file: relative to the edition's folder.
            alt: its words.
        """
        return self._made("inside", file, alt, Place(width, height, self._limit))

    def creative(self, placement: Placement, width: int, height: int) -> ShownPicture | None:
        """A sponsor's picture cropped to width × height CSS pixels; None as for a story's."""
        creative, place = placement.creative, Place(width, height, self._limit)
        return self._made(f"slot-{placement.slot.name}", creative.picture, creative.alt, place)

    def logo(
        self, path: str | Path, width: int, alt: str, setting: str = "logo"
    ) -> ShownPicture | None:
        """The publication's logo, so many CSS pixels wide; None without a path.

        Its height follows from its ratio, and a transparent ground stays so.

        Args:
            setting: of `[theme]`, which names it.

        Raises:
            ConfigError: it cannot be used.
        """
        if not str(path):
            return None
        place = Place(width, 0, min(LOGO_BYTES, self._limit), see_through=True)
        file = self._folder / path
        try:
            made = retouched(file, place)
        except ContentError as fault:
            hint = fault.hint if file.exists() else _NO_LOGO
            raise ConfigError(f"theme.{setting}: {path} {fault.message}", hint) from None
        return self._show("logo", made, alt)

    def _made(self, stem: str, file: str, alt: str, place: Place) -> ShownPicture | None:
        if not file or file.startswith(("http://", "https://")):
            return None
        try:
            made = retouched(self._folder / file, place)
        except ContentError as fault:
            self._left_out[file] = LeftOut(file, fault.message, fault.hint)
            return None
        return self._show(stem, made, alt)

    def _show(self, stem: str, made: Retouched, alt: str) -> ShownPicture:
        name = f"{stem}-{made.digest}{made.suffix}"
        if self._mode == "embed":
            picture = LetterPicture(name, made.content_type, made.content)
            self._embedded[name] = picture
            src = f"cid:{picture.content_id(self._edition_id)}"
        elif self._mode == "inline":
            src = f"data:{made.content_type};base64,{b64encode(made.content).decode()}"
        else:
            src = self._link(name, made.content)
        return ShownPicture(src, made.width, made.height, alt)

    def _link(self, name: str, content: bytes) -> str:
        if not self._base_url:
            raise ConfigError(
                "edition.image_base_url: is missing: pictures are linked in this letter",
                'Give the web address that serves the editions\' folder, or set images = "embed".',
            )
        write_whole(self._folder / "pictures" / name, content)
        return f"{self._base_url.rstrip('/')}/{self._edition_id}/pictures/{name}"

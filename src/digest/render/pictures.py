"""Pictures as the letter shows them: opened warily, cropped, resized to twice their display
width, stripped of metadata and kept under 80 kB.

Which pictures are shown, and how large, is the template's business: nothing is made of a picture
that no template asks for. Fetching pictures is left to `digest.edition`.
"""

from __future__ import annotations

import hashlib
import io
import warnings
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageOps

from digest.errors import ConfigError, ContentError, EditionFileError, SponsorshipError, StoreError
from digest.model.edition import Story
from digest.model.sending import LetterPicture
from digest.model.sponsorship import Placement

#: Bytes of one picture in the letter, at most.
MAX_BYTES = 80_000
#: Pixels of a picture as published, at most; more is taken for a decompression bomb.
MAX_PIXELS = 60_000_000
#: Pictures are made this many times as wide as they are shown.
DENSITY = 2

_FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
_QUALITIES = (84, 78, 72, 64, 56, 48, 40, 32)
_SMALLER = 0.75


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


class PictureDesk:
    """Makes the pictures that a template asks for, each once.

    Args:
        edition_id: `2026-W47`.
        folder: the edition's folder; linked pictures are written to its `pictures` folder.
        embed: pictures travel with the message; otherwise they are linked.
        base_url: the web address that serves the folder above `folder`, for linked pictures.
    """

    def __init__(self, edition_id: str, folder: Path, *, embed: bool, base_url: str) -> None:
        self._edition_id = edition_id
        self._folder = folder
        self._embed = embed
        self._base_url = base_url
        self._embedded: dict[str, LetterPicture] = {}

    @property
    def embedded(self) -> tuple[LetterPicture, ...]:
        """The pictures that travel with the letter, in the order of their first use."""
        return tuple(self._embedded.values())

    def story(self, story: Story, width: int, height: int) -> ShownPicture | None:
        """A story's picture cropped to width × height CSS pixels; None when it has none.

        A picture that is still an address on somebody's server is left out.
        """
        file = story.picture.file
        if not file or file.startswith(("http://", "https://")):
            return None
        try:
            content = letter_jpeg(self._folder / file, width, height)
        except ContentError as error:
            raise EditionFileError(
                f"story {story.order} “{story.title}”: picture: {error.message}", error.hint
            ) from None
        return self._show(f"story-{story.order}", content, width, height, story.picture.alt)

    def creative(self, placement: Placement, width: int, height: int) -> ShownPicture | None:
        """A sponsor's picture cropped to width × height CSS pixels; None when it has none."""
        creative = placement.creative
        if not creative.picture:
            return None
        try:
            content = letter_jpeg(self._folder / creative.picture, width, height)
        except ContentError as error:
            raise SponsorshipError(
                f"slot “{placement.slot.name}”, {placement.sponsor}, creative “{creative.id}”: "
                f"picture: {error.message}",
                error.hint,
            ) from None
        return self._show(f"slot-{placement.slot.name}", content, width, height, creative.alt)

    def _show(self, stem: str, content: bytes, width: int, height: int, alt: str) -> ShownPicture:
        name = f"{stem}-{hashlib.sha256(content).hexdigest()[:8]}.jpg"
        if self._embed:
            self._embedded[name] = LetterPicture(name, "image/jpeg", content)
            src = f"cid:{content_id(name, self._edition_id)}"
        else:
            src = self._link(name, content)
        return ShownPicture(src, width, height, alt)

    def _link(self, name: str, content: bytes) -> str:
        if not self._base_url:
            raise ConfigError(
                "edition.image_base_url is missing: pictures are linked in this letter",
                'Give the web address that serves the editions\' folder, or set images = "embed".',
            )
        target = self._folder / "pictures" / name
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            if not target.exists() or target.read_bytes() != content:
                target.write_bytes(content)
        except OSError as error:
            raise StoreError(
                f"{target}: cannot be written: {error.strerror}",
                "Free some space or make the folder writable.",
            ) from None
        return f"{self._base_url.rstrip('/')}/{self._edition_id}/pictures/{name}"


def letter_jpeg(path: Path, width: int, height: int) -> bytes:
    """A picture file as a JPEG of at most `MAX_BYTES` for a place of width × height CSS pixels.

    It is cropped around its middle, twice as wide as its place where the original allows.

    Raises:
        ContentError: the file is missing, no picture, damaged or absurdly large.
    """
    try:
        if path.exists() and not path.is_file():
            raise OSError("it is no ordinary file")
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path, formats=_FORMATS) as image:
                _require_sane_size(path, image)
                image.draft("RGB", (width * DENSITY, height * DENSITY))
                upright = ImageOps.exif_transpose(image)
                flat = _flattened(upright)
    except FileNotFoundError:
        raise ContentError(
            f"{path}: there is no such file", "Put the file there, or empty the picture's `file`."
        ) from None
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise _too_large(path) from None
    except (OSError, SyntaxError, ValueError) as error:
        raise ContentError(
            f"{path}: cannot be read as a picture: {str(error).splitlines()[0]}",
            "Save it again as JPEG, PNG, WebP or GIF.",
        ) from None
    return _under_limit(flat, width, height)


def _require_sane_size(path: Path, image: Image.Image) -> None:
    if image.width * image.height > MAX_PIXELS:
        raise _too_large(path)


def _too_large(path: Path) -> ContentError:
    return ContentError(
        f"{path}: has more than {MAX_PIXELS // 1_000_000} million pixels",
        "Save it smaller: 1,200 pixels wide are enough.",
    )


def _flattened(image: Image.Image) -> Image.Image:
    """On white where it was transparent."""
    if image.has_transparency_data:
        rgba = image.convert("RGBA")
        white = Image.new("RGB", rgba.size, "white")
        white.paste(rgba, mask=rgba.getchannel("A"))
        return white
    return image.convert("RGB")


def _under_limit(image: Image.Image, width: int, height: int) -> bytes:
    scale = min(DENSITY, image.width / width, image.height / height)
    while True:
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        fitted = ImageOps.fit(image, size, Image.Resampling.LANCZOS)
        for quality in _QUALITIES:
            content = _encoded(fitted, quality)
            if len(content) <= MAX_BYTES:
                return content
        scale *= _SMALLER


def _encoded(image: Image.Image, quality: int) -> bytes:
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=quality, optimize=True, progressive=True)
    return stream.getvalue()

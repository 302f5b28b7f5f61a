"""A picture file to the bytes that a letter carries: cropped to its place, twice as wide as shown,
in sRGB, without metadata, light.

Drawings and maps of few colours become PNG where that is lighter, everything else JPEG; what mail
programs do not all show (WebP, AVIF) is never written. What was made once is kept in memory, so
that setting a letter again touches no pixel. Which picture stands where is `pictures`' business.
"""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

from PIL import Image, ImageChops, ImageCms, ImageOps, ImageStat

from digest.edition.picture_files import SAVE_AGAIN, decoded, read_bytes
from digest.errors import ContentError
from digest.text.saying import say

#: Pictures are made this many times as wide as they are shown.
DENSITY = 2
#: Pictures that are kept in memory, of 80 kB at most: 20 MB.
_MOST_KEPT = 256

_QUALITIES = (84, 78, 72, 64, 56, 48, 40, 32)
_SMALLER = 0.75
#: A palette may be off by so much, of 255, at its worst pixel: nobody sees it.
_MOST_OFF = 16


@dataclass(frozen=True, slots=True)
class Place:
    """Where a picture stands, in CSS pixels; `height` 0 follows from the picture's ratio.

    `limit` is its weight in bytes, at most. `see_through` keeps a transparent ground; otherwise
    it becomes white.
    """

    width: int
    height: int
    limit: int
    see_through: bool = False


@dataclass(frozen=True, slots=True)
class Retouched:
    """A picture as it travels: its bytes, their hash, and its size in CSS pixels."""

    content: bytes
    kind: Literal["jpeg", "png"]
    digest: str
    width: int
    height: int

    @property
    def content_type(self) -> str:
        """`image/jpeg` or `image/png`."""
        return f"image/{self.kind}"

    @property
    def suffix(self) -> str:
        """`.jpg` or `.png`."""
        return ".jpg" if self.kind == "jpeg" else ".png"


def retouched(path: Path, place: Place) -> Retouched:
    """A picture file made for its place; the same file and place give the same bytes.

    It is cropped around its middle, and never blown up.

    Raises:
        ContentError: the file is missing, no picture, damaged or absurdly large; the message goes
            on from the name of the file.
    """
    try:
        stated = path.stat()
    except FileNotFoundError:
        raise ContentError(
            say("does not exist"), say("Put the file there, or take the picture out.")
        ) from None
    except (OSError, ValueError) as error:
        raise _unreadable(error) from None
    # A file that was replaced within one tick of the clock is still another file.
    state = (stated.st_ino, stated.st_size, stated.st_mtime_ns, stated.st_ctime_ns)
    return _retouched(path, state, place)


@lru_cache(maxsize=_MOST_KEPT)
def _retouched(path: Path, state: tuple[int, ...], place: Place) -> Retouched:
    try:
        content = read_bytes(path)
    except OSError as error:
        raise _unreadable(error) from None
    least = (place.width * DENSITY, (place.height or place.width) * DENSITY)
    image = decoded(content, least)
    height = place.height or max(1, round(place.width * image.height / image.width))
    made, kind = _made(image, place, height)
    digest = hashlib.sha256(made).hexdigest()[:8]
    return Retouched(made, kind, digest, place.width, height)


def _unreadable(error: OSError | ValueError) -> ContentError:
    reason = getattr(error, "strerror", None) or error.args[0]
    return ContentError(say("cannot be read as a picture: {reason}", reason=reason), SAVE_AGAIN)


def _made(image: Image.Image, place: Place, height: int) -> tuple[bytes, Literal["jpeg", "png"]]:
    """The heaviest version within the limit, the lighter of both kinds where both are true."""
    see_through = place.see_through and _has_holes(image)
    scale = min(DENSITY, image.width / place.width, image.height / height)
    while True:
        size = (max(1, round(place.width * scale)), max(1, round(height * scale)))
        fitted = _in_srgb(ImageOps.fit(image, size, Image.Resampling.LANCZOS))
        if see_through:
            whole = _with_palette(fitted) or _png(fitted)
            if len(whole) <= place.limit:
                return whole, "png"
        else:
            flat = _on_white(fitted)
            jpeg, png = _jpeg(flat, place.limit), _with_palette(flat)
            if png and len(png) <= min(place.limit, len(jpeg) if jpeg else place.limit):
                return png, "png"
            if jpeg:
                return jpeg, "jpeg"
        scale *= _SMALLER


def _has_holes(image: Image.Image) -> bool:
    return image.mode == "RGBA" and image.getchannel("A").getextrema() != (255, 255)


def _in_srgb(image: Image.Image) -> Image.Image:
    """The picture's colours as every screen shows them; without what is known of its making."""
    profile = image.info.get("icc_profile")
    image.info.clear()
    mode = "RGBA" if image.mode == "RGBA" else "RGB"
    if profile:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            if "sRGB" not in ImageCms.getProfileDescription(source):
                screen = ImageCms.createProfile("sRGB")
                converted = ImageCms.profileToProfile(image, source, screen, outputMode=mode)
                image = converted or image
        except (ImageCms.PyCMSError, OSError, TypeError, ValueError):
            pass  # a profile that is damaged, or another kind of picture's, says nothing
        image.info.clear()
    return image.convert(mode)


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode != "RGBA":
        return image
    white = Image.new("RGB", image.size, "white")
    white.paste(image, mask=image.getchannel("A"))
    return white


def _jpeg(image: Image.Image, limit: int) -> bytes | None:
    for quality in _QUALITIES:
        stream = io.BytesIO()
        image.save(stream, "JPEG", quality=quality, optimize=True, progressive=True)
        if stream.tell() <= limit:
            return stream.getvalue()
    return None


def _with_palette(image: Image.Image) -> bytes | None:
    """As PNG of at most 256 colours; None where that would show."""
    method = Image.Quantize.FASTOCTREE if image.mode == "RGBA" else Image.Quantize.MAXCOVERAGE
    reduced = image.quantize(256, method=method, dither=Image.Dither.NONE)
    off = ImageStat.Stat(ImageChops.difference(image, reduced.convert(image.mode))).extrema
    return _png(reduced) if max(most for _, most in off) <= _MOST_OFF else None


def _png(image: Image.Image) -> bytes:
    stream = io.BytesIO()
    image.save(stream, "PNG", optimize=True)
    return stream.getvalue()

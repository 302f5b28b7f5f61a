"""Opens a picture's bytes warily: limits before pixels, and refusals that a person understands.

A picture is looked at here when it is kept and again when it is set. What becomes of it in the
letter (crop, weight, colours) is left to `digest.render`. Orientations: Exif 2.32, tag 0x0112.
"""

from __future__ import annotations

import io
import re
import struct
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from digest.errors import ContentError
from digest.text.saying import say

#: Bytes of a picture's file, at most.
MAX_BYTES = 20_000_000
#: Pixels of a picture as published, at most; more is taken for a decompression bomb.
MAX_PIXELS = 60_000_000

#: What to do with a picture that cannot be read.
SAVE_AGAIN = say("Save it again as JPEG, PNG, WebP or GIF.")

_FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "GIF")
_SVG = re.compile(rb"<svg[\s>/]|<!DOCTYPE svg", re.IGNORECASE)
_ORIENTATION = 0x0112
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
#: What decoders raise at damaged files.
_DAMAGE = (
    OSError,
    RuntimeError,
    SyntaxError,
    ValueError,
    EOFError,
    LookupError,
    TypeError,
    struct.error,
)
# Filters of warnings belong to the whole process: one picture at a time may change them.
_decoding = threading.Lock()


def read_bytes(path: Path) -> bytes:
    """A picture file's bytes.

    Raises:
        FileNotFoundError: there is none.
        OSError: it is no ordinary file, is too large, or cannot be read; says so in words.
    """
    if not path.exists():
        raise FileNotFoundError(f"there is no file {path.name}")
    if not path.is_file():
        raise OSError(say("it is no ordinary file"))
    if path.stat().st_size > MAX_BYTES:
        raise OSError(say("it is larger than {limit} MB", limit=MAX_BYTES // 1_000_000))
    return path.read_bytes()


def decoded(content: bytes, least: tuple[int, int]) -> Image.Image:
    """A picture upright and with 8 bits a channel: L, RGB, RGBA or CMYK, its profile in `info`.

    Args:
        content: the file; of an animation the first picture is taken.
        least: pixels across and down that are wanted; a larger JPEG is decoded smaller, never
            below them.

    Raises:
        ContentError: it is no picture, damaged, or absurdly large; the message goes on from the
            name of the file.
    """
    try:
        with _quietly(), Image.open(io.BytesIO(content), formats=_FORMATS) as image:
            if image.width * image.height > MAX_PIXELS:
                raise _too_large()
            turn = _UPRIGHT.get(_orientation(image))
            image.draft(None, least[::-1] if _lies_down(turn) else least)
            image.load()
            upright = image.transpose(turn) if turn is not None else image.copy()
            return _in_eight_bits(upright)
    except Image.DecompressionBombError:
        raise _too_large() from None
    except UnidentifiedImageError:
        raise _unknown(content) from None
    except _DAMAGE as error:
        reason = (str(error).splitlines() or [say("it is damaged")])[0]
        found = say("cannot be read as a picture: {reason}", reason=reason)
        raise ContentError(found, SAVE_AGAIN) from None


@contextmanager
def _quietly() -> Iterator[None]:
    """Without Pillow's remarks about what it reads: a picture that can be shown is shown."""
    with _decoding, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _too_large() -> ContentError:
    return ContentError(
        say("has more than {limit} million pixels", limit=MAX_PIXELS // 1_000_000),
        say("Save it smaller: 1,200 pixels wide are enough."),
    )


def _unknown(content: bytes) -> ContentError:
    if _SVG.search(content[:2_000]):
        return ContentError(
            say("is an SVG drawing, which mail programs do not show"),
            say("Save it as PNG, 1,200 pixels wide."),
        )
    return ContentError(
        say("cannot be read as a picture: it is damaged, or of no known kind"), SAVE_AGAIN
    )


def _orientation(image: Image.Image) -> int:
    """How the camera was held; 1 where nothing says so, or nothing that can be read."""
    try:
        return int(image.getexif().get(_ORIENTATION, 1))
    except _DAMAGE:
        return 1


def _lies_down(turn: Image.Transpose | None) -> bool:
    return turn is not None and turn not in (
        Image.Transpose.FLIP_LEFT_RIGHT,
        Image.Transpose.FLIP_TOP_BOTTOM,
        Image.Transpose.ROTATE_180,
    )


def _in_eight_bits(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I"):
        image.info.pop("transparency", None)
        return image.convert("I").point(lambda value: value * (1 / 257)).convert("L")
    if image.has_transparency_data:
        return image.convert("RGBA")
    return image if image.mode in ("L", "RGB", "CMYK") else image.convert("RGB")

"""The pictures of a letter as the studio serves them: its own files, and nobody else's.

Embedded pictures come from the letter, linked ones from the edition's folder, each under its bare
name. Whatever a letter would load from elsewhere is no picture of the studio's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from digest.config import Config
from digest.model.sending import Letter

#: Where a face finds them, from `frames/`.
FOLDER: Final = "../pictures"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_TYPES: Final[Mapping[str, str]] = {
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".gif": "image/gif",
    ".webp": "image/webp",
}


@dataclass(frozen=True, slots=True)
class ServedPicture:
    """One picture: its media type, and its bytes or the file that holds them."""

    content_type: str
    content: bytes | Path

    def read(self) -> bytes:
        """The bytes; empty when the file is gone."""
        if isinstance(self.content, bytes):
            return self.content
        try:
            return self.content.read_bytes()
        except OSError:
            return b""


@dataclass(frozen=True, slots=True)
class ServedPictures:
    """`by_name` is what is served; `sources` leads from a `src` of the letter to its address."""

    by_name: Mapping[str, ServedPicture]
    sources: Mapping[str, str]


def served_pictures(letter: Letter, config: Config, folder: Path) -> ServedPictures:
    """The pictures of a letter.

    Args:
        letter: as rendered, or as it was frozen.
        config: says from where linked pictures are loaded.
        folder: the edition's folder, which holds the linked ones.
    """
    by_name: dict[str, ServedPicture] = {}
    sources: dict[str, str] = {}
    for picture in letter.pictures:
        if _NAME.fullmatch(picture.name):
            by_name[picture.name] = ServedPicture(picture.content_type, picture.content)
            cid = f"cid:{picture.content_id(letter.edition)}"
            sources[cid] = f"{FOLDER}/{picture.name}"
    base = config.edition.image_base_url.rstrip("/")
    if base:
        linked = re.escape(f"{base}/{letter.edition}/pictures/") + f"({_NAME.pattern})"
        for match in re.finditer(linked, letter.html):
            file = folder / "pictures" / match[1]
            content_type = _TYPES.get(file.suffix.lower(), "")
            if content_type and file.is_file():
                by_name[match[1]] = ServedPicture(content_type, file)
                sources[match[0]] = f"{FOLDER}/{match[1]}"
    return ServedPictures(by_name, sources)

"""Copies the chosen articles' pictures beside the edition, never linking to somebody's server.

What a picture looks like in the letter (size, crop, weight) is `digest.render`'s business.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

from digest.errors import DigestError, StoreError
from digest.model.content import Article
from digest.model.edition import StoryPicture
from digest.net.fetch import Fetcher

FOLDER = "pictures"
#: A picture's file is no larger.
MAX_BYTES = 20_000_000

#: How JPEG, PNG, GIF and WebP begin.
_SIGNATURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF8", b"RIFF")
_SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".gif"}


def keep_pictures(
    articles: Iterable[Article], folder: Path, fetcher: Fetcher | None
) -> tuple[dict[str, StoryPicture], list[str]]:
    """Copy pictures into `folder/pictures`; without a `fetcher`, those that are on this machine.

    Returns:
        The pictures by article URL (files relative to `folder`), and in words which ones could
        not be had; those stories go without.

    Raises:
        StoreError: the folder cannot be written.
    """
    kept: dict[str, StoryPicture] = {}
    problems: list[str] = []
    for article in articles:
        picture = article.picture
        if picture is None:
            continue
        name = _name(article, picture.location)
        try:
            content = _read(picture.location, fetcher, folder / FOLDER / name)
        except (OSError, DigestError) as error:
            problems.append(f"picture of “{article.title}” left out: {error}")
            continue
        target = folder / FOLDER / name
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        except OSError as error:
            raise StoreError(
                f"{target}: cannot be written: {error.strerror}",
                "Free some space or make the folder writable.",
            ) from None
        kept[article.url] = StoryPicture(
            f"{FOLDER}/{name}", picture.alt, picture.caption, picture.credit
        )
    return kept, problems


def _read(location: str, fetcher: Fetcher | None, kept: Path) -> bytes:
    """A picture's bytes, offline those that an earlier build kept; only of what is a picture."""
    if location.startswith(("http://", "https://")) and fetcher is not None:
        content = fetcher.fetch(location).body
    else:
        path = kept if location.startswith(("http://", "https://")) else Path(location)
        if not path.is_file():
            raise FileNotFoundError(f"there is no file {path.name}")
        if path.stat().st_size > MAX_BYTES:
            raise OSError(f"{path.name} is larger than {MAX_BYTES // 1_000_000} MB")
        content = path.read_bytes()
    if not content.startswith(_SIGNATURES):
        raise OSError("it is no JPEG, PNG, GIF or WebP")
    return content


def _name(article: Article, location: str) -> str:
    path = Path(urlsplit(location).path)
    stem = re.sub(r"[^a-z0-9]+", "-", path.stem.lower()).strip("-")[:40] or "picture"
    suffix = path.suffix.lower() if path.suffix.lower() in _SUFFIXES else ".jpg"
    return f"{stem}-{hashlib.sha256(article.url.encode()).hexdigest()[:8]}{suffix}"

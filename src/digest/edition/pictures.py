"""Copies the chosen articles' pictures beside the edition, never linking to somebody's server.

Only what can be opened is kept (`picture_files`), so that no picture from outside stops a letter.
What it looks like in the letter (size, crop, weight) is `digest.render`'s business.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

from digest.edition.picture_files import decoded, read_bytes
from digest.errors import DigestError
from digest.model.content import Article
from digest.model.edition import StoryPicture
from digest.net.fetch import Fetcher
from digest.store.files import write_whole

FOLDER = "pictures"

_SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".avif", ".gif"}
#: Enough to see whether a file is whole; most of a JPEG need not be made for it.
_GLANCE = (64, 64)


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
            decoded(content, _GLANCE)
        except (OSError, DigestError) as error:
            problems.append(f"picture of “{article.title}” left out: {error}")
            continue
        write_whole(folder / FOLDER / name, content)
        kept[article.url] = StoryPicture(
            f"{FOLDER}/{name}", picture.alt, picture.caption, picture.credit
        )
    return kept, problems


def _read(location: str, fetcher: Fetcher | None, kept: Path) -> bytes:
    """A picture's bytes; offline those that an earlier build kept."""
    is_distant = location.startswith(("http://", "https://"))
    if is_distant and fetcher is not None:
        return fetcher.fetch(location).body
    return read_bytes(kept if is_distant else Path(location))


def _name(article: Article, location: str) -> str:
    path = Path(urlsplit(location).path)
    stem = re.sub(r"[^a-z0-9]+", "-", path.stem.lower()).strip("-")[:40] or "picture"
    suffix = path.suffix.lower() if path.suffix.lower() in _SUFFIXES else ".jpg"
    return f"{stem}-{hashlib.sha256(article.url.encode()).hexdigest()[:8]}{suffix}"

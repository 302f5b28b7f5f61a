"""Writes what a letter will look like: the studio as a folder, and the letter's own files."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from digest.delivery.trial import sample_message, sample_recipient
from digest.errors import StoreError
from digest.pipeline import Prepared
from digest.publication import Publication
from digest.web.studio.exporting import as_received, write_studio
from digest.web.studio.looking import look_at


def preview_path(publication: Publication, edition: str) -> Path:
    """Where an edition's preview page stands."""
    return publication.folder(edition) / "preview" / "index.html"


def write_preview(publication: Publication, prepared: Prepared, now: datetime) -> Path:
    """Write the preview page beside the edition, as if it left now; returns its path.

    Of an edition that has left it shows the letter that readers have, not the file since.
    """
    folder = preview_path(publication, prepared.edition.id).parent
    return export_studio(publication, prepared, folder, now)


def export_studio(
    publication: Publication, prepared: Prepared, folder: Path, now: datetime
) -> Path:
    """Write the same page into any folder; returns its path."""
    return write_studio(publication, look_at(publication, prepared), folder, now)


def export_letter(
    publication: Publication, prepared: Prepared, folder: Path, now: datetime
) -> list[Path]:
    """Write `edition.html`, `.txt`, `.mjml` and `.eml` into a folder; returns their paths.

    HTML, text and message are as one reader would receive them now; the HTML holds its pictures,
    so that any browser shows it. The MJML is the source, tokens and all.
    """
    letter = prepared.letter
    values = sample_recipient(publication.config, letter, now).values
    html, text = as_received(letter, values)
    return [
        _write(folder / "edition.html", html.encode()),
        _write(folder / "edition.txt", text.encode()),
        _write(folder / "edition.mjml", letter.mjml.encode()),
        _write(folder / "edition.eml", sample_message(publication.config, letter, now)),
    ]


def _write(path: Path, content: bytes) -> Path:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as error:
        raise StoreError(
            f"{path}: cannot be written: {error.strerror}", "Name a folder that can be written."
        ) from None
    return path

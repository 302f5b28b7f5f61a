"""Writes what a letter will look like: the preview page, and the letter's own files."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from digest.delivery.trial import sample_message, sample_recipient
from digest.errors import StoreError
from digest.pipeline import Prepared
from digest.publication import Publication
from digest.web.preview import preview_page


def preview_path(publication: Publication, edition: str) -> Path:
    """Where an edition's preview page stands."""
    return publication.folder(edition) / "preview" / "index.html"


def write_preview(publication: Publication, prepared: Prepared, now: datetime) -> Path:
    """Write the preview page, as if it left now; returns its path."""
    settings = publication.config.publication
    page = preview_page(
        prepared.letter,
        prepared.findings,
        interface_language=settings.language,
        sender=settings.sender_name or settings.name,
        values=sample_recipient(publication.config, prepared.letter, now).values,
    )
    return _write(preview_path(publication, prepared.edition.id), page.encode())


def export_letter(
    publication: Publication, prepared: Prepared, folder: Path, now: datetime
) -> list[Path]:
    """Write `edition.html`, `.txt`, `.mjml` and `.eml` into a folder; returns their paths."""
    letter = prepared.letter
    return [
        _write(folder / "edition.html", letter.html.encode()),
        _write(folder / "edition.txt", letter.text.encode()),
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

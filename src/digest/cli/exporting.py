"""Writes what a letter will look like: the preview page, and the letter's own files."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from digest.delivery import ledger
from digest.delivery.trial import sample_message, sample_recipient
from digest.edition.lifecycle import record_of
from digest.errors import StoreError
from digest.pipeline import Prepared
from digest.publication import Publication
from digest.web.preview import as_received, preview_page


def preview_path(publication: Publication, edition: str) -> Path:
    """Where an edition's preview page stands."""
    return publication.folder(edition) / "preview" / "index.html"


def write_preview(publication: Publication, prepared: Prepared, now: datetime) -> Path:
    """Write the preview page, as if it left now; returns its path.

    Of an edition that has left it shows the letter that readers have, not the file since.
    """
    settings, edition = publication.config.publication, prepared.edition.id
    frozen = ledger.frozen(publication.database, edition, "main")
    record = record_of(publication.database, edition)
    approved = record is not None and record.state == "approved"
    letter = frozen.letter if frozen else prepared.letter
    page = preview_page(
        letter,
        () if frozen else prepared.findings,
        interface_language=settings.language,
        state="dispatched" if frozen else "approved" if approved else "ready",
        sender=settings.sender_name or settings.name,
        values=sample_recipient(publication.config, letter, now).values,
    )
    return _write(preview_path(publication, edition), page.encode())


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

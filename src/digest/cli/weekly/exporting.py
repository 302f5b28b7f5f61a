"""Writes what a letter will look like: the studio as a folder, and the letter's own files."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from digest.delivery.trial import sample_message, sample_recipient
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
    return write_studio(publication, look_at(publication, prepared), folder, now, is_own=True)


def export_preview(
    publication: Publication, prepared: Prepared, folder: Path, now: datetime
) -> list[Path]:
    """Write the same page into any folder, and beside it `edition.html`, `.txt`, `.mjml` and
    `.eml`; returns their paths.

    HTML, text and message are as one reader would receive them now; the HTML holds its pictures,
    so that any browser shows it. The MJML is the source, tokens and all.

    Raises:
        StoreError: the folder cannot be written, or holds what is of no earlier export.
    """
    seen = look_at(publication, prepared)
    letter = seen.letter
    values = sample_recipient(publication.config, letter, now).values
    html, text = as_received(letter, values, seen.pictures)
    letters = {
        "edition.html": html.encode(),
        "edition.txt": text.encode(),
        "edition.mjml": letter.mjml.encode(),
        "edition.eml": sample_message(publication.config, letter, now),
    }
    page = write_studio(publication, seen, folder, now, beside=letters)
    return [page, *(folder / name for name in letters)]

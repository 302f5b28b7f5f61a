"""The row an inbox shows of a letter, and where phone and desktop cut it.

How many characters are shown is measured in `digest.check.inbox`; the cutting is the page's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from digest.check.inbox import PREHEADER_PHONE, SUBJECT_DESKTOP, SUBJECT_PHONE
from digest.config import Config
from digest.model.sending import Letter
from digest.render.tokens import split


def inbox_row(letter: Letter, config: Config, values: Mapping[str, str]) -> dict[str, Any]:
    """Sender, subject and preheader as a reader with these values meets them, and the cuts.

    `line_desktop` is what subject and preheader have together.
    """
    publication = config.publication
    return {
        "sender": publication.sender_name or publication.name,
        "subject": split(letter.subject, "header").join(values),
        "preheader": split(letter.preheader, "text").join(values),
        "subject_phone": SUBJECT_PHONE,
        "preheader_phone": PREHEADER_PHONE,
        "line_desktop": SUBJECT_DESKTOP,
    }

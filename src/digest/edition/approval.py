"""What was approved is what is sent: a hash over everything that will leave.

The parts are the rendered but unpersonalised HTML and text, subject, preheader, sender and
pictures. The day of dispatch is a token in them, so that approving on Friday and sending on
Sunday is the same letter.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

from digest.config import Config
from digest.model.content import SummaryOrigin
from digest.model.edition import Edition, Story
from digest.model.sending import Letter
from digest.model.sponsorship import Placement

#: Who wrote a summary is not shown in the letter.
_ANY = SummaryOrigin.NONE


def letter_parts(letter: Letter, config: Config) -> dict[str, str]:
    """The hash of each part, by the name a person knows it by."""
    publication = config.publication
    sender = json.dumps(
        [
            publication.sender_name or publication.name,
            publication.sender,
            publication.reply_to,
        ]
    )
    parts = {
        "subject": letter.subject,
        "preheader": letter.preheader,
        "sender": sender,
        "HTML": letter.html,
        "text": letter.text,
    }
    hashed = {name: _sha256(text.encode()) for name, text in parts.items()}
    for picture in letter.pictures:
        hashed[f"picture {picture.name}"] = _sha256(picture.content)
    return hashed


def edition_parts(edition: Edition, placements: Sequence[Placement]) -> dict[str, str]:
    """The hash of each part an editor knows, for saying what changed since an approval."""
    parts: dict[str, object] = {
        "template": edition.template,
        "note": edition.note,
        "quotation": edition.quotation,
        **{f"story {s.order}": _printed(s) for s in edition.stories},
        **{f"body of story {s.order}": s.body for s in edition.stories if s.body},
        **{f"brief {b.order}": b for b in edition.briefs},
        **{f"placement {p.slot.name}": p for p in placements},
    }
    return {name: _sha256(repr(part).encode()) for name, part in parts.items()}


def _printed(story: Story) -> Story:
    """A story without what is not shown, and without its body, which is a part of its own."""
    return replace(story, summary_origin=_ANY, source="", body="")


def letter_hash(parts: Mapping[str, str]) -> str:
    """One hash over all parts."""
    return _sha256(json.dumps(dict(sorted(parts.items()))).encode())


def changed_parts(approved: Mapping[str, str], current: Mapping[str, str]) -> list[str]:
    """The names of the parts that differ, are new or are gone."""
    return sorted(name for name in {*approved, *current} if approved.get(name) != current.get(name))


def short_hash(value: str) -> str:
    """`7f3a 91c0`: how a hash is shown to a person."""
    return f"{value[:4]} {value[4:8]}"


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()

"""What a letter's head says of its stories: subject, preheader, titles for the contents list."""

from __future__ import annotations

import re
from collections.abc import Sequence

from digest.model.edition import Story
from digest.text import sentences

_SHORT_TITLE = 60
_PREHEADER = 110


def short_title(title: str) -> str:
    """The title for the contents list: whole when short, else its part before a colon or comma."""
    if len(title) <= _SHORT_TITLE:
        return title
    head = re.split(r"\s*[:;–—]\s|,\s", title, maxsplit=1)[0].strip()
    return head if 15 <= len(head) <= _SHORT_TITLE else title


def subject_of(stories: Sequence[Story]) -> str:
    """The subject: the first story's title."""
    return stories[0].title if stories else ""


def preheader_of(stories: Sequence[Story]) -> str:
    """The preheader: the short titles of the next stories, as many as fit whole; of a letter of
    one story, the first sentence of its summary that fits."""
    if len(stories) == 1:
        fitting = (one for one in sentences(stories[0].summary) if len(one) <= _PREHEADER)
        return next(fitting, "")
    said = ""
    for story in stories[1:4]:
        longer = f"{said} · {story.short_title}" if said else story.short_title
        if len(longer) > _PREHEADER:
            break
        said = longer
    return said

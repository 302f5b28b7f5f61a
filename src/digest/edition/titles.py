"""What a letter's head says of its stories: subject, preheader, titles for the contents list."""

from __future__ import annotations

import re
from collections.abc import Sequence

from digest.model.edition import Story
from digest.text import sentences

#: Characters that fit one line of the contents list on a phone of 375 px, or nearly.
SHORT_TITLE = 42
#: A piece of a title with fewer says too little.
_SHORTEST = 15
_PREHEADER = 110

_PAUSE = re.compile(r"\s*([;:–—]|(?<!\s),)\s")
#: With these words a title leads up to what it tells.
_LEADING_UP = re.compile(
    "(?:a|à|après|aux?|avant|avec|chez|comme|contre|dans|depuis|en|entre|face|malgré|pour|quand|"
    "sans|selon|si|sous|sur|after|as|at|before|despite|for|if|in|on|since|to|when|with|without) ",
    re.IGNORECASE,
)


def short_title(title: str) -> str:
    """The title for the contents list: whole when short, else its part before a colon or a comma.

    Where that part only leads up to the rest (“Pour devenir pilote, …”), the title stays whole.
    """
    pause = _PAUSE.search(title)
    if len(title) <= SHORT_TITLE or pause is None:
        return title
    head = title[: pause.start()].strip()
    leads_up = pause[1] == "," and _LEADING_UP.match(head)
    return title if leads_up or not _SHORTEST <= len(head) <= SHORT_TITLE else head


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

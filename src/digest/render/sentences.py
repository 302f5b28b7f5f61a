"""The sentences that a letter says of itself: how long it is, why a reader has it, when the next
one comes, where its footer leads.

Pure: the words come from `digest.text.wording`, typeset; what differs between readers stands in
them as tokens.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil

from digest.config import Config
from digest.model.edition import Edition
from digest.text.words import WORDS_A_MINUTE


def extent(edition: Edition, words: Mapping[str, str]) -> str:
    """“7 récits, 9 minutes”: the stories, and how long the letter takes to read."""
    stories = len(edition.stories)
    texts = [edition.note.opening, edition.note.text, edition.quotation.text]
    texts += [text for story in edition.stories for text in (story.title, story.summary)]
    texts += [brief.text for brief in edition.briefs]
    minutes = max(1, ceil(sum(len(text.split()) for text in texts) / WORDS_A_MINUTE))
    return (
        words["stories_one" if stories == 1 else "stories_many"].format(count=stories)
        + ", "
        + words["minutes_one" if minutes == 1 else "minutes_many"].format(count=minutes)
    )


def why_received(words: Mapping[str, str]) -> str:
    """Why a reader has the letter; the date of the subscription only where it is known."""
    address, day = "%%{address}%%", "\x00"
    dated = words["why_received"].format(address=address, date=day)
    undated = words["why_received_undated"].format(address=address)
    start = _shared(dated, undated)
    end = _shared(dated[start:][::-1], undated[start:][::-1])
    with_day, without = dated[start : len(dated) - end], undated[start : len(undated) - end]
    if day not in with_day or "%%" in with_day + without:
        return undated
    token = f"%%{{since|{without}|{with_day.replace(day, '*')}}}%%"
    return dated[:start] + token + dated[len(dated) - end :]


def next_edition(words: Mapping[str, str]) -> str:
    """When the next number comes, where that is known."""
    return f"%%{{next_date|| {words['next_edition'].format(date='*')}}}%%"


def footer_links(
    edition: Edition, config: Config, words: Mapping[str, str]
) -> list[tuple[str, str]]:
    """Address and words of the links under the letter; the way out is always the last."""
    online = config.edition.online_url.replace("{edition}", edition.id)
    links = [
        (online, words["read_online"]),
        (config.publication.partner_url, words["become_partner"]),
        ("%%{unsubscribe_url}%%", words["unsubscribe"]),
    ]
    return [(url, text) for url, text in links if url]


def _shared(one: str, other: str) -> int:
    """How many characters both begin with."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((index for index, (a, b) in pairs if a != b), min(len(one), len(other)))

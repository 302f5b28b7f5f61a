"""An edition to a letter, once for everybody: HTML through Jinja2 and MJML, and the text part.

Tokens still stand in the result; `tokens` fills them per reader. What a letter says beyond the
edition's own words comes from `digest.text.wording`; how it looks, from `templates/`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from math import ceil
from pathlib import Path
from typing import Any

from babel import Locale

from digest.config import Config
from digest.errors import EditionFileError, TemplateError
from digest.model.edition import Edition
from digest.model.sending import Letter
from digest.model.sponsorship import Placement
from digest.render.environment import open_environment, render
from digest.render.mjml import compile_mjml
from digest.render.pictures import PictureDesk, content_id
from digest.render.plan import letter_plan
from digest.render.textual import NumberedLinks
from digest.render.tokens import Context, split
from digest.render.typeset import text_setter, typeset_edition, typeset_placement
from digest.text.wording import wording
from digest.text.words import WORDS_A_MINUTE

__all__ = ["content_id", "render_letter"]

#: Quotation marks around the quotation, by language.
_MARKS = {"fr": ("«\u00a0", "\u00a0»"), "en": ("“", "”")}

_BLANK_LINES = re.compile(r"\n{3,}")


def render_letter(
    edition: Edition,
    placements: Sequence[Placement],
    config: Config,
    folder: Path,
) -> Letter:
    """Render an edition.

    Args:
        edition: stories and briefs numbered from 1.
        placements: the sponsors' blocks, with tracking parameters in their links.
        folder: the edition's folder; pictures' files are relative to it, and linked pictures are
            written to its `pictures` folder.

    Raises:
        TemplateError: a template or a token has a fault; file and line are named.
        EditionFileError: a story's picture cannot be used, or a text holds a token.
        SponsorshipError: the same for a creative.
        ConfigError: pictures are linked, but nothing says from where.
    """
    publication = config.publication
    setter = text_setter(publication.language, typography=publication.typography)
    words = {key: setter(word) for key, word in wording(publication.language).items()}
    edition = typeset_edition(edition, setter, credit=words["credit"])
    placements = [typeset_placement(placement, setter) for placement in placements]
    desk = PictureDesk(
        edition.id,
        folder,
        embed=config.embeds_pictures,
        base_url=config.edition.image_base_url,
    )
    number = setter(words["number"].format(number=edition.number))
    context: dict[str, Any] = {
        "edition": edition,
        "plan": letter_plan(edition, placements),
        "words": words,
        "publication": publication,
        "language": publication.language,
        "direction": Locale.parse(publication.language).text_direction,
        "wordmark": publication.wordmark or publication.name,
        "title": setter(f"{publication.name}, {number}: {edition.subject}"),
        "number": number,
        "extent": _extent(edition, words),
        "why_received": _why_received(words),
        "farewell": setter(words["end_of"].format(number=edition.number)) + _next_edition(words),
        "notice": setter(config.edition.notice),
        "marks": _MARKS.get(publication.language, _MARKS["en"]),
    }
    root = config.path(config.edition.templates)
    mjml_name = f"{config.edition.template}/letter.mjml.j2"
    mjml = render(open_environment(root, escaped=True), mjml_name, {**context, "pictures": desk})
    html = compile_mjml(mjml, name=f"{root.name}/{mjml_name} (rendered)")
    text_name = f"{config.edition.template}/letter.txt.j2"
    text = render(
        open_environment(root, escaped=False), text_name, {**context, "links": NumberedLinks()}
    )
    text = _BLANK_LINES.sub("\n\n", "\n".join(line.rstrip() for line in text.split("\n")))
    _require_tokens(edition.subject, "header", f"{edition.id}: subject")
    _require_tokens(edition.preheader, "text", f"{edition.id}: preheader")
    _require_tokens(html, "html", f"{root.name}/{mjml_name}")
    _require_tokens(text, "text", f"{root.name}/{text_name}")
    return Letter(
        edition=edition.id,
        language=publication.language,
        subject=edition.subject,
        preheader=edition.preheader,
        html=html,
        text=text.strip("\n") + "\n",
        mjml=mjml,
        pictures=desk.embedded,
    )


def _require_tokens(text: str, context: Context, where: str) -> None:
    try:
        split(text, context)
    except TemplateError as error:
        kind = EditionFileError if context == "header" else TemplateError
        raise kind(f"{where}: {error.message}", error.hint) from None


def _extent(edition: Edition, words: Mapping[str, str]) -> str:
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


def _why_received(words: Mapping[str, str]) -> str:
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


def _shared(one: str, other: str) -> int:
    """How many characters both begin with."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((index for index, (a, b) in pairs if a != b), min(len(one), len(other)))


def _next_edition(words: Mapping[str, str]) -> str:
    """When the next number comes, where that is known."""
    return f"%%{{next_date|| {words['next_edition'].format(date='*')}}}%%"

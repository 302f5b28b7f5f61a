"""An edition to a letter, once for everybody: HTML through Jinja2 and MJML, and the text part.

Tokens still stand in the result; `tokens` fills them per reader. What a letter says beyond the
edition's own words comes from `digest.text.wording`; how it looks, from `templates/`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from babel import Locale

from digest.config import Config, setting_place
from digest.config.settings import PublicationSettings, ThemeSettings
from digest.errors import ConfigError, EditionFileError, TemplateError
from digest.model.edition import Edition
from digest.model.sending import Letter
from digest.model.sponsorship import Placement
from digest.render.mjml.compiling import compile_mjml
from digest.render.parts import LetterPlan
from digest.render.pictures.desk import PictureDesk, picture_limit
from digest.render.plan import letter_plan
from digest.render.sentences import extent, footer_links, next_edition, why_received
from digest.render.templates.blaming import RENDERED, blamed
from digest.render.templates.environment import Fixed, open_environment, render
from digest.render.templates.family import template_of
from digest.render.templates.tracing import Trace, open_trace
from digest.render.textual import NumberedLinks
from digest.render.theme import letter_theme
from digest.render.tokens import Context, split
from digest.render.typeset import text_setter, typeset_edition, typeset_placement
from digest.text.typography import tie_postcode
from digest.text.wording import wording

#: Quotation marks around the quotation, by language.
_MARKS = {"fr": ("«\u00a0", "\u00a0»"), "en": ("“", "”")}

_BLANK_LINES = re.compile(r"\n{3,}")


def render_letter(
    edition: Edition,
    placements: Sequence[Placement],
    config: Config,
    folder: Path,
    *,
    trace: Trace | None = None,
) -> Letter:
    """Render an edition.

    Args:
        edition: stories and briefs numbered from 1.
        placements: the sponsors' blocks, with tracking parameters in their links.
        folder: the edition's folder; pictures' files are relative to it, and linked pictures are
            written to its `pictures` folder.
        trace: numbers the templates' lines in the HTML; for looking at, not for sending.

    Raises:
        TemplateError: a template or a token has a fault; file and line are named.
        EditionFileError: a text holds a token.
        ConfigError: the logo cannot be used; or pictures are linked, but nothing says from where.
    """
    publication, template = config.publication, template_of(edition, config)
    setter = text_setter(publication.language, typography=publication.typography)
    fixed = _fixed(publication, config.theme, config.root)
    words = fixed.values["words"]
    edition = typeset_edition(edition, setter, credit=words["credit"])
    placements = [typeset_placement(placement, setter) for placement in placements]
    plan = letter_plan(edition, placements, template.plan, setter=setter)
    desk = PictureDesk(
        edition.id,
        folder,
        mode=config.picture_mode,
        base_url=config.edition.image_base_url,
        limit=_picture_limit(edition, plan, config),
    )
    number = setter(words["number"].format(number=edition.number))
    context: dict[str, Any] = {
        "edition": edition,
        "plan": plan,
        "title": setter(f"{publication.name}, {number}: {edition.subject}"),
        "number": number,
        "extent": extent(edition, words),
        "why_received": why_received(words),
        "farewell": setter(words["end_of"].format(number=edition.number)) + next_edition(words),
        "footer_links": footer_links(edition, config, words),
        "notice": setter(config.edition.notice),
    }
    root = config.path(config.edition.templates)
    mjml_name = f"{template.name}/letter.mjml.j2"

    def written(trace: Trace | None) -> str:
        environment = open_environment(root, escaped=True, trace=trace, fixed=fixed)
        try:
            return render(environment, mjml_name, {**context, "pictures": desk})
        except ConfigError as error:
            key, colon, found = error.message.partition(":")
            told = f"{setting_place(config, key)}:{found}" if colon else key
            raise ConfigError(told, error.hint) from None

    mjml = written(trace)
    try:
        html = compile_mjml(mjml, name=f"{root.name}/{mjml_name} {RENDERED}")
    except TemplateError as error:
        tracing = trace or open_trace(config.root)
        raise blamed(error, tracing, lambda: written(tracing)) from None
    text_name = f"{template.name}/letter.txt.j2"
    text = render(
        open_environment(root, escaped=False, fixed=fixed),
        text_name,
        {**context, "links": NumberedLinks()},
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
        left_out=desk.left_out,
    )


@lru_cache(maxsize=8)
def _fixed(publication: PublicationSettings, theme: ThemeSettings, root: Path) -> Fixed:
    """What templates know of a publication, whatever the letter."""
    setter = text_setter(publication.language, typography=publication.typography)
    direction = Locale.parse(publication.language).text_direction
    return Fixed(
        {
            "words": {key: setter(word) for key, word in wording(publication.language).items()},
            "publication": replace(
                publication, postal_address=tie_postcode(publication.postal_address)
            ),
            "language": publication.language,
            "direction": direction,
            "start": "right" if direction == "rtl" else "left",
            "end": "left" if direction == "rtl" else "right",
            "theme": letter_theme(theme, root),
            "wordmark": publication.wordmark or publication.name,
            "marks": _MARKS.get(publication.language, _MARKS["en"]),
        }
    )


def _picture_limit(edition: Edition, plan: LetterPlan, config: Config) -> int:
    """Bytes that one picture of the letter may have."""
    pictures = [bool(story.picture) for story in edition.stories]
    for group in plan.groups:
        pictures.append(bool(group.placement and group.placement.creative.picture))
        pictures += [part.body is not None and bool(part.body.file) for part in group.parts]
    return picture_limit(
        config.edition.picture_kb * 1000, config.edition.pictures_kb * 1000, sum(pictures)
    )


def _require_tokens(text: str, context: Context, where: str) -> None:
    try:
        split(text, context)
    except TemplateError as error:
        kind = EditionFileError if context == "header" else TemplateError
        raise kind(f"{where}: {error.message}", error.hint) from None

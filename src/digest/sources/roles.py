"""Tells subheads, pull-quotes and their attributions from the running text.

Where nothing marks them, length and punctuation do. Used for every source alike.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from digest.model.content import Paragraph
from digest.text.endings import CLOSING

#: What a line of a list begins with.
LIST_MARK = re.compile(r"(?:[-•*·]|\d+[.)])\s")

_LONGEST_SUBHEAD = 120
_LONGEST_QUOTE = 400
_LONGEST_ATTRIBUTION = 150

_NAME = r"(?:[dl][’'])?[A-ZÀ-ÖØ-Þ][\w’'.-]*"
_PARTICLE = r"(?:de|du|des|la|le|von|van|ben|bin|al|el|da|dos)"
_NAMED_ROLE = re.compile(
    rf"(?:(?:M\.|Mme|Dr|Pr|Me) )?{_NAME}(?: (?:{_PARTICLE}|{_NAME}))* {_NAME},"
    r" (?!une? |des |a |an )\w.+"
)
_DASHED = re.compile(r"[—–]\s*(?P<who>[A-ZÀ-ÖØ-Þ].+)")


def set_roles(blocks: Sequence[str]) -> tuple[Paragraph, ...]:
    """The blocks in order, each with its role."""
    paragraphs: list[Paragraph] = []
    for place, block in enumerate(blocks):
        before = paragraphs[-1] if paragraphs else None
        speaker = _speaker(block)
        if speaker and before is not None and _may_be_quote(before):
            paragraphs[-1] = Paragraph(before.text, "quote")
            paragraphs.append(Paragraph(speaker, "attribution"))
        elif _is_subhead(block) and place + 1 < len(blocks):
            paragraphs.append(Paragraph(block, "subhead"))
        else:
            paragraphs.append(Paragraph(block))
    return tuple(paragraphs)


def _is_subhead(block: str) -> bool:
    if len(block) > _LONGEST_SUBHEAD or LIST_MARK.match(block):
        return False
    short_question = block.endswith("?") and len(block) <= 90 and not re.search(r"[.!?…] ", block)
    return not ends_sentence(block) or short_question


def _may_be_quote(paragraph: Paragraph) -> bool:
    return (
        paragraph.role in ("text", "subhead")
        and len(paragraph.text) <= _LONGEST_QUOTE
        and len(paragraph.text.split()) > 3
    )


def _speaker(block: str) -> str:
    if len(block) > _LONGEST_ATTRIBUTION or ends_sentence(block):
        return ""
    if dashed := _DASHED.fullmatch(block):
        return dashed["who"].strip()
    return block if _NAMED_ROLE.fullmatch(block) else ""


def ends_sentence(block: str) -> bool:
    """Whether a block ends as a sentence or a clause does, inside quotation marks or not."""
    return block.rstrip(CLOSING).endswith((".", "!", "?", "…", ":", ";", ","))

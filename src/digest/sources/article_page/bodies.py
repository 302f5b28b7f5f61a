"""From the blocks of a page's running text to the paragraphs of an article.

What a page puts between paragraphs (advertising, “Lire aussi”, the byline) is left out; roles that
the mark-up states win over those told by `roles`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from digest.model.content import Paragraph
from digest.sources.end_matter import without_end_matter
from digest.sources.roles import LIST_MARK, set_roles
from digest.text.folding import fold
from digest.text.furniture import is_furniture

#: A kind (`text`, `subhead`, `quote`, `item`) and its text.
Block = tuple[str, str]

# What stands between the paragraphs of a page, besides the furniture of every text.
_INTERRUPTIONS = re.compile(
    r"(?:passer la publicité|s[’']abonner|pour lire la suite.*|il vous reste \d+[.,]?\d* ?%.*)",
    re.IGNORECASE,
)
#: Characters of an interruption, at most.
_LONGEST_INTERRUPTION = 160
#: Characters of a text that stands twice by mistake.
_REPEATED = 40


def text_blocks(blocks: Iterable[Block], titles: Iterable[str]) -> list[Block]:
    """The blocks of the article without what stands between them, each once.

    `titles` are what the page calls the article; they are no part of its text.
    """
    known = set(map(fold, titles))
    kept: list[Block] = []
    for kind, text in blocks:
        folded = fold(text)
        if folded in known or not folded:
            continue
        if _is_interruption(text):
            continue
        if len(text) > _REPEATED:
            known.add(folded)
        kept.append((kind, text))
    return kept


def body_of(blocks: Sequence[Block], title: str, chapo: str) -> tuple[Paragraph, ...]:
    """The paragraphs of the blocks: what stands before the chapô and after the article goes."""
    lead = fold(chapo)
    if lead:
        place = next((n for n, (_, text) in enumerate(blocks[:3]) if fold(text) == lead), -1)
        if place >= 0:
            blocks = blocks[place + 1 :]
    texts = without_end_matter([text for _, text in blocks], title)
    paragraphs = set_roles(texts)
    return tuple(
        _with_role(paragraph, kind, last=number == len(texts))
        for number, (paragraph, (kind, _)) in enumerate(zip(paragraphs, blocks, strict=False), 1)
    )


def _is_interruption(text: str) -> bool:
    # Subheads between dashes and items of lists are no sentences, but parts of the article.
    if len(text) > _LONGEST_INTERRUPTION or LIST_MARK.match(text):
        return False
    return bool(_INTERRUPTIONS.fullmatch(text)) or is_furniture(text)


def _with_role(paragraph: Paragraph, kind: str, *, last: bool) -> Paragraph:
    if paragraph.role == "attribution":
        return paragraph
    if kind == "subhead" and not last:
        return Paragraph(paragraph.text, "subhead")
    if kind == "quote":
        return Paragraph(paragraph.text, "quote")
    if kind == "item" and paragraph.role == "subhead":
        return Paragraph(paragraph.text)
    return paragraph

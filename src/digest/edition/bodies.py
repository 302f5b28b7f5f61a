"""Writes an article's text as the body of a story that is printed whole, and its byline.

Word for word: paragraphs, intertitles where the article has them, and one quotation bound to its
speaker: the newsroom's own pull-quote, else a saying that `digest.summary.quoting` finds, set
apart from where it stands in the text. `body` says what the marks mean and reads them. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from digest.edition.body import QUOTATION_MARKS
from digest.model.content import Article, Paragraph, ParagraphRole
from digest.summary.quoting import Quoted, quotation_of_the_week
from digest.text.furniture import is_furniture

_MARKED = re.compile(r"##|>|!\[|\\")
_BY = re.compile(r"(?:par|by)\s+", re.IGNORECASE)


def body_of(article: Article) -> str:
    """The article's text in the mark-up of a story's body; "" when there is none."""
    pieces = list(_pieces(article.body))
    if not any(piece.role == "quote" for piece in pieces):
        quoted = quotation_of_the_week([article])
        if quoted and (place := _place_apart(pieces, quoted)):
            by = f"{quoted.name}, {quoted.role}" if quoted.role else quoted.name
            pieces.insert(place, _Piece("quote", _quotation(quoted.text, by)))
    return "\n\n".join(piece.text for piece in pieces)


def byline_of(article: Article, wording: Mapping[str, str]) -> str:
    """Who wrote it, in the words of the letter: “Par Ida Brun”; "" when nobody is named."""
    author = _BY.sub("", _line(article.author), count=1) if article.author else ""
    return wording["byline"].format(author=author) if author else ""


@dataclass(frozen=True, slots=True)
class _Piece:
    """A piece of the body as written, and the number of the article's paragraph it is."""

    role: ParagraphRole
    text: str
    number: int = -1


def _pieces(body: Sequence[Paragraph]) -> Iterator[_Piece]:
    """What is printed of an article: a pull-quote and its attribution together or not at all."""
    for number, paragraph in enumerate(body):
        following = body[number + 1] if number + 1 < len(body) else None
        if paragraph.role == "subhead":
            yield _Piece("subhead", f"## {_line(paragraph.text)}", number)
        elif paragraph.role == "text" and not is_furniture(paragraph.text):
            text = _line(paragraph.text)
            yield _Piece("text", f"\\{text}" if _MARKED.match(text) else text, number)
        elif paragraph.role == "quote" and following and following.role == "attribution":
            said = _line(paragraph.text).strip(QUOTATION_MARKS)
            by = _line(following.text).strip("—– ")
            if said and by:
                yield _Piece("quote", _quotation(said, by), number)


def _quotation(said: str, by: str) -> str:
    return f"> {said}\n> — {by}"


def _place_apart(pieces: Sequence[_Piece], quoted: Quoted) -> int:
    """Where a saying stands apart from its own paragraph, between two others, nearest the
    middle; 0 for nowhere."""
    said_in = {span.paragraph for span in quoted.spans if span.part == "body"}
    places = [
        place
        for place, (above, below) in enumerate(pairwise(pieces), 1)
        if above.role == below.role == "text" and not said_in & {above.number, below.number}
    ]
    return min(places, key=lambda place: abs(place - len(pieces) / 2), default=0)


def _line(text: str) -> str:
    return " ".join(text.split())

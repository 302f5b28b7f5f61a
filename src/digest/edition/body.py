"""Reads the body of a story that is printed whole: a light mark-up for editors.

    À l’aube, le bac repart.            a paragraph; blank lines part them, a single line break
                                        is a space

    ## Une frontière en retard          an intertitle
    > Rien ne presse, sauf la marée.    a quotation, without quotation marks,
    > — Ana Reul, éclusière             and who said it: a name, then a role
    ![Un quai](pictures/quai.jpg "Le quai au matin. Photo : Ida Brun.")
                                        a picture beside the edition: what it shows for who cannot
                                        see it, the file, and (or not) a caption

Nothing else is mark-up: HTML is printed as text, since templates escape it. A backslash before a
line's first sign takes its meaning away. `bodies` writes what is read here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NoReturn

from digest.errors import BodyError
from digest.model.edition import Story

BodyKind = Literal["paragraph", "intertitle", "quotation", "picture"]

#: What surrounds a quotation and is not printed: the letter brings its own marks.
QUOTATION_MARKS = '«»“”" \u00a0\u202f'

_PICTURE = re.compile(
    r"!\[(?P<alt>[^\]]*)\]\(\s*(?P<file>[^\s()\"]+)(?:\s+\"(?P<caption>.*)\")?\s*\)"
)
_SPEAKER = re.compile(r"[—–]\s*")
_OUTSIDE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|[/\\~]|(?:.*[/\\])?\.\.(?:[/\\]|\Z)")


@dataclass(frozen=True, slots=True)
class BodyPart:
    """One piece of a body, at a line of it counted from 1.

    `text` is a paragraph, an intertitle, a quotation without its marks or a picture's caption.
    `name` and `role` are the quotation's, `file` (relative to the edition's folder) and `alt`
    the picture's.
    """

    kind: BodyKind
    text: str
    line: int = 1
    name: str = ""
    role: str = ""
    file: str = ""
    alt: str = ""


def read_body(story: Story) -> tuple[BodyPart, ...]:
    """The pieces of a story's body, in order; none when it has no body.

    Raises:
        BodyError: a mistake in the mark-up; story and line are named.
    """
    return tuple(_part(block, story) for block in _blocks(story.body))


def byline_parts(byline: str, pattern: str) -> tuple[str, str, str]:
    """A byline as what stands before the name, the name, and what follows.

    Args:
        pattern: how bylines begin in the letter's language, such as `Par {author}`.

    >>> byline_parts("Par Ida Brun, à Brest", "Par {author}")
    ('Par ', 'Ida Brun', ', à Brest')
    """
    opening = pattern.partition("{")[0]
    if not byline.startswith(opening):
        return byline, "", ""
    name, comma, rest = byline.removeprefix(opening).partition(",")
    return opening, name, comma + rest


@dataclass(frozen=True, slots=True)
class _Line:
    """One line of a body: its number, what its mark says it is, and its words."""

    number: int
    kind: BodyKind
    text: str


def _blocks(body: str) -> Iterator[list[_Line]]:
    """The lines of each piece; an intertitle and a picture are one line each."""
    block: list[_Line] = []
    for number, text in enumerate(body.splitlines(), 1):
        if not text.strip():
            if block:
                yield block
            block = []
            continue
        line = _line(number, text.strip())
        if block and (line.kind != block[0].kind or line.kind in ("intertitle", "picture")):
            yield block
            block = []
        block.append(line)
    if block:
        yield block


def _line(number: int, text: str) -> _Line:
    if text.startswith("##"):
        return _Line(number, "intertitle", text)
    if text.startswith("!["):
        return _Line(number, "picture", text)
    if text.startswith(">"):
        return _Line(number, "quotation", text[1:].strip())
    return _Line(number, "paragraph", (text.startswith("\\") and text[1:]) or text)


def _part(block: list[_Line], story: Story) -> BodyPart:
    if block[0].kind == "intertitle":
        return _intertitle(block[0], story)
    if block[0].kind == "picture":
        return _picture(block[0], story)
    if block[0].kind == "quotation":
        return _quotation(block, story)
    return BodyPart("paragraph", " ".join(line.text for line in block), block[0].number)


def _intertitle(line: _Line, story: Story) -> BodyPart:
    text = line.text.removeprefix("##")
    if not text.strip() or not text[0].isspace():
        _fail(story, line, "Write an intertitle as `## ` and its words.")
    return BodyPart("intertitle", text.strip(), line.number)


def _quotation(block: list[_Line], story: Story) -> BodyPart:
    *said, last = [line for line in block if line.text] or block
    text = " ".join(line.text for line in said).strip(QUOTATION_MARKS)
    name, _, role = _SPEAKER.sub("", last.text, count=1).partition(",")
    strays = [line for line in said if _SPEAKER.match(line.text)]
    if strays or not text or not _SPEAKER.match(last.text) or not name.strip():
        _fail(
            story,
            strays[0] if strays else block[0],
            "Write a quotation as `> words`, and below it who said them: `> — Name, role`.",
        )
    return BodyPart("quotation", text, block[0].number, name=name.strip(), role=role.strip())


def _picture(line: _Line, story: Story) -> BodyPart:
    found = _PICTURE.fullmatch(line.text)
    if not found:
        _fail(story, line, 'Write a picture as `![what it shows](pictures/file.jpg "caption")`.')
    if _OUTSIDE.match(found["file"]):
        _fail(
            story,
            line,
            "Put the file into the edition's `pictures` folder and write pictures/ and its name.",
        )
    alt, caption = found["alt"].strip(), (found["caption"] or "").strip()
    if not alt:
        _fail(story, line, "Say between [ and ] what the picture shows.")
    return BodyPart("picture", caption, line.number, file=found["file"], alt=alt)


def _fail(story: Story, line: _Line, hint: str) -> NoReturn:
    where = f"story {story.order} “{story.title}”: body, line {line.number}"
    raise BodyError(f"{where}: found “{line.text[:60]}”", hint, url=story.url, line=line.number)

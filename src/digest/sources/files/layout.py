"""Reads a text as it was published, where only blank lines tell its parts apart.

The order is: labels glued together (“ActualitésInternational”), title, chapô, body. Subheads,
pull-quotes and their attributions bear no mark; `roles` tells them. What an
editor would not count as the article (the author's bio, sponsoring and contact lines) is dropped.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from digest.model.content import Paragraph
from digest.selection.sections import is_generic, names_section
from digest.sources.end_matter import without_end_matter
from digest.sources.roles import LIST_MARK, ends_sentence, set_roles
from digest.text.plain import clean_line

__all__ = ["Layout", "read_layout", "set_roles"]

_LONGEST_TITLE = 300
_LONGEST_CHAPO = 600
_LONGEST_LABELS = 60

_SEPARATOR = re.compile(r"[\W_]+")
_BYLINE = re.compile(r"(?:Par|By|Propos recueillis par) (?P<name>[A-ZÀ-ÖØ-Þ][^.!?:;]{2,60})")
_DATELINE = re.compile(r"[A-ZÀ-ÖØ-Þ][\w’' -]{1,30}(?:, [^—–-]{3,25})?(?: ?\([^)]{2,25}\))? ?[—–] ")


@dataclass(frozen=True, slots=True)
class Layout:
    """The parts of a text; `labels` are the printed ones, without those that say nothing."""

    title: str
    chapo: str
    body: tuple[Paragraph, ...]
    labels: tuple[str, ...] = ()
    author: str = ""


def read_layout(text: str, section_names: Sequence[str] = ()) -> Layout:
    """The parts of a text as published.

    `section_names` are the publication's own, to know a line of labels by. The title is "" when
    the text does not begin with one.
    """
    lines = _head_lines(text)
    labels: list[str] = []
    if len(lines) > 1 and (found := _labels(lines[0], section_names)):
        labels = [label for label in found if not is_generic(label)]
        lines = lines[1:]
    if not lines or len(lines[0]) > _LONGEST_TITLE:
        return Layout("", "", set_roles(lines))
    title, author, rest = lines[0], "", lines[1:]
    for place, line in enumerate(rest[:2]):
        if byline := _BYLINE.fullmatch(line):
            author = byline["name"].strip()
            rest = [*rest[:place], *rest[place + 1 :]]
            break
    rest = without_end_matter(rest, title)
    chapo = ""
    if len(rest) > 1 and _is_chapo(rest[0]):
        chapo, rest = rest[0], rest[1:]
    return Layout(title, chapo, set_roles(rest), tuple(labels), author)


def _head_lines(text: str) -> list[str]:
    """The blocks of the text; lines of the first two blocks stand for themselves.

    A text without blank lines has one block a line.
    """
    blocks = [block for block in re.split(r"\n[^\S\n]*\n", text.strip()) if block.strip()]
    if len(blocks) == 1:
        blocks = blocks[0].splitlines()
    split: list[str] = []
    for place, block in enumerate(blocks):
        if place < 2:
            for line in block.splitlines():
                if split and split[-1] and line[:1].islower():
                    split[-1] += " " + line
                else:
                    split.append(line)
        else:
            split.append(block)
    lines = [clean_line(line) for line in split]
    return [line for line in lines if line and not _SEPARATOR.fullmatch(line)]


def _labels(line: str, section_names: Sequence[str]) -> list[str]:
    """The labels of a line such as “ActualitésInternational” or “Monde | Asie”; [] if none."""
    if len(line) > _LONGEST_LABELS or ends_sentence(line):
        return []
    labels = [
        label.strip()
        for part in re.split(r"\s*[|/>•·,]\s*", line)
        for label in _unglued(part)
        if label.strip()
    ]
    if any(len(label.split()) > 4 for label in labels):
        return []
    known = any(is_generic(label) or names_section(label, section_names) for label in labels)
    return labels if known else []


def _unglued(part: str) -> list[str]:
    pieces = [""]
    for before, character in zip(" " + part, part, strict=False):
        if before.islower() and character.isupper():
            pieces.append("")
        pieces[-1] += character
    return pieces


def _is_chapo(block: str) -> bool:
    return (
        len(block) <= _LONGEST_CHAPO
        and ends_sentence(block)
        and not block.endswith(":")
        and not _DATELINE.match(block)
        and not LIST_MARK.match(block)
    )

"""The text part of a whole letter: a pleasure in a terminal, nothing leaked, nothing missing."""

from __future__ import annotations

import dataclasses
import re
from itertools import pairwise
from pathlib import Path

import pytest
from tests.letters import (
    READER,
    make_config,
    make_edition,
    with_publication,
)
from tests.render.reading import (
    MAIN,
    folder,
    full,
    lettered,
    tree,
    words,
)

from digest.model.edition import Note, OtherVersion
from digest.render.letter import render_letter
from digest.render.sentences import why_received
from digest.render.tokens import split

__all__ = ["folder"]


def test_text_part_fits_a_terminal_and_holds_no_entities(folder: Path) -> None:
    letter = full(folder)
    text = split(letter.text, "text").join(READER)
    for line in text.splitlines():
        assert len(line) <= 72 or "https://" in line, line
    assert not re.search(r"&[a-z#0-9]+;|<[a-z/]", text)
    assert READER["unsubscribe_url"] in text.splitlines()
    assert text.endswith("\n")


def test_text_part_never_rules_twice() -> None:
    for edition in (make_edition(), make_edition(note=Note()), make_edition(3, note=Note())):
        lines = [line for line in lettered(edition, MAIN).text.splitlines() if line]
        ruled = [set(line) in ({"-"}, {"="}, {"*"}) for line in lines]
        assert not any(one and other for one, other in pairwise(ruled))


def test_numbered_links_of_the_text_are_explained_below_their_section(folder: Path) -> None:
    text = full(folder).text
    used = re.findall(r"(?<!^)\[(\d+)\]", text, re.MULTILINE)
    explained = dict(re.findall(r"^\[(\d+)\] (\S+)$", text, re.MULTILINE))
    assert used == [str(number) for number in range(1, len(used) + 1)]
    assert sorted(explained, key=int) == used
    for story in make_edition().stories:
        section = text[text.index(story.link_label) :]
        assert section.index(story.link) < section.index("---")


def test_reader_without_a_date_reads_a_whole_sentence() -> None:
    letter = lettered(make_edition())
    unknown = {**READER, "since": "", "next_date": ""}
    text = " ".join(split(letter.text, "text").join(unknown).split())
    assert "depuis le" not in text
    assert re.search(r"inscrite\.", text)
    assert "prochain" not in text
    assert "%%" not in text


@pytest.mark.parametrize(
    ("dated", "undated"),
    [
        ("Since {date}, {address} reads us.", "{address} reads us."),
        ("{address}: {date}", "We know {address}."),
        ("Read by {address} for long.", "Read by {address}."),
    ],
)
@pytest.mark.parametrize("since", ["3 mai 2026", ""])
def test_any_wording_of_the_footer_reads_whole(dated: str, undated: str, since: str) -> None:
    written = why_received({"why_received": dated, "why_received_undated": undated})
    shown = split(written, "text").join({"address": "z…", "since": since})
    whole = {dated.format(address="z…", date=since), undated.format(address="z…")}
    assert shown in whole
    assert since or shown == undated.format(address="z…")


def test_english_publication_reads_english() -> None:
    config = with_publication(make_config(), language="en")
    letter = render_letter(make_edition(), [], config, Path())
    assert 'lang="en"' in letter.html
    assert "“Rien ne presse, sauf la marée.”" in letter.text.replace("\u00a0", " ")
    assert "Unsubscribe" in letter.text


def test_sponsor_in_the_text_is_fenced_on_both_sides_and_marked_first(folder: Path) -> None:
    lines = full(folder).text.splitlines()
    fences = [number for number, line in enumerate(lines) if set(line) == {"*"}]
    assert len(fences) == 6
    heads = [lines[fences[number] + 1] for number in (0, 2, 4)]
    assert heads[0].startswith("PUBLICITÉ. Avec le soutien de Fonds Bise")
    assert heads[1:] == ["PUBLICITÉ · Maison Orme", "Contenu proposé par Thés Oriel"]


def test_addresses_of_the_text_stand_on_lines_of_their_own(folder: Path) -> None:
    for line in split(full(folder).text, "text").join(READER).splitlines():
        if "https://" in line:
            assert re.fullmatch(r"(?:\[\d+\] )?https://\S+", line)


def test_stories_of_the_text_keep_their_numerals_and_sections() -> None:
    text = lettered(make_edition()).text
    for story in make_edition().stories:
        [line] = [
            one
            for one in text.splitlines()
            if one.startswith(f" {story.order}  {story.region.upper()}")
        ]
        assert line.endswith("Société")
        assert len(line) == 72


def test_nothing_hidden_and_no_token_is_left_in_what_a_reader_gets(folder: Path) -> None:
    letter = full(folder)
    text = split(letter.text, "text").join(READER)
    assert letter.preheader not in text
    assert "%%" not in text
    assert "Un quai" not in text


def test_other_publishers_are_named_with_their_links() -> None:
    others = (
        OtherVersion("Le Cap", "https://cap.example/a"),
        OtherVersion("Rade", "https://rade.example/b"),
    )
    edition = make_edition()
    story = dataclasses.replace(edition.stories[0], also_in=others)
    letter = lettered(dataclasses.replace(edition, stories=(story, *edition.stories[1:])))
    assert "Aussi dans\u00a0: Le Cap [2], Rade [3]\n" in letter.text
    assert "[3] https://rade.example/b\n" in letter.text
    assert "Aussi dans : Le Cap, Rade" in words(tree(letter)).replace("\u00a0", " ")

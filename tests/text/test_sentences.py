"""The sentence splitter on our own tricky items, on hostile text, and on the shared gold items."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.text import sentence_spans, sentences

GOLD = Path(__file__).parents[2].parent / "shared" / "data" / "sentences_fr.txt"
OURS = Path(__file__).parent / "sentences.txt"


def items() -> Iterator[Any]:
    """Our own texts, each named after its class."""
    name = ""
    for line in OURS.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            name = line.strip("[]")
        elif line and not line.startswith("# "):
            yield pytest.param(line, id=f"{name}: {line[:40]}")


@pytest.mark.parametrize("item", list(items()))
def test_tricky_sentences_are_whole(item: str) -> None:
    parts = item.split("|")
    assert sentences(" ".join(parts)) == parts


def test_line_break_ends_a_sentence() -> None:
    assert sentences("Un titre sans point\nUne phrase.\r\n\r\nUne autre.") == [
        "Un titre sans point",
        "Une phrase.",
        "Une autre.",
    ]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Le maire a parlé.Il a été hué.", ["Le maire a parlé.", "Il a été hué."]),
        (
            "Le vote est clos en 2020.Le maire part.",
            ["Le vote est clos en 2020.", "Le maire part."],
        ),
        ("Il a dit « non ».Puis il part.", ["Il a dit « non ».", "Puis il part."]),
        ('Elle sort."On part", dit-elle.', ["Elle sort.", '"On part", dit-elle.']),
        ('Il a dit "non."Puis il part.', ['Il a dit "non."', "Puis il part."]),
        ("Le site Voyage.Com ferme. Fin.", ["Le site Voyage.Com ferme.", "Fin."]),
        ("Le site Voyage.Com. Fin.", ["Le site Voyage.Com.", "Fin."]),
        ("Sur France.TV, M.Le Goff a ri. Fin.", ["Sur France.TV, M.Le Goff a ri.", "Fin."]),
        ("La revue A.La suite est x.La fin.", ["La revue A.La suite est x.La fin."]),
    ],
)
def test_forgotten_blank_after_a_full_stop_still_ends_the_sentence(
    text: str, parts: list[str]
) -> None:
    assert sentences(text) == parts


@pytest.mark.parametrize(
    "text",
    [
        "Le prix est passé à... 8 euros !",
        "Le taux est de 50 cas pour 100. 000 habitants.",
        "Elle a reçu une lettre de... Karsa.",
    ],
)
def test_what_only_looks_like_an_end_is_no_end(text: str) -> None:
    assert sentences(text) == [text]


def test_words_put_in_brackets_before_a_quotation_open_its_sentence() -> None:
    assert sentences('Il sourit. (Le maire) "est élu, il m\'écrit", dit-il.') == [
        "Il sourit.",
        '(Le maire) "est élu, il m\'écrit", dit-il.',
    ]


def test_quotation_left_open_does_not_swallow_the_next_line() -> None:
    assert len(sentences("Il a dit « oui.\nPuis non. Enfin peut-être ».")) == 3


def test_marks_without_words_join_their_neighbour() -> None:
    assert sentences("… Et puis rien. !!! Fin.") == ["… Et puis rien. !!!", "Fin."]


def test_nothing_gives_nothing() -> None:
    assert sentences("") == []
    assert sentences(" \n\t\u00a0 ") == []
    assert sentences("Fin. \n") == ["Fin."]


PIECES = st.sampled_from(
    [
        *"«»“”\"'‘’()[].!?…,:—- \u00a0\n\t",
        "M. ",
        "Le ",
        "n° ",
        "12",
        "O.N.U.",
        "etc. ",
        "mot",
        "Mot",
    ]
)


@given(st.lists(PIECES, max_size=40).map("".join) | st.text(max_size=200))
def test_no_word_is_lost_and_spans_are_in_order(text: str) -> None:
    spans = sentence_spans(text)
    position = 0
    for start, end in spans:
        assert not text[position:start].strip()
        assert text[start:end] == text[start:end].strip() != ""
        position = end
    assert not text[position:].strip()
    assert sentences(text) == [text[start:end] for start, end in spans]


@pytest.mark.parametrize(
    "piece", ['"', "«", "(", "('", "M. ", ". ", ".", ". (", "a. »", "A.", "! - ", ") ", "' a.' "]
)
def test_hostile_text_does_not_stall(piece: str) -> None:
    # Work that grows with the square of the length would take many minutes here.
    text = piece * 100_000
    spans = sentence_spans(text)
    assert spans[0][0] == len(text) - len(text.lstrip())
    assert spans[-1][1] == len(text.rstrip())


@pytest.mark.skipif(not GOLD.is_file(), reason="../shared/data/sentences_fr.txt is absent")
def test_boundaries_of_the_shared_items_are_found() -> None:
    right = wrong = missed = 0
    for line in GOLD.read_text(encoding="utf-8").splitlines():
        parts = line.partition("#")[2].split("|")
        text = " ".join(parts)
        expected = set()
        position = 0
        for part in parts[:-1]:
            expected.add(position + len(part))
            position += len(part) + 1
        found = {end for _, end in sentence_spans(text)[:-1]}
        right += len(found & expected)
        wrong += len(found - expected)
        missed += len(expected - found)
    assert 2 * right / (2 * right + wrong + missed) >= 0.985

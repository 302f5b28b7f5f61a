"""Texts that feeds cut in the middle are known by how they end, and whole ones are left alone."""

from __future__ import annotations

import pytest

from digest.text.endings import as_sentence, is_cut_off


@pytest.mark.parametrize(
    "text",
    [
        "Le traité, qui […]",
        "Le traité, qui (...)",
        "Le traité protège un tiers de l'océan…",
        "Le traité tient. Lire la suite »",
        "Le traité tient. [Lire l’article →]",
        "Le traité tient. Continuer la lecture",
        "The treaty holds. Continue reading The sea and its guards",
        "The treaty holds. Read more.",
    ],
)
def test_text_that_was_cut_is_no_lead(text: str) -> None:
    assert is_cut_off(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Le traité tient.",
        "« Attendez… », dit la capitaine du port.",
        "Children continue reading at home.",
        "Il faut lire la suite dans les cartes du port.",
    ],
)
def test_whole_text_is_left_alone(text: str) -> None:
    assert not is_cut_off(text)


@pytest.mark.parametrize(
    ("title", "sentence"),
    [
        ("Le phare", "Le phare."),
        ("Qui garde le phare ?", "Qui garde le phare ?"),
        ("À suivre…", "À suivre…"),
        ("", ""),
    ],
)
def test_title_among_sentences_ends_as_they_do(title: str, sentence: str) -> None:
    assert as_sentence(title) == sentence

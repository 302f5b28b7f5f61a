"""The words that carry a paragraph's link: readable alone, the editor's first, rather none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.render.linking import LONGEST, linked_phrase

SUMMARY = "Onze câbles n’ont pas de propriétaire. Certains transmettent encore ; nul ne sait quoi."


def link(summary: str, label: str = "Lire l’article") -> str | None:
    phrase = linked_phrase(summary, label)
    return phrase.text if phrase else None


def test_editors_own_words_come_first_whatever_blanks_typography_set() -> None:
    assert link(SUMMARY, "Onze câbles") == "Onze câbles"
    assert link("Ils font 12\u00a0% de plus que prévu.", "12 % de plus") == "12\u00a0% de plus"


def test_editors_words_are_whole_words() -> None:
    assert link("Des botanistes en demandent dix de plus.", "bot") != "bot"


@pytest.mark.parametrize(
    ("summary", "words"),
    [
        (SUMMARY, "nul ne sait quoi"),
        (
            "Ils gagnent trois jours\u202f; qui paiera les dragues reste à négocier.",
            "qui paiera les dragues reste à négocier",
        ),
        (
            "L’unique opposant de la base, le cuisinier, demande un droit de regard sur le persil.",
            "demande un droit de regard sur le persil",
        ),
        (
            "Les deux pays ont choisi de négocier avant de mesurer, et de laisser l’école ouverte.",
            "Les deux pays ont choisi de négocier avant de mesurer",
        ),
        ("Le musée rouvre dimanche. Enfin !", "Le musée rouvre dimanche"),
        ("Reste à convaincre la station de ski.", "Reste à convaincre la station de ski"),
        (
            "The ferry is back, and nobody on the island was told about the new timetable at all.",
            "nobody on the island was told about the new timetable at all",
        ),
        (
            "La première vendange a donné quatorze mille bouteilles et un différend sur le toit.",
            "La première vendange a donné quatorze mille bouteilles et un différend sur le toit",
        ),
    ],
)
def test_last_clause_that_reads_alone_is_taken(summary: str, words: str) -> None:
    assert link(summary) == words


@pytest.mark.parametrize("summary", ["", "Enfin !", "Deux mots.", "mot " * 60])
def test_no_clause_is_better_than_a_poor_one(summary: str) -> None:
    assert link(summary) is None


def test_quotation_is_not_cut_in_two() -> None:
    assert link("Le maire jure : « Rien n’est perdu ; rien du tout. »") == (
        "Le maire jure : « Rien n’est perdu ; rien du tout. »"
    )


@given(st.text(), st.text(max_size=20))
def test_three_pieces_are_the_summary_again(summary: str, label: str) -> None:
    phrase = linked_phrase(summary, label)
    if phrase is not None:
        assert "".join(phrase) == summary
        assert phrase.text == phrase.text.strip()
        assert len(phrase.text) <= max(LONGEST, len(label))

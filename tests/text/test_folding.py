"""What a reader takes for the same word is compared as the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.text.folding import fold, fold_case, fold_together, without_accents


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("“Économie & Société”", "economie societe"),
        ("ÉCONOMIE_ET  SOCIÉTÉ", "economie et societe"),
        ("L’Œuvre de Læticia", "l oeuvre de laeticia"),
        ("Straße, STRASSE, STRAẞE", "strasse strasse strasse"),
        ("e\u0301te\u0301, été", "ete ete"),
        ("Ǽ", "ae"),
        ("№ ½", "no 1 2"),
        (" – ", ""),
    ],
)
def test_accents_case_ligatures_and_punctuation_do_not_tell_words_apart(
    text: str, folded: str
) -> None:
    assert fold(text) == folded
    assert fold_together(text) == folded.replace(" ", "")


def test_columns_are_one_name_however_they_are_written() -> None:
    assert {fold_together(name) for name in ("E-mail", "e mail", "EMAIL", "É_mail ")} == {"email"}


def test_accents_go_alone_where_letters_are_read() -> None:
    assert without_accents("Œuvré, 1er août") == "OEuvre, 1er aout"


def test_only_case_and_spaces_go_where_accents_matter() -> None:
    assert fold_case("É\u00a0 À\u202fB !") == "é à b !"


@given(st.text())
def test_folding_is_settled(text: str) -> None:
    for settled in (fold, fold_together, without_accents):
        once = settled(f" {text.upper()}-")
        assert settled(once) == once

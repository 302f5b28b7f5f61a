"""The letter's own words exist in every language and are filled in the same way."""

from __future__ import annotations

import string

import pytest

from digest.text.typography import french
from digest.text.wording import LANGUAGES, wording


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_every_language_has_the_same_words_to_fill_in() -> None:
    reference = wording("fr")
    for language in LANGUAGES:
        words = wording(language)
        assert list(words) == list(reference)
        for key, text in words.items():
            assert text.strip()
            assert placeholders(text) == placeholders(reference[key]), key


def test_region_of_a_language_does_not_matter_and_others_read_english() -> None:
    assert wording("fr-CA") == wording("FR") == wording("fr")
    assert wording("de") == wording("") == wording("en")


def test_nobody_can_change_the_words_for_everybody() -> None:
    with pytest.raises(TypeError):
        wording("fr")["number"] = "x"  # type: ignore[index]


def test_french_words_survive_typography_with_their_placeholders() -> None:
    for text in wording("fr").values():
        assert placeholders(french(text)) == placeholders(text)


def test_number_stays_beside_its_sign_inside_a_sentence() -> None:
    assert french(wording("fr")["end_of"].format(number=47)) == "Fin du N°\u00a047."


def test_editors_are_told_what_must_stay_and_what_comes_next() -> None:
    for language in LANGUAGES:
        header = wording(language)["edition_header"]
        assert not placeholders(header)
        for word in ("`url`", "`digest preview`", "`digest approve`", "`link`"):
            assert word in header

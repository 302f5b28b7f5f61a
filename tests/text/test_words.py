"""Words, stems and languages, as selection and summaries need them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.text.words import content_stems, detect_language, words

WEEK = Path(__file__).parents[2].parent / "shared" / "data" / "week_2020-W22.jsonl"


def test_words_are_in_lower_case_and_numbers_whole() -> None:
    assert words("L’Eau coûte 1,5 € à Saint-Malo") == [
        "l",
        "eau",
        "coûte",
        "1,5",
        "à",
        "saint",
        "malo",
    ]


@pytest.mark.parametrize(
    ("language", "family"),
    [
        ("fr", "attaque attaques attaqué attaquée attaquer"),
        ("fr", "international internationale internationaux"),
        ("fr", "cheval chevaux"),
        ("fr", "signer signé signée signés"),
        ("fr", "manifestation manifestations"),
        ("fr", "ministre ministres"),
        ("fr", "coréen coréenne coréens"),
        ("en", "attack attacks attacked attacking"),
        ("en", "country countries"),
    ],
)
def test_forms_of_one_word_meet(language: str, family: str) -> None:
    assert len(set(content_stems(family, language))) == 1


@pytest.mark.parametrize("pair", ["port porte", "pays paix", "mars marche", "île ail"])
def test_different_words_stay_apart(pair: str) -> None:
    first, second = content_stems(pair)
    assert first != second or pair == "port porte"


def test_words_without_a_subject_are_left_out() -> None:
    assert content_stems("Il y a eu une seule île, et c'est elle") == content_stems("seule île")
    assert content_stems("It was the only one of them", "en") == []


def test_accents_do_not_part_words() -> None:
    assert content_stems("sécheresse") == content_stems("secheresse")
    assert content_stems("œuvre") == content_stems("oeuvre")


@given(st.text(max_size=80), st.sampled_from(["fr", "en", "de", ""]))
def test_any_text_has_stems(text: str, language: str) -> None:
    assert all(stem for stem in content_stems(text, language))
    assert len(content_stems(text, language)) <= len(words(text))


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("fr", "Les îles du Levant mettent leurs ports en commun"),
        ("fr", "Cyclone : l’état d’urgence décrété dans l’archipel"),
        ("en", "Island nations agree to share their harbours"),
        ("en", "Why the glaciers have been given a number"),
        ("es", "El Gobierno aprueba la subida de las pensiones"),
        ("de", "Die Regierung will das Gesetz noch vor dem Sommer verabschieden"),
        ("it", "Il governo approva la riforma delle pensioni"),
        ("pt", "O governo aprova a reforma da previdência"),
        ("nl", "De regering wil de wet nog voor de zomer aannemen"),
    ],
)
def test_language_of_a_headline_is_told(language: str, text: str) -> None:
    assert detect_language(text) == language


@pytest.mark.parametrize("text", ["", "12 345", "Tokyo 2020", "Ольга вернулась"])
def test_language_is_not_guessed(text: str) -> None:
    assert detect_language(text) == ""


@pytest.mark.skipif(not WEEK.is_file(), reason="../shared/data/week_2020-W22.jsonl is absent")
def test_french_week_is_read_as_french() -> None:
    articles = [json.loads(line) for line in WEEK.read_text(encoding="utf-8").splitlines()]
    titles = [detect_language(article["title"]) for article in articles]
    leads = [detect_language(f"{article['title']} {article['chapo']}") for article in articles]
    assert titles.count("fr") / len(titles) >= 0.98
    assert (titles.count("fr") + titles.count("")) / len(titles) >= 0.995
    assert leads.count("fr") == len(leads)

"""Retouched typography is the same article; another word, number or sign is not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.model.content import Article, Paragraph
from digest.text.fingerprint import fingerprint
from digest.text.typography import french

ARTICLE = Article(
    "gazette",
    "https://gazette.example/a",
    "Le pont de Vauxrive rouvre",
    chapo="Après deux ans de travaux, 1 200 habitants traversent à nouveau.",
    description="Une description.",
    body=(Paragraph("Le maire a payé 1,5 million."), Paragraph("« Enfin ! »", "quote")),
)


def same(one: str, other: str) -> bool:
    return fingerprint(replace(ARTICLE, title=one)) == fingerprint(replace(ARTICLE, title=other))


def test_a_fingerprint_is_64_hexadecimal_digits() -> None:
    assert len(fingerprint(ARTICLE)) == 64
    assert int(fingerprint(ARTICLE), 16)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("L'eau", "L’eau"),
        ('Il dit "oui"', "Il dit « oui »"),
        ("Il dit “oui”", "Il dit «\u00a0oui\u00a0»"),
        ("Qui paie ?", "Qui paie\u202f?"),
        ("Qui paie?", "Qui paie ?"),
        ("Vers 18h30", "Vers 18\u00a0h\u00a030"),
        ("10 000 morts", "10\u202f000 morts"),
        ("10 000 morts", "10000 morts"),
        ("12%", "12 %"),
        ("Fin...", "Fin…"),
        ("Le cœur", "Le coeur"),
        ("Le porte-parole", "Le porte‑parole"),
        ("2019-2020", "2019–2020"),
        ("-5 °C", "−5\u00a0°C"),
        ("Les républicains", "Les Républicains"),
        ("UN TITRE", "Un titre"),
        ("Une liste : un, deux", "Une liste: un ; deux."),
        ("  Deux \n lignes ", "Deux lignes"),
        ("E\u0301té", "Été"),
    ],
)
def test_retouched_typography_does_not_count(one: str, other: str) -> None:
    assert same(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Le pont rouvre", "Le pont ferme"),
        ("10 000 morts", "10 morts"),
        ("12 morts", "13 morts"),
        ("1,5 million", "15 millions"),
        ("1,5 million", "15 million"),
        ("2, 3 morts", "23 morts"),
        ("12 %", "12 €"),
        ("-5 °C", "5 °C"),
        ("Coupable ?", "Coupable"),
        ("Il est tué", "Il est tue"),
        ("Le maire parle", "Le maire ne parle"),
        ("Un deux", "Deux un"),
    ],
)
def test_another_word_number_or_sign_counts(one: str, other: str) -> None:
    assert not same(one, other)


@pytest.mark.parametrize(
    "changed",
    [
        replace(ARTICLE, chapo="Autre chose."),
        replace(ARTICLE, description="Autre chose."),
        replace(ARTICLE, body=ARTICLE.body[:1]),
        replace(ARTICLE, title="", chapo=f"{ARTICLE.title} {ARTICLE.chapo}"),
    ],
)
def test_every_text_counts(changed: Article) -> None:
    assert fingerprint(changed) != fingerprint(ARTICLE)


def test_what_is_no_text_does_not_count() -> None:
    changed = replace(
        ARTICLE,
        source="autre",
        url="https://autre.example/a",
        published=datetime(2026, 11, 16, tzinfo=UTC),
        author="Ana",
        categories=("a",),
    )
    assert fingerprint(changed) == fingerprint(ARTICLE)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=80))
def test_french_typography_never_counts(text: str) -> None:
    line = " ".join(text.split())
    assert same(line, french(line))


def test_halves_of_surrogate_pairs_do_no_harm() -> None:
    assert len(fingerprint(replace(ARTICLE, title="\ud800 titre"))) == 64

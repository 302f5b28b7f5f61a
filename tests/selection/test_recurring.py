"""Columns that come back every day or week are left out; news about their subject is not."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.model.content import Verdict
from digest.selection.recurring import recurring_words


@pytest.mark.parametrize(
    ("title", "words"),
    [
        ("Météo du jeudi 12 : le retour des brumes", "Météo du jeudi"),
        ("La météo de la semaine", "La météo de la semaine"),
        ("Horoscope : ce que disent les astres", "Horoscope"),
        ("Résultats du Loto", "Résultats du Loto"),
        ("Mots croisés n° 23", "Mots croisés n° 23"),
        ("L’agenda du week-end à Lindoe", "L’agenda du week-end"),
        ("Sorties : trois ports à voir", "Sorties"),
        ("Ce soir à la télé : un phare", "Ce soir à la télé"),
        ("Revue de presse. Les digues", "Revue de presse"),
        ("L’essentiel de l’actualité de ce mardi", "L’essentiel de l’actualité"),
        ("Lindoe : ce qu’il faut retenir ce matin", "ce qu’il faut retenir ce matin"),
        ("EN DIRECT. Le port rouvre", "EN DIRECT"),
        ("[Direct] Le port rouvre", "Direct"),
        ("Tempête à Lindoe : suivez la situation en direct", "suivez la situation en direct"),
        ("Fièvre des digues : le point sur l’épidémie", "le point sur l’épidémie"),
        ("Le journal de 8 h", "Le journal de 8 h"),
        ("La semaine en images", "La semaine en images"),
        ("Weather forecast for Tuesday", "Weather forecast for Tuesday"),
        ("Crossword No 24,001", "Crossword No"),
        ("Lindoe harbour live: the breakwater", "live:"),
        ("Morning briefing: the breakwater", "Morning briefing"),
        ("The week in pictures", "The week in pictures"),
        ("Œuvre du jour : photos de la semaine", ""),
        ("Mots fléchés du jour", "Mots fléchés du jour"),
    ],
)
def test_title_of_a_column_is_known(title: str, words: str) -> None:
    assert recurring_words(title) == words.rstrip(":")


@pytest.mark.parametrize(
    "title",
    [
        "Météo spatiale : une sonde se tait",
        "La météo incertaine retarde la fusée",
        "Agenda 2030 : les îles s’unissent",
        "Sorties de route en série sur la corniche",
        "Loto : une gagnante rachète le phare",
        "Une ministre stoïque pendant un séisme en direct",
        "Le Journal de Lindoe change de mains",
        "Le programme de la maire de Lindoe",
        "Direction le pôle",
        "The weather station nobody reads",
        "",
    ],
)
def test_news_about_its_subject_is_no_column(title: str) -> None:
    assert recurring_words(title) == ""


def test_column_is_left_out_with_its_words(desk: Any) -> None:
    decision = desk.decide_one(desk.article(title="Horoscope du jour"))
    assert decision.verdict is Verdict.RECURRING
    assert decision.reason.startswith("a recurring column (“Horoscope du jour” in its title)")
    assert decision.reason.endswith("pin it to take it in")


@given(st.text(max_size=80))
def test_any_title_can_be_asked(title: str) -> None:
    assert isinstance(recurring_words(title), str)


def test_an_undone_ligature_does_not_shift_the_words() -> None:
    assert (
        recurring_words("L’œil de Lindoe : suivez le vœu en direct") == "suivez le voeu en direct"
    )

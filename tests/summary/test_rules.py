"""The hard rules name what is wrong with a summary, and only that."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.summary import broken_rules
from digest.summary.rules import stands_alone


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        ("Le port a promis « la paix.", ["unbalanced marks"]),
        ("Le port (le plus vieux a fermé.", ["unbalanced marks"]),
        ('Le port "ouvert a fermé.', ["unbalanced marks"]),
        ("« Nous partons. »", ["bare quotation"]),
        ("Le port ferme. « Nous partons. Rien à dire. »", ["bare quotation"]),
        ("Qui paiera ?", ["question"]),
        ("Le ministre demande : « Qui paiera ? »", ["question"]),
        ("Le port ferme. Voici pourquoi :", ["trailing colon"]),
        ("Cette décision surprend.", ["anaphoric opening"]),
        ("Mais le port ferme.", ["anaphoric opening"]),
        ("« Nous partons », a-t-elle dit.", ["anaphoric opening"]),
        ("Il faut en chercher la raison ailleurs.", ["anaphoric opening"]),
        ("C’était prévu.", ["anaphoric opening"]),
        ("However, the port closed.", ["anaphoric opening"]),
        ("“They left”, a dit Ada Brun.", ["anaphoric opening"]),
        ("Dans cette lettre, le port proteste.", ["anaphoric opening"]),
        ("Selon elle, le port ferme.", ["anaphoric opening"]),
        ("Autre décision, le port ferme.", ["anaphoric opening"]),
        ("« Nous partons » selon eux.", ["anaphoric opening"]),
        ("« Nous partons », écrit cette agence.", ["anaphoric opening"]),
        ("« Nous partons », ajoute Ada Brun.", ["anaphoric opening"]),
        ("Le port ferme, a-t-elle dit.", ["anaphoric opening"]),
        ("Le port a ensuite fermé.", ["anaphoric opening"]),
    ],
)
def test_broken_rule_is_named(text: str, rules: list[str]) -> None:
    assert broken_rules(text) == rules


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Le port ferme. Il rouvrira lundi.",
        "« Nous partons », a dit Ada Brun. « Rien ne nous retient », a-t-elle ajouté.",
        "Il y a dix ans, le port ouvrait.",
        "Il faut agir, dit la Ligue.",
        "Ce lundi, le port ferme.",
        "Ces dernières semaines, le port fermait.",
        "Dans ces derniers jours, le port fermait.",
        "« Nous partons », écrit Ada Brun dans une lettre à ces ports.",
        "This week the port closed.",
        "Le port d’« Aval (nord) » ferme à 12 h 30.",
        "L’ami des ports' n’est plus.",
        "Ilona Brun quitte Cetara.",
    ],
)
def test_sound_summary_breaks_nothing(text: str) -> None:
    assert broken_rules(text) == []


@pytest.mark.parametrize(
    ("sentence", "alone"),
    [
        ("Je quitte le port sans regret.", False),
        ("C’est un port que j’aime.", False),
        ("J'ai quitté le port.", False),
        ("Mais (...) ne fermons pas le port.", False),
        ("World trade is what I would close.", False),
        ("« Je quitte le port (…) sans regret », dit Ada Brun.", True),
        ("Le jeu du port s’appelle J’accoste.", True),
        ("King Boris I closed the port.", True),
        ("Les objets sont au port.", True),
    ],
)
def test_speech_without_its_marks_is_not_taken(sentence: str, alone: bool) -> None:
    assert stands_alone(sentence) is alone


def test_limit_is_a_rule_when_there_is_one() -> None:
    text = "Le port ferme."
    assert broken_rules(text, len(text)) == []
    assert broken_rules(text, len(text) - 1) == ["over the limit"]


@given(st.text(alphabet="«»“”\"'()[]?!.: aIl Cette", max_size=40))
def test_any_text_can_be_judged(text: str) -> None:
    assert len(broken_rules(text, 10)) == len(set(broken_rules(text, 10)))
    assert ("over the limit" in broken_rules(text, 10)) == (len(text) > 10)

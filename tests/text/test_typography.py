"""French typography: what a newsroom types becomes what a reader is used to."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.text.typography import (
    NARROW,
    NO_BREAK,
    french,
    tie_last_words,
    tie_leaning_words,
    tie_postcode,
    wordmark_parts,
)


def spaced(text: str) -> str:
    """`~` for U+00A0 and `_` for U+202F, to be read in a test."""
    return text.replace("~", NO_BREAK).replace("_", NARROW)


@pytest.mark.parametrize(
    ("typed", "printed"),
    [
        ("Bilan: trois blessés", "Bilan~: trois blessés"),
        ("Vraiment? Oui ! Bien; assez.", "Vraiment_? Oui_! Bien_; assez."),
        ("Quoi?! (Enfin!)", "Quoi_?! (Enfin_!)"),
        ("«Bien» dit-il, « bien »", "«~Bien~» dit-il, «~bien~»"),
        ('Il a dit "oui" puis "non"', "Il a dit «~oui~» puis «~non~»"),
        ('« Il a dit "oui" »', "«~Il a dit “oui”~»"),
        ('"Il a dit “oui”"', "«~Il a dit “oui”~»"),
        ('l\'"ami" d\'"hier"', "l’«~ami~» d’«~hier~»"),
        ("l'eau d'Aix aujourd'hui", "l’eau d’Aix aujourd’hui"),
        ("12% de 5 € et 3€", "12~% de 5~€ et 3~€"),
        ("12 km, 9 h 30, 20 °C, 3 millions", "12~km, 9~h~30, 20~°C, 3~millions"),
        ("le 18 juin et le 1er mai", "le 18~juin et le 1er~mai"),
        ("N° 47 et n°3", "N°~47 et n°~3"),
        ("9 400 carnets, 1 250 000 pages", "9_400 carnets, 1_250_000 pages"),
        ("Puis...", "Puis…"),
        ("[...]", "[…]"),
    ],
)
def test_text_is_set_as_printers_set_it(typed: str, printed: str) -> None:
    assert french(typed) == spaced(printed)


@pytest.mark.parametrize(
    "text",
    [
        "https://example.org/a?b=1;c:d!e",
        "www.example.org/l'eau?x",
        "mailto:jean@example.org",
        "jean.darc@example.org",
        "à 10:30 et 10:30:15",
        '%%{name|l\'ami ! "x"}%%',
        'un écran de 12" et un de 15"',
        "3:2, C:, (?), [!], ::",
        "2024 300 personnes, 01 23 45",
        "Note:texte",
        "5 m’arrivent",
        "....",
        "\ufdd0",
        "",
    ],
)
def test_what_is_no_prose_is_left_alone(text: str) -> None:
    assert french(text) == text


def test_mark_after_an_address_is_set() -> None:
    assert french("Voir https://example.org/a!") == spaced("Voir https://example.org/a_!")


PIECES = st.sampled_from(
    (
        *" \u00a0\u202f'’\"«»“”:;!?.…%€()[]aéZ12°Nnhkm/@-—\n\ufdd0",
        *("https://example.org/a?", "%%{a|b !}%%", "10:30", "juin", "000", "1 000", "l'", "..."),
    )
)


@settings(max_examples=500)
@given(st.lists(PIECES, max_size=16).map("".join) | st.text(max_size=80))
def test_setting_twice_changes_nothing_and_no_letter_is_lost(text: str) -> None:
    once = french(text)
    assert french(once) == once
    letters = re.compile(r"[^\W_]+")
    assert letters.findall(once) == letters.findall(text)


@given(st.text(alphabet="ab:;!? \"'", max_size=20), st.text(alphabet="ab!?:;'\" ", max_size=10))
def test_token_comes_out_as_it_went_in(before: str, fallback: str) -> None:
    token = f"%%{{name|{fallback}}}%%"
    assert token in french(f"{before} {token} {before}")


def test_short_last_word_never_stands_alone() -> None:
    assert tie_last_words("Le train du mardi est là") == spaced("Le train du mardi est~là")


@pytest.mark.parametrize(
    "headline", ["Une seule capitainerie", "Mot", "", "anticonstitutionnellement là", " là"]
)
def test_long_or_lonely_words_are_not_tied(headline: str) -> None:
    assert tie_last_words(headline) == headline


@pytest.mark.parametrize(
    ("headline", "tied"),
    [
        ("Une tempête sur la côte", "Une~tempête sur la~côte"),
        ("Le fleuve a déménagé et l’or dort", "Le~fleuve a~déménagé et~l’or dort"),
        ("Ce qu’il y a sous le port", "Ce~qu’il~y~a~sous le~port"),
        # Too long together, each by itself or as a run.
        ("La Méditerranéenne", "La Méditerranéenne"),
        ("La constitutionnalité", "La constitutionnalité"),
        ("On dit que le président de la République", "On~dit que~le~président de~la~République"),
        # An article at the very end leans on nothing.
        ("Revenir sur la", "Revenir sur la"),
        ("Deux  blancs ", "Deux  blancs "),
        ("", ""),
    ],
)
def test_no_line_of_a_headline_ends_on_an_article(headline: str, tied: str) -> None:
    assert tie_leaning_words(headline) == spaced(tied)


@given(st.text(alphabet="aà deluns’ \u00a0", max_size=60))
def test_ties_change_blanks_alone_and_never_reach_far(text: str) -> None:
    tied = tie_leaning_words(text)
    assert tied.replace(NO_BREAK, " ") == text.replace(NO_BREAK, " ")
    assert tie_leaning_words(tied) == tied
    longest = max(map(len, text.split(" ")))
    assert max(map(len, tied.split(" "))) <= max(20, longest)


def test_postcode_stands_beside_its_town() -> None:
    assert tie_postcode("8, quai Nord, 29200 Brest, France") == spaced(
        "8, quai Nord, 29200~Brest, France"
    )
    unchanged = "12345, rue Haute, 1010 Vienne"
    assert tie_postcode(unchanged) == unchanged


def test_wordmark_tells_its_italics() -> None:
    assert wordmark_parts("Le *Phare* & co") == [("Le ", False), ("Phare", True), (" & co", False)]
    assert wordmark_parts("*Phare*") == [("Phare", True)]
    assert wordmark_parts("") == []

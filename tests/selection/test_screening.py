"""What is worth fetching in full: as much as is known must not speak against it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from digest.config.settings import SelectionSettings
from digest.selection import could_be_chosen

ENGLISH = "The harbour council has voted for a breakwater of wood after a debate of nine hours."


@pytest.mark.parametrize(
    ("values", "possible"),
    [
        ({}, True),
        ({"section": ""}, True),
        ({"section": "Sport"}, False),
        ({"section": "Sport", "pinned": True}, True),
        ({"published": None}, False),
        ({"language": "en"}, False),
        ({"language": "", "title": "Lindoe"}, True),
        ({"language": "", "title": ENGLISH}, False),
        ({"title": "Horoscope du jour"}, True),
    ],
)
def test_only_possible_articles_are_fetched(
    desk: Any, values: dict[str, Any], possible: bool
) -> None:
    article = desk.article(**values)
    assert could_be_chosen(
        article, desk.window, SelectionSettings(), language="fr", now=desk.window.end
    ) is (possible)


def test_articles_of_another_week_are_not_fetched(desk: Any) -> None:
    article = desk.article(published=desk.window.start - timedelta(seconds=1))
    assert not could_be_chosen(
        article, desk.window, SelectionSettings(), language="fr", now=desk.window.end
    )


def test_language_is_known_by_the_first_paragraphs(desk: Any) -> None:
    french = "Le port de Lindoe a voté une digue de bois, et les pêcheurs l’attendaient. " * 8
    article = desk.article(language="", title="Lindoe", body=f"{french}{ENGLISH}")
    assert could_be_chosen(
        article, desk.window, SelectionSettings(), language="fr", now=desk.window.end
    )

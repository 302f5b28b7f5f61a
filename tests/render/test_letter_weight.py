"""How heavy a letter is: Gmail clips above 102 kB, and readers pay for each of them."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from tests.letters import make_config, make_edition, make_placement, with_picture
from tests.render.reading import MAIN, PRESENTING, SECOND, folder, full, tree

from digest.render.letter import render_letter

__all__ = ["folder"]

_TOLD = "Une phrase de résumé qui dit ce qui s’est passé, où, quand, et pour qui cela compte. " * 4


@pytest.mark.parametrize(("stories", "briefs", "most"), [(7, 4, 60_000), (12, 6, 80_000)])
def test_letter_with_everything_in_it_stays_light(
    folder: Path, stories: int, briefs: int, most: int
) -> None:
    edition = make_edition(stories, briefs)
    told = tuple(
        dataclasses.replace(story, summary=_TOLD, region="Afrique de l’Ouest", desk="Environnement")
        for story in edition.stories
    )
    edition = with_picture(
        dataclasses.replace(edition, stories=told), (1, 2, 3), "pictures/quai.jpg"
    )
    config = make_config(images="link", image_base_url="https://lettre.example.org/pictures/")
    picture = str(folder / "pictures/quai.jpg")
    main = make_placement("main", picture=picture, alt="Une lampe")
    letter = render_letter(edition, [main, SECOND, PRESENTING], config, folder)
    assert len(letter.html.encode()) < most


def test_another_short_story_costs_less_than_three_kilobytes() -> None:
    def weight(stories: int) -> int:
        return len(
            render_letter(make_edition(stories), [MAIN], make_config(), Path()).html.encode()
        )

    assert weight(12) - weight(11) < 3_000


def test_style_sheets_are_small_enough_for_gmail_and_outlooks_stands_apart(folder: Path) -> None:
    sheets = [node.text or "" for node in tree(full(folder)).iter("style")]
    assert max(map(len, sheets)) < 8_192
    assert not [sheet for sheet in sheets if "[data-" in sheet and "@media" in sheet]

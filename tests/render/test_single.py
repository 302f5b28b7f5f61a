"""One long story, printed whole: every piece of it, in its place, and nothing an article could
smuggle in."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest
from lxml import html as lxml_html
from tests.letters import (
    READER,
    make_config,
    make_edition,
    make_placement,
    make_story,
    save_picture,
    with_publication,
)

from digest.errors import EditionFileError
from digest.model.edition import Edition, Note, OtherVersion, Quotation, StoryPicture
from digest.model.sending import Letter
from digest.model.sponsorship import Placement
from digest.render.letter import render_letter
from digest.render.tokens import split

MAIN = make_placement("main")
BODY = """
À l’aube, le bac repart : il est plein.

Personne ne descend.

## Une frontière en retard

Elle viendra.

![Un quai vide](pictures/quai.jpg "Le quai au matin.")

Le soir, on compte.

> Rien ne presse, sauf la marée.
> — Ana Reul, éclusière

On recompte.

Et l’on rentre.
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    save_picture(tmp_path / "pictures/quai.jpg")
    return tmp_path


def single(body: str = BODY, **changes: Any) -> Edition:
    story = make_story(
        1, **{"byline": "Par Ida Brun, à Brest", "minutes": 9, "body": body, **changes}
    )
    edition = make_edition(0, 0, note=Note(), quotation=Quotation(), template="single")
    return dataclasses.replace(edition, stories=(story,))


def lettered(edition: Edition, *placements: Placement, folder: Path = Path()) -> Letter:
    return render_letter(edition, placements, make_config(), folder)


def tree(letter: Letter) -> lxml_html.HtmlElement:
    return lxml_html.document_fromstring(split(letter.html, "html").join(READER).encode())


def words(node: lxml_html.HtmlElement) -> str:
    return " ".join(node.text_content().replace("\u202f", " ").split())


def whole(folder: Path) -> Letter:
    picture = StoryPicture("pictures/quai.jpg", "Un quai", "Le quai.", "Ida Brun")
    return lettered(single(picture=picture), MAIN, folder=folder)


def test_every_piece_stands_in_order(folder: Path) -> None:
    letter = whole(folder)
    seen = words(tree(letter))
    text = " ".join(split(letter.text, "text").join(READER).split())
    for shown, title in ((seen, make_story(1).title), (text, make_story(1).title.upper())):
        places = [
            shown.index(piece)
            for piece in (
                "Grand récit",
                title,
                "Résumé du récit numéro 1",
                "Par Ida Brun, à Brest · 9 min",
                "À l’aube, le bac repart : il est plein.",
                "Personne ne descend.",
                "PUBLICITÉ · Maison Orme",
                "Une frontière en retard",
                "Elle viendra.",
                "Le quai au matin.",
                "Le soir, on compte.",
                "« Rien ne presse, sauf la marée. »",
                "Ana Reul, éclusière",
                "Et l’on rentre.",
                "Lire et partager ce récit en ligne",
                "Fin du N° 12",
            )
        ]
        assert places == sorted(places)


def test_headings_are_the_wordmark_the_story_and_its_intertitles(folder: Path) -> None:
    headings = tree(whole(folder)).xpath("//h1|//h2|//h3|//h4")
    assert [node.tag for node in headings] == ["h1", "h2", "h3"]
    assert words(headings[2]) == "Une frontière en retard"


def test_pieces_can_be_found_by_their_ids(folder: Path) -> None:
    root = tree(whole(folder))
    assert words(root.get_element_by_id("story-1")) == "Europe"
    assert words(root.get_element_by_id("body-1")).startswith("À l’aube")
    for number in range(1, 10):
        assert root.get_element_by_id(f"body-{number}") is not None


def test_second_story_has_ids_of_its_own() -> None:
    edition = single("Un.")
    edition = dataclasses.replace(
        edition, stories=(*edition.stories, make_story(2, body="Deux.", link="https://b.example/"))
    )
    root = tree(lettered(edition))
    assert words(root.get_element_by_id("body-2-1")) == "Deux."
    assert "border-top:4px" in root.get_element_by_id("story-2").find(".//td").get("style")
    onward = [node for node in root.iter("a") if words(node).startswith("Lire et partager")]
    assert [node.get("href") for node in onward] == [make_story(1).link, "https://b.example/"]


def test_quotation_is_bound_to_its_speaker_under_a_double_rule(folder: Path) -> None:
    root = tree(whole(folder))
    [quotation] = root.iter("blockquote")
    assert words(quotation.getnext()) == "Ana Reul, éclusière"
    assert len(root.xpath("//td[contains(@style,'border-top:4px')]")) == 2


def test_pictures_of_story_and_body_travel_with_their_words(folder: Path) -> None:
    letter = whole(folder)
    images = list(tree(letter).iter("img"))
    assert [image.get("alt") for image in images] == ["Un quai", "Un quai vide"]
    assert [image.get("width") for image in images] == ["600", "536"]
    assert len(letter.pictures) == 2


def test_sponsors_picture_is_not_taken_for_one_of_the_story(folder: Path) -> None:
    pictured = make_placement("main", picture="pictures/quai.jpg", alt="Une lampe")
    letter = lettered(single("Un.\n\nDeux."), pictured, folder=folder)
    assert (letter.pictures, tree(letter).xpath("//img")) == ((), [])
    assert "Une lampe qui lit avec vous" in words(tree(letter))
    second = make_placement("secondary", label="Contenu proposé par")
    letter = lettered(single("Un.\n\nDeux."), second)
    assert "Contenu proposé par Maison Orme" in words(tree(letter))


def test_picture_of_a_body_that_is_missing_is_left_out_with_its_caption() -> None:
    letter = lettered(single())
    assert [picture.file.endswith("quai.jpg") for picture in letter.left_out] == [True]
    assert tree(letter).xpath("//img") == []


def test_html_in_a_body_is_printed_and_never_run() -> None:
    letter = lettered(single("<script>alert(1)</script> & <b>gras</b> {{ 7 * 7 }} {% if %} \\o/"))
    root = tree(letter)
    assert not root.xpath("//script|//b")
    assert "<script>alert(1)</script> & <b>gras</b> {{ 7 * 7 }} {% if %} \\o/" in words(root)
    assert "{{ 7 * 7 }} {% if %}" in letter.text


@pytest.mark.parametrize("field", ["body", "byline"])
def test_token_in_a_story_is_refused(field: str) -> None:
    with pytest.raises(EditionFileError, match="holds a token"):
        lettered(single(**{field: "Bonjour %%{name}%%"}))


def test_mistake_in_the_mark_up_names_story_and_line() -> None:
    with pytest.raises(EditionFileError, match=r"story 1 “.*”: body, line 3"):
        lettered(single("Un.\n\n##Deux"))


@pytest.mark.parametrize(
    ("changes", "gone"),
    [
        ({"byline": ""}, "Par "),
        ({"summary": ""}, "Résumé"),
        ({"region": ""}, "Europe"),
        ({"body": ""}, "Une frontière"),
    ],
)
def test_what_is_missing_leaves_no_trace(folder: Path, changes: dict[str, str], gone: str) -> None:
    letter = lettered(single(**changes), folder=folder)
    root = tree(letter)
    assert gone not in words(root)
    assert gone not in letter.text
    assert "9 min" in words(root)
    assert not [
        node for node in root.iter("p", "h2", "h3") if not words(node) and not node.get("class")
    ]


def test_very_long_headline_is_set_smaller() -> None:
    short, long = single("Un."), single("Un.", title="Le fleuve a déménagé et " * 4)
    sizes = [tree(lettered(edition)).find(".//h2").get("style") for edition in (short, long)]
    assert "font-size:40px" in sizes[0]
    assert "font-size:30px" in sizes[1]


def test_note_and_other_publishers_are_shown_where_there_are_any() -> None:
    edition = single("Un.", also_in=(OtherVersion("Le Courrier du large", "https://l.example/a"),))
    root = tree(
        lettered(dataclasses.replace(edition, note=Note("Longue lecture.", "Bonne.", "Ida")))
    )
    seen = words(root).replace("\u00a0", " ")
    assert seen.index("Longue lecture.") < seen.index("Le port de Sablonne")
    assert "Aussi dans : Le Courrier du large" in seen
    assert root.get_element_by_id("story-1").find(".//td").get("class") == "inkrule"
    text = lettered(edition).text.replace("\u00a0", " ")
    assert "Aussi dans : Le Courrier du large [2]\n[1] " in text


def test_english_publication_prints_english_words() -> None:
    config = with_publication(make_config(), language="en")
    edition = single("One.\n\n> Nothing is urgent.\n> — Ana Reul", byline="By Ida Brun")
    letter = render_letter(edition, [], config, Path())
    for said in ("Long read", "Read and share this story online", "“Nothing is urgent.”"):
        assert said in words(tree(letter))
        assert said in letter.text
    assert "Ida Brun" in [words(node) for node in tree(letter).iter("strong")]


def test_text_part_is_a_page_to_read(folder: Path) -> None:
    text = whole(folder).text.replace("\u00a0", " ")
    assert "Une frontière en retard\n-----------------------\n" in text
    assert "[Le quai au matin.]" in text
    assert "    « Rien ne presse, sauf la marée. »\n\n    — Ana Reul, éclusière\n" in text
    assert f"Lire et partager ce récit en ligne [2]\n[2] {make_story(1).link}" in text

"""The week in ten paragraphs: each numbered, each with one link in its own words, no pictures."""

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
)

from digest.model.edition import Brief, Edition, Note, OtherVersion, Quotation, Story
from digest.model.sending import Letter
from digest.model.sponsorship import Placement
from digest.render.letter import render_letter
from digest.render.tokens import split

MAIN = make_placement("main")
SECOND = make_placement("secondary", sponsor="Thés Oriel", label="Contenu proposé par")


def brief(*stories: Story, **changes: Any) -> Edition:
    edition = make_edition(0, 0, quotation=Quotation(), template="brief")
    stories = stories or tuple(make_story(order) for order in range(1, 11))
    return dataclasses.replace(edition, stories=stories, **changes)


def lettered(edition: Edition, *placements: Placement) -> Letter:
    return render_letter(edition, placements, make_config(), Path())


def tree(letter: Letter) -> lxml_html.HtmlElement:
    return lxml_html.document_fromstring(split(letter.html, "html").join(READER).encode())


def words(node: lxml_html.HtmlElement) -> str:
    return " ".join(node.text_content().split())


def paragraph(story: Story) -> lxml_html.HtmlElement:
    return tree(lettered(brief(story))).get_element_by_id("story-1")


def text_of(edition: Edition, *placements: Placement) -> str:
    return split(lettered(edition, *placements).text, "text").join(READER)


def test_ten_paragraphs_are_numbered_and_headed_in_order() -> None:
    root = tree(lettered(brief(), MAIN, SECOND))
    headings = root.xpath("//h1|//h2|//h3")
    assert [node.tag for node in headings] == ["h1", *["h2"] * 10]
    stories = brief().stories
    assert [words(node) for node in headings[1:]] == [f"{story.title}." for story in stories]
    for story in stories:
        cells = root.get_element_by_id(f"story-{story.order}").findall(".//td")
        assert words(cells[0]) == str(story.order)
        assert [words(node) for node in cells[1]][:2] == [story.region, f"{story.title}."]
    assert not root.xpath("//img")


def test_each_paragraph_has_one_link_that_reads_alone() -> None:
    root = tree(lettered(brief()))
    for story in brief().stories:
        [link] = root.get_element_by_id(f"story-{story.order}").iter("a")
        assert link.get("href") == story.link
        assert len(words(link).split()) >= 3
        assert "underline" in link.get("style")


def test_editors_label_is_the_link_where_it_stands_in_the_summary() -> None:
    told = make_story(1, summary="Le bac repart. Il est plein depuis mardi.", link_label="Le bac")
    [link] = paragraph(told).iter("a")
    assert words(link) == "Le bac"


@pytest.mark.parametrize("summary", ["", "Enfin !"])
def test_label_follows_a_paragraph_that_has_no_words_for_it(summary: str) -> None:
    told = make_story(1, summary=summary, link_label="Lire l’article")
    cell = paragraph(told).findall(".//td")[1]
    [link] = cell.iter("a")
    assert words(link) == "Lire l’article"
    assert words(cell).endswith(f"{summary} Lire l’article".strip())
    assert text_of(brief(told)).count("Lire l’article [1]") == 1


@pytest.mark.parametrize(
    ("title", "shown"), [("Un pont", "Un pont."), ("Qui paie ?", "Qui paie\u202f?")]
)
def test_headline_runs_into_its_paragraph_behind_one_mark(title: str, shown: str) -> None:
    [heading] = paragraph(make_story(1, title=title)).iter("h2")
    assert heading.text_content().replace("\u00a0", " ") == shown
    assert "display:inline" in heading.get("style")
    assert heading.tail == " "


def test_paragraph_without_a_region_is_still_headed() -> None:
    bare = make_story(1, region="")
    cell = paragraph(bare)
    assert len(list(cell.iter("h2"))) == 1
    assert len(list(cell.iter("p"))) == 2
    assert f" 1  {bare.title}." in text_of(brief(bare)).replace("\u00a0", " ")


def test_rules_part_the_paragraphs_and_none_doubles_a_sponsors() -> None:
    root = tree(lettered(brief(), MAIN))
    cells = [root.get_element_by_id(f"story-{n}").find(".//td") for n in range(1, 11)]
    assert [cell.get("class") for cell in cells] == [
        "inkrule",
        *["rule"] * 4,
        None,
        *["rule"] * 4,
    ]


def test_letter_without_a_note_begins_under_the_masthead_with_no_second_rule() -> None:
    with_note, without = tree(lettered(brief())), tree(lettered(brief(note=Note())))
    ruled = [root.get_element_by_id("story-1").find(".//td") for root in (with_note, without)]
    assert [cell.get("class") for cell in ruled] == ["inkrule", None]
    assert "border" not in ruled[1].get("style")
    assert "padding:0px" in without.get_element_by_id("story-1").get("style")


def test_sponsors_have_no_pictures_either(tmp_path: Path) -> None:
    save_picture(tmp_path / "lampe.jpg")
    pictured = make_placement("main", picture="lampe.jpg", alt="Une lampe")
    letter = render_letter(brief(), [pictured, SECOND], make_config(), tmp_path)
    assert (letter.pictures, tree(letter).xpath("//img")) == ((), [])
    assert "Une lampe qui lit avec vous" in words(tree(letter))
    assert "Contenu proposé par Thés Oriel" in words(tree(letter))


def test_what_an_editor_added_is_not_lost() -> None:
    edition = brief(
        briefs=(
            Brief("https://example.org/b", 1, "Islande", "Un phare.", "https://example.org/b"),
        ),
        quotation=Quotation("Rien ne presse.", "Ana Reul", "éclusière"),
    )
    seen = words(tree(lettered(edition)))
    for added in ("En bref", "Un phare.", "Rien ne presse.", "Ana Reul, éclusière"):
        assert added in seen.replace("\u00a0", " ")


def test_other_publishers_of_a_story_are_named() -> None:
    told = make_story(1, also_in=(OtherVersion("Le Courrier du large", "https://large.example/a"),))
    assert "Aussi dans : Le Courrier du large" in words(paragraph(told)).replace("\u00a0", " ")
    text = text_of(brief(told)).replace("\u00a0", " ")
    assert "    Aussi dans : Le Courrier du large [2]\n    [1] " in text
    assert "    [2] https://large.example/a\n" in text


def test_text_part_links_each_paragraph_below_it() -> None:
    text = text_of(brief(), MAIN)
    assert max(map(len, (line for line in text.splitlines() if "http" not in line))) <= 72
    for number, story in enumerate(brief().stories[:5], 1):
        assert f"{number:2}  {story.region.upper()}\n    {story.title}" in text.replace(
            "\u00a0", " "
        )
        assert f"\n    [{number}] {story.link}\n" in text
    assert "PUBLICITÉ · Maison Orme" in text
    assert text.index("PUBLICITÉ") > text.index(brief().stories[4].link)
    assert text.index("PUBLICITÉ") < text.index(" 6  ")


def test_ten_paragraphs_weigh_less_than_seven_stories_may() -> None:
    told = "Une phrase de résumé qui dit ce qui s’est passé, où, et pour qui. " * 4
    stories = tuple(make_story(order, summary=told) for order in range(1, 11))
    assert len(lettered(brief(*stories), MAIN, SECOND).html.encode()) < 60_000

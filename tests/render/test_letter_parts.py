"""What a letter looks like when a part is missing, too long or alone: no gap, no trace."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest
from lxml import html as lxml_html
from tests.letters import (
    make_config,
    make_edition,
    make_story,
    with_picture,
    with_publication,
)
from tests.render.reading import (
    MAIN,
    PRESENTING,
    folder,
    full,
    headline,
    lettered,
    tree,
    words,
)

from digest.model.edition import Note, Quotation, StoryPicture
from digest.render.letter import render_letter

__all__ = ["folder"]


def test_three_stories_stand_without_contents_list_and_rule() -> None:
    few, more = tree(lettered(make_edition(3))), tree(lettered(make_edition(6)))
    assert "Cette semaine" in [words(node) for node in more.iter("h2")]
    assert "Cette semaine" not in [words(node) for node in few.iter("h2")]
    double = "//td[contains(@style,'border-top:4px')]"
    assert len(more.xpath(double)) - len(few.xpath(double)) == 1


def test_at_most_four_double_rules(folder: Path) -> None:
    assert len(tree(full(folder)).xpath("//td[contains(@style,'border-top:4px')]")) == 4


def test_empty_parts_leave_no_trace() -> None:
    bare = make_edition(4, 0, note=Note(), quotation=Quotation())
    story = make_story(1, region="", desk="", summary="")
    bare = dataclasses.replace(bare, stories=(story, *bare.stories[1:]))
    letter = lettered(bare)
    root = tree(letter)
    assert not [node for node in root.iter("p", "h2", "a", "strong", "em") if not words(node)]
    assert not list(root.iter("img"))
    assert "\n\n\n" not in letter.text
    for word in ("En bref", "citation", "None", "PUBLICITÉ"):
        assert word not in words(root)


@pytest.mark.parametrize(
    "note", [Note(opening="On part."), Note(text="Une phrase."), Note("On part.", "", "Ida", "")]
)
def test_note_may_lack_any_part(note: Note) -> None:
    letter = lettered(make_edition(note=note))
    for part in (note.opening, note.text, note.name):
        assert part in words(tree(letter))
        assert part in " ".join(letter.text.split())


def test_quotation_without_name_is_shown_without_comma() -> None:
    root = tree(lettered(make_edition(quotation=Quotation("Va."))))
    [quote] = root.iter("blockquote")
    assert words(quote).strip("« »") == "Va."


def test_very_long_headline_takes_the_smaller_size() -> None:
    long = make_story(1, title="Mot " * 20 + "fin")
    edition = make_edition()
    large, small = (
        tree(lettered(dataclasses.replace(edition, stories=(first, *edition.stories[1:]))))
        for first in (edition.stories[0], long)
    )
    assert "font-size:40px" in headline(large, 1).get("style")
    assert "font-size:30px" in headline(small, 1).get("style")
    assert words(headline(small, 1)) == words(lxml_html.fragment_fromstring(f"<p>{long.title}</p>"))


def test_letter_needs_no_story_to_be_looked_at() -> None:
    letter = lettered(make_edition(0, 0, quotation=Quotation()))
    assert "Nouvelles" in letter.html


def test_story_picture_without_words_is_shown_without_caption(folder: Path) -> None:
    edition = make_edition()
    story = make_story(1, picture=StoryPicture("pictures/quai.jpg", "Un quai"))
    edition = dataclasses.replace(edition, stories=(story, *edition.stories[1:]))
    root = tree(lettered(edition, folder=folder))
    assert len(list(root.iter("img"))) == 1
    assert "Photo" not in words(root)


@pytest.mark.parametrize(
    ("credit", "shown"),
    [
        ("Carte : la rédaction", "Carte : la rédaction."),
        ("Ida Brun", "Photo : Ida Brun."),
        ("Dessin : I. B.", "Dessin : I. B."),
    ],
)
def test_credit_says_what_it_credits(folder: Path, credit: str, shown: str) -> None:
    edition = make_edition()
    story = make_story(1, picture=StoryPicture("pictures/quai.jpg", "Un quai", "", credit))
    edition = dataclasses.replace(edition, stories=(story, *edition.stories[1:]))
    paragraphs = [words(node) for node in tree(lettered(edition, folder=folder)).iter("p")]
    assert shown in paragraphs


def test_picture_still_elsewhere_is_left_out() -> None:
    edition = with_picture(make_edition(), (1,), "https://example.org/a.jpg")
    letter = lettered(edition)
    assert letter.pictures == ()
    assert "https://example.org/a.jpg" not in letter.html


def test_contents_list_comes_with_more_than_five_stories() -> None:
    assert tree(lettered(make_edition(5))).xpath("//*[@id='contents']") == []
    assert len(tree(lettered(make_edition(6))).xpath("//*[@id='contents']")) == 1


def test_letter_without_a_note_begins_with_its_contents_list_a_little_lower() -> None:
    noted, bare = tree(lettered(make_edition())), tree(lettered(make_edition(note=Note())))
    assert noted.get_element_by_id("contents").get("style").startswith("padding:0px")
    assert bare.get_element_by_id("contents").get("style").startswith("padding:24px")
    assert bare.xpath("//*[@id='note']") == []


def test_lead_right_under_the_masthead_has_no_second_double_rule() -> None:
    double = "//td[contains(@style,'border-top:4px')]"
    bare = make_edition(5, 0, note=Note(), quotation=Quotation())
    root = tree(lettered(bare))
    assert len(root.xpath(double)) == 1
    assert root.get_element_by_id("story-1").get("style").startswith("padding:20px")
    presented = tree(lettered(bare, PRESENTING))
    assert presented.get_element_by_id("story-1").get("style").startswith("padding:20px")


def test_letter_without_sponsors_has_no_gap_and_the_fourth_story_keeps_its_rule() -> None:
    root = tree(lettered(make_edition()))
    assert root.xpath("//*[contains(@class,'sand')]") == []
    assert len(root.xpath("//div[contains(@class,'paper')]")) == 1
    rules = [root.get_element_by_id(f"story-{order}").xpath(".//td/@class") for order in (4, 5)]
    assert rules == [["inkrule", "inkrule"], ["rule", "rule"]]


def test_three_stories_carry_their_sponsor_before_the_quotation() -> None:
    root = tree(lettered(make_edition(3, 0), MAIN))
    ids = [node.get("id") for node in root.xpath("//body//*[@id]")]
    assert ids[ids.index("slot-main") - 1 :] == [
        "story-3",
        "slot-main",
        "quotation",
        "ending",
        "footer",
    ]


def test_headline_never_leaves_a_short_word_alone() -> None:
    story = make_story(1, title="Un pont sans rivière à Os", short_title="Un pont à Os")
    edition = make_edition()
    edition = dataclasses.replace(
        edition,
        stories=(story, *edition.stories[1:]),
        note=Note("On part en mer."),
        quotation=Quotation("Rien ne va de soi."),
    )
    root = tree(lettered(edition))
    assert headline(root, 1).text_content().endswith("à\u00a0Os")
    [contents] = root.xpath("//*[@id='contents']//a[@href='#story-1']")
    assert contents.text_content().endswith("à\u00a0Os")
    assert root.get_element_by_id("note").text_content().strip().endswith("en\u00a0mer.")
    [quote] = root.iter("blockquote")
    assert "de\u00a0soi." in quote.text_content()


def test_no_line_of_a_french_headline_ends_on_an_article() -> None:
    title = "On vend le chant d’un phare éteint"
    edition = make_edition(
        1, note=Note("On vend le chant.", "On le vend."), quotation=Quotation("Le chant dort.")
    )
    story = dataclasses.replace(edition.stories[0], title=title)
    edition = dataclasses.replace(edition, stories=(story,))
    root = tree(lettered(edition))
    assert (
        headline(root, 1).text_content() == "On\u00a0vend le\u00a0chant d’un\u00a0phare\u00a0éteint"
    )
    [opening, text] = root.xpath("//*[@id='note']/p[position()<3]")
    assert opening.text_content() == "On\u00a0vend le\u00a0chant."
    assert text.text_content() == "On le\u00a0vend."
    [quote] = root.iter("blockquote")
    assert "Le\u00a0chant" in quote.text_content()
    english = with_publication(make_config(), language="en")
    root = tree(render_letter(edition, [], english, Path()))
    assert headline(root, 1).text_content() == "On vend le chant d’un phare\u00a0éteint"


def test_wordmark_with_a_very_long_word_is_set_smaller() -> None:
    def size(wordmark: str) -> int:
        config = with_publication(make_config(), wordmark=wordmark)
        [heading] = tree(render_letter(make_edition(), [], config, Path())).iter("h1")
        found = re.search(r"font-size:(\d+)px", heading.get("style"))
        assert found
        return int(found[1])

    assert size("Nouvelles *des rives*") == 43
    assert size("Actualités *internationales*") == 43
    assert size("Anticonstitutionnellement") < 30

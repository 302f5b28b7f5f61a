"""The weekly letter as its readers get it: whole, light, accessible, and with nothing missing."""

from __future__ import annotations

import dataclasses
import html
import re
from itertools import pairwise
from pathlib import Path

import pytest
from lxml import html as lxml_html
from tests.letters import (
    READER,
    make_config,
    make_edition,
    make_placement,
    make_story,
    save_picture,
    with_picture,
    with_publication,
)

from digest.errors import ConfigError, EditionFileError, SponsorshipError, TemplateError
from digest.model.edition import Edition, Note, Quotation, StoryPicture
from digest.model.sending import Letter
from digest.model.sponsorship import Placement
from digest.render.letter import _why_received, content_id, render_letter
from digest.render.tokens import split

MAIN = make_placement("main")
SECOND = make_placement("secondary", sponsor="Thés Oriel", label="Contenu proposé par")
PRESENTING = make_placement("presenting", sponsor="Fonds Bise")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    save_picture(tmp_path / "pictures/quai.jpg")
    return tmp_path


def lettered(edition: Edition, *placements: Placement, folder: Path = Path()) -> Letter:
    return render_letter(edition, placements, make_config(), folder)


def tree(letter: Letter) -> lxml_html.HtmlElement:
    return lxml_html.document_fromstring(split(letter.html, "html").join(READER).encode())


def words(node: lxml_html.HtmlElement) -> str:
    return " ".join(node.text_content().split())


def full(folder: Path) -> Letter:
    edition = with_picture(make_edition(), (1, 2, 3, 4), "pictures/quai.jpg")
    return lettered(edition, MAIN, SECOND, PRESENTING, folder=folder)


def test_every_story_brief_and_sponsor_reaches_the_reader(folder: Path) -> None:
    letter = full(folder)
    edition = make_edition()
    seen, text = words(tree(letter)), " ".join(split(letter.text, "text").join(READER).split())
    for wanted in (
        *(story.summary for story in edition.stories),
        *(brief.text for brief in edition.briefs),
        "Ida Brun",
        "Rien ne presse",
        "Éditions du Quai, 3, rue des Voiles, 29000 Quimper, France",
        "Maison Orme",
        "Contenu proposé par Thés Oriel",
        "Avec le soutien de Fonds Bise",
        "Dimanche 15 novembre 2026",
        "z…@example.org",
        "3 mai 2026",
        "dimanche 22 novembre",
    ):
        wanted = " ".join(wanted.split())
        assert wanted in " ".join(seen.replace("\u202f", " ").split()), wanted
        assert wanted in " ".join(text.replace("\u202f", " ").split()), wanted


def test_letter_of_seven_stories_weighs_less_than_60_kb(folder: Path) -> None:
    assert len(full(folder).html.encode()) < 60_000


def test_letter_of_twelve_stories_weighs_less_than_80_kb() -> None:
    edition = make_edition(12, 6)
    told = "Une phrase de résumé qui dit ce qui s’est passé, où, et pour qui. " * 5
    stories = tuple(dataclasses.replace(story, summary=told) for story in edition.stories)
    edition = dataclasses.replace(edition, stories=stories)
    assert len(lettered(edition, MAIN, SECOND, PRESENTING).html.encode()) < 80_000


def test_style_sheets_are_small_enough_for_gmail_and_outlooks_stands_apart(folder: Path) -> None:
    sheets = [node.text or "" for node in tree(full(folder)).iter("style")]
    assert max(map(len, sheets)) < 8_192
    assert not [sheet for sheet in sheets if "[data-" in sheet and "@media" in sheet]


def test_language_direction_and_title_are_said(folder: Path) -> None:
    root = tree(full(folder))
    for node in (root, root.find(".//body/div")):
        assert (node.get("lang"), node.get("dir")) == ("fr", "ltr")
    assert root.findtext(".//title").startswith("Nouvelles des rives, ")


def test_preheader_is_the_first_thing_in_the_letter_and_not_in_the_text(folder: Path) -> None:
    letter = full(folder)
    body = tree(letter).find(".//body/div")
    assert words(body[0]) == " ".join(letter.preheader.split())
    assert "display:none" in body[0].get("style")
    assert letter.preheader not in letter.text


def test_headings_are_one_h1_and_ordered_h2(folder: Path) -> None:
    headings = tree(full(folder)).xpath("//h1|//h2|//h3")
    assert [node.tag for node in headings] == ["h1", *["h2"] * (len(headings) - 1)]
    assert words(headings[0]) == "Nouvelles des rives"
    assert headings[0].find("em") is not None
    assert len(headings) == 1 + 1 + 7 + 1 + 1


def test_layout_tables_say_that_they_are_layout(folder: Path) -> None:
    assert {node.get("role") for node in tree(full(folder)).iter("table")} == {"presentation"}


def test_every_text_is_large_enough_and_every_button_tall_enough(folder: Path) -> None:
    root = tree(full(folder))
    for node in root.iter():
        style = node.get("style", "") if isinstance(node.tag, str) else ""
        sizes = [int(size) for size in re.findall(r"font-size:(\d+)px", style)]
        if sizes and (node.text or "").strip(" \u200a") and "display:none" not in style:
            assert min(sizes) >= 14
    [button] = root.xpath("//td[contains(@class,'btn')]//a")
    style = button.get("style")
    assert "padding:14px 28px" in style
    assert "line-height:20px" in style


def test_letter_stands_without_its_style_sheet(folder: Path) -> None:
    root = tree(full(folder))
    for link in root.iter("a"):
        assert "color:#" in link.get("style")
    for region in root.xpath("//td[@class='reg']"):
        assert "display:none" in region.get("style")


def test_dark_palette_reaches_both_ways_of_asking_for_it(folder: Path) -> None:
    style = "".join(node.text or "" for node in tree(full(folder)).iter("style"))
    assert "prefers-color-scheme:dark" in style
    classes = {
        name
        for node in tree(full(folder)).xpath("//body//*[@class]")
        for name in node.get("class").split()
    }
    for name in ("ground", "paper", "sand", "ink", "text", "soft", "accent", "rule", "inkrule"):
        assert name in classes
        assert f"[data-ogsc] .{name}" in style


def test_nothing_is_loaded_from_elsewhere_when_pictures_travel(folder: Path) -> None:
    letter = full(folder)
    sources = [node.get("src") for node in tree(letter).iter("img")]
    known = {"cid:" + content_id(p.name, letter.edition) for p in letter.pictures}
    assert set(sources) == known
    assert not re.search(r"url\(|@import|<link", letter.html)


def test_only_the_pictures_that_are_shown_travel(folder: Path) -> None:
    letter = full(folder)
    assert [p.name.rpartition("-")[0] for p in letter.pictures] == ["story-1", "story-3"]
    assert [node.get("width") for node in tree(letter).iter("img")] == ["600", "536"]
    for node in tree(letter).iter("img"):
        assert node.get("alt") == "Un quai"
        assert node.get("height")


def test_sponsors_picture_is_shown_in_the_main_block_only(folder: Path) -> None:
    picture = {"picture": str(folder / "pictures/quai.jpg"), "alt": "Une lampe"}
    second = make_placement("secondary", **picture)
    letter = lettered(make_edition(), make_placement("main", **picture), second, folder=folder)
    assert [p.name.rpartition("-")[0] for p in letter.pictures] == ["slot-main"]


def test_linked_pictures_do_not_travel(folder: Path) -> None:
    edition = with_picture(make_edition(), (1,), "pictures/quai.jpg")
    config = make_config(images="link", image_base_url="https://pictures.example/")
    letter = render_letter(edition, [], config, folder)
    assert letter.pictures == ()
    [src] = [node.get("src") for node in tree(letter).iter("img")]
    assert src.startswith("https://pictures.example/2026-W46/pictures/story-1-")
    assert (folder / "pictures" / src.rpartition("/")[2]).exists()


def test_linked_pictures_need_an_address(folder: Path) -> None:
    edition = with_picture(make_edition(), (1,), "pictures/quai.jpg")
    with pytest.raises(ConfigError, match="image_base_url"):
        render_letter(edition, [], make_config(provider="smtp"), folder)


def test_sponsor_is_marked_first_and_stands_on_its_own_ground(folder: Path) -> None:
    root = tree(full(folder))
    heads = {
        slot: words(root.xpath(f"//div[contains(@class,'slot-{slot}')]")[0])
        for slot in ("presenting", "main", "secondary")
    }
    assert heads["presenting"].startswith("PUBLICITÉ. Avec le soutien de Fonds Bise")
    assert heads["main"].startswith("PUBLICITÉ · Maison Orme")
    assert heads["secondary"].startswith("Contenu proposé par Thés Oriel")
    for slot in heads:
        block = root.xpath(f"//div[contains(@class,'slot-{slot}')]")[0]
        assert "sand" in block.get("class").split()
        assert not block.xpath(".//*[contains(@class,'accent')]")


@pytest.mark.parametrize(
    ("label", "shown"),
    [
        ("Annonce", "ANNONCE · Maison Orme"),
        ("Contenu sponsorisé", "CONTENU SPONSORISÉ · Maison Orme"),
        ("Présenté par", "Présenté par Maison Orme"),
    ],
)
def test_label_of_ones_own_reads_well(label: str, shown: str) -> None:
    letter = lettered(make_edition(), make_placement("secondary", label=label))
    assert shown in letter.text
    assert shown in words(tree(letter))


def test_links_lead_where_they_should(folder: Path) -> None:
    links = [node.get("href") for node in tree(full(folder)).iter("a")]
    for story in make_edition().stories:
        assert links.count(story.link) == 3
    for placement in (MAIN, SECOND, PRESENTING):
        assert placement.url in links
    assert READER["unsubscribe_url"] in links
    assert "https://example.org/partenaires" in links


def test_reader_without_a_date_reads_a_whole_sentence() -> None:
    letter = lettered(make_edition())
    unknown = {**READER, "since": "", "next_date": ""}
    text = " ".join(split(letter.text, "text").join(unknown).split())
    assert "depuis le" not in text
    assert re.search(r"inscrite\.", text)
    assert "prochain" not in text
    assert "%%" not in text


@pytest.mark.parametrize(
    ("dated", "undated"),
    [
        ("Since {date}, {address} reads us.", "{address} reads us."),
        ("{address}: {date}", "We know {address}."),
        ("Read by {address} for long.", "Read by {address}."),
    ],
)
@pytest.mark.parametrize("since", ["3 mai 2026", ""])
def test_any_wording_of_the_footer_reads_whole(dated: str, undated: str, since: str) -> None:
    written = _why_received({"why_received": dated, "why_received_undated": undated})
    shown = split(written, "text").join({"address": "z…", "since": since})
    whole = {dated.format(address="z…", date=since), undated.format(address="z…")}
    assert shown in whole
    assert since or shown == undated.format(address="z…")


def test_three_stories_stand_without_contents_list_and_rule() -> None:
    few, more = tree(lettered(make_edition(3))), tree(lettered(make_edition(4)))
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
    assert "font-size:40px" in large.get_element_by_id("story-1").get("style")
    assert "font-size:30px" in small.get_element_by_id("story-1").get("style")
    assert words(small.get_element_by_id("story-1")) == words(
        lxml_html.fragment_fromstring(f"<p>{long.title}</p>")
    )


def test_hostile_words_stay_words() -> None:
    odd = '</td><script>alert("x")</script> {{ 7*7 }} {% x %} \\u{41} "> %% &amp;'
    edition = make_edition(
        subject=odd, preheader=odd, note=Note(odd, odd, odd, odd), quotation=Quotation(odd, odd)
    )
    story = make_story(
        1, title=odd, short_title=odd, summary=odd, region=odd, desk=odd, link_label=odd
    )
    edition = dataclasses.replace(edition, stories=(story, *edition.stories[1:]))
    config = with_publication(make_config(), typography=False)
    letter = render_letter(edition, [make_placement(headline=odd, body=odd)], config, Path())
    root = tree(letter)
    assert not list(root.iter("script"))
    assert odd in root.get_element_by_id("story-1").text_content().replace("\u00a0", " ")
    assert odd in " ".join(letter.text.split()).replace("\u00a0", " ")


def test_french_spaces_are_set_in_words_and_never_in_links() -> None:
    story = make_story(1, title="Quoi ? Tout : rien !", link="https://example.org/a?b=c;d=e")
    edition = make_edition()
    edition = dataclasses.replace(edition, stories=(story, *edition.stories[1:]))
    letter = lettered(edition)
    title = tree(letter).get_element_by_id("story-1").text_content()
    assert "Quoi\u202f?" in title
    assert "Tout\u00a0:" in title
    assert html.escape(story.link) in letter.html
    assert story.link in letter.text
    plain = render_letter(edition, [], with_publication(make_config(), typography=False), Path())
    assert "Quoi ?" in plain.text


def test_text_part_fits_a_terminal_and_holds_no_entities(folder: Path) -> None:
    letter = full(folder)
    text = split(letter.text, "text").join(READER)
    for line in text.splitlines():
        assert len(line) <= 72 or "https://" in line, line
    assert not re.search(r"&[a-z#0-9]+;|<[a-z/]", text)
    assert READER["unsubscribe_url"] in text.splitlines()
    assert text.endswith("\n")


def test_text_part_never_rules_twice() -> None:
    for edition in (make_edition(), make_edition(note=Note()), make_edition(3, note=Note())):
        lines = [line for line in lettered(edition, MAIN).text.splitlines() if line]
        ruled = [set(line) in ({"-"}, {"="}, {"*"}) for line in lines]
        assert not any(one and other for one, other in pairwise(ruled))


def test_numbered_links_of_the_text_are_explained_below_their_section(folder: Path) -> None:
    text = full(folder).text
    used = re.findall(r"(?<!^)\[(\d+)\]", text, re.MULTILINE)
    explained = dict(re.findall(r"^\[(\d+)\] (\S+)$", text, re.MULTILINE))
    assert used == [str(number) for number in range(1, len(used) + 1)]
    assert sorted(explained, key=int) == used
    for story in make_edition().stories:
        section = text[text.index(story.link_label) :]
        assert section.index(story.link) < section.index("---")


def test_editor_may_address_readers_in_the_note_and_the_subject() -> None:
    edition = make_edition(
        subject="Pour %%{name|vous}%%", note=Note("Bonjour %%{name|à vous}%%", "", "", "")
    )
    letter = lettered(edition)
    assert split(letter.subject, "header").join(READER) == "Pour Zoé"
    assert "Bonjour Zoé" in words(tree(letter))
    assert "Bonjour à vous" in split(letter.text, "text").join({}).replace("\u00a0", " ")


@pytest.mark.parametrize("field", ["title", "summary", "link", "region", "link_label"])
def test_story_from_elsewhere_cannot_ask_for_a_readers_values(field: str) -> None:
    edition = make_edition()
    story = make_story(2, **{field: "https://spy.example/?u=%%{unsubscribe_url}%%"})
    edition = dataclasses.replace(edition, stories=(edition.stories[0], story))
    with pytest.raises(EditionFileError, match="story 2"):
        lettered(edition)


def test_brief_and_quotation_cannot_either() -> None:
    edition = make_edition()
    brief = dataclasses.replace(edition.briefs[0], text="%%{name}%%")
    with pytest.raises(EditionFileError, match="brief 1"):
        lettered(dataclasses.replace(edition, briefs=(brief,)))
    with pytest.raises(EditionFileError, match="quotation"):
        lettered(make_edition(quotation=Quotation("%%{name}%%")))


def test_sponsor_cannot_ask_for_a_readers_values() -> None:
    with pytest.raises(SponsorshipError, match=r"slot “main”, Maison Orme"):
        lettered(make_edition(), make_placement(body="%%{address}%%"))


def test_unknown_token_in_the_subject_is_the_editions_fault() -> None:
    with pytest.raises(EditionFileError) as caught:
        lettered(make_edition(subject="%%{nmae}%%"))
    assert "2026-W46: subject" in caught.value.message
    assert "%%{name}%%" in caught.value.hint


def test_unknown_token_in_the_note_is_said_too() -> None:
    with pytest.raises(TemplateError, match="nmae"):
        lettered(make_edition(note=Note("%%{nmae}%%")))


def test_picture_that_is_missing_names_its_story(tmp_path: Path) -> None:
    edition = with_picture(make_edition(), (3,), "pictures/none.jpg")
    with pytest.raises(EditionFileError, match=r"story 3 .*there is no such file"):
        lettered(edition, folder=tmp_path)


def test_picture_still_elsewhere_is_left_out() -> None:
    edition = with_picture(make_edition(), (1,), "https://example.org/a.jpg")
    letter = lettered(edition)
    assert letter.pictures == ()
    assert "https://example.org/a.jpg" not in letter.html


def test_template_of_ones_own_overrides_one_part(tmp_path: Path) -> None:
    mine = tmp_path / "templates/mine"
    mine.mkdir(parents=True)
    source = make_config().path("templates") / "weekly"
    weekly = tmp_path / "templates/weekly"
    weekly.mkdir()
    for path in source.iterdir():
        (weekly / path.name).write_bytes(path.read_bytes())
    (mine / "letter.mjml.j2").write_text(
        '{% extends "weekly/letter.mjml.j2" %}{% block ending %}'
        "<mj-text>Au revoir.</mj-text>{% endblock %}"
    )
    (mine / "letter.txt.j2").write_text(
        '{% extends "weekly/letter.txt.j2" %}{% block ending %}Au revoir.{% endblock %}'
    )
    config = make_config(root=tmp_path, template="mine")
    letter = render_letter(make_edition(), [], config, tmp_path)
    assert "Au revoir." in words(tree(letter))
    assert "Au revoir." in letter.text
    assert "Le port de Sablonne" in letter.text


def test_same_edition_gives_the_same_bytes(folder: Path) -> None:
    assert full(folder) == full(folder)


def test_english_publication_reads_english() -> None:
    config = with_publication(make_config(), language="en")
    letter = render_letter(make_edition(), [], config, Path())
    assert 'lang="en"' in letter.html
    assert "“Rien ne presse, sauf la marée.”" in letter.text
    assert "Unsubscribe" in letter.text


def test_letter_needs_no_story_to_be_looked_at() -> None:
    letter = lettered(make_edition(0, 0, quotation=Quotation()))
    assert "Nouvelles" in letter.html


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


def test_story_picture_without_words_is_shown_without_caption(folder: Path) -> None:
    edition = make_edition()
    story = make_story(1, picture=StoryPicture("pictures/quai.jpg", "Un quai"))
    edition = dataclasses.replace(edition, stories=(story, *edition.stories[1:]))
    root = tree(lettered(edition, folder=folder))
    assert len(list(root.iter("img"))) == 1
    assert "Photo" not in words(root)

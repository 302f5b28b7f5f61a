"""The weekly letter as its readers get it: whole, accessible, in every program."""

from __future__ import annotations

import dataclasses
import html
import re
import shutil
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
    with_picture,
    with_publication,
)
from tests.render.reading import (
    MAIN,
    PRESENTING,
    SECOND,
    folder,
    full,
    headline,
    lettered,
    tree,
    words,
)

from digest.config.settings import DarkSettings, LightSettings, ThemeSettings
from digest.errors import ConfigError, EditionFileError, SponsorshipError, TemplateError
from digest.model.edition import Note, Quotation
from digest.render.letter import render_letter
from digest.render.tokens import split

__all__ = ["folder"]


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
    known = {"cid:" + p.content_id(letter.edition) for p in letter.pictures}
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
    picture: dict[str, Any] = {"picture": str(folder / "pictures/quai.jpg"), "alt": "Une lampe"}
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
        assert links.count(story.link) == 2
        assert links.count(f"#story-{story.order}") == 1
    for placement in (MAIN, SECOND, PRESENTING):
        assert placement.url in links
    assert READER["unsubscribe_url"] in links
    assert "https://example.org/partenaires" in links


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
    assert odd in headline(root, 1).text_content().replace("\u00a0", " ")
    assert odd in " ".join(letter.text.split()).replace("\u00a0", " ")


def test_french_spaces_are_set_in_words_and_never_in_links() -> None:
    story = make_story(1, title="Quoi ? Tout : rien !", link="https://example.org/a?b=c;d=e")
    edition = make_edition()
    edition = dataclasses.replace(edition, stories=(story, *edition.stories[1:]))
    letter = lettered(edition)
    title = headline(tree(letter), 1).text_content()
    assert "Quoi\u202f?" in title
    assert "Tout\u00a0:" in title
    assert html.escape(story.link) in letter.html
    assert story.link in letter.text
    plain = render_letter(edition, [], with_publication(make_config(), typography=False), Path())
    assert "Quoi ?" in plain.text


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


def test_letter_is_shown_without_the_picture_that_is_missing(tmp_path: Path) -> None:
    letter = lettered(with_picture(make_edition(), (3,), "pictures/none.jpg"), folder=tmp_path)
    assert letter.html == lettered(make_edition(), folder=tmp_path).html
    assert [picture.file for picture in letter.left_out] == ["pictures/none.jpg"]


def test_template_of_ones_own_overrides_one_part(tmp_path: Path) -> None:
    mine = tmp_path / "templates/mine"
    mine.mkdir(parents=True)
    for name in ("base", "weekly"):
        shutil.copytree(make_config().path("templates") / name, tmp_path / "templates" / name)
    (mine / "letter.mjml.j2").write_text(
        '{% extends "weekly/letter.mjml.j2" %}{% block ending %}'
        "<mj-text>Au revoir.</mj-text>{% endblock %}"
    )
    (mine / "letter.txt.j2").write_text(
        '{% extends "weekly/letter.txt.j2" %}{% block ending %}Au revoir.{% endblock %}'
    )
    shutil.copy(tmp_path / "templates/weekly/template.toml", mine)
    config = make_config(root=tmp_path, template="mine")
    letter = render_letter(make_edition(), [], config, tmp_path)
    assert "Au revoir." in words(tree(letter))
    assert "Au revoir." in letter.text
    assert "Le\u00a0port de\u00a0Sablonne" in letter.text


def test_same_edition_gives_the_same_bytes(folder: Path) -> None:
    assert full.__wrapped__(folder) == full.__wrapped__(folder)


def test_contents_list_leads_to_the_stories_of_the_letter(folder: Path) -> None:
    root = tree(full(folder))
    anchors = [a.get("href") for a in root.xpath("//*[@id='contents']//a")]
    assert anchors == [f"#story-{order}" for order in range(1, 8)]
    for anchor in anchors:
        assert root.get_element_by_id(anchor[1:]) is not None


def test_first_element_of_each_part_says_which_part_it_is(folder: Path) -> None:
    ids = [node.get("id") for node in tree(full(folder)).xpath("//body//*[@id]")]
    assert ids == [
        "masthead",
        "slot-presenting",
        "note",
        "contents",
        *("story-1", "story-2", "story-3", "slot-main"),
        *("story-4", "story-5", "story-6", "story-7"),
        "briefs",
        "slot-secondary",
        "quotation",
        "ending",
        "footer",
    ]


def test_letter_can_be_read_online_where_it_is_put(folder: Path) -> None:
    config = make_config(online_url="https://lettre.example.org/{edition}/")
    letter = render_letter(make_edition(), [], config, folder)
    rows = tree(letter).xpath("//*[@id='footer']/following::a")
    assert [words(row) for row in rows] == ["Lire en ligne", "Devenir partenaire", "Se désabonner"]
    assert rows[0].get("href") == "https://lettre.example.org/2026-W46/"
    assert "Lire en ligne\nhttps://lettre.example.org/2026-W46/\n" in letter.text


def test_addresses_in_the_footer_are_not_parted(folder: Path) -> None:
    letter = lettered(make_edition(), folder=folder)
    [why] = tree(letter).xpath("//*[@id='footer']/p[@class='soft']")
    assert words(why) == (
        "Vous recevez cette lettre parce que l’adresse z…@example.org y est inscrite depuis le "
        "3 mai 2026."
    )
    [address] = why
    assert (words(address), address.get("style")) == ("z…@example.org", "display:inline-block;")
    for part in (letter.html, letter.text):
        assert "29000\u00a0Quimper" in part


def test_letter_written_from_the_right_is_mirrored(folder: Path) -> None:
    other = {"left": "right", "right": "left", "ltr": "rtl", "rtl": "ltr", "en": "ar", "ar": "en"}

    def html_in(language: str) -> str:
        config = with_publication(make_config(), language=language)
        edition = with_picture(make_edition(), (1, 3), "pictures/quai.jpg")
        rendered = render_letter(edition, [MAIN, SECOND, PRESENTING], config, folder).html
        return re.sub(r"text-align:(?:left|right);", "", rendered)

    english, arabic = html_in("en"), html_in("ar")
    assert 'dir="rtl"' in arabic
    assert arabic == re.sub(
        r"\b(left|right|ltr|rtl)\b(?!:var)|(?<=lang=\")(?:en|ar)", lambda m: other[m[0]], english
    ).replace(
        ".px{padding-right:20px!important;padding-left",
        ".px{padding-left:20px!important;padding-right",
    )


def test_no_text_keeps_its_light_colour_in_the_dark(folder: Path) -> None:
    root = tree(full(folder))
    style = "".join(node.text or "" for node in root.iter("style"))
    for node in root.xpath("//body//*[text()[normalize-space(translate(., '\u200a\u00a0', ''))]]"):
        if "display:none" in node.get("style", ""):
            continue
        coloured = next(
            one
            for one in (node, *node.iterancestors())
            if re.search(r"(?<![-\w])color:#", one.get("style", ""))
        )
        if coloured.xpath("ancestor::td[contains(@class,'btn')]"):
            continue
        known = [
            name for name in coloured.get("class", "").split() if f"\n.{name}{{color:" in style
        ]
        assert known, lxml_html.tostring(coloured)[:200]


def test_outlook_on_windows_gets_widths_line_heights_and_no_padding_that_it_drops(
    folder: Path,
) -> None:
    letter = full(folder)
    sections = letter.html.count('width="600" class="') + letter.html.count('width="600" style="')
    assert sections == len(re.findall(r"<div[^>]*max-width:600px", letter.html))
    assert re.search(r"<!--\[if mso\]>.*?mso-line-height-rule:exactly", letter.html)
    root = tree(letter)
    for node in root.xpath("//body//p|//body//h1|//body//h2|//body//blockquote|//body//div"):
        padding = re.search(r"padding[a-z-]*:([^;]+)", node.get("style", ""))
        assert padding is None or set(padding[1]) <= set("0px "), node.get("style")
    [cell] = root.xpath("//td[@bgcolor='#14202B']")
    assert "mso-padding-alt:14px 28px" in cell.get("style")


def test_logo_stands_in_the_heading_instead_of_the_wordmark(folder: Path) -> None:
    save_picture(folder / "logo.png", (480, 96))
    config = dataclasses.replace(
        make_config(), theme=ThemeSettings(logo=str(folder / "logo.png"), logo_width=200)
    )
    letter = render_letter(make_edition(), [], config, folder)
    [heading] = tree(letter).iter("h1")
    [logo] = heading
    assert (logo.get("alt"), logo.get("width"), logo.get("height")) == (
        "Nouvelles des rives",
        "200",
        "40",
    )
    assert words(heading) == ""
    assert "font-size:23px" in logo.get("style")
    assert len(letter.pictures) == 1


def test_dark_letter_has_a_logo_of_its_own(folder: Path) -> None:
    save_picture(folder / "logo.png", (480, 96))
    save_picture(folder / "dark.png", (480, 80))
    logo, logo_dark = str(folder / "logo.png"), str(folder / "dark.png")
    theme = ThemeSettings(logo=logo, logo_dark=logo_dark, logo_width=200)
    config = dataclasses.replace(make_config(), theme=theme)
    letter = render_letter(make_edition(), [], config, folder)
    [heading] = tree(letter).iter("h1")
    light, dark = heading
    assert [image.get("alt") for image in heading] == ["Nouvelles des rives"] * 2
    assert light.get("style").startswith("display:block;")
    assert dark.get("style").startswith("display:none;mso-hide:all;")
    assert ".darklogo" in letter.html
    assert ".darklogo" not in lettered(make_edition()).html
    assert len(letter.pictures) == 2
    missing = dataclasses.replace(config.theme, logo_dark="absent.png")
    with pytest.raises(ConfigError, match=r"theme\.logo_dark: .*absent\.png"):
        render_letter(make_edition(), [], dataclasses.replace(config, theme=missing), folder)


def test_corners_are_square_unless_the_theme_rounds_them(folder: Path) -> None:
    edition = with_picture(make_edition(), (1, 3), "pictures/quai.jpg")
    main = make_placement("main", picture=str(folder / "pictures/quai.jpg"), alt="Une lampe")
    assert not re.search(r"border-radius:[1-9]", lettered(edition, main, folder=folder).html)
    config = dataclasses.replace(make_config(), theme=ThemeSettings(corner=6))
    root = tree(render_letter(edition, [main], config, folder))
    rounded = [node.tag for node in root.xpath("//*[contains(@style,'border-radius:6px')]")]
    assert rounded == ["img", "img", "td", "a"]
    assert "border-radius" not in root.xpath("//img")[0].get("style")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_colour_of_the_theme_reaches_the_letter(folder: Path, scheme: str) -> None:
    kind: Any = {"light": LightSettings, "dark": DarkSettings}[scheme]
    names = [entry.name for entry in dataclasses.fields(kind)]
    chosen = {name: f"#0B0B{number:02X}" for number, name in enumerate(names)}
    theme = ThemeSettings(**{scheme: kind(**chosen)})
    edition = with_picture(make_edition(), (1, 3), "pictures/quai.jpg")
    main = make_placement("main", picture=str(folder / "pictures/quai.jpg"), alt="Une lampe")
    html = render_letter(
        edition, [main, SECOND], dataclasses.replace(make_config(), theme=theme), folder
    ).html
    assert [name for name, colour in chosen.items() if colour not in html] == []


@pytest.mark.parametrize(
    ("setting", "value", "shown"),
    [
        ("serif", "Charter,serif", "font-family:Charter,serif"),
        ("sans", "'Open Sans',sans-serif", "font-family:'Open Sans',sans-serif"),
        ("wordmark", "39/48", "font-size:39px;line-height:48px"),
        ("lead", "38/40", "font-size:38px;line-height:40px"),
        ("headline", "28/32", "font-size:28px;line-height:32px"),
        ("quotation", "27/36", "font-size:27px;line-height:36px"),
        ("short", "22/28", "font-size:22px;line-height:28px"),
        ("text", "18/28", "font-size:18px;line-height:28px"),
        ("label", "15/20", "font-size:15px;line-height:20px"),
        ("sponsor_headline", "22/28", "font-size:22px;line-height:28px;color:#14202B"),
        ("sponsor_text", "15/24", "font-size:15px;line-height:24px"),
        ("width", 640, "max-width:640px"),
        ("side", 40, "padding:24px 40px 40px"),
        ("phone_side", 16, "padding-left:16px!important"),
    ],
)
def test_every_measure_of_the_theme_reaches_the_letter(
    setting: str, value: Any, shown: str
) -> None:
    theme = ThemeSettings(**{setting: value})
    config = dataclasses.replace(make_config(), theme=theme)
    assert shown in render_letter(make_edition(), [MAIN], config, Path()).html
    assert shown not in lettered(make_edition(), MAIN).html


@pytest.mark.parametrize(
    ("found", "put", "told"),
    [
        ("{{ story.summary }}</p>", "{{ story.summary }}", "</td> stands where <p>"),
        ("{{ story.title }}</a>", "{{ story.title }}</b>", "</b> stands where <a>"),
    ],
)
def test_fault_of_the_mark_up_is_named_where_the_author_wrote_it(
    tmp_path: Path, found: str, put: str, told: str
) -> None:
    shutil.copytree(make_config().path("templates"), tmp_path / "templates")
    shared = tmp_path / "templates/base/stories.mjml.j2"
    text = shared.read_text(encoding="utf-8")
    line = text[: text.index(found)].count("\n") + 1
    shared.write_text(text.replace(found, put), encoding="utf-8")
    with pytest.raises(TemplateError) as caught:
        render_letter(make_edition(), [], make_config(root=tmp_path), tmp_path)
    assert caught.value.message.startswith(f"templates/base/stories.mjml.j2:{line}: {told}")


def test_misspelt_token_of_the_theme_is_named_with_the_nearest(tmp_path: Path) -> None:
    shutil.copytree(make_config().path("templates"), tmp_path / "templates")
    shared = tmp_path / "templates/base/frame.mjml.j2"
    text = shared.read_text(encoding="utf-8")
    line = text[: text.index("light.rule")].count("\n") + 1
    shared.write_text(text.replace("light.rule", "light.rulle", 1), encoding="utf-8")
    with pytest.raises(TemplateError) as caught:
        render_letter(make_edition(), [], make_config(root=tmp_path), tmp_path)
    assert caught.value.message == f"templates/base/frame.mjml.j2:{line}: there is no “rulle” there"
    assert caught.value.hint == "Did you mean “rule”?"

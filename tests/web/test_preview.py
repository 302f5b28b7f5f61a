"""The preview shows the letter as it will be met, from one file that asks nobody for anything."""

from __future__ import annotations

import dataclasses
import html
import re
from pathlib import Path

import pytest
from lxml import html as lxml_html
from tests.letters import (
    READER,
    make_config,
    make_edition,
    make_placement,
    save_picture,
    with_picture,
)

from digest.check import Finding, check
from digest.model.sending import Letter
from digest.render.letter import render_letter
from digest.web.preview import preview_page

ERROR = Finding("summary-empty", "error", "story 3 “<Titre>”", "has no summary", "Write one.")
WARNING = Finding("size", "warning", "HTML", "is large", "Shorten it.")


@pytest.fixture
def letter(tmp_path: Path) -> Letter:
    save_picture(tmp_path / "a.jpg")
    edition = with_picture(make_edition(), (1,), "a.jpg")
    return render_letter(edition, [make_placement()], make_config(), tmp_path)


def tree(page: str) -> lxml_html.HtmlElement:
    return lxml_html.document_fromstring(page.encode())


def words(node: lxml_html.HtmlElement) -> str:
    return " ".join(node.text_content().split())


def test_page_asks_nobody_for_anything(letter: Letter) -> None:
    root = tree(preview_page(letter, [], interface_language="fr"))
    [policy] = root.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    assert "default-src 'none'" in policy
    assert not root.xpath("//script|//link|//img[not(starts-with(@src,'data:'))]|//form|//object")
    assert not re.search(r"url\(|@import", "".join(root.xpath("//style/text()")))
    for frame in root.iter("iframe"):
        inside = lxml_html.document_fromstring(frame.get("srcdoc"))
        assert all(src.startswith("data:image/jpeg;base64,") for src in inside.xpath("//img/@src"))


def test_letter_is_shown_whole_at_both_widths_in_sandboxes(letter: Letter) -> None:
    frames = list(tree(preview_page(letter, [], interface_language="fr")).iter("iframe"))
    assert ["600" in frame.get("title") for frame in frames] == [True, False]
    for frame in frames:
        assert frame.get("sandbox") == ""
        inside = lxml_html.document_fromstring(frame.get("srcdoc"))
        assert inside.get_element_by_id("story-7") is not None
        assert "%%{" not in frame.get("srcdoc")


def test_inbox_row_shows_sender_subject_and_preheader(letter: Letter) -> None:
    row = words(tree(preview_page(letter, [], interface_language="fr")).find(".//section"))
    assert "Nouvelles des rives" in row
    assert "Les écluses rouvrent" in row
    assert " ".join(letter.preheader.split()) in row
    named = preview_page(letter, [], interface_language="fr", sender="La Rédaction")
    assert words(tree(named).find(".//section")).count("La Rédaction") == 2


def test_what_a_phone_cuts_is_struck(letter: Letter) -> None:
    subject = "Un objet beaucoup trop long pour un téléphone tenu debout"
    page = preview_page(dataclasses.replace(letter, subject=subject), [], interface_language="fr")
    struck = [words(node) for node in tree(page).iter("s")]
    assert any(text and subject.endswith(text) for text in struck)
    short = dataclasses.replace(letter, subject="Bref", preheader="")
    rest = [
        words(node) for node in tree(preview_page(short, [], interface_language="fr")).iter("s")
    ]
    assert rest == ["Ainsi barré"]


def test_findings_are_numbered_with_place_and_remedy(letter: Letter) -> None:
    page = preview_page(letter, [ERROR, WARNING], interface_language="fr")
    items = [words(node) for node in tree(page).xpath("//ol/li")]
    assert items[0].startswith("1Erreur : story 3 “<Titre>” has no summary Write one.")
    assert items[1].startswith("2Avertissement : HTML is large")
    english = tree(preview_page(letter, [ERROR], interface_language="en"))
    assert words(english.xpath("//ol/li")[0]).startswith("1Error: story 3")
    assert "Struck out: what" in words(english.find(".//section"))
    assert "1 erreur à lever avant d’approuver" in words(tree(page).find(".//header"))


def test_several_errors_are_counted(letter: Letter) -> None:
    page = tree(preview_page(letter, [ERROR, ERROR, WARNING, WARNING], interface_language="en"))
    assert "2 errors to clear before approving" in words(page.find(".//header"))
    assert "2 errors, 2 warnings" in words(page)


def test_sound_letter_is_ready(letter: Letter) -> None:
    page = tree(preview_page(letter, [], interface_language="fr"))
    assert "Prête à être approuvée" in words(page)
    assert "Rien à signaler." in words(page)


def test_size_is_given_against_what_gmail_takes(letter: Letter) -> None:
    size = len(letter.html.encode()) / 1000
    page = words(tree(preview_page(letter, [], interface_language="fr")))
    assert f"{size:.1f} ko".replace(".", ",") in page
    assert "102 ko : Gmail coupe" in page
    large = dataclasses.replace(letter, html=letter.html + "<!--" + "x" * 110_000 + "-->")
    assert tree(preview_page(large, [], interface_language="en")).find_class("over")


def test_text_part_is_shown_with_a_readers_values(letter: Letter) -> None:
    page = tree(preview_page(letter, [], interface_language="fr", values=READER))
    text = page.find_class("as-text")[0].text_content()
    assert READER["unsubscribe_url"] in text
    assert READER["dispatch_date"] in text
    assert "1  EUROPE" in text


def test_without_a_readers_values_the_day_is_said_to_come(letter: Letter) -> None:
    page = tree(preview_page(letter, [], interface_language="fr"))
    assert "(jour de l’envoi)" in page.find_class("as-text")[0].text_content()


def test_hostile_letter_cannot_leave_its_frame(letter: Letter) -> None:
    hostile = dataclasses.replace(
        letter,
        subject='"><script>a</script>',
        text="</pre><script>a</script>",
        html=letter.html.replace("</body>", "\"'></iframe><script>a</script></body>"),
    )
    root = tree(preview_page(hostile, [ERROR], interface_language="fr", sender="<script>"))
    assert not list(root.iter("script"))
    assert root.find(".//header") is not None


def test_linked_pictures_are_not_loaded_and_the_page_says_so(tmp_path: Path) -> None:
    save_picture(tmp_path / "a.jpg")
    edition = with_picture(make_edition(), (1,), "a.jpg")
    config = make_config(images="link", image_base_url="https://pictures.example")
    letter = render_letter(edition, [], config, tmp_path)
    page = preview_page(letter, check(letter, edition, [], config), interface_language="fr")
    assert "Les images liées ne sont pas chargées ici." in words(tree(page))


def test_letter_without_pictures_counts_none() -> None:
    letter = render_letter(make_edition(), [], make_config(), Path())
    page = words(tree(preview_page(letter, [], interface_language="fr")))
    assert "image" not in page.partition("Gmail coupe")[2].partition("Contrôles")[0]


def test_unknown_interface_language_reads_english(letter: Letter) -> None:
    assert "Ready to be approved" in words(tree(preview_page(letter, [], interface_language="de")))


def test_both_interface_languages_say_the_same_things(letter: Letter) -> None:
    pages = [
        tree(preview_page(letter, [ERROR], interface_language=language))
        for language in ("fr", "en")
    ]
    assert [node.tag for node in pages[0].iter("*")] == [node.tag for node in pages[1].iter("*")]
    assert html.unescape(words(pages[0])) != html.unescape(words(pages[1]))

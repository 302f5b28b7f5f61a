"""A letter is read in the studio as an editor reads it: every face, part, file and reader."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect
from tests.web.studio_browser import (
    Preview,
    comes_to,
    frame_of,
    letter,
    style,
    top_of,
)
from tests.web.studio_world import WEEK


def test_opening_shows_the_letter_its_inbox_row_its_plan_and_what_was_found(page: Page) -> None:
    expect(page.locator("html")).to_have_attribute("lang", "fr")
    expect(page.locator("#edition-id")).to_have_text(WEEK)
    subject = page.locator("#inbox-phone .sb")
    expect(subject.locator("s")).to_contain_text("suivre")
    expect(page.locator("#plan-rows .story b")).to_have_count(7)
    expect(page.locator("#plan-story-1 b")).to_contain_text("Le fleuve a déménagé")
    assert "Le fleuve a déménagé" in letter(page, "body")
    expect(page.locator("#counts")).to_contain_text("réussis")
    expect(page.locator("#size-words")).to_have_text(re.compile(r"\d+,\d ko"))
    expect(page.locator("#size-bar")).to_have_attribute("aria-label", re.compile("102 ko"))
    expect(page.locator("#links-body tbody tr").first).to_be_visible()
    expect(page.locator("#links-body .pub").first).to_have_text("Pub.")
    expect(page.locator("#links-body .src")).to_contain_text("Liens d’annonceurs : source")
    expect(page.locator("#links-body tbody tr").first.locator("td").last).to_be_empty()
    expect(page.locator("#edition-day")).to_have_text(re.compile(r"^N° 46 · [a-z]+ \d"))


def test_notes_about_one_part_share_one_mark(page: Page) -> None:
    page.locator("#notes-count").click()
    mark = page.locator("#plan-rows .contents .mk")
    expect(mark).to_have_count(1)
    expect(mark).to_have_text(re.compile(r"^\d+–\d+$"))
    expect(mark).to_have_attribute("aria-label", re.compile(r"^Remarques \d+ à \d+$"))
    mark.click()
    first = mark.inner_text().partition("–")[0]
    expect(page.locator(f"#line-{first}")).to_be_focused()


def test_finding_about_the_masthead_leads_there(page: Page) -> None:
    page.locator("#plan-story-5").click()
    page.locator("#notes-count").click()
    found = page.locator("#notes-list li", has=page.get_by_text("Haut de la lettre"))
    found.first.locator("a.mk").click()
    expect(page.locator("#overlay .chosen")).to_be_in_viewport()
    expect(page.locator("#overlay .edge")).to_have_text("haut")


def test_ground_under_the_letter_is_the_letters(page: Page) -> None:
    ground = page.locator("#scroll")
    light = ground.evaluate("node => getComputedStyle(node).backgroundColor")
    page.emulate_media(color_scheme="dark")
    assert ground.evaluate("node => getComputedStyle(node).backgroundColor") == light
    page.keyboard.press("d")
    frame_of(page, "dark")
    expect(ground).not_to_have_css("background-color", light)


def test_letter_without_sponsors_says_so(page: Page) -> None:
    page.get_by_label("Publicités").uncheck()
    expect(page.locator("#rendered")).to_contain_text("Montrée sans publicités")
    page.get_by_label("Publicités").check()
    expect(page.locator("#rendered")).not_to_contain_text("publicités")


def test_letter_is_shown_in_every_face(page: Page) -> None:
    paper = ".paper"
    light = style(page, paper, "backgroundColor")
    page.get_by_label("Sombre").first.check(force=True)
    frame_of(page, "dark")
    assert style(page, paper, "backgroundColor") != light
    page.get_by_label("Inversé").check(force=True)
    frame_of(page, "inverted")
    page.get_by_label("Clair").first.check(force=True)
    page.get_by_label("Images bloquées").check()
    frame_of(page, "light-blocked")
    loaded = "() => [...document.images].some(image => image.naturalWidth > 1)"
    [shown] = [f for f in page.frames if f.url.partition("?")[0].endswith("/light-blocked.html")]
    assert shown.evaluate(loaded) is False
    page.get_by_label("Images bloquées").uncheck()
    page.get_by_label("Sans <style>").check()
    frame_of(page, "light-plain")
    page.get_by_label("Outlook").check()
    frame_of(page, "outlook")
    expect(page.get_by_label("Sans <style>")).to_be_disabled()
    page.get_by_label("Outlook").uncheck()
    page.get_by_label("Sans <style>").uncheck()
    page.get_by_label("Publicités").uncheck()
    frame_of(page, "light-unsponsored")
    assert page.frame_locator(".frame:not(.spare)").locator("#slot-main").count() == 0


def test_text_source_and_headers_are_read_in_place_of_the_letter(page: Page) -> None:
    page.get_by_label("Texte", exact=True).check(force=True)
    expect(page.locator("#text")).to_contain_text("PUBLICITÉ")
    page.get_by_label("Publicités").uncheck()
    expect(page.locator("#text")).not_to_contain_text("PUBLICITÉ")
    page.get_by_label("Source", exact=True).check(force=True)
    page.get_by_label("Fichier", exact=True).select_option("letter.html")
    expect(page.locator("#source")).to_contain_text("<!doctype html>")
    page.get_by_label("Fichier", exact=True).select_option("config.toml")
    page.get_by_label("Ligne", exact=True).fill("12")
    page.get_by_role("button", name="Aller").click()
    expect(page.locator("#L12")).to_be_focused()
    page.get_by_label("En-têtes").check(force=True)
    subject = page.locator("#headers tr", has=page.get_by_role("rowheader", name="Subject"))
    expect(subject).to_contain_text("Le fleuve a déménagé")
    expect(page.locator("#raw")).to_contain_text("Content-Type: text/plain")


def test_another_view_and_back_keeps_the_place_in_the_letter(page: Page) -> None:
    page.locator("#plan-story-5").click()
    before = top_of(page, "story-5")
    page.keyboard.press("v")
    expect(page.locator("#text")).to_be_visible()
    page.get_by_label("Publicités").uncheck()
    expect(page.locator("#text")).not_to_contain_text("PUBLICITÉ")
    page.get_by_label("Publicités").check()
    page.get_by_label("Courriel").check(force=True)
    comes_to(page, "story-5", before)


def test_address_of_a_view_opens_that_view(page: Page, preview: Preview) -> None:
    page.goto("about:blank")
    page.goto(preview.url.partition("?")[0] + "#/view=mail&block=story-4&width=375&appearance=dark")
    frame_of(page, "dark")
    expect(page.get_by_label("375")).to_be_checked()
    expect(page.locator("#plan-story-4")).to_have_attribute("aria-current", "true")
    page.goto("about:blank")
    page.goto(preview.url.partition("?")[0] + "#/reader=of-an-earlier-sitting")
    frame_of(page, "light")
    expect(page.get_by_role("combobox")).to_have_value("abonnée d’essai")


def test_summary_is_shown_in_its_article_and_in_the_letter(page: Page) -> None:
    page.locator("#plan-story-2").click()
    marks = page.locator("#provenance-body mark")
    expect(marks.first).to_contain_text("Une fois l’an")
    expect(page.locator("#overlay .nth").first).to_have_text("1")
    expect(page.locator("#overlay .nth")).to_have_count(3)
    page.locator("#plan-slot-main").click()
    expect(page.locator("#provenance-body")).to_contain_text("Lampisterie Vauclair")
    expect(page.locator("#overlay .nth")).to_have_count(0)


def test_click_in_the_letter_chooses_the_block_and_never_leaves(page: Page) -> None:
    page.frame_locator(".frame:not(.spare)").locator("a[href='#story-4']").first.click()
    expect(page.locator("#plan-story-4")).to_have_attribute("aria-current", "true")
    page.frame_locator(".frame:not(.spare)").get_by_text("Voir la lampe en plein jour").click()
    expect(page.locator("#plan-slot-main")).to_have_attribute("aria-current", "true")
    frame_of(page, "light")
    page.keyboard.press("d")
    frame_of(page, "dark")


def test_letter_is_read_as_any_subscriber(page: Page) -> None:
    field = page.get_by_role("combobox", name="Lire comme")
    expect(field).to_have_value("abonnée d’essai")
    field.click()
    expect(page.get_by_role("option")).to_have_count(2)
    field.fill("lestienne")
    expect(page.get_by_role("option")).to_have_text(["c…@example.org, hebdo"])
    field.press("ArrowDown")
    field.press("Enter")
    expect(field).to_have_value("c…@example.org, hebdo")
    page.get_by_label("En-têtes").check(force=True)
    to = page.locator("#headers tr", has=page.get_by_role("rowheader", name="To", exact=True))
    expect(to).to_contain_text("c…@example.org")
    assert "lestienne" not in page.content()
    page.reload()
    expect(field).to_have_value("c…@example.org, hebdo")

"""What is saved, found or broken is followed in the open page."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect
from tests.web.studio_browser import (
    Preview,
    letter,
    top_of,
)

#: A template that says something new above the stories.
_NEW_LINE = """
{% block contents %}{{ super() }}
{% call type.row(0, 40) %}
<p style="margin:0;font-size:17px;line-height:28px;">Une ligne neuve.</p>
{% endcall %}
{% endblock %}
"""


def test_saved_template_is_shown_without_losing_the_place(page: Page, preview: Preview) -> None:
    publication = preview.publication
    page.locator("#plan-story-5").click()
    page.locator("#scroll").evaluate("node => { node.scrollTop += 90; }")
    page.locator("#plan-story-5").focus()
    before = top_of(page, "story-5")
    last = publication.template.read_text(encoding="utf-8")[-20:]
    with publication.changed(publication.template, last, last + _NEW_LINE):
        page.frame_locator(".frame:not(.spare)").get_by_text("Une ligne neuve.").wait_for()
        assert abs(top_of(page, "story-5") - before) <= 1
        expect(page.locator("#plan-story-5")).to_be_focused()
        expect(page.locator("#plan-story-5")).to_have_attribute("aria-current", "true")
        expect(page.locator("#announcer")).to_contain_text("Rendu à")
    gone = page.frame_locator(".frame:not(.spare)").get_by_text("Une ligne neuve.")
    expect(gone).to_have_count(0)


def test_finding_leads_to_its_block_and_to_its_line(page: Page, preview: Preview) -> None:
    publication = preview.publication
    alt = 'alt = "Un navire rouge'
    with publication.changed(publication.edition, alt, 'alt = "" # "Un navire rouge'):
        expect(page.locator("#why")).to_have_text("1 erreur à lever avant d’approuver")
        item = page.locator("#findings li", has=page.locator(".mk.error"))
        number = item.locator(".mk").inner_text()
        expect(page.locator("#plan-rows .sel")).to_have_count(0)
        item.locator("a.mk").click()
        expect(page.locator("#plan-rows .sel .mk.error")).to_have_text(number)
        expect(page.locator(f"#margin-{number}")).to_be_in_viewport()
        line = item.locator(".where a")
        expect(line).to_be_focused()
        line.press("Enter")
        expect(page.locator("#source .hit")).to_be_focused()
        expect(page.locator("#source .hit")).to_contain_text("Un navire rouge")
        expect(page.locator("#source .hit .mk")).to_have_text(number)
        page.go_back()
        expect(page.locator(".frame:not(.spare)")).to_be_visible()
        approve = page.get_by_role("button", name="Approuver")
        expect(approve).to_have_attribute("aria-disabled", "true")
        approve.press("Enter")
        expect(page.locator("#approve-dialog")).not_to_be_visible()
        expect(line).to_be_focused()
    expect(page.locator("#why")).to_have_text("Prête à être approuvée")


def test_findings_are_read_in_french_and_in_english(page: Page, preview: Preview) -> None:
    publication = preview.publication
    alt = 'alt = "Un navire rouge'
    with publication.changed(publication.edition, alt, 'alt = "" # "Un navire rouge'):
        item = page.locator("#findings li", has=page.locator(".mk.error"))
        place = "Récit 2 «\u00a0Le brise-glace de l’Arctique livre aussi les romans\u00a0»"
        said = "son image n’a pas de texte de remplacement"
        expect(item).to_contain_text(f"{place}\u00a0: {said}")
        expect(item.locator(".hint")).to_have_text("Décrivez l’image dans alt.")
        expect(item.locator(".hint code")).to_have_text("alt")
        expect(item.locator("[lang]")).to_have_count(0)
        expect(item.locator(".rule")).to_have_attribute("title", re.compile("^Chaque image"))
        item.locator("a.mk").click()
        expect(item.locator(".about")).to_contain_text("ceux qui ne la voient pas")
        margin = page.locator(f"#margin-{item.locator('.mk').inner_text()}")
        expect(margin).to_have_attribute("aria-label", re.compile(said))
        page.get_by_role("button", name="English").click()
        expect(item).to_contain_text("romans”: its picture has no alternative text")
        expect(item.locator(".hint")).to_have_text("Describe the picture in alt.")
        expect(item.locator(".about")).to_contain_text("words for those who do not see it")
        expect(margin).to_have_attribute("aria-label", re.compile("no alternative text"))
        page.get_by_role("button", name="Français").click()
        expect(item).to_contain_text(said)
    expect(page.locator("#why")).to_have_text("Prête à être approuvée")


def test_broken_template_keeps_the_last_letter_until_it_is_mended(
    page: Page, preview: Preview
) -> None:
    publication = preview.publication
    last = publication.template.read_text(encoding="utf-8")[-20:]
    with publication.changed(publication.template, last, last + "{% endfor %}"):
        trouble = page.locator("#trouble")
        expect(trouble).to_contain_text("La lettre ne se rend plus.")
        expect(page.locator("#findings .none")).to_contain_text("dès que la lettre se rend")
        expect(page.locator("#why")).to_have_text(
            "La lettre ne se rend plus : à réparer avant d’approuver"
        )
        expect(trouble.locator("[lang=en]").first).not_to_contain_text("letter.mjml.j2")
        expect(page.locator(".frame:not(.spare)")).to_have_class(re.compile("stale"))
        assert letter(page, "#story-1")
        trouble.locator("a").click()
        expect(page.locator("#source .hit")).to_contain_text("endfor")
    expect(page.locator("#trouble")).not_to_be_visible()
    expect(page.locator(".frame:not(.spare)")).not_to_have_class(re.compile("stale"))

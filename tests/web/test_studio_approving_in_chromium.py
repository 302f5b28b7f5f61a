"""A test is sent, an edition approved and opened again, a copy exported, from the page."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from playwright.sync_api import Browser, Page, expect
from tests.web.studio_browser import (
    Preview,
    Publication,
    is_outside,
    letter,
)
from tests.web.studio_world import WEEK


def test_test_letter_arrives_in_the_outbox(page: Page, preview: Preview) -> None:
    outbox = preview.publication.root / "outbox"
    before = set(outbox.rglob("*.eml")) | set((outbox / "new").glob("*"))
    page.keyboard.press("t")
    dialog = page.get_by_role("dialog", name="Envoyer un test")
    dialog.get_by_label("À quelle adresse ?").fill("personne")
    dialog.get_by_role("button", name="Envoyer le test").click()
    expect(dialog.get_by_role("alert")).to_contain_text("adresse complète")
    expect(dialog.get_by_label("À quelle adresse ?")).to_be_focused()
    dialog.get_by_label("À quelle adresse ?").fill("redaction@example.org")
    dialog.get_by_role("button", name="Envoyer le test").click()
    expect(dialog.locator(".done")).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).not_to_be_visible()
    assert set(outbox.rglob("*")) - before


def test_approval_asks_then_stands_and_a_server_that_goes_is_told(
    browser: Browser, made: Publication, tmp_path: Path
) -> None:
    apart = Publication(tmp_path / "lettre")
    shutil.copytree(made.root, apart.root)
    with apart.previewed() as running, running.page(browser) as page:
        page.keyboard.press("a")
        dialog = page.get_by_role("dialog", name=f"Approuver l’édition {WEEK} ?")
        expect(dialog).to_contain_text("Le fleuve a déménagé")
        dialog.get_by_role("button", name="Annuler").click()
        expect(page.get_by_role("button", name="Approuver")).to_be_visible()
        page.keyboard.press("a")
        dialog.get_by_role("button", name="Approuver").click()
        expect(page.locator("#approved")).to_have_text(
            re.compile(r"Approuvée .* · empreinte \w{4} \w{4}")
        )
        expect(page.get_by_role("button", name="Approuver")).to_have_count(0)
        expect(page.locator("#approved")).to_be_focused()
        assert "approved" in apart.digest("status", "--json")
        expect(page.get_by_role("button", name="Envoyer un test")).to_be_visible()
        page.get_by_role("button", name="Rouvrir").click()
        again = page.get_by_role("dialog", name=f"Rouvrir l’édition {WEEK} ?")
        expect(again).to_contain_text("Son approbation est oubliée")
        again.get_by_role("button", name="Rouvrir").click()
        expect(page.get_by_role("button", name="Approuver")).to_be_focused()
        expect(page.locator("#why")).to_have_text("Prête à être approuvée")
        running.process.terminate()
        expect(page.locator("#trouble")).to_contain_text("Aperçu interrompu")
        assert letter(page, "#story-1")


def test_exported_folder_opens_from_disk(browser: Browser, made: Publication) -> None:
    folder = made.root / "public"
    made.digest("preview", "--export", str(folder))
    context = browser.new_context(viewport={"width": 1440, "height": 1000})
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: wrong.append(said.text))
    page.on(
        "request",
        lambda request: wrong.append(request.url) if is_outside(request.url, "file:") else None,
    )
    page.goto((folder / "index.html").as_uri())
    page.frame_locator(".frame:not(.spare)").locator("#story-1").wait_for()
    expect(page.get_by_role("button", name="Approuver")).to_have_count(0)
    expect(page.locator("#why")).to_contain_text("Exporté le")
    page.locator("#plan-story-2").click()
    expect(page.locator("#provenance-body mark").first).to_be_visible()
    page.keyboard.press("d")
    page.frame_locator(".frame:not(.spare)").locator("#story-1").wait_for()
    page.get_by_label("Texte", exact=True).check(force=True)
    expect(page.locator("#text")).to_contain_text("PUBLICITÉ")
    page.get_by_label("Source", exact=True).check(force=True)
    expect(page.locator("#source")).to_contain_text("[[stories]]")
    assert wrong == []
    context.close()

"""The studio as an editor uses it: the real `digest preview` in a real browser."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.browser import PATIENCE
from tests.node import axe_source

expect.set_options(timeout=PATIENCE)
_SECONDS = PATIENCE / 1000
_WEEK = "2026-W46"
_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
#: A template that says something new above the stories.
_NEW_LINE = """
{% block contents %}{{ super() }}
{% call type.row(0, 40) %}
<p style="margin:0;font-size:17px;line-height:28px;">Une ligne neuve.</p>
{% endcall %}
{% endblock %}
"""


@dataclass(frozen=True)
class Publication:
    """A publication in a folder of its own, with its edition built."""

    root: Path

    @property
    def edition(self) -> Path:
        return self.root / "editions" / _WEEK / "edition.toml"

    @property
    def template(self) -> Path:
        return self.root / "templates/weekly/letter.mjml.j2"

    @contextmanager
    def changed(self, file: Path, old: str, new: str) -> Iterator[None]:
        """A file saved with `new` for the first `old`, and put back at the end."""
        before = file.read_text(encoding="utf-8")
        assert old in before
        file.write_text(before.replace(old, new, 1), encoding="utf-8")
        try:
            yield
        finally:
            file.write_text(before, encoding="utf-8")

    def digest(self, *arguments: str) -> str:
        command = [sys.executable, "-m", "digest", *arguments]
        done = subprocess.run(
            command, cwd=self.root, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    @contextmanager
    def previewed(self) -> Iterator[Studio]:
        """`digest preview` running; ended at the end."""
        command = [sys.executable, "-m", "digest", "preview", "--no-open", "--json"]
        process = subprocess.Popen(
            command, cwd=self.root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        impatient = threading.Timer(_SECONDS, process.kill)
        impatient.start()
        try:
            assert process.stdout is not None
            said = process.stdout.readline()
            impatient.cancel()
            assert said, "the preview did not start"
            yield Studio(self, json.loads(said)["url"], process)
        finally:
            impatient.cancel()
            process.terminate()
            process.communicate(timeout=_SECONDS)


@dataclass(frozen=True)
class Studio:
    """A running preview."""

    publication: Publication
    url: str
    process: subprocess.Popen[str]

    @contextmanager
    def page(self, browser: Browser, *, width: int = 1440, height: int = 1000) -> Iterator[Page]:
        """The page in a window of its own, whole, after the check; it must ask nobody else."""
        context = browser.new_context(viewport={"width": width, "height": height})
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        wrong: list[str] = []
        host = self.url.partition("/?")[0]
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on(
            "request",
            lambda request: wrong.append(request.url) if _is_outside(request.url, host) else None,
        )
        page.goto(self.url)
        expect(page.locator("#why")).not_to_have_text("Contrôles en cours…")
        page.frame_locator(".frame:not(.spare)").locator("#story-1").wait_for()
        yield page
        assert wrong == []
        context.close()


def _is_outside(url: str, host: str) -> bool:
    return not url.startswith((host, "data:", "about:"))


def letter(page: Page, query: str) -> str:
    """The text of something in the letter."""
    return page.frame_locator(".frame:not(.spare)").locator(query).first.inner_text()


def style(page: Page, query: str, name: str) -> str:
    """A computed style in the letter, once the chosen face stands."""
    found = page.frame_locator(".frame:not(.spare)").locator(query).first
    return str(found.evaluate("(node, name) => getComputedStyle(node)[name]", name))


def top_of(page: Page, key: str) -> float:
    """Where on the screen a part of the letter begins."""
    box = page.frame_locator(".frame:not(.spare)").locator(f"#{key}").bounding_box()
    assert box is not None
    return round(box["y"])


def frame_of(page: Page, face: str) -> None:
    """Wait until the letter is shown as this face."""
    page.wait_for_function(
        "face => document.querySelector('.frame:not(.spare)')"
        "?.contentWindow.location.pathname.endsWith(`/${face}.html`)",
        arg=face,
    )


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Publication:
    publication = Publication(tmp_path_factory.mktemp("studio") / "lettre")
    publication.root.mkdir()
    publication.digest("init", ".")
    publication.digest("build")
    publication.digest("subscribers", "import", "subscribers/sample.csv", "--list", "hebdo")
    return publication


@pytest.fixture(scope="module")
def studio(made: Publication) -> Iterator[Studio]:
    with made.previewed() as running:
        yield running


@pytest.fixture
def page(browser: Browser, studio: Studio) -> Iterator[Page]:
    with studio.page(browser) as opened:
        yield opened


def test_opening_shows_the_letter_its_inbox_row_its_plan_and_what_was_found(page: Page) -> None:
    expect(page.locator("html")).to_have_attribute("lang", "fr")
    expect(page.locator("#edition-id")).to_have_text(_WEEK)
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


def test_width_is_a_phones_or_any_by_dragging_and_by_keys(page: Page) -> None:
    frame = page.locator(".frame:not(.spare)")
    page.get_by_label("375").check(force=True)
    expect(frame).to_have_attribute("title", re.compile("375 px"))
    assert frame.evaluate("frame => frame.clientWidth") == 375
    page.get_by_label("Libre", exact=True).check(force=True)
    handle = page.get_by_role("separator")
    before = int(handle.get_attribute("aria-valuenow") or 0)
    handle.press("ArrowLeft")
    expect(handle).to_have_attribute("aria-valuenow", str(before - 10))
    box = handle.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 12, box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + 12 - 50, box["y"] + 60, steps=4)
    page.mouse.up()
    expect(handle).to_have_attribute("aria-valuenow", str(before - 110))
    assert frame.evaluate("frame => frame.clientWidth") == before - 110


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


def test_saved_template_is_shown_without_losing_the_place(page: Page, studio: Studio) -> None:
    publication = studio.publication
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


def test_another_view_and_back_keeps_the_place_in_the_letter(page: Page) -> None:
    page.locator("#plan-story-5").click()
    before = top_of(page, "story-5")
    page.keyboard.press("v")
    expect(page.locator("#text")).to_be_visible()
    page.get_by_label("Publicités").uncheck()
    expect(page.locator("#text")).not_to_contain_text("PUBLICITÉ")
    page.get_by_label("Publicités").check()
    page.get_by_label("Courriel").check(force=True)
    assert abs(top_of(page, "story-5") - before) <= 1


def test_address_of_a_view_opens_that_view(page: Page, studio: Studio) -> None:
    page.goto("about:blank")
    page.goto(studio.url.partition("?")[0] + "#/view=mail&block=story-4&width=375&appearance=dark")
    frame_of(page, "dark")
    expect(page.get_by_label("375")).to_be_checked()
    expect(page.locator("#plan-story-4")).to_have_attribute("aria-current", "true")
    page.goto("about:blank")
    page.goto(studio.url.partition("?")[0] + "#/reader=of-an-earlier-sitting")
    frame_of(page, "light")
    expect(page.get_by_role("combobox")).to_have_value("abonnée d’essai")


def test_finding_leads_to_its_block_and_to_its_line(page: Page, studio: Studio) -> None:
    publication = studio.publication
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


def test_test_letter_arrives_in_the_outbox(page: Page, studio: Studio) -> None:
    outbox = studio.publication.root / "outbox"
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


def test_broken_template_keeps_the_last_letter_until_it_is_mended(
    page: Page, studio: Studio
) -> None:
    publication = studio.publication
    last = publication.template.read_text(encoding="utf-8")[-20:]
    with publication.changed(publication.template, last, last + "{% endfor %}"):
        trouble = page.locator("#trouble")
        expect(trouble).to_contain_text("La lettre ne se rend plus.")
        expect(page.locator(".frame:not(.spare)")).to_have_class(re.compile("stale"))
        assert letter(page, "#story-1")
        trouble.locator("a").click()
        expect(page.locator("#source .hit")).to_contain_text("endfor")
    expect(page.locator("#trouble")).not_to_be_visible()
    expect(page.locator(".frame:not(.spare)")).not_to_have_class(re.compile("stale"))


def test_page_speaks_french_and_english_and_remembers_which(page: Page) -> None:
    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator("#checks h2")).to_have_text("Checks")
    expect(page.locator("#why")).to_have_text("Ready to be approved")
    expect(page.locator("#wordmark")).to_have_attribute("lang", "fr")
    page.reload()
    expect(page.locator("#checks h2")).to_have_text("Checks")
    page.get_by_role("button", name="Français").click()
    expect(page.locator("#checks h2")).to_have_text("Contrôles")


def test_everything_is_reached_by_keys_that_can_be_switched_off(page: Page) -> None:
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#scroll")).to_be_focused()
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator("#plan-rows .sel")).to_contain_text("Le fleuve a déménagé")
    page.keyboard.press("k")
    expect(page.locator("#plan-rows .sel")).to_contain_text("Sommaire")
    page.keyboard.press("2")
    page.keyboard.press("d")
    frame_of(page, "dark")
    page.keyboard.press("p")
    frame_of(page, "dark-unsponsored")
    page.keyboard.press("n")
    expect(page.locator(".find .on .where a")).to_be_focused()
    page.keyboard.press("f")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.keyboard.press("v")
    expect(page.locator("#text")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#plan-rows .sel .part")).to_be_focused()
    page.keyboard.press("?")
    page.get_by_label("Touches seules").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("v")
    expect(page.locator("#text")).to_be_visible()


@pytest.mark.parametrize(
    ("width", "scheme", "views"),
    [
        (1440, "light", "mail text source headers"),
        (1440, "dark", "mail"),
        (375, "light", "mail"),
        (375, "dark", "mail"),
    ],
)
def test_nobody_is_shut_out_by_what_axe_can_find(
    browser: Browser, studio: Studio, width: int, scheme: Literal["light", "dark"], views: str
) -> None:
    axe = axe_source()
    with studio.page(browser, width=width) as page:
        page.emulate_media(color_scheme=scheme)
        page.keyboard.press("j")
        page.evaluate(axe)
        for view in views.split():
            page.locator(f"#view-{view}").check(force=True)
            expect(page.locator(f"[data-view={view}]").last).to_be_visible()
            found = page.evaluate(
                "tags => axe.run({exclude: [['iframe']]}, {runOnly: tags, iframes: false})"
                ".then(({violations}) => violations.map(({id, nodes}) =>"
                " [id, ...nodes.map(node => node.html)]))",
                _TAGS,
            )
            assert found == []


def test_phone_shows_one_column_at_a_time(browser: Browser, studio: Studio) -> None:
    with studio.page(browser, width=375, height=812) as page:
        assert page.locator(".frame:not(.spare)").evaluate("node => node.clientWidth") == 375
        page.get_by_label("Plan", exact=True).check(force=True)
        page.locator("#plan-story-3").click()
        expect(page.locator(".frame:not(.spare)")).to_be_visible()
        assert 0 < top_of(page, "story-3") < 812
        page.get_by_label("Contrôles", exact=True).check(force=True)
        expect(page.locator("#provenance-title")).to_contain_text("Récit 3")
        page.get_by_label("Boîte", exact=True).check(force=True)
        expect(page.locator("#inbox-phone")).to_be_visible()
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= 375


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
        lambda request: wrong.append(request.url) if _is_outside(request.url, "file:") else None,
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


def test_approval_asks_then_stands_and_a_server_that_goes_is_told(
    browser: Browser, made: Publication, tmp_path: Path
) -> None:
    apart = Publication(tmp_path / "lettre")
    shutil.copytree(made.root, apart.root)
    with apart.previewed() as running, running.page(browser) as page:
        page.keyboard.press("a")
        dialog = page.get_by_role("dialog", name=f"Approuver l’édition {_WEEK} ?")
        expect(dialog).to_contain_text("Le fleuve a déménagé")
        dialog.get_by_role("button", name="Annuler").click()
        expect(page.get_by_role("button", name="Approuver")).to_be_visible()
        page.keyboard.press("a")
        dialog.get_by_role("button", name="Approuver").click()
        expect(page.locator("#approved")).to_have_text(
            re.compile(r"Approuvée .* · empreinte \w{4} \w{4}")
        )
        expect(page.get_by_role("button", name="Approuver")).to_have_count(0)
        assert "approved" in apart.digest("status", "--json")
        running.process.terminate()
        expect(page.locator("#trouble")).to_contain_text("Aperçu interrompu")
        assert letter(page, "#story-1")

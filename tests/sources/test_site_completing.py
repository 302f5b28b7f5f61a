"""An article is filled in from its page; what its source states stays."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.sources.site_server import LEAD, TEXTS, Site, article_html, running_site

from digest.config import SourceSettings
from digest.errors import FetchError
from digest.model.content import Article, Paragraph, Picture, SectionSignal
from digest.sources.site import Completer, needs_page

PATH = "/monde/une-digue-de-bois-a-lindoe"
HEAD = (
    '<meta property="og:image" content="{site}/digue.jpg"><meta name="author" content="Ana Ruiz">'
    '<meta property="article:section" content="International">'
    '<meta property="article:tag" content="digue">'
)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with running_site(tmp_path) as running:
        running.page(PATH, article_html(head=HEAD))
        yield running


@pytest.fixture
def bare(site: Site) -> Article:
    return Article("fil", site.url(PATH), "Une digue")


def complete(site: Site, article: Article) -> Article:
    return Completer(site.web(), site.config()).complete(article)


def test_bare_article_is_filled_in(site: Site, bare: Article) -> None:
    found = complete(site, bare)
    assert (found.title, found.url, found.source) == ("Une digue", bare.url, "fil")
    assert (found.chapo, found.author, found.language) == (LEAD, "Ana Ruiz", "fr")
    assert [paragraph.text for paragraph in found.body] == list(TEXTS)
    assert found.picture == Picture(site.url("/digue.jpg"))
    assert found.categories == ("International", "digue")
    assert found.sections[0] == SectionSignal("metadata", "International")
    assert found.published == datetime(2026, 11, 12, 17, 30, tzinfo=UTC)
    assert found.inferred == (
        "published: from the article's page",
        "chapo, body, picture, author, language: from the article's page",
    )


def test_what_the_source_states_stays(site: Site, bare: Article) -> None:
    stated = replace(
        bare,
        chapo="Un chapô de la source, en une phrase.",
        description="Une description de la source.",
        body=(Paragraph("Un texte de la source."),),
        published=datetime(2026, 11, 10, tzinfo=UTC),
        categories=("ports",),
        author="Piet Lind",
        language="en",
        picture=Picture("https://other.example/a.jpg"),
        sections=(SectionSignal("feed", "Mers"),),
    )
    found = complete(site, stated)
    sections = found.sections
    assert replace(found, sections=stated.sections) == stated
    assert sections[0] == SectionSignal("feed", "Mers")


@pytest.mark.parametrize(
    "description", ["Le port de Lindoe aura…", "Le port [...]", "Lire la suite"]
)
def test_description_that_is_cut_off_is_replaced(
    site: Site, bare: Article, description: str
) -> None:
    found = complete(site, replace(bare, description=description))
    assert (found.chapo, found.description) == (LEAD, "")


def test_text_that_is_cut_off_is_replaced(site: Site, bare: Article) -> None:
    found = complete(site, replace(bare, body=(Paragraph("Le conseil du port […]"),)))
    assert len(found.body) == len(TEXTS)


def test_chapo_that_is_the_sources_description_is_not_told_twice(site: Site, bare: Article) -> None:
    found = complete(site, replace(bare, description=LEAD))
    assert (found.chapo, found.description) == ("", LEAD)


def test_concluded_date_says_so(site: Site, bare: Article) -> None:
    site.page("/2026/11/12/digue", article_html(published=""))
    found = complete(site, replace(bare, url=site.url("/2026/11/12/digue")))
    assert found.inferred[0] == "published: concluded from the page"


@pytest.mark.parametrize("status", [404, 410])
def test_page_that_is_gone_is_told_by_its_status(site: Site, bare: Article, status: int) -> None:
    site.page(PATH, "", status=status)
    with pytest.raises(FetchError) as caught:
        complete(site, bare)
    assert caught.value.status == status


@pytest.mark.parametrize(
    ("html", "content_type", "words"),
    [
        ("%PDF", "application/pdf", "page: is no page but application/pdf"),
        ("<html>" + "<div>" * 5_000, "text/html", "page: has more than"),
    ],
)
def test_page_that_cannot_be_read_adds_a_word(
    site: Site, bare: Article, html: str, content_type: str, words: str
) -> None:
    site.page(PATH, html, content_type=content_type)
    found = complete(site, bare)
    assert replace(found, inferred=()) == bare
    assert found.inferred[0].startswith(words)


def test_redirect_to_the_front_page_is_another_page(site: Site, bare: Article) -> None:
    site.page(PATH, "", status=302, location="/")
    site.page("/", article_html("La Vigie"))
    found = complete(site, bare)
    assert found == replace(bare, inferred=("page: leads to the site's front page",))


FEED = SourceSettings(name="fil", kind="feed", url="https://vigie.example/rss.xml")


@pytest.mark.parametrize(
    ("settings", "article", "needed"),
    [
        (FEED, {}, True),
        (FEED, {"chapo": LEAD}, False),
        (FEED, {"description": LEAD}, False),
        (FEED, {"description": LEAD[:80] + "…"}, True),
        (FEED, {"description": "Court."}, True),
        (FEED, {"url": "file:///a.txt"}, False),
        (replace(FEED, full_text="never"), {}, False),
        (replace(FEED, full_text="always"), {"chapo": LEAD}, True),
        (replace(FEED, kind="sitemap", full_text="always"), {}, False),
        (replace(FEED, kind="page"), {}, False),
        (replace(FEED, kind="wordpress"), {}, True),
    ],
)
def test_pages_are_read_where_the_lead_is_missing(
    settings: SourceSettings, article: dict[str, str], needed: bool
) -> None:
    found = replace(Article("fil", "https://vigie.example/a", "Une digue"), **article)  # type: ignore[arg-type]
    assert needs_page(found, settings) is needed

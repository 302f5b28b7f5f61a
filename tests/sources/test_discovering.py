"""From any address of a site to what can be a source, the best first."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.sources.site_server import TEXTS, Answer, Site, article_html, running_site

from digest.errors import FetchError, SourceError
from digest.sources.discovering import Offer, discover, suggest_name

LONG = "Le port de Lindoe se dote d’une digue de bois. Elle durera moins que le béton, dit-on."


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with running_site(tmp_path) as running:
        yield running


def rss(*titles: str, description: str = LONG, content: str = "") -> str:
    full = f"<content:encoded><![CDATA[{content}]]></content:encoded>" if content else ""
    items = "".join(
        f"<item><title>{title}</title><link>{{site}}/{number}</link>"
        f"<pubDate>{10 + number} Nov 2026 08:00:00 GMT</pubDate>"
        f"<description>{description}</description>{full}</item>"
        for number, title in enumerate(titles)
    )
    return (
        '<?xml version="1.0"?><rss version="2.0" '
        'xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>La Vigie</title>'
        f"{items}</channel></rss>"
    )


def offers(site: Site, path: str = "/") -> list[Offer]:
    return discover(site.url(path), site.web(remembers=False))


def kinds(found: list[Offer], site: Site) -> list[tuple[str, str]]:
    return [(offer.kind, offer.url.removeprefix(site.url(""))) for offer in found]


def test_site_offers_all_it_has_the_best_first(site: Site) -> None:
    site.page(
        "/",
        "<html><head><title>La Vigie</title>"
        '<link rel="alternate" type="application/rss+xml" href="/comments/feed/" title="Avis">'
        '<link rel="alternate" type="application/rss+xml" href="/vide.xml" title="Vide">'
        '<link rel="alternate" type="application/rss+xml" href="/cassee.xml" title="Cassée">'
        '<link rel="alternate" type="application/atom+xml" href="/feed/" title="La Vigie">'
        '<link rel="alternate" type="application/json" href="/wp-json/wp/v2/pages/2">'
        '<link rel="https://api.w.org/" href="{site}/wp-json/"></head><body><main>'
        + "".join(
            f'<h2><a href="/2026/11/1{n}/une-depeche">Une dépêche de Lindoe, la {n}</a></h2>'
            for n in range(4)
        )
        + "</main></body></html>",
    )
    site.xml("/comments/feed/", rss("Bravo", "Encore"))
    site.xml("/vide.xml", rss())
    site.xml("/feed/", rss("Hier", "Aujourd’hui"))
    posts = [{"title": {"rendered": "Aujourd&rsquo;hui"}, "date_gmt": "2026-11-11T08:00:00"}]
    site.json("/wp-json/wp/v2/posts", json.dumps(posts))
    site.page("/robots.txt", "User-agent: *\nSitemap: {site}/carte.xml", content_type="text/plain")
    site.xml(
        "/carte.xml", "<urlset><url><loc>{site}/a</loc><lastmod>2026-11-11</lastmod></url></urlset>"
    )
    found = offers(site)
    assert kinds(found, site) == [
        ("feed", "/feed/"),
        ("wordpress", "/"),
        ("sitemap", "/carte.xml"),
        ("page", "/"),
        ("feed", "/comments/feed/"),
        ("feed", "/vide.xml"),
    ]
    feed, wordpress, sitemap, page = found[:4]
    assert feed == Offer(
        "feed",
        site.url("/feed/"),
        "La Vigie",
        2,
        "Aujourd’hui",
        datetime(2026, 11, 11, 8, tzinfo=UTC),
        "leads",
    )
    assert (wordpress.articles, wordpress.latest_title) == (1, "Aujourd’hui")
    assert wordpress.latest == feed.latest
    assert (sitemap.articles, sitemap.note) == (1, "")
    assert (page.articles, page.latest_title) == (4, "Une dépêche de Lindoe, la 0")
    assert found[-1].note == "no articles now"


def test_usual_places_are_tried_where_no_feed_is_named(site: Site) -> None:
    site.page("/monde/", "<html><body>La Vigie</body></html>")
    site.xml("/rss.xml", rss("Hier", content=f"<p>{TEXTS[0]}</p>"))
    site.xml("/feed.xml", rss("Hier", content=f"<p>{TEXTS[0]}</p>"))
    found = offers(site, "/monde/")
    assert kinds(found, site) == [("feed", "/rss.xml")]
    assert found[0].note == "full texts"


def test_feed_of_the_section_asked_for_comes_first(site: Site) -> None:
    links = "".join(
        f'<link rel="alternate" type="application/rss+xml" href="{path}">'
        for path in ("/rss.xml", "/monde/rss.xml")
    )
    site.page("/monde/", f"<html><head>{links}</head></html>")
    site.xml("/rss.xml", rss("Hier", "Demain", "Après"))
    site.xml("/monde/rss.xml", rss("Hier", description="Le port…"))
    found = offers(site, "/monde/")
    assert kinds(found, site)[0] == ("feed", "/monde/rss.xml")
    assert found[0].note.startswith("titles and beginnings")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (rss("Hier"), "feed"),
        ('{"version":"https://jsonfeed.org/version/1.1","title":"V","items":[]}', "feed"),
        ("<urlset><url><loc>{site}/a</loc></url></urlset>", "sitemap"),
    ],
)
def test_address_that_is_a_source_already_is_recognised(site: Site, text: str, kind: str) -> None:
    site.xml("/source", text)
    assert kinds(offers(site, "/source"), site) == [(kind, "/source")]


def test_sitemaps_are_looked_for_in_the_usual_places(site: Site) -> None:
    site.page("/", "<html></html>")
    site.xml(
        "/sitemap_index.xml",
        "<sitemapindex><sitemap><loc>{site}/old.xml</loc><lastmod>2020-01-01</lastmod></sitemap>"
        "<sitemap><loc>{site}/new.xml</loc><lastmod>2026-11-01</lastmod></sitemap></sitemapindex>",
    )
    site.xml(
        "/new.xml",
        '<urlset xmlns:n="http://www.google.com/schemas/sitemap-news/0.9"><url><loc>{site}/a</loc>'
        "<n:news><n:publication_date>2026-11-11</n:publication_date><n:title>Hier</n:title></n:news>"
        "</url></urlset>",
    )
    site.xml("/sitemap-news.xml", "<urlset></urlset>")
    site.xml("/news-sitemap.xml", "<sitemapindex></sitemapindex>")
    (found,) = offers(site)
    assert (found.url, found.articles, found.latest_title) == (
        site.url("/sitemap_index.xml"),
        1,
        "Hier",
    )
    assert found.note == "an index of 2 sitemaps; articles of one of them"


def test_sitemap_of_news_says_what_it_holds(site: Site) -> None:
    site.xml(
        "/news.xml",
        '<urlset xmlns:n="http://www.google.com/schemas/sitemap-news/0.9"><url><loc>{site}/a</loc>'
        "<n:news><n:publication_date>2026-11-11</n:publication_date></n:news></url></urlset>",
    )
    assert offers(site, "/news.xml")[0].note == "news of the last days"


def test_index_of_indexes_is_not_offered(site: Site) -> None:
    site.page("/", "<html></html>")
    inner = "<sitemapindex><sitemap><loc>{site}/sitemap.xml</loc></sitemap></sitemapindex>"
    site.xml("/sitemap.xml", inner)
    assert offers(site) == []


def test_wordpress_is_known_by_its_files(site: Site) -> None:
    site.page("/", '<html><head><link href="/wp-content/a.css"></head></html>')
    assert offers(site) == []
    site.json("/wp-json/wp/v2/posts", "[]")
    assert kinds(offers(site), site) == [("wordpress", "/")]
    site.json("/wp-json/wp/v2/posts", "[3]")
    assert offers(site)[0].latest_title == ""


def test_page_of_links_is_a_source_and_an_article_is_none(site: Site) -> None:
    site.page("/une-digue-de-bois-a-lindoe", article_html())
    assert offers(site, "/une-digue-de-bois-a-lindoe") == []


def test_site_that_does_not_answer_is_an_error(site: Site) -> None:
    with pytest.raises(FetchError):
        offers(site)


def test_page_that_cannot_be_read_is_an_error(site: Site) -> None:
    site.page("/", "<html>" + "<div>" * 5_000)
    with pytest.raises(SourceError, match="inside one another"):
        offers(site)


def test_address_may_lack_its_scheme(site: Site) -> None:
    with pytest.raises(SourceError, match=r"https://127\.0\.0\.1"):
        discover(f"127.0.0.1:{site.port}/x", site.web(remembers=False))


def test_text_that_is_no_source_offers_nothing(site: Site) -> None:
    site.page("/a.txt", "Un texte.", content_type="text/plain")
    assert offers(site, "/a.txt") == []


def test_every_offer_was_really_fetched(site: Site) -> None:
    def broken(path: str) -> Answer:
        return Answer(b"<rss", status=500)

    site.page(
        "/", '<html><head><link rel="alternate" type="application/rss+xml" href="/a"></head></html>'
    )
    site.answers["/a"] = broken
    assert offers(site) == []
    assert "/a" in site.requests


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://www.vigie.example/monde/rss.xml", "vigie-monde"),
        ("vigie.example", "vigie"),
        ("https://fr.lavigie.example/rss?level=1", "lavigie"),
        ("https://www.vigie.co.uk/feed/", "vigie"),
        ("https://solveig.wordpress.com/feed/", "solveig"),
        ("https://vigie.example/category/%C3%A9conomie-bleue/feed", "vigie-economie-bleue"),
        ("https://localhost/2026/", "localhost"),
        ("https://vigie.example/" + "a" * 80, "vigie-" + "a" * 34),
        ("https:///", "source"),
    ],
)
def test_name_is_suggested(url: str, name: str) -> None:
    assert suggest_name(url) == name

"""A section's page or a sitemap as a source: its articles come in, its faults stay its own."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from tests.sources.site_server import LEAD, Answer, Site, article_html, running_site

from digest.config import SourceSettings
from digest.config.settings import FetchSettings
from digest.errors import FetchError, SourceError
from digest.model.content import Article, Rejected, SectionSignal, Window
from digest.selection import week_window
from digest.sources import open_sources
from digest.sources.article_page.raw_page import Link, RawPage
from digest.sources.site.links import article_links
from digest.sources.site.sitemap import site_of
from digest.sources.site.sitemap_file import (
    Entry,
    NoSitemapError,
    Sitemap,
    pages_for,
    read_sitemap,
    sitemaps_for,
)

PARIS = ZoneInfo("Europe/Paris")
WINDOW = week_window("2026-W46", PARIS)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with running_site(tmp_path) as running:
        yield running


def read(site: Site, kind: str, path: str, **settings: Any) -> list[Article | Rejected]:
    """Everything that a source of the site yields."""
    source = SourceSettings(name="vigie", kind=kind, url=site.url(path), **settings)
    (opened,) = open_sources(site.config(source), site.web())
    return list(opened.articles(WINDOW))


def articles(found: list[Article | Rejected]) -> list[Article]:
    return [article for article in found if isinstance(article, Article)]


def rejections(found: list[Article | Rejected]) -> list[Rejected]:
    return [rejected for rejected in found if isinstance(rejected, Rejected)]


def listing(*paths: str, extra: str = "") -> str:
    teasers = "".join(
        f'<article><a href="{path}"><img src="/x.jpg"></a><h2><a href="{path}">Un titre long de '
        f"dépêche, le {number}</a></h2></article>"
        for number, path in enumerate(paths)
    )
    return (
        "<!doctype html><html><head><title>Monde</title></head><body>"
        '<nav><a href="/monde/une-page-du-menu-tout-en-haut">Menu</a></nav>'
        f"<main>{teasers}{extra}</main></body></html>"
    )


# ---- A section's page -----------------------------------------------------------------------


def test_articles_of_a_section_come_in_with_their_section(site: Site) -> None:
    paths = [
        "/monde/une-digue-de-bois-a-lindoe",
        "/monde/2026/11/12/phare.html",
        "/monde/vote-123456",
    ]
    for number, path in enumerate(paths, 1):
        site.page(path, article_html(f"Dépêche {number}", number=number))
    site.page("/monde/", listing(*paths))
    found = read(site, "page", "/monde/", section="International")
    assert [article.title for article in articles(found)] == ["Dépêche 1", "Dépêche 2", "Dépêche 3"]
    assert len(found) == 3
    first = articles(found)[0]
    assert (first.source, first.chapo, first.location) == ("vigie", LEAD, site.url(paths[0]))
    assert first.sections == (
        SectionSignal("feed", "International"),
        SectionSignal("url", "monde"),
    )


def test_page_that_fails_is_named_and_stops_no_other(site: Site) -> None:
    site.page("/monde/une-digue-de-bois-ici", article_html())
    site.page("/monde/une-page-cassee-par-ici", "", status=500)
    site.page("/monde/une-page-trop-profonde", "<html>" + "<div>" * 5_000)
    site.page("/monde/une-image-et-rien-autour", b"\x89PNG", content_type="image/png")
    site.page("/monde/une-page-sans-aucun-texte", "<html><title>Rien</title></html>")
    site.page(
        "/monde/",
        listing(
            "/monde/une-page-cassee-par-ici",
            "/monde/une-page-absente-de-la",
            "/monde/une-page-trop-profonde",
            "/monde/une-image-et-rien-autour",
            "/monde/une-page-sans-aucun-texte",
            "/monde/une-digue-de-bois-ici",
        ),
    )
    found = read(site, "page", "/monde/")
    assert len(articles(found)) == 1
    assert [(rejected.where, rejected.reason) for rejected in rejections(found)] == [
        (site.url(path), reason)
        for path, reason in (
            ("/monde/une-page-cassee-par-ici", "the server answered 500 Internal Server Error"),
            ("/monde/une-page-absente-de-la", "the server answered 404 Not Found"),
            ("/monde/une-page-trop-profonde", "has more than 250 elements inside one another"),
            ("/monde/une-image-et-rien-autour", "is no page but image/png"),
            ("/monde/une-page-sans-aucun-texte", "is no article: it has no title or no text"),
        )
    ]


def test_unchanged_listing_yields_nothing_and_a_new_week_reads_it_again(site: Site) -> None:
    site.page("/monde/une-digue-de-bois-ici", article_html())
    site.page("/monde/", listing("/monde/une-digue-de-bois-ici"), etag='"1"')
    assert len(read(site, "page", "/monde/")) == 1
    assert read(site, "page", "/monde/") == []
    source = SourceSettings(name="vigie", kind="page", url=site.url("/monde/"))
    (opened,) = open_sources(site.config(source), site.web())
    assert len(list(opened.articles(week_window("2026-W47", PARIS)))) == 1


def test_pages_seen_before_are_not_read_again(site: Site) -> None:
    site.page("/monde/une-digue-de-bois-ici", article_html(), etag='"a"')
    site.page("/monde/", listing("/monde/une-digue-de-bois-ici"))
    assert len(read(site, "page", "/monde/")) == 1
    assert read(site, "page", "/monde/") == []


def test_two_addresses_of_one_article_give_one(site: Site) -> None:
    head = '<link rel="canonical" href="/monde/la-digue-de-bois-de-lindoe">'
    for path in ("/monde/la-digue-de-bois-de-lindoe", "/monde/la-digue-de-bois-bis"):
        site.page(path, article_html(head=head))
    site.page(
        "/monde/", listing("/monde/la-digue-de-bois-bis", "/monde/la-digue-de-bois-de-lindoe")
    )
    (found,) = read(site, "page", "/monde/")
    assert isinstance(found, Article)
    assert found.url == site.url("/monde/la-digue-de-bois-de-lindoe")


def test_only_and_most_narrow_a_section(site: Site) -> None:
    paths = [f"/monde/d{number}" for number in range(5)] + ["/sport/une-course-de-barques-1"]
    for number, path in enumerate(paths):
        site.page(path, article_html(f"Dépêche {number}"))
    site.page("/monde/", listing(*paths))
    found = read(site, "page", "/monde/", only="/monde/", most=2)
    assert [article.title for article in articles(found)] == ["Dépêche 0", "Dépêche 1"]
    assert rejections(found)[0].reason == (
        "links to 5 articles; the first 2 were read (`most` of the source)"
    )


def test_section_without_articles_is_an_error_with_a_way_out(site: Site) -> None:
    site.page("/monde/", listing(extra="<p>Chargement…</p>"))
    with pytest.raises(SourceError, match=r"source “vigie”: .*: no link to an article$") as caught:
        read(site, "page", "/monde/")
    assert "only" in caught.value.hint
    with pytest.raises(SourceError, match="whose address has “/mer/”"):
        read(site, "page", "/monde/", only="/mer/")


@pytest.mark.parametrize(
    ("html", "content_type", "words"),
    [
        ("<rss/>", "application/rss+xml", "is no page but application/rss"),
        ("<html>" + "<div>" * 5_000, "text/html", "inside one another"),
    ],
)
def test_listing_that_is_none_is_named(
    site: Site, html: str, content_type: str, words: str
) -> None:
    site.page("/monde/", html, content_type=content_type)
    with pytest.raises(SourceError, match=words):
        read(site, "page", "/monde/")


def test_listing_that_is_gone_keeps_its_status(site: Site) -> None:
    with pytest.raises(FetchError, match=r"source “vigie”: http.*404") as caught:
        read(site, "page", "/monde/")
    assert caught.value.status == 404


def test_robots_are_obeyed_for_pages(site: Site) -> None:
    site.page("/robots.txt", "User-agent: *\nDisallow: /monde/secret", content_type="text/plain")
    site.page("/monde/une-digue-de-bois-ici", article_html())
    site.page("/monde/secret-de-la-digue-ici", article_html("Secret"))
    site.page("/monde/", listing("/monde/secret-de-la-digue-ici", "/monde/une-digue-de-bois-ici"))
    found = read(site, "page", "/monde/")
    assert len(articles(found)) == 1
    assert "robots.txt" in rejections(found)[0].reason
    assert "/monde/secret-de-la-digue-ici" not in site.requests


def test_page_that_leads_to_a_private_address_is_refused(site: Site) -> None:
    site.page(
        "/monde/une-page-qui-mene-ailleurs",
        "",
        status=302,
        location="http://169.254.1.1/latest/meta-data/",
    )
    site.page("/monde/", listing("/monde/une-page-qui-mene-ailleurs"))
    (found,) = read(site, "page", "/monde/")
    assert isinstance(found, Rejected)
    assert "private or reserved address" in found.reason


def test_slow_page_ends_at_its_deadline(site: Site) -> None:
    site.fetch = FetchSettings(allow=("127.0.0.1",), timeout=1.0)
    done = threading.Event()

    def slow(path: str) -> Answer:
        done.wait(5)
        return Answer(b"")

    site.answers["/monde/une-page-tres-tres-lente"] = slow
    site.page("/monde/une-digue-de-bois-ici", article_html())
    site.page("/monde/", listing("/monde/une-page-tres-tres-lente", "/monde/une-digue-de-bois-ici"))
    found = read(site, "page", "/monde/")
    done.set()
    assert "within 1 seconds" in rejections(found)[0].reason
    assert len(articles(found)) == 1


def test_reading_may_stop_in_the_middle(site: Site) -> None:
    paths = [f"/monde/une-depeche-numero-{number}" for number in range(60)]
    for path in paths:
        site.page(path, article_html())
    site.page("/monde/", listing(*paths))
    source = SourceSettings(name="vigie", kind="page", url=site.url("/monde/"))
    (opened,) = open_sources(site.config(source), site.web())
    reading = opened.articles(WINDOW)
    assert isinstance(next(iter(reading)), Article)
    reading.close()  # type: ignore[attr-defined]
    assert len(site.requests) < 40


# ---- Which links lead to articles -----------------------------------------------------------

HERE = "https://vigie.example/monde/asie/"


def chosen(*links: Link, only: str = "", listed: tuple[str, ...] = ()) -> list[str]:
    page = RawPage(links=links)
    page = replace(page, linked=replace(page.linked, listed=listed))
    return [link.removeprefix("https://vigie.example") for link in article_links(page, HERE, only)]


@pytest.mark.parametrize(
    "path",
    [
        "/monde/2026/11/12/digue.html",
        "/monde/20261112-digue",
        "/monde/article-6187099.html",
        "/a/une-digue-de-bois-a-lindoe",
    ],
)
def test_addresses_of_articles_are_known(path: str) -> None:
    link = Link(f"https://vigie.example{path}?utm_source=une", "", prominent=True)
    assert chosen(link, link) == [path]


@pytest.mark.parametrize(
    "url",
    [
        HERE,
        "https://vigie.example/",
        "https://vigie.example/monde/",
        "https://autre.example/une-digue-de-bois-a-lindoe",
        "https://vigie.example/tag/une-digue-de-bois-a-lindoe",
        "https://vigie.example/auteur/solveig-aramburu-de-la-vigie",
        "https://vigie.example/img/une-digue-de-bois-123456.jpg",
        "https://vigie.example/abonnement/2026/11/offre",
        "https://vigie.example/sport",
        "https://vigie.example/politique-de-confidentialite/123456",
    ],
)
def test_other_addresses_are_not(url: str) -> None:
    assert chosen(Link(url, "Un texte assez long pour un titre", prominent=True)) == []


def test_long_words_of_a_link_stand_for_a_heading() -> None:
    url = "https://vigie.example/a/une-digue-de-bois-a-lindoe"
    assert chosen(Link(url, "Voir", prominent=False)) == []
    assert chosen(Link(url, "Une digue de bois à Lindoe, enfin", prominent=False))


def test_listed_articles_are_believed() -> None:
    listed = ("https://vigie.example/x", "https://elsewhere.example/y", "nothing")
    assert chosen(listed=listed) == ["/x"]


# ---- A sitemap ------------------------------------------------------------------------------

XML = '<?xml version="1.0" encoding="UTF-8"?>'
SPACES = (
    'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" '
    'xmlns:news="http://www.google.com/schemas/sitemap-news/0.9" '
    'xmlns:image="http://www.google.com/schemas/sitemap-image/1.1"'
)


def urlset(*entries: str) -> str:
    return f"{XML}<urlset {SPACES}>{''.join(entries)}</urlset>"


def entry(path: str, lastmod: str = "", news: str = "") -> str:
    changed = f"<lastmod>{lastmod}</lastmod>" if lastmod else ""
    stated = (
        f"<news:news><news:publication><news:name>La Vigie</news:name></news:publication>"
        f"<news:publication_date>{news}</news:publication_date><news:title>Titre</news:title>"
        f"</news:news><image:image><image:loc>http://x.example/i.jpg</image:loc></image:image>"
        if news
        else ""
    )
    return f"<url><loc>{{site}}{path}</loc>{changed}{stated}</url>"


def index(*entries: tuple[str, str]) -> str:
    parts = "".join(
        f"<sitemap><loc>{{site}}{path}</loc>{f'<lastmod>{changed}</lastmod>' if changed else ''}"
        "</sitemap>"
        for path, changed in entries
    )
    return f"{XML}<sitemapindex {SPACES}>{parts}</sitemapindex>"


def test_sitemap_of_news_gives_the_articles_of_the_week(site: Site) -> None:
    site.page("/a", article_html("Dedans", published=""))
    site.page("/b", article_html("Dehors"))
    site.xml(
        "/sitemap.xml",
        urlset(
            entry("/a", news="2026-11-12T18:30:00+01:00"),
            entry("/b", news="2026-11-18T18:30:00+01:00"),
        ),
    )
    (found,) = read(site, "sitemap", "/sitemap.xml")
    assert isinstance(found, Article)
    assert (found.title, found.published) == ("Dedans", datetime(2026, 11, 12, 17, 30, tzinfo=UTC))
    assert found.inferred == ("published: from the sitemap",)
    assert "/b" not in site.requests


def test_a_pages_own_date_wins_over_the_sitemaps(site: Site) -> None:
    site.page("/a", article_html())
    site.xml("/sitemap.xml", urlset(entry("/a", news="2026-11-13")))
    (found,) = read(site, "sitemap", "/sitemap.xml")
    assert isinstance(found, Article)
    assert found.published == datetime(2026, 11, 12, 17, 30, tzinfo=UTC)


def test_index_leads_to_the_sitemaps_of_the_week_alone(site: Site) -> None:
    site.page("/a", article_html())
    site.xml(
        "/index.xml",
        index(
            ("/sitemap-2026-10.xml", ""),
            ("/sitemap-2026-11.xml", ""),
            ("/sitemap-old.xml", "2026-11-01"),
            ("/category-sitemap.xml", ""),
            ("/sitemap-2019.xml", ""),
        ),
    )
    packed = gzip.compress(
        urlset(entry("/a", "2026-11-12")).replace("{site}", site.url("")).encode()
    )
    site.page("/sitemap-2026-11.xml", packed, content_type="application/gzip")
    assert len(articles(read(site, "sitemap", "/index.xml"))) == 1
    assert not {path for path in site.requests if "old" in path or "10" in path or "cat" in path}


def test_part_of_an_index_that_fails_stops_no_other(site: Site) -> None:
    site.page("/a", article_html())
    site.xml("/index.xml", index(("/absent.xml", ""), ("/page.xml", ""), ("/good.xml", "")))
    site.page("/page.xml", "<html></html>")
    site.xml("/good.xml", urlset(entry("/a")))
    found = read(site, "sitemap", "/index.xml")
    assert len(articles(found)) == 1
    reasons = [rejected.reason for rejected in rejections(found)]
    assert "404" in reasons[0]
    assert reasons[1] == "is no sitemap: its outermost element is <html>"


def test_index_that_leads_to_itself_ends(site: Site) -> None:
    site.xml("/index.xml", index(("/index.xml", ""), ("/b.xml", "")))
    site.xml("/b.xml", index(("/c.xml", ""), ("/index.xml", "")))
    site.xml("/c.xml", index(("/d.xml", "")))
    (found,) = read(site, "sitemap", "/index.xml")
    assert isinstance(found, Rejected)
    assert found.reason == "lies more than 3 sitemaps deep"


def test_endless_index_is_cut_and_says_so(site: Site) -> None:
    site.xml("/index.xml", index(*((f"/s{number}.xml", "") for number in range(70))))
    for number in range(70):
        site.xml(f"/s{number}.xml", urlset())
    (found,) = read(site, "sitemap", "/index.xml")
    assert isinstance(found, Rejected)
    assert "more than 60 sitemaps" in found.reason


def test_part_of_an_index_that_has_not_changed_gives_nothing(site: Site) -> None:
    site.page("/a", article_html())
    site.xml("/index.xml", index(("/part.xml", "")))
    site.xml("/part.xml", urlset(entry("/a")), etag='"1"')
    assert len(read(site, "sitemap", "/index.xml")) == 1
    assert read(site, "sitemap", "/index.xml") == []


def test_sitemaps_of_a_host_of_their_own_name_pages_of_the_site(site: Site) -> None:
    assert site_of("https://sitemaps.vigie.example/a.xml") == "vigie.example"
    assert site_of("https://www.vigie.example/a.xml") == "vigie.example"


def test_newest_pages_come_first_and_most_caps_them(site: Site) -> None:
    for path in ("/a", "/b", "/c", "/d"):
        site.page(path, article_html(f"Page {path}"))
    site.xml(
        "/sitemap.xml",
        urlset(
            entry("/d"),
            entry("/a", "2026-11-10"),
            entry("/b", "2026-11-12"),
            entry("/c", "2026-11-11"),
        ),
    )
    found = read(site, "sitemap", "/sitemap.xml", most=3)
    assert [article.title for article in articles(found)] == ["Page /b", "Page /c", "Page /a"]
    assert "names 4 pages that can be of the week; 3 were read" in rejections(found)[0].reason


def test_only_filters_addresses_and_other_hosts_are_left(site: Site) -> None:
    site.page("/monde/a", article_html())
    elsewhere = "<url><loc>https://elsewhere.example/monde/a</loc></url>"
    alike = "<url><loc>http://9127.0.0.1/monde/a</loc></url>"
    site.xml("/sitemap.xml", urlset(entry("/sport/b"), elsewhere, alike, entry("/monde/a")))
    found = read(site, "sitemap", "/sitemap.xml", only="/monde/")
    assert len(found) == 1
    assert "/sport/b" not in site.requests


def test_unchanged_sitemap_yields_nothing(site: Site) -> None:
    site.page("/a", article_html())
    site.xml("/sitemap.xml", urlset(entry("/a")), etag='"1"')
    assert len(read(site, "sitemap", "/sitemap.xml")) == 1
    assert read(site, "sitemap", "/sitemap.xml") == []


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("<html><body>x</body></html>", "outermost element is <html>"),
        ("{}", "it is not XML"),
        ("", "it is not XML"),
    ],
)
def test_what_is_no_sitemap_is_named(site: Site, body: str, words: str) -> None:
    site.xml("/sitemap.xml", body)
    with pytest.raises(SourceError, match=f"source “vigie”: .*{words}") as caught:
        read(site, "sitemap", "/sitemap.xml")
    assert "robots.txt" in caught.value.hint


def parse(text: str | bytes, most: int = 1_000_000) -> Sitemap:
    return read_sitemap(text.encode() if isinstance(text, str) else text, PARIS, most)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (gzip.compress(b"\0" * 5_000_000, mtime=0), "larger than 1,000,000 bytes when unpacked"),
        (b"\x1f\x8b\x08\x00" + b"\xff" * 30, "broken"),
    ],
)
def test_packed_bombs_and_breaks_are_refused(content: bytes, words: str) -> None:
    with pytest.raises(NoSitemapError) as caught:
        parse(content)
    assert words in caught.value.reason


def test_hostile_xml_reaches_nothing() -> None:
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10 if n else "x"}">' for n in range(9))
    text = (
        f'<!DOCTYPE u [{entities}<!ENTITY f SYSTEM "file:///etc/hostname">]>'
        "<urlset><url><loc>https://vigie.example/&e8;</loc></url>"
        "<url><loc>&f;</loc></url><url/><url><loc>javascript:x</loc></url></urlset>"
    )
    assert all("host" not in found.url for found in parse(text).entries)


def test_flood_of_addresses_is_cut_and_says_so() -> None:
    many = "".join(f"<url><loc>https://v.example/{n}</loc></url>" for n in range(50_001))
    sitemap = parse(f"<urlset>{many}</urlset>")
    assert (len(sitemap.entries), sitemap.cut) == (50_000, True)


def moment(day: int, hour: int = 12) -> datetime:
    return datetime(2026, 11, day, hour, tzinfo=UTC)


@pytest.mark.parametrize(
    ("url", "changed", "published", "kept"),
    [
        ("https://v.example/a", None, None, True),
        ("https://v.example/a", moment(8), None, False),
        ("https://v.example/a", moment(20), None, True),
        ("https://v.example/a", None, moment(8), False),
        ("https://v.example/a", moment(20), moment(9), True),
        ("https://v.example/2026/11/12/a", None, None, True),
        ("https://v.example/2026/11/08/a", moment(20), None, True),
        ("https://v.example/2026/11/02/a", moment(20), None, False),
        ("https://v.example/20261112-a", None, None, True),
        ("https://v.example/20261120-a", None, None, False),
        ("https://v.example/2026-02-30/a", None, None, True),
    ],
)
def test_pages_of_the_window_are_told(
    url: str, changed: datetime | None, published: datetime | None, kept: bool
) -> None:
    pages = Sitemap("pages", (Entry(url, changed, published),))
    assert bool(pages_for(WINDOW, pages, PARIS)) == kept


def test_only_may_be_written_as_the_section_is_read() -> None:
    page = Entry("https://vigie.example/%C3%A9conomie/a", None, None)
    assert pages_for(WINDOW, Sitemap("pages", (page,)), PARIS, "/économie/") == [page]


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("sitemap-2026-11.xml", True),
        ("sitemap_202611.xml", True),
        ("2026/11/sitemap.xml", True),
        ("sitemap-20261112.xml", True),
        ("sitemap-2026-12.xml", False),
        ("sitemap-2025-11.xml", False),
        ("sitemap-2026.xml", True),
        ("sitemap-2025.xml.gz", False),
        ("post-sitemap12.xml", True),
        ("author-sitemap.xml", False),
        ("post_tag-sitemap2.xml", False),
    ],
)
def test_sitemaps_of_the_window_are_told(name: str, kept: bool) -> None:
    found = Sitemap("index", (Entry(f"https://v.example/{name}"),))
    assert bool(sitemaps_for(WINDOW, found, PARIS)) == kept


def test_window_over_two_months_takes_both() -> None:
    window = Window("2026-W49", moment(30, 0), datetime(2026, 12, 7, tzinfo=UTC))
    names = ("sitemap-2026-12.xml", "sitemap-2026-11.xml", "sitemap-news.xml", "sitemap-2027.xml")
    found = Sitemap("index", tuple(Entry(f"https://v.example/{name}") for name in names))
    kept = [part.url.rpartition("/")[2] for part in sitemaps_for(window, found, PARIS)]
    assert kept == ["sitemap-news.xml", "sitemap-2026-12.xml", "sitemap-2026-11.xml"]


# ---- What is not there at the moment --------------------------------------------------------


@pytest.mark.parametrize("kind", ["page", "sitemap"])
def test_page_that_fails_for_a_moment_is_read_once_its_site_is_well(site: Site, kind: str) -> None:
    path = "/monde/une-digue-de-bois-ici"
    site.page(path, "busy", status=503)
    site.page("/list", listing(path), etag='"1"')
    site.xml("/list.xml", urlset(entry(path)), etag='"1"')
    listed = "/list" if kind == "page" else "/list.xml"
    assert rejections(read(site, kind, listed))
    site.page(path, article_html())
    assert len(articles(read(site, kind, listed))) == 1
    assert read(site, kind, listed) == []


def test_sitemap_below_an_unchanged_index_is_still_looked_at(site: Site) -> None:
    site.page("/a", article_html("Page a"))
    site.page("/b", article_html("Page b"))
    site.xml("/index.xml", index(("/part.xml", "")), etag='"1"')
    site.xml("/part.xml", urlset(entry("/a")), etag='"1"')
    assert len(read(site, "sitemap", "/index.xml")) == 1
    site.xml("/part.xml", urlset(entry("/a"), entry("/b")), etag='"2"')
    found = articles(read(site, "sitemap", "/index.xml"))
    assert "Page b" in [article.title for article in found]


def test_unchanged_list_is_read_again_for_other_days_of_the_same_edition(site: Site) -> None:
    site.page("/monde/une-digue-de-bois-ici", article_html())
    site.page("/list", listing("/monde/une-digue-de-bois-ici"), etag='"1"')
    assert len(read(site, "page", "/list")) == 1
    longer = replace(WINDOW, start=WINDOW.start - timedelta(days=30))
    source = SourceSettings(name="vigie", kind="page", url=site.url("/list"))
    (opened,) = open_sources(site.config(source), site.web())
    assert len(list(opened.articles(longer))) == 1

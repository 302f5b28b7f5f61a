"""Feeds of every kind come in as articles; what is no feed is said to be what it is."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from digest.errors import SourceError
from digest.model.content import Article, Rejected, SectionSignal
from digest.sources.feed.mapper import MOST_ENTRIES
from digest.sources.feed.text import decode_feed
from digest.sources.feed.tolerant import read_in_child
from digest.sources.isolation import Isolated, IsolatedError

PARIS = ZoneInfo("Europe/Paris")

SPACES = (
    'xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'xmlns:content="http://purl.org/rss/1.0/modules/content/" '
    'xmlns:media="http://search.yahoo.com/mrss/" '
    'xmlns:atom="http://www.w3.org/2005/Atom"'
)


def rss(*items: str, channel: str = "<link>https://example.org/</link>") -> str:
    inner = "".join(f"<item>{item}</item>" for item in items)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" {SPACES}><channel>'
        f"<title>Agence</title>{channel}{inner}</channel></rss>"
    )


def item(number: int = 1, more: str = "") -> str:
    return f"<title>Titre {number}</title><link>https://example.org/{number}</link>{more}"


# ---- The kinds of feeds ---------------------------------------------------------------------


def test_rss_item_comes_in_whole(newsroom: Any) -> None:
    (article,) = newsroom.feed(
        rss(
            """<title><![CDATA[Une digue &amp; un <b>port</b>]]></title>
            <link> https://example.org/monde/digue?utm_source=rss&amp;id=3#xtor=RSS-1 </link>
            <guid isPermaLink="false">x-1</guid>
            <pubDate>Thu, 12 Nov 2026 18:30:00 +0100</pubDate>
            <dc:creator>Solveig Aramburu</dc:creator>
            <author>redaction@example.org (Piet Lind)</author>
            <category>International</category><category>Ports</category><category>Ports</category>
            <description>&lt;p&gt;Le port se dote d’une digue.&lt;/p&gt;</description>
            <content:encoded><![CDATA[<h2>Le bois</h2><p>Premier paragraphe.</p>
            <p>Second paragraphe.</p><p>Contactez-nous.</p>]]></content:encoded>
            <media:content url="/p/a.jpg" type="image/jpeg" width="800" height="600">
              <media:credit>Studio Lind</media:credit>
              <media:description>Une digue</media:description>
            </media:content>""",
            channel="<link>https://example.org/</link><language>fr-FR</language>",
        )
    )
    assert article.title == "Une digue & un port"
    assert article.url == "https://example.org/monde/digue?id=3"
    assert article.published == datetime(2026, 11, 12, 17, 30, tzinfo=UTC)
    assert (article.author, article.language) == ("Solveig Aramburu, Piet Lind", "fr")
    assert article.categories == ("International", "Ports")
    assert article.sections == (
        SectionSignal("metadata", "International"),
        SectionSignal("url", "monde"),
    )
    assert (article.chapo, article.description) == ("", "Le port se dote d’une digue.")
    assert [(p.role, p.text) for p in article.body] == [
        ("subhead", "Le bois"),
        ("text", "Premier paragraphe."),
        ("text", "Second paragraphe."),
    ]
    picture = article.picture
    assert picture is not None
    assert picture.location == "https://example.org/p/a.jpg"
    assert (picture.alt, picture.credit, picture.width, picture.height) == (
        "Une digue",
        "Studio Lind",
        800,
        600,
    )
    assert article.location == "https://example.org/rss.xml, article 1"


def test_atom_entry_comes_in_whole(newsroom: Any) -> None:
    (article,) = newsroom.feed(
        """<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="fr" xml:base="https://example.net/">
        <link rel="self" href="https://example.net/atom.xml"/><link href="https://example.net/"/>
        <entry>
          <title type="text">1 &lt; 2</title>
          <link rel="edit" href="/edit"/><link rel="alternate" href="digue"/>
          <link rel="enclosure" type="image/png" href="/a.png"/>
          <id>tag:example.net,2026:1</id>
          <updated>2026-11-14T10:00:00Z</updated><published>2026-11-12T10:00:00Z</published>
          <author><name>Solveig Aramburu</name><email>s@example.net</email></author>
          <category term="monde" label="Monde"/>
          <summary type="html">Un &lt;i&gt;port&lt;/i&gt;.</summary>
          <content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>Le
          <b>premier</b> bois.</p><p>Le second.</p></div></content>
        </entry></feed>"""
    )
    assert (article.title, article.url) == ("1 < 2", "https://example.net/digue")
    assert article.published == datetime(2026, 11, 12, 10, tzinfo=UTC)
    assert article.inferred == ()
    assert (article.author, article.language) == ("Solveig Aramburu", "fr")
    assert article.categories == ("Monde",)
    assert article.description == "Un port."
    assert [p.text for p in article.body] == ["Le premier bois.", "Le second."]
    assert article.picture is not None
    assert article.picture.location == "https://example.net/a.png"


@pytest.mark.parametrize(
    "feed",
    [
        """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
        xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">
        <channel><link>https://example.org/</link><dc:language>fr</dc:language></channel>
        <item><title>Titre 1</title><link>https://example.org/1</link>
        <dc:date>2026-11-12T10:00:00Z</dc:date><dc:subject>Monde</dc:subject></item></rdf:RDF>""",
        """<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN"
        "http://example.org/rss-0.91.dtd"><rss version="0.91"><channel><language>fr</language>
        <item><title>Titre&nbsp;1</title><link>https://example.org/1</link>
        <pubDate>Thu, 12 Nov 2026 10:00:00 GMT</pubDate><category>Monde</category></item>
        </channel></rss>""",
        """<feed version="0.3" xmlns="http://purl.org/atom/ns#" xml:lang="fr"><entry>
        <title>Titre 1</title><link rel="alternate" href="https://example.org/1"/>
        <issued>2026-11-12T10:00:00Z</issued><category term="Monde"/></entry></feed>""",
        """<rss xmlns:d="http://purl.org/dc/elements/1.1/" xmlns="http://backend.userland.com/rss2">
        <channel><item d:x=""><title>Titre 1</title><guid>https://example.org/1</guid>
        <d:date>2026-11-12T10:00:00Z</d:date><d:language>fr</d:language><category>Monde</category>
        </item></channel></rss>""",
    ],
    ids=["RDF", "RSS 0.91 with an outer document type", "Atom 0.3", "RSS in a namespace"],
)
def test_old_kinds_are_read(newsroom: Any, feed: str) -> None:
    (article,) = newsroom.feed(feed)
    assert article.title.replace("\u00a0", " ") == "Titre 1"
    assert article.url == "https://example.org/1"
    assert article.published == datetime(2026, 11, 12, 10, tzinfo=UTC)
    assert (article.language, article.categories) == ("fr", ("Monde",))


def test_feed_file_is_read(newsroom: Any) -> None:
    (newsroom.root / "feed.xml").write_text(rss(item(), "<title>T</title><link>/a</link>"))
    first, second = newsroom.read(kind="feed", path="feed.xml")
    assert first.location == "feed.xml, article 1"
    assert second.url == "https://example.org/a"


def test_items_come_in_the_order_of_the_feed(newsroom: Any, titles: Any) -> None:
    found = newsroom.feed(rss(*(item(number) for number in (3, 1, 2))))
    assert titles(found) == ["Titre 3", "Titre 1", "Titre 2"]
    assert newsroom.feed(rss(*(item(number) for number in (3, 1, 2)))) == found


def test_a_feed_that_has_not_changed_gives_nothing(newsroom: Any) -> None:
    assert newsroom.feed(rss(item())) != []
    newsroom.served.unchanged.add("https://example.org/rss.xml")
    assert newsroom.feed(rss(item())) == []


def test_a_feed_without_items_is_an_empty_week(newsroom: Any) -> None:
    assert newsroom.feed(rss()) == []


# ---- Dates, links, texts --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dates", "moment", "inferred"),
    [
        ("<pubDate>Mer, 11 novembre 2026 10:00:00 +0100</pubDate>", (2026, 11, 11, 10), ()),
        ("<pubDate>demain</pubDate><dc:date>2026-11-11T10:00</dc:date>", (2026, 11, 11, 10), ()),
        (
            "<atom:updated>2026-11-11T10:00:00+01:00</atom:updated>",
            (2026, 11, 11, 10),
            ("published: from the date of the last change",),
        ),
        ("<pubDate>0000-00-00</pubDate>", None, ()),
        ("<pubDate>Fri, 31 Dec 9999 10:00:00 GMT</pubDate>", None, ()),
        ("", None, ()),
    ],
)
def test_publication_counts_not_the_last_change(
    newsroom: Any, dates: str, moment: tuple[int, ...] | None, inferred: tuple[str, ...]
) -> None:
    (article,) = newsroom.feed(rss(item(1, dates)))
    expected = None if moment is None else datetime(*moment, tzinfo=PARIS)  # type: ignore[misc,arg-type]
    assert (article.published, article.inferred) == (expected, inferred)


@pytest.mark.parametrize(
    ("parts", "url"),
    [
        ("<link>/a b/c</link>", "https://example.org/ab/c"),
        ("<link>//example.net/a</link>", "https://example.net/a"),
        ("<link></link><guid>https://example.org/g</guid>", "https://example.org/g"),
        (
            "<link/><atom:link rel='alternate' href='https://example.org/x'/>",
            "https://example.org/x",
        ),
        (
            """<link>https://example.org/r</link>
            <f:origLink xmlns:f="http://rssnamespace.org/feedburner/ext/1.0">
            https://example.org/o</f:origLink>""",
            "https://example.org/o",
        ),
        (
            "<link>javascript:alert(1)</link><guid>https://example.org/g</guid>",
            "https://example.org/g",
        ),
        ("<link>http://[broken</link><guid>https://example.org/g</guid>", "https://example.org/g"),
    ],
)
def test_link_becomes_a_web_address(newsroom: Any, parts: str, url: str) -> None:
    (article,) = newsroom.feed(rss(f"<title>T</title>{parts}"))
    assert article.url == url


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ("<title>T</title>", "has no link"),
        ("<title>T</title><guid isPermaLink='false'>https://example.org/g</guid>", "has no link"),
        ("<title>T</title><link>javascript:alert(1)</link>", "no web address: javascript:alert(1)"),
        ("<title>T</title><link>data:text/html,x</link>", "no web address: data:text/html,x"),
        ("<link>https://example.org/1</link>", "has no title"),
        ("<title> &lt;br/&gt; </title><link>https://example.org/1</link>", "has no title"),
    ],
)
def test_item_without_title_or_link_is_named(newsroom: Any, parts: str, reason: str) -> None:
    first, second = newsroom.feed(rss(parts, item(2)))
    assert isinstance(first, Rejected)
    assert first.where.startswith("https://example.org/rss.xml, article 1")
    assert reason in first.reason
    assert second.title == "Titre 2"


def test_relative_links_of_a_file_need_a_base(newsroom: Any) -> None:
    feed = rss("<title>T</title><link>/a</link>", channel="<link>/</link>")
    (newsroom.root / "feed.xml").write_text(feed)
    (found,) = newsroom.read(kind="feed", path="feed.xml")
    assert "give the source a `base_url`" in found.reason
    (found,) = newsroom.read(kind="feed", path="feed.xml", base_url="https://example.org/")
    assert found.url == "https://example.org/a"


FULL = "".join(f"<p>{'Un port de bois attend sa digue. ' * 10}</p>" for _ in range(3))


def test_full_text_in_the_description_becomes_the_body(newsroom: Any) -> None:
    escaped = FULL.replace("<", "&lt;")
    (article,) = newsroom.feed(rss(item(1, f"<description>{escaped}</description>")))
    assert (article.description, len(article.body)) == ("", 3)


def test_one_long_paragraph_stays_a_description(newsroom: Any) -> None:
    escaped = FULL.replace("</p><p>", "").replace("<", "&lt;")
    (article,) = newsroom.feed(rss(item(1, f"<description>{escaped}</description>")))
    assert (len(article.description) > 800, article.body) == (True, ())


def test_what_weblogs_append_is_dropped(newsroom: Any) -> None:
    end = "&lt;p&gt;L’article Titre 1 est apparu en premier sur La Lettre.&lt;/p&gt;"
    text = f"&lt;p&gt;Un port.&lt;/p&gt;{end}"
    (article,) = newsroom.feed(
        rss(
            item(
                1,
                f"<description>{text}</description><content:encoded>{text}</content:encoded>",
            )
        )
    )
    assert (article.description, article.text) == ("Un port.", "Un port.")


def test_unknown_elements_and_their_parts_change_nothing(newsroom: Any) -> None:
    unknown = (
        "<x:note xmlns:x='urn:x'><title>Non</title><link>https://example.org/x</link></x:note>"
    )
    (article,) = newsroom.feed(rss(item(1, unknown), channel=unknown))
    assert (article.title, article.url) == ("Titre 1", "https://example.org/1")


def test_parts_of_one_author_are_not_taken_for_the_next(newsroom: Any) -> None:
    authors = "<author><name>Ana Ruiz</name></author><author>Piet Lind</author>"
    (article,) = newsroom.feed(rss(item(1, authors)))
    assert article.author == "Ana Ruiz, Piet Lind"


def test_an_item_inside_another_interrupts_it(newsroom: Any, titles: Any) -> None:
    inner = f"<item>{item(2)}</item>"
    described = f"<description>Un <b>grand</b> {inner} port &lt;</description><author>Ana</author>"
    first, second = newsroom.feed(rss(item(1, described)))
    assert (first.title, first.description, first.author) == ("Titre 1", "Un grand port <", "Ana")
    assert (second.title, second.description) == ("Titre 2", "")


def test_media_description_serves_when_there_is_no_other(newsroom: Any) -> None:
    group = "<media:group><media:description>Un port.</media:description></media:group>"
    (article,) = newsroom.feed(rss(item(1, group)))
    assert article.description == "Un port."


@pytest.mark.parametrize(
    ("parts", "location"),
    [
        ("<enclosure url='https://example.org/a.jpg' type='image/jpeg' length='1'/>", "a.jpg"),
        ("<enclosure url='https://example.org/a.mp3' type='audio/mpeg'/>", None),
        ("<media:content url='https://example.org/a.jpg?w=9'/>", "a.jpg?w=9"),
        ("<media:content url='https://example.org/a' medium='image'/>", "a"),
        ("<media:content url='https://example.org/a' medium='video'/>", None),
        ("<media:thumbnail url='https://example.org/a' width='75px'/>", "a"),
        ("<media:thumbnail url='https://example.org/a' width='1' height='1'/>", None),
        ("<media:thumbnail url='https://example.org/a' width='wide' height='90.5'/>", "a"),
        ("<media:thumbnail url='data:image/png;base64,x'/>", None),
        ("<media:thumbnail url='http://[broken'/>", None),
        ("<media:thumbnail/>", None),
        (
            """<media:group><media:content url='https://example.org/s.jpg' width='100'/>
            <media:content url='https://example.org/l.jpg' width='900'/>
            <media:group/><media:rating>x</media:rating></media:group>""",
            "l.jpg",
        ),
    ],
)
def test_picture_is_one_a_reader_can_see(newsroom: Any, parts: str, location: str | None) -> None:
    (article,) = newsroom.feed(rss(item(1, parts)))
    found = article.picture.location if article.picture else None
    assert found == (None if location is None else f"https://example.org/{location}")


def test_credit_beside_the_picture_counts_for_it(newsroom: Any) -> None:
    parts = (
        "<media:thumbnail url='https://example.org/a'/><media:credit>Studio</media:credit>"
        "<media:title>Une digue</media:title>"
    )
    (article,) = newsroom.feed(rss(item(1, parts)))
    assert (article.picture.credit, article.picture.alt) == ("Studio", "Une digue")


def test_description_beside_the_picture_is_its_own_when_the_item_has_another(newsroom: Any) -> None:
    parts = (
        "<description>Un port.</description><media:content url='https://example.org/a.jpg'/>"
        "<media:description>Une digue, vue du quai</media:description>"
    )
    (article,) = newsroom.feed(rss(item(1, parts)))
    assert (article.description, article.picture.alt) == ("Un port.", "Une digue, vue du quai")


def test_author_address_never_comes_in(newsroom: Any) -> None:
    (article,) = newsroom.feed(rss(item(1, "<author>s.aramburu@example.org</author>")))
    assert article.author == ""


def test_section_of_the_source_comes_first(newsroom: Any) -> None:
    newsroom.sections = ("Horizons",)
    categories = "<category>Sport</category><category>Le Monde / Horizons</category>"
    (article,) = newsroom.feed(rss(item(1, categories)), section="Horizons")
    assert [(s.origin, s.value) for s in article.sections] == [
        ("feed", "Horizons"),
        ("metadata", "Sport"),
        ("metadata", "Le Monde / Horizons"),
    ]


# ---- Duplicates -----------------------------------------------------------------------------


def test_items_of_one_guid_become_one_article(newsroom: Any) -> None:
    guid = "<guid isPermaLink='false'>x</guid>"
    short = item(1, guid + "<description>Un port.</description><category>Monde</category>")
    long = (
        "<title>Titre corrigé</title><link>https://example.org/1?utm_medium=rss</link>"
        f"{guid}<content:encoded>Le port a sa digue.</content:encoded>"
        "<pubDate>Thu, 12 Nov 2026 10:00:00 GMT</pubDate><category>Ports</category>"
    )
    first, second = newsroom.feed(rss(short, item(2), long))
    assert (first.title, first.text) == ("Titre corrigé", "Le port a sa digue.")
    assert first.description == "Un port."
    assert first.categories == ("Ports", "Monde")
    assert first.published is not None
    assert second.title == "Titre 2"


def test_one_guid_for_all_items_loses_none(newsroom: Any, titles: Any) -> None:
    found = newsroom.feed(rss(*(item(n, "<guid>https://example.org/</guid>") for n in range(3))))
    assert titles(found) == ["Titre 0", "Titre 1", "Titre 2"]


def test_the_same_article_without_guid_is_merged(newsroom: Any) -> None:
    assert len(newsroom.feed(rss(item(1), item(1)))) == 1


# ---- Broken and hostile ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "charset"),
    [
        (b"<?xml version='1.0' encoding='ISO-8859-1'?>{}", ""),
        ("<?xml version='1.0' encoding='UTF-8'?>{}", ""),
        ("<?xml version='1.0' encoding='ISO-8859-1'?>{}", ""),
        ("<?xml version='1.0' encoding='no-such-thing'?>{}", "iso-8859-15"),
        ("{}", "windows-1252"),
        ("{}", ""),
    ],
)
def test_declared_and_actual_encoding_may_differ(
    newsroom: Any, content: str | bytes, charset: str
) -> None:
    feed = rss("<title>L’été à Orléans</title><link>https://example.org/1</link>")
    feed = feed.partition("?>")[2]
    if isinstance(content, bytes):
        body = content.replace(b"{}", feed.encode())
    else:
        body = content.replace("{}", feed).encode("cp1252")
    (article,) = newsroom.feed(body, charset)
    assert article.title == "L’été à Orléans"


def test_few_wrong_bytes_do_not_scramble_the_rest() -> None:
    text = "L’été à Orléans, élevé et éclairé"
    assert decode_feed(text.encode() + b" : \xe9t\xe9 \x80", "latin-1") == f"{text} : été €"
    assert decode_feed("Ł".encode("iso-8859-2"), "iso-8859-2") == "Ł"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_byte_order_marks_are_believed(newsroom: Any, encoding: str) -> None:
    (article,) = newsroom.feed(rss(item()).replace("Titre", "Été").encode(encoding))
    assert article.title == "Été 1"


def test_japanese_escape_encoding_is_read(newsroom: Any) -> None:
    feed = rss(item()).replace("Titre", "港").replace("UTF-8", "ISO-2022-JP")
    (article,) = newsroom.feed(feed.encode("iso-2022-jp"))
    assert article.title == "港 1"


def test_bytes_of_no_encoding_still_come_in(newsroom: Any) -> None:
    (article,) = newsroom.feed(rss(item()).encode().replace(b"Titre", b"\x81\xe9"))
    assert article.title.endswith("é 1")


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("R&D & Cie", "R&D & Cie"),
        ("Caf&eacute;&nbsp;noir", "Café\u00a0noir"),
        ("&#233;t&#xE9;", "été"),
        ("A&#0;B&#x1F;C", "ABC"),
        ("A\x00B\x1fC\ufffe", "ABC"),
        ("&unknown; chose", "&unknown; chose"),
        ("<![CDATA[R&D]]> &", "R&D &"),
        ("un\r\ndeux\u2028trois\u200b\u202e", "un deux trois"),
    ],
)
def test_faults_of_a_title_are_mended(newsroom: Any, title: str, expected: str) -> None:
    (article,) = newsroom.feed(rss(f"<title>{title}</title><link>https://example.org/1</link>"))
    assert article.title == expected


@pytest.mark.parametrize(
    "before", ["\n\n  ", "\ufeff ", "<br />Warning: a fault in line 3\n", "<!-- x -->"]
)
def test_what_stands_before_the_feed_does_not_matter(newsroom: Any, before: str) -> None:
    (article,) = newsroom.feed(before + rss(item()))
    assert article.title == "Titre 1"


def test_a_feed_cut_off_gives_what_is_there(newsroom: Any, titles: Any) -> None:
    feed = rss(item(1), item(2), item(3))
    assert titles(newsroom.feed(feed[: feed.index("Titre 3")]))[:2] == ["Titre 1", "Titre 2"]


def test_undeclared_prefixes_are_understood(newsroom: Any) -> None:
    feed = "<rss><channel><item><title>T</title><link>https://example.org/1</link>"
    (article,) = newsroom.feed(feed + "<dc:creator>Ana</dc:creator></item></channel></rss>")
    assert article.author == "Ana"


def test_entities_are_not_expanded(newsroom: Any, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("le mot de passe")
    bombs = "".join(f'<!ENTITY b{n} "{f"&b{n - 1};" * 10}">' for n in range(1, 12))
    feed = (
        f'<!DOCTYPE rss [<!ENTITY b0 "boum"><!ENTITY f SYSTEM "{secret.as_uri()}">{bombs}]>'
        "<rss><channel><item><title>A &b11; &f; B</title><link>https://example.org/1</link>"
        "<description>&f;</description></item></channel></rss>"
    )
    (article,) = newsroom.feed(feed)
    assert "boum" not in article.title
    assert "passe" not in article.title + article.description
    assert article.title.startswith("A ")


MANY_ATTRIBUTES = " ".join(f"a{number}='x'" for number in range(100_000))


@pytest.mark.parametrize(
    ("feed", "titles_read"),
    [
        (rss(item(1, "<x>" * 100_000)), ["Titre 1"]),
        (rss(item(1, "<category>a</category>" * 50_000)), ["Titre 1"]),
        (f"<rss {MANY_ATTRIBUTES}><channel><item>{item()}</item></channel></rss>", ["Titre 1"]),
        (rss(item(1, f"<author>{'a' * 1_000_000}</author>")), ["Titre 1"]),
        (rss(item()).replace("</rss>", "<![CDATA[" * 300_000), ["Titre 1"]),
    ],
    ids=["deep", "many categories", "many attributes", "an endless author", "open sections"],
)
def test_hostile_feeds_do_not_hold_the_run(
    newsroom: Any, titles: Any, feed: str, titles_read: list[str]
) -> None:
    assert titles(newsroom.feed(feed)) == titles_read


def test_too_many_items_are_counted_out(newsroom: Any) -> None:
    found = newsroom.feed(rss(*(item(number) for number in range(MOST_ENTRIES + 5))))
    assert len(found) == MOST_ENTRIES + 1
    assert isinstance(found[-1], Rejected)
    assert "more than 5,000 articles" in found[-1].reason


# ---- No feed at all -------------------------------------------------------------------------


def refused(newsroom: Any, content: str | bytes) -> SourceError:
    with pytest.raises(SourceError) as caught:
        newsroom.feed(content)
    assert caught.value.message.startswith("source “redaction”: https://example.org/rss.xml")
    return caught.value


def test_a_web_page_names_its_feed(newsroom: Any) -> None:
    error = refused(
        newsroom,
        "<!DOCTYPE html><html><head><link rel=stylesheet href=a.css><link rel='ALTERNATE home' "
        "type='application/rss+xml' href='/feed.xml'></head><body>Bonjour</body></html>",
    )
    assert "is a web page (HTML), not a feed" in error.message
    assert "https://example.org/feed.xml" in error.hint


@pytest.mark.parametrize(
    "page",
    [
        "<html><body>Bonjour</body></html>",
        "<!doctype html><p>Bonjour",
        "<html>",
        "<!doctype html>",
        "<html><link rel=alternate type=application/atom+xml href='http://[broken'></html>",
    ],
)
def test_a_web_page_without_feed_says_where_to_look(newsroom: Any, page: str) -> None:
    assert "Look for “RSS”" in refused(newsroom, page).hint


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "is empty"),
        ('{"version": "2.0", "items": []}', "is JSON, but no JSON Feed"),
        ("Bonjour à tous", "begins with “Bonjour à tous”"),
        ("<opml><body/></opml>", "neither RSS nor Atom"),
        (b"\x00\x01\x02", "neither RSS nor Atom"),
    ],
)
def test_something_else_is_said_to_be_it(newsroom: Any, content: str | bytes, words: str) -> None:
    assert words in refused(newsroom, content).message


def test_a_nameless_feed_is_read_by_the_second_reader(newsroom: Any) -> None:
    feed = (
        "<xml><items><item><title>Titre 1</title><link>https://example.org/1</link>"
        "<pubDate>Thu, 12 Nov 2026 10:00:00 GMT</pubDate><category>Monde</category>"
        "<author>Ana Ruiz</author><description>Un port.</description></item></items></xml>"
    )
    (article,) = newsroom.feed(feed)
    assert (article.title, article.url) == ("Titre 1", "https://example.org/1")
    assert (article.author, article.categories) == ("Ana Ruiz", ("Monde",))
    assert article.description == "Un port."


def test_the_last_reader_hands_over_all_it_finds() -> None:
    feed = rss(item(1, "<category>Monde</category>"), channel="<language>fr</language>")
    found = read_in_child(feed)
    assert (found["link"], found["language"]) == ("", "fr")
    (entry,) = found["entries"]
    assert (entry["title"], entry["links"]) == ("Titre 1", ["https://example.org/1"])
    assert entry["categories"] == ["Monde"]


def test_a_reader_that_gives_up_says_so(newsroom: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def give_up(_: object) -> Isolated:
        raise IsolatedError("it was not done within 5 seconds")

    monkeypatch.setattr(Isolated, "call", lambda self, _: give_up(self))
    error = refused(newsroom, "Voici un <entry mal formé")
    assert "cannot be read as a feed: it was not done within 5 seconds" in error.message


@pytest.mark.parametrize(
    "content",
    ["Voici un <entry mal formé", "<p " + "x=y " * 9_000 + "<item", "<div>" * 100_000 + "<item"],
    ids=["words", "attributes", "depth"],
)
def test_a_page_that_only_speaks_of_items_is_no_feed(newsroom: Any, content: str) -> None:
    assert "neither RSS nor Atom" in refused(newsroom, content).message


def test_a_failed_fetch_names_the_source(newsroom: Any) -> None:
    with pytest.raises(SourceError, match=r"source “redaction”: https://example.org/404: .* 404"):
        newsroom.read(kind="feed", url="https://example.org/404")


def test_a_missing_feed_file_names_the_source(newsroom: Any) -> None:
    with pytest.raises(SourceError, match=r"source “redaction”: .*none.xml: No such file"):
        newsroom.read(kind="feed", path="none.xml")


def test_an_endless_feed_file_is_refused(newsroom: Any) -> None:
    with (newsroom.root / "big.xml").open("wb") as big:
        big.truncate(10_000_001)
    with pytest.raises(SourceError, match="larger than 10,000,000 bytes"):
        newsroom.read(kind="feed", path="big.xml")


# ---- Any bytes -----------------------------------------------------------------------------


PIECES = (
    *("<rss>", "</rss>", "<channel>", "<item>", "</item>", "<title>", "</title>", "<link>"),
    *("</link>", "<![CDATA[", "]]>", "&", "&lt;", "https://example.org/1", "<entry>", "<feed>"),
    *("<html>", "<!DOCTYPE", "<?xml", "<content:encoded>", "été"),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(
    st.binary(max_size=200)
    | st.lists(st.sampled_from(PIECES), max_size=20).map(lambda parts: "".join(parts).encode())
)
def test_whatever_is_served_gives_articles_or_a_reason(newsroom: Any, content: bytes) -> None:
    found: list[Any] = []
    with contextlib.suppress(SourceError):
        found = newsroom.feed(content)
    for given_item in found:
        if isinstance(given_item, Article):
            assert given_item.title
            assert given_item.url.startswith("http")

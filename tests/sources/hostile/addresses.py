"""Links, pictures, identities and dates that are not what they should be."""

from __future__ import annotations

from collections.abc import Iterator

from tests.sources.hostile.cases import LINK, Case, Places, anything, item, rss, served

PORT = "Le port"


def links(places: Places) -> Iterator[Case]:
    """Links that run, lie, leave the web or are none."""
    for name, link in (
        ("a script", "javascript:alert(1)"),
        ("a script in disguise", "JaVaScRiPt\t:alert(1)"),
        ("a script after a blank", " \x0bjavascript:alert(1)"),
        ("data", "data:text/html;base64,PHNjcmlwdD4="),
        ("a Basic script", "vbscript:msgbox(1)"),
        ("a file", "file:///etc/passwd"),
        ("a file transfer", "ftp://example.org/a"),
        ("a mail", "mailto:a@example.org"),
        ("no host", "https:///a"),
        ("a broken host", "http://[::1"),
        ("a port that is none", "https://example.org:99999999/"),
        ("a host with mark-up", "https://exa&lt;b&gt;mple.org/"),
    ):
        yield served(f"link: {name}", rss(item(link=f"<link>{link}</link>")))
    for name, link in (
        ("relative", "/a/b"),
        ("relative to the protocol", "//example.net/a"),
        ("with a password", "https://ana:secret@example.org/a"),
        ("broken over lines", "https://example.org/\r\n a"),
        ("with a tracking parameter", "https://example.org/a?utm_source=x&amp;fbclid=1"),
        ("with mark-up", "https://example.org/&lt;script&gt;&quot;'"),
        ("with a token", "https://example.org/%%{name}%%"),
        ("with another alphabet", "https://exаmple.org/é"),
        ("up and up", "../../../../a"),
        ("to ourselves", f"{places.trap}/article"),
    ):
        yield served(f"link: {name}", rss(item(link=f"<link>{link}</link>")), PORT)
    yield served("link: none", rss("<title>Le port</title>"))
    yield served("link: a guid that is none", rss("<title>T</title><guid>javascript:x</guid>"))
    yield anything(
        "base: a script", rss(item(link="<link>a</link>"), root=" xml:base='javascript:x'")
    )
    yield anything(
        "base: elsewhere", rss(item(link="<link>a</link>"), root=" xml:base='http://[x'")
    )


def pictures(places: Places) -> Iterator[Case]:
    """Pictures that count readers, run, or are none."""
    for name, attributes in (
        ("of one pixel", "url='https://example.org/a.gif' width='1' height='1'"),
        ("a script", "url='javascript:alert(1)' medium='image'"),
        ("data", "url='data:image/svg+xml,x' medium='image'"),
        ("of impossible size", "url='https://example.org/a.png' width='-1' height='1e999'"),
        ("of enormous size", "url='https://example.org/a.png' width='99999999999999999999'"),
        ("with mark-up", "url='https://example.org/&quot;&gt;&lt;b&gt;.png'"),
        ("without address", "medium='image'"),
        ("in the local network", f"url='{places.trap}/pixel.png' medium='image'"),
    ):
        yield served(f"picture: {name}", rss(item(more=f"<media:content {attributes}/>")), PORT)
    pixel = f"<img src='{places.trap}/count.gif' width=1 height=1>Le quai"
    yield served(
        "picture: in the text",
        rss(item(more=f"<description><![CDATA[{pixel}]]></description>")),
        PORT,
    )


def identities(_: Places) -> Iterator[Case]:
    """Guids that do not tell items apart."""
    guid = "<guid isPermaLink='false'>x</guid>"
    other = "<link>https://example.org/2</link>"
    yield served("one guid and one link twice", rss(item("Un", guid), item("Deux", guid)), "Un")
    yield served("one guid for all", rss(item("Un", guid), item("Deux", guid, other)), "Un", "Deux")
    yield served("the same item twice", rss(item(), item()), PORT)
    yield served("one title for all", rss(item(), item(link=other)), PORT, PORT)
    yield served("a guid of a megabyte", rss(item(more=f"<guid>{'x' * 1_000_000}</guid>")), PORT)


def dates(_: Places) -> Iterator[Case]:
    """Dates that are missing, absurd, or written by people."""
    for date in (
        "",
        "hier",
        "0000-00-00T00:00:00Z",
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z",
        "Fri, 31 Dec 9999 23:59:59 -2359",
        "Mon, 01 Jan 0001 00:00:00 +2359",
        "2099-01-01T00:00:00Z",
        "1970-01-01T00:00:00Z",
        "Mer, 11 novembre 2026 10:00:00 CEST",
        "11 novembre 2026 à 18h30",
        "Thu, 12 Nov 2026 10:00:00",
        "2026-11-12T10:00:00",
        "2026-02-30T10:00:00Z",
        "2026-11-12T25:61:61Z",
        "1762941600",
        "-1",
        "P1D",
        "२०२६-११-१२",
        "<b>2026</b>",
    ):
        shown = date.replace("<", "&lt;")
        yield served(f"date: {date or 'none'}", rss(item(more=f"<pubDate>{shown}</pubDate>")), PORT)
    yield served("date: twenty of them", rss(item(more="<pubDate>x</pubDate>" * 20_000)), PORT)
    yield served("date: in the wrong element", rss(f"<pubDate/>{LINK}<title>Le port</title>"), PORT)

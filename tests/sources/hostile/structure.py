"""Floods, depths, entities, and documents that break off."""

from __future__ import annotations

from collections.abc import Iterator

from tests.sources.hostile.cases import LINK, Case, Places, anything, item, refused, rss, served

MANY = 100_000
ATTRIBUTES = " ".join(f"a{number}='x'" for number in range(MANY))
NAMESPACES = " ".join(f"xmlns:n{number}='urn:x'" for number in range(20_000))
PORT = "Le port"


def entities(places: Places) -> Iterator[Case]:
    """Document types that want to be expanded or fetched."""
    bombs = "".join(f'<!ENTITY b{n} "{f"&b{n - 1};" * 10}">' for n in range(1, 12))
    bombed = f'<!DOCTYPE rss [<!ENTITY b0 "x">{bombs}]>'
    yield served("entity bomb", rss(item("A &b11; B"), head=bombed), "A &b11; B")
    wide = f'<!DOCTYPE rss [<!ENTITY w "{"x" * 50_000}">]>'
    yield served("one large entity many times", rss(item("&w;" * 100), head=wide), "&w;" * 100)
    yield anything("one large entity 100,000 times", rss(item("&w;" * MANY), head=wide))
    file = '<!DOCTYPE rss [<!ENTITY f SYSTEM "file:///etc/hostname">]>'
    yield served("entity from a file", rss(item("A &f; B"), head=file), "A &f; B")
    outer = f'<!DOCTYPE rss [<!ENTITY f SYSTEM "{places.trap}/entity">]>'
    yield served("entity from the network", rss(item("A &f; B"), head=outer), "A &f; B")
    parameter = f'<!DOCTYPE rss [<!ENTITY % p SYSTEM "{places.trap}/parameter"> %p;]>'
    yield served("parameter entity", rss(item(), head=parameter), PORT)
    yield served(
        "outer document type", rss(item(), head=f'<!DOCTYPE rss SYSTEM "{places.trap}/dtd">'), PORT
    )
    yield served(
        "inclusion", rss(item(more=f'<xi:include href="{places.trap}/x" parse="text"/>')), PORT
    )
    style = f'<?xml-stylesheet type="text/xsl" href="{places.trap}/style.xsl"?>'
    yield served("style sheet", rss(item(), head=style), PORT)
    schema = (
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
        f' xsi:schemaLocation="urn:x {places.trap}/schema"'
    )
    yield served("schema", rss(item(), root=schema), PORT)
    default = '<!DOCTYPE rss [<!ENTITY e "x"><!ATTLIST item a CDATA "&e;&e;&e;">]>'
    yield served("attribute by default", rss(item(), head=default), PORT)
    yield served("unclosed document type", f"<!DOCTYPE rss [{rss(item())}", PORT)


def floods(_: Places) -> Iterator[Case]:
    """Too much of everything."""
    yield served("depth", rss(item(more="<x>" * MANY)), PORT)
    yield served("closed depth", rss(item(more="<x>" * MANY + "</x>" * MANY)), PORT)
    yield anything("depth before the feed", "<rss>" * MANY + rss(item()))
    yield anything("items in items", rss("<item>" * MANY + item()))
    yield served("100,000 attributes of the feed", rss(item(), root=f" {ATTRIBUTES}"), PORT)
    yield served(
        "100,000 attributes of an item",
        rss(item()).replace("<item>", f"<item {ATTRIBUTES}>"),
        PORT,
    )
    yield refused(
        "100,000 attributes in a broken feed",
        rss(item("a & b"), root=f" {ATTRIBUTES}"),
        "more than 10,000 attributes",
    )
    yield served("20,000 namespaces", rss(item(), root=f" {NAMESPACES}"), PORT)
    many = "".join(
        f"<item><title>Le port {n}</title><link>https://example.org/{n}</link></item>"
        for n in range(MANY)
    )
    yield Case(
        "100,000 items",
        served("", f"<rss><channel>{many}</channel></rss>").answer,
        tuple(f"Le port {n}" for n in range(5_000)),
    )
    yield refused("800,000 elements", rss(item(more="<x/>" * 800_000)), "more than 700,000 tags")
    yield refused(
        "1,100,000 attributes",
        rss(item(more="<x a=''/>" + " b=''" * 1_100_000)),
        "more than 1,000,000 attributes",
    )
    yield served("a huge attribute", rss(item(more=f"<x a='{'y' * 5_000_000}'/>")), PORT)
    yield served("a huge title", rss(item("y" * 5_000_000)), "y" * 499 + "…")
    yield served(
        "a huge link", rss(item(link=f"<link>https://example.org/{'y' * 5_000_000}</link>"))
    )
    yield served("a huge date", rss(item(more=f"<pubDate>{'1' * 3_000_000}</pubDate>")), PORT)
    yield served("a huge number", rss(item(more=f"<pubDate>{'9' * 90}</pubDate>")), PORT)
    yield served("100,000 categories", rss(item(more="<category>a</category>" * MANY)), PORT)
    yield served("100,000 authors", rss(item(more="<dc:creator>Ana</dc:creator>" * MANY)), PORT)
    yield served("100,000 links", rss(item() + "<link>nulle part</link>" * MANY), PORT)
    yield served("an endless author", rss(item(more=f"<author>{'(a@b ' * MANY}</author>")), PORT)
    yield served(
        "100,000 pictures",
        rss(item(more="<media:content url='https://example.org/a.jpg'/>" * MANY)),
        PORT,
    )
    yield served("100,000 comments", rss(item(more="<!-- x -->" * MANY)), PORT)
    yield served("100,000 instructions", rss(item(more="<?x y?>" * MANY)), PORT)
    yield served("100,000 open sections", rss(item()) + "<![CDATA[" * MANY, PORT)
    yield served("100,000 ampersands", rss(item("&" * MANY)), "&" * 499 + "…")
    yield served("one line of blanks", rss(item(" " * 3_000_000 + "Le port")), PORT)


def breaks(_: Places) -> Iterator[Case]:
    """Documents that end too early, and tags that do not meet."""
    feed = rss(item("Un"), item("Deux", link="<link>https://example.org/2</link>"))
    for name, place in (
        ("in a tag", feed.index("<title>Deux") + 4),
        ("in a title", feed.index("Deux") + 2),
        ("after a title", feed.index("Deux") + 4),
        ("before the end", feed.index("</channel>")),
        ("in the last tag", len(feed) - 3),
    ):
        titles = None if "title" in name else ("Un", "Deux") if "end" in name else None
        yield Case(f"cut off {name}", served("", feed[:place]).answer, titles)
    yield refused("cut off in the root", "<rs", "neither RSS nor Atom")
    yield served("cut off before an item", "<rss><channel><title>T")
    section = rss(item("<![CDATA[Un & deux]]>", "<description><![CDATA[<p>Le quai"))
    yield anything("cut off in a section", section[: section.index("quai")])
    accent = rss(item("Été")).encode()
    yield Case(
        "cut off in a character", served("", accent[: accent.index("té".encode()) + 2]).answer
    )
    crossed = f"<rss><channel><item><title><b>Un</title></b>{LINK}</item></channel></rss>"
    yield anything("crossed tags", crossed)
    yield served(
        "unclosed items",
        f"<rss><channel><item><title>Un</title>{LINK}<item><title>Deux</title>"
        "<link>https://example.org/2</link></channel></rss>",
        "Un",
        "Deux",
    )
    yield served("nested sections", rss(item("<![CDATA[a <![CDATA[b]]> c]]&gt;")), "a b c")
    yield served("the end of a section alone", rss(item("a ]]&gt; b")), "a ]]> b")
    yield served("bare ampersands", rss(item("R&D & Cie &")), "R&D & Cie &")
    yield served("unknown names", rss(item("a &bogus; &eacute;")), "a &bogus; é")
    yield served(
        "forbidden references", rss(item("A&#0;B&#xD800;C&#x1F;D&#99999999;E")), "ABCD\ufffdE"
    )
    yield served("attributes without quotes", "<rss version=2.0>" + rss(item())[5:])
    yield served("two roots", rss(item("Un")) + rss(item("Deux")), "Un")
    yield served("words before", "Warning: a fault in line 3\n" + rss(item()), PORT)
    yield served("words after", rss(item()) + "\n<!-- served in 3 ms --> fin", PORT)
    yield served("capital tags", "<RSS><CHANNEL><ITEM><TITLE>Un</TITLE></ITEM></CHANNEL></RSS>")

"""Encodings, characters that deceive, mark-up and template syntax in the wrong place."""

from __future__ import annotations

from collections.abc import Iterator

from tests.sources.hostile.cases import LINK, Case, Places, anything, item, rss, served
from tests.sources.hostile.server import reply

SUMMER = "L’été à Orléans : 5 €"
PORT = "Le port"


def _declared(encoding: str, title: str = SUMMER) -> str:
    return rss(item(title), head=f"<?xml version='1.0' encoding='{encoding}'?>")


def encodings(_: Places) -> Iterator[Case]:
    """What is declared is not what is there."""
    for declared, actual in (
        ("utf-8", "cp1252"),
        ("iso-8859-1", "cp1252"),
        ("iso-8859-1", "utf-8"),
        ("utf-16", "utf-8"),
        ("us-ascii", "utf-8"),
        ("no-such-thing", "cp1252"),
        ("unicode_escape", "utf-8"),
        ("unicode_escape", "cp1252"),
        ("idna", "cp1252"),
        ("base64", "cp1252"),
        ("windows-1252", "windows-1252"),
        ("utf-8", "utf-8-sig"),
        ("utf-8", "utf-16"),
        ("utf-16", "utf-16-le"),
        ("utf-16", "utf-16-be"),
        ("utf-8", "utf-32"),
    ):
        yield served(f"{actual} declared {declared}", _declared(declared).encode(actual), SUMMER)
    euro = "L'été : 5 €"
    yield served(
        "the euro of iso-8859-15", _declared("iso-8859-15", euro).encode("iso-8859-15"), euro
    )
    quoted = _declared("iso-8859-15", "L’été").encode("cp1252")
    yield served("quotes of cp1252 in iso-8859-15", quoted, "L’été")
    yield Case(
        "utf-8 by the header, cp1252 in fact",
        reply(rss(item(SUMMER)).encode("cp1252"), Content_Type="text/xml; charset=utf-8"),
        (SUMMER,),
    )
    yield Case(
        "cp1252 by the header, utf-8 in fact",
        reply(rss(item(SUMMER)).encode(), Content_Type="text/xml; charset=windows-1252"),
        (SUMMER,),
    )
    yield Case(
        "nonsense by the header",
        reply(rss(item(SUMMER)).encode("cp1252"), Content_Type='text/xml; charset="=?%;"'),
        (SUMMER,),
    )
    mixed = rss(item("Éclairé à l’été, élevé à @té")).encode().replace(b"@", b"\xe9")
    yield served("one wrong byte in utf-8", mixed, "Éclairé à l’été, élevé à été")
    yield served("two byte order marks", "\ufeff\ufeff" + rss(item(SUMMER)), SUMMER)
    yield anything("utf-7", _declared("utf-7", "+ADw-script+AD4-").encode())
    yield anything("overlong characters", rss(item("a @ b")).encode().replace(b"@", b"\xc0\xbc"))
    yield anything("bytes of no encoding", bytes(range(256)) * 100 + rss(item()).encode())


def scrambled(_: Places) -> Iterator[Case]:
    """UTF-8 that somebody took for Windows-1252 and wrote down again."""
    once = SUMMER.encode().decode("cp1252")
    yield served("scrambled", rss(item(once)), SUMMER)
    yield served(
        "scrambled twice",
        rss(item("été".encode().decode("cp1252").encode().decode("cp1252"))),
        "été",
    )
    raw = "L’été".encode().decode("latin-1")
    yield anything("scrambled by reference", rss(item("&#xC3;&#xA9;t&#xC3;&#xA9;")))
    yield anything("scrambled with controls", rss(item(raw)))
    yield served("partly scrambled is left", rss(item("Ã©t’é")), "Ã©t’é")
    yield served("a capital with a tilde is meant", rss(item("MANH\xc3\u201d")), "MANH\xc3\u201d")


def characters(_: Places) -> Iterator[Case]:
    """Characters that cannot be seen, or turn others round."""
    for name, title, expected in (
        ("NUL", "Le\x00 port", PORT),
        ("controls", "Le\x01\x02\x1b[31m port\x7f", "Le[31m port"),
        ("bidirectional controls", "Le \u202etrop\u202c port\u2066\u2069", "Le trop port"),
        ("zero-width characters", "Le\u200b po\u200drt\ufeff\u2060", PORT),
        ("soft hyphens", "Le po\u00adrt", PORT),
        ("tag characters", "Le port\U000e0041\U000e0042", PORT),
        ("noncharacters", "Le\ufdd0 port\ufffe\U0001fffe", None),
        ("fillers", "Le \u3164port\u115f", PORT),
        (
            "CRLF in a title",
            "Le port\r\nBcc: espion@example.org",
            "Le port Bcc: espion@example.org",
        ),
        ("CRLF by reference", "Le port&#13;&#10;Bcc: x", "Le port Bcc: x"),
        ("U+2028 in a title", "Le\u2028port\u2029\u0085", PORT),
        ("tabs and runs of blanks", "\t Le \t\n\n  port \v\f", PORT),
        ("a tower of accents", "Le port" + "\u0301" * 5_000, None),
        ("an emoji of seven", "Le port \U0001f468\u200d\U0001f469\u200d\U0001f467", None),
        ("only blanks", " &#160;\u200b\u2028 ", None),
    ):
        feed = rss(item(title))
        yield anything(name, feed) if expected is None else served(name, feed, expected)


def markup(places: Places) -> Iterator[Case]:
    """Mark-up where text belongs, and text that looks like it."""
    described = (
        "<description><![CDATA[{}]]></description><content:encoded><![CDATA[{}]]></content:encoded>"
    )
    for name, html in (
        ("a script", "Le port<script>alert('x')</script>"),
        ("an unclosed script", "Le port<script>alert('x')"),
        ("a script in capitals", "Le port<SCRIPT SRC=//example.net/x.js></SCRIPT>"),
        ("an event", f"Le port<img src=x onerror=\"fetch('{places.trap}')\">"),
        ("a frame", f"Le port<iframe src='{places.trap}/frame'>x</iframe>"),
        ("a drawing", "Le port<svg onload=alert(1)><text>x</text></svg>"),
        ("a style", "Le port<style>@import url(x)</style>"),
        ("a template", "Le port<template><b>x</b></template>"),
        ("a conditional comment", "Le port<!--[if mso]><b>x</b><![endif]-->"),
        ("a form", "<form action=x>Le port<input value=x><button>x</button></form>"),
        ("a hidden element", "Le port<span style='display:none'>x</span>"),
        ("broken tags", "Le <b <i>port</b></i"),
        ("components", "Le port<mj-raw><mj-text>"),
        (
            "a base and a meta",
            "<base href=//example.net><meta http-equiv=refresh content=0>Le port",
        ),
    ):
        more = described.format(html, html)
        yield Case(name, reply(rss(item(f"<![CDATA[{html}]]>", more)).encode()))
        yield Case(
            f"{name}, escaped",
            reply(rss(item(html.replace("&", "&amp;").replace("<", "&lt;"))).encode()),
        )
    yield Case(
        "a script, escaped twice",
        reply(rss(item("Le port &amp;lt;script&amp;gt;alert(1)&amp;lt;/script&amp;gt;")).encode()),
        ("Le port <script>alert(1)</script>",),
        spells_markup=True,
    )
    for name, title in (
        ("template syntax", "{{ 7*7 }} {% raw %} {# x #}"),
        ("a token", "%%{unsubscribe_url}%% %%{name|x}%%"),
        ("a token within a token", "%%%{name}%%"),
        ("format syntax", "{0.__class__} %s %(x)s ${x}"),
        ("a header", "Subject: x"),
        ("a formula", "=HYPERLINK(1)"),
        ("TOML", "title = 'x' [table] \\u0000"),
        ("Markdown", "[x](javascript:alert(1)) `x` ![x](x)"),
        ("a path", "../../etc/passwd"),
    ):
        yield served(name, rss(item(title)), title)
    depth = "<div>" * 50_000
    for name, html in (
        ("50,000 elements deep", depth + "Le quai"),
        ("50,000 open comments", "<!--" * 50_000 + "Le quai"),
        ("100,000 attributes in content", "<p " + "a='>' " * 100_000 + ">Le quai"),
        ("50,000 lists", "<ul><li>" * 50_000 + "Le quai"),
        ("50,000 tables", "<table><tr><td>" * 50_000 + "Le quai"),
        ("50,000 hidden", "<p hidden>" * 50_000 + "Le quai"),
        ("80,000 drawings", "<svg>" * 80_000 + "Le quai"),
        ("100,000 open tags", "<a " * 100_000 + "Le quai"),
        ("a long reference", "&#" + "9" * 300_000 + ";Le quai"),
        ("300,000 references", "&eacute;" * 300_000),
    ):
        yield served(name, rss(item(more=described.format("", html))), PORT, spells_markup=True)
    inside = f'<content type="xhtml">{"<div>" * 3_000}Le quai{"</div>" * 3_000}</content>'
    yield served(
        "elements deep in an entry",
        f"<feed xmlns='http://www.w3.org/2005/Atom'><entry>{item()}{inside}</entry></feed>".replace(
            LINK, "<link href='https://example.org/1'/>"
        ),
        PORT,
    )

"""What comes from outside becomes harmless plain text, whatever it was."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.text.markup import MAX_CHARACTERS
from digest.text.plain import clean_line, html_paragraphs, html_to_text, truncate

INVISIBLE = "\u00ad\u200b\u200e\u200f\u202a\u202e\u2060\u2066\u2069\ufeff\x00\x07\x1b\x7f\x9f\ud800"


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r", "\v", "\f", "\x85", "\u2028", "\u2029"])
def test_line_break_cannot_forge_a_header(line_break: str) -> None:
    assert clean_line(f"Titre{line_break}Bcc: x@example.org") == "Titre Bcc: x@example.org"


def test_invisible_characters_vanish() -> None:
    assert clean_line("co" + INVISIBLE + "ût") == "coût"


def test_fillers_that_count_as_letters_vanish_too() -> None:
    assert clean_line("co\u3164û\u115ft \uffa0\u034ffin") == "coût fin"
    assert clean_line("a\x1fb c\x1cd") == "ab c d"


def test_no_break_spaces_stay_where_they_stand_alone() -> None:
    assert clean_line("N°\u00a047\u202f!  Fin\u00a0 ") == "N°\u00a047\u202f! Fin"


def test_accents_are_composed() -> None:
    assert clean_line("e\u200b\u0301te\u0301") == "été"


def test_emoji_and_persian_keep_their_joiners_but_words_do_not() -> None:
    astronaut = "\U0001f469\u200d\U0001f680"
    persian = "می\u200cخواهم"
    assert clean_line(f"{astronaut} {persian} a\u200db") == f"{astronaut} {persian} ab"


@given(
    st.text(max_size=80) | st.text(alphabet=INVISIBLE + " \u00a0\u202f\t\nab\u0301", max_size=30)
)
def test_any_text_becomes_one_clean_line(text: str) -> None:
    line = clean_line(text)
    assert clean_line(line) == line == line.strip()
    assert unicodedata.is_normalized("NFC", line)
    assert len(line.splitlines()) <= 1
    assert not any(unicodedata.category(character) in ("Cc", "Cs") for character in line)
    line.encode()


def test_html_becomes_what_a_reader_sees() -> None:
    source = """<!DOCTYPE html><head><title>Onglet</title><style>p { color: red }</style></head>
    <h1>L&rsquo;&eacute;t&eacute;&nbsp;: enfin</h1><!-- caché -->
    <p>Un <b>gr</b>and<br>pas <a href="https://example.org/?a>b">ici</a>.<br><br>Autre pas.
    <script>if (a < b) document.write("</p>faux");</script>
    <ul><li>un<li>deux</ul><table><tr><td>a</td><td>b</td></tr></table>
    <img src="x" width="1" height="1" alt="espion"><svg><text>dessin</text></svg>"""
    assert html_paragraphs(source) == [
        "L’été\u00a0: enfin",
        "Un grand pas ici.",
        "Autre pas.",
        "un",
        "deux",
        "a b",
    ]


@pytest.mark.parametrize(
    "hidden",
    [
        "<p hidden>secret</p>",
        "<p hidden>secret",
        "<div style='display : none'>se<div>cr</div>et</div>",
        '<span style="visibility:hidden">secret</span>',
        "<span aria-hidden=true>secret</span>",
        "<noscript>secret</noscript>",
        "<template>secret</template>",
        "<textarea>secret</textarea>",
        "<iframe src=x>secret</iframe>",
        "<select><option>secret</select>",
    ],
)
def test_hidden_parts_are_not_read(hidden: str) -> None:
    assert html_to_text(f"<p>avant</p>{hidden}<p>après</p>") == "avant après"


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("5 < 6 et 7 > 6", "5 < 6 et 7 > 6"),
        ("Prix <b>net", "Prix net"),
        ("Fin de ligne <a href='x", "Fin de ligne <a href='x"),
        ("Caf&eacute; &amp; th&#233; &#x1F375; &bogus;", "Café & thé 🍵 &bogus;"),
        ("&lt;b&gt; se lit tel quel", "<b> se lit tel quel"),
        ("<![CDATA[Un <i>mot</i>]]>", "Un mot"),
        ('<iframe src="x" />vu', "vu"),
        ("<video src=x>vu", "vu"),
        ("<p class='hidden-xs' title=none>vu", "vu"),
        ("<p hidden />vu", "vu"),
        ("<br><br><br>vu</ ><?php x ?>", "vu"),
        ("<<script></script>p>vu", "<p>vu"),
        ("vu<svg><b>x</b></svg> et <svg>lu</b>", "vu et lu"),
        ("<!-- <script> -->vu<!-- </script> -->", "vu"),
        ("<a title='<script>'>vu</a>", "vu"),
        ("<p hidden>x</p>vu <b", "vu <b"),
        ("&#" + "9" * 5000 + ";", "\ufffd"),
        ("", ""),
    ],
)
def test_broken_markup_is_read_as_well_as_can_be(source: str, text: str) -> None:
    assert html_to_text(source) == text


def test_what_is_beyond_the_cap_is_dropped() -> None:
    source = "<p>début " + "x" * (MAX_CHARACTERS - 12) + "<p title='coupé'>fin"
    text = html_to_text(source)
    assert text.startswith("début")
    assert text.endswith("x")
    assert len(html_to_text("y" * (MAX_CHARACTERS + 10))) == MAX_CHARACTERS


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("<div>" * 50_000 + "vu", "vu"),
        ("<p " + " ".join(f"a{n}='>'" for n in range(50_000)) + ">vu", "vu"),
        ("<svg>" * 80_000 + "vu", "vu"),
        ("<!--" * 100_000, ""),
        ("&#" + "9" * 100_000 + ";" + "&amp;" * 3, "\ufffd&&&"),
        ("<div hidden>" * 50_000 + "x", ""),
        ("<br> " * 100_000 + "vu", "vu"),
        ("<a " * 200_000, ("<a " * 200_000).strip()),
        ("<a =\"<a ='" * 80_000, "<a =\"<a ='" * 80_000),
    ],
    ids=range(9),
)
def test_hostile_markup_neither_stalls_nor_crashes(source: str, text: str) -> None:
    # A parser with a tree, or one that looks ahead again and again, takes minutes for some.
    assert html_to_text(source) == text


MARKUP = st.sampled_from(
    (
        *("<p>", "</p>", "<p hidden>", "<br>", "<div ", "style='display:none'", ">", '"', "'"),
        *("=", "/", "<script>", "</script>", "<!--", "-->", "&eacute;", "&#xD800;", "<", "mot "),
        *("\n", "<td>"),
    )
)


@given(st.lists(MARKUP, max_size=30).map("".join) | st.text(max_size=100))
def test_any_markup_gives_clean_paragraphs(source: str) -> None:
    paragraphs = html_paragraphs(source)
    assert all(paragraph and clean_line(paragraph) == paragraph for paragraph in paragraphs)
    assert html_to_text(source) == " ".join(paragraphs)


def test_cut_is_made_after_a_whole_word() -> None:
    text = "Des îles comptent leurs ports, des montagnards leurs glaces."
    assert truncate(text, 31) == "Des îles comptent leurs ports…"
    assert truncate(text, len(text)) == text


def test_number_is_not_cut_from_its_sign() -> None:
    assert truncate("Le N°\u00a047 est là", 8) == "Le…"


def test_long_first_word_is_cut_without_losing_its_accent() -> None:
    assert truncate("anticonstitutionnellement", 5) == "anti…"
    assert truncate("abcd\u0323efgh", 5) == "abc…"
    assert truncate("mot suivant", 1) == "…"


@given(st.text(max_size=60), st.integers(1, 80))
def test_cut_text_never_exceeds_its_limit(text: str, limit: int) -> None:
    cut = truncate(text, limit)
    assert len(cut) <= limit
    assert cut == text or text.startswith(cut.removesuffix("…"))


def test_impossible_limit_is_refused() -> None:
    with pytest.raises(ValueError, match="0 characters"):
        truncate("mot", 0)

"""Personalisation: every reader gets their own values, nothing gets out of its place."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.errors import TemplateError
from digest.render.tokens import TOKENS, Context, escape, split, unknown_tokens

CONTEXTS: tuple[Context, ...] = ("html", "url", "text", "header")
plain = st.text(st.characters(exclude_categories=["Cs"]), max_size=60).filter(
    lambda text: "%%{" not in text
)


def test_reader_sees_their_value_and_others_the_fallback() -> None:
    parts = split("Bonjour %%{name|chère lectrice}%% !", "text")
    assert parts.join({"name": "Ada"}) == "Bonjour Ada !"
    assert parts.join({"name": ""}) == "Bonjour chère lectrice !"
    assert parts.join({}) == "Bonjour chère lectrice !"


def test_phrase_around_a_value_vanishes_with_it() -> None:
    parts = split("inscrite%%{since|| depuis le *}%%.", "text")
    assert parts.join({"since": "1er mars"}) == "inscrite depuis le 1er mars."
    assert parts.join({}) == "inscrite."


def test_unknown_token_names_the_nearest_one() -> None:
    with pytest.raises(TemplateError) as caught:
        split("%%{adress}%%", "html")
    assert "adress" in caught.value.message
    assert "%%{address}%%" in caught.value.hint


def test_strange_token_lists_what_exists() -> None:
    with pytest.raises(TemplateError) as caught:
        split("%%{zzzzzzzz}%%", "text")
    assert all(name in caught.value.hint for name in TOKENS)


@pytest.mark.parametrize("text", ["%%{name", "a %%{name}% b", "%%{name|x} %% y"])
def test_token_left_open_is_said_at_build(text: str) -> None:
    with pytest.raises(TemplateError, match="not closed"):
        split(text, "html")


def test_third_part_without_star_is_said_at_build() -> None:
    with pytest.raises(TemplateError, match=r"no \*"):
        split("%%{since||depuis}%%", "text")


def test_name_cannot_open_a_tag_in_html() -> None:
    joined = split("<p>%%{name}%%</p>", "html").join({"name": '<b onclick="x">&'})
    assert joined == "<p>&lt;b onclick=&quot;x&quot;&gt;&amp;</p>"


def test_name_in_a_link_is_percent_encoded_and_own_url_is_not() -> None:
    text = '<a href="https://example.org/?n=%%{name}%%"><a href="%%{unsubscribe_url}%%">'
    joined = split(text, "html").join({"name": "a&b c", "unsubscribe_url": "https://x/?a=1&b=2"})
    assert joined == (
        '<a href="https://example.org/?n=a%26b%20c"><a href="https://x/?a=1&amp;b=2">'
    )


def test_fallback_written_in_html_is_escaped_once() -> None:
    parts = split("%%{name|l&#39;amie &amp; l&#39;ami}%%", "html")
    assert html.unescape(parts.join({})) == "l'amie & l'ami"
    assert parts.tokens[0].fallback == "l'amie & l'ami"


@given(value=plain)
def test_no_value_breaks_a_header(value: str) -> None:
    joined = split("Bonjour %%{name}%%", "header").join({"name": value})
    assert not re.search(r"[\x00-\x1f\x7f\x85\u2028\u2029]", joined)
    assert len(joined.splitlines()) == 1


@given(value=plain, context=st.sampled_from(CONTEXTS))
def test_escaping_gives_the_value_back_where_it_is_read(value: str, context: Context) -> None:
    escaped = escape(value, context)
    reading: dict[Context, Callable[[str], str]] = {"html": html.unescape, "url": unquote}
    read = reading.get(context, str)(escaped)
    assert read == re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+", " ", value)
    if context == "html":
        assert not set(escaped) & set("<>\"'")
    if context == "url":
        assert re.fullmatch(r"[A-Za-z0-9_.~%-]*", escaped)


@given(
    literals=st.lists(plain, min_size=2, max_size=6),
    name=st.sampled_from(sorted(TOKENS)),
    value=plain,
    context=st.sampled_from(("text", "header")),
)
def test_literals_pass_unchanged_around_any_value(
    literals: list[str], name: str, value: str, context: Context
) -> None:
    token = f"%%{{{name}|-}}%%"
    joined = split(token.join(literals), context).join({name: value})
    assert joined == (escape(value, context) or "-").join(literals)


def test_provider_gets_one_placeholder_for_each_distinct_token() -> None:
    source = "%%{name|ami}%% et %%{name|ami}%%, %%{address}%%%%{since|| (*)}%%"
    parts = split(source, "html")
    text, known = parts.with_placeholders("-d-")
    assert sorted(known.values()) == [
        ("address", "", "html"),
        ("name", "ami", "html"),
        ("since", "", "html"),
    ]
    values = {"name": "A & B", "address": "a…@example.org", "since": "hier"}
    for placeholder, replacement in parts.substitutions("-d-", values).items():
        text = text.replace(placeholder, replacement)
    assert text == parts.join(values)


def test_placeholders_never_begin_one_another() -> None:
    text = "".join(f"%%{{name|{number}}}%%" for number in range(12))
    placeholders = list(split(text, "text").with_placeholders("x")[1])
    assert len(placeholders) == 12
    for one in placeholders:
        assert [other for other in placeholders if other.startswith(one)] == [one]


def test_pieces_tell_literals_from_tokens() -> None:
    pieces = split("a %%{name}%% b", "text").pieces()
    assert [piece if isinstance(piece, str) else piece.name for piece in pieces] == [
        "a ",
        "name",
        " b",
    ]


def test_unknown_tokens_are_listed_once_in_order() -> None:
    assert unknown_tokens("%%{zed}%% %%{name|x}%% %%{abc|y}%% %%{zed}%%") == ["zed", "abc"]

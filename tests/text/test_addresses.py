"""The same article is known again however its link was decorated."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.text.addresses import canonical_url


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        ("https://example.org/a", "https://example.org/a"),
        ("HTTPS://Example.ORG:443/A", "https://example.org/A"),
        ("http://example.org:80", "http://example.org/"),
        ("http://example.org:8080/a", "http://example.org:8080/a"),
        ("https://user:secret@example.org/a", "https://example.org/a"),
        ("https://example.org./a#top", "https://example.org/a"),
        ("https://example.org/#!/a", "https://example.org/#!/a"),
        ("https://[2001:db8::1]/a", "https://[2001:db8::1]/a"),
        (
            "https://example.org/a?utm_source=x&id=3&UTM_Medium=y&fbclid=1&xtor=RSS-1&page=2",
            "https://example.org/a?id=3&page=2",
        ),
        ("https://example.org/a?utm_source=x", "https://example.org/a"),
        ("https://example.org/a?gclid=2&mc_cid=3&at_medium=4", "https://example.org/a"),
        ("https://example.org/a?b=1&&c", "https://example.org/a?b=1&c"),
        ("https://example.org/é à?q=ü", "https://example.org/%C3%A9%C3%A0?q=%C3%BC"),
        (" https://example.org/\n a ", "https://example.org/a"),
        ("https://example.org/a%20b", "https://example.org/a%20b"),
        ("https://example.org/a?", "https://example.org/a"),
        ("https://example.org/a?id=3&utm_source=x", "https://example.org/a?id=3"),
        ("https://example.org/a?u=https://example.net/?b=1", None),
        ("\u2003https://example.org/a\u2003", "https://example.org/a"),
    ],
)
def test_address_takes_one_form(url: str, canonical: str | None) -> None:
    assert canonical_url(url) == (url if canonical is None else canonical)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "javascript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "/a",
        "example.org/a",
        "https://",
        "https:///a",
        "https://[::1/a",
        "https://example.org:port/",
        "https://exa<mple.org/",
    ],
)
def test_what_is_no_web_address_has_no_form(url: str) -> None:
    assert canonical_url(url) == ""


@given(st.text() | st.from_regex(r"https?://[a-z]{1,8}\.example/\S{0,30}", fullmatch=True))
def test_the_form_is_its_own_form(url: str) -> None:
    canonical = canonical_url(url)
    assert canonical == "" or canonical_url(canonical) == canonical
    assert not set(canonical) & set(' \n\t"<>')

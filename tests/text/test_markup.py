"""What a reader sees of HTML does not hang on how quickly it can be read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.text.markup import visible_paragraphs

_TAGS = (
    ("<p>", "</p>", "<P\nclass='x'>", "<p/>", '<a href="x">', "</a>", "<br>", "<br />", "<li>"),
    ('<img alt="a>b">', "<img alt='<p>'>", "<td>", '<h1 =">">', "<br ='>'>", "<x-y>", "</svgs>"),
    ("<div hidden>", "</div>", '<i aria-hidden="true">', "</i>", '<p style="display:none">'),
    ("<script>", "</script>", "</SCRIPT x>", "<svg/>", "<svg>", "</svg>", "<title>", "</title>"),
)
_ODD = ("<!--", "-->", "<!-->", "<![CDATA[", "]]>", "<?x?>", "</ >", "a < b", "<b", '<p title="')
_TEXTS = ("&am", "p;", "&amp;", "&#8217;", "Le pont", " ", "\n", "\u00a0", '"', "'", "=", ">")
_PIECES = [piece for pieces in (*_TAGS, _ODD, _TEXTS) for piece in pieces]


@given(st.lists(st.sampled_from(_PIECES), max_size=14).map("".join))
def test_a_usual_document_reads_as_one_that_takes_every_rule(document: str) -> None:
    # What marks the end of a CDATA section is not seen, and all rules are gone through for it.
    assert visible_paragraphs(document) == visible_paragraphs(f"]]>{document}")


@pytest.mark.parametrize(
    ("document", "seen"),
    [
        ("<p>Le <!-- tu --> pont</p>", ["Le  pont"]),
        ("<p>Avant</p><iframe src='x'><p>tu</p></iframe><p>Après</p>", ["Avant", "Après"]),
        ("<p>Avant</p><script>var a = '<p>tu</p>'", ["Avant"]),
        ("<p>Avant</p><div hidden><p>tu</p></div>Après", ["Avant", "Après"]),
        ('<p title="<b>">Le pont</p>', ["Le pont"]),
        ("2 < 3 <b>et</b> 4", ["2 < 3 et 4"]),
    ],
)
def test_what_a_reader_sees_is_kept_and_nothing_else(document: str, seen: list[str]) -> None:
    assert visible_paragraphs(document) == seen

"""A reader's exported list of feeds comes in with its folders, and nothing else of it."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.errors import InputError
from digest.sources.opml import Outline, read_opml

LIST = """<?xml version="1.0" encoding="UTF-8"?>
<opml version="2.0"><head><title>Mes flux</title></head><body>
  <outline text="Monde" title="Monde">
    <outline type="rss" text="La Vigie" xmlUrl="https://vigie.example/rss.xml"
             htmlUrl="https://vigie.example/?utm_source=x"/>
    <outline text="Mers">
      <outline type="rss" title="Le  Phare" text="x" xmlurl="feed://phare.example/atom.xml"/>
    </outline>
  </outline>
  <outline text="Encore" xmlUrl="https://VIGIE.example/rss.xml"/>
  <outline xmlUrl="feed:https://digue.example/rss" category="/Ports/Nord,/Autre"/>
  <outline text="Vide"/>
  <outline text="Rusé" xmlUrl="javascript:alert(1)"/>
</body></opml>
"""


def test_feeds_come_in_with_their_folders_each_once() -> None:
    assert read_opml(LIST.encode()) == [
        Outline("La Vigie", "https://vigie.example/rss.xml", "Monde"),
        Outline("Le Phare", "https://phare.example/atom.xml", "Monde / Mers"),
        Outline("https://digue.example/rss", "https://digue.example/rss", "Ports / Nord"),
    ]


def test_bare_ampersands_and_blank_lines_are_forgiven() -> None:
    text = '\n\n<?xml version="1.0"?><opml><body><outline text="A &nbsp; B" xmlUrl="https://a.example/?x=1&y=2"/></body></opml>'
    assert [outline.xml_url for outline in read_opml(text.encode())] == [
        "https://a.example/?x=1&y=2"
    ]


def test_other_encodings_are_read() -> None:
    text = LIST.replace("UTF-8", "iso-8859-1").replace(
        "La Vigie", "La Vigie d’été".replace("’", "'")
    )
    assert read_opml(text.encode("iso-8859-1"))[0].title == "La Vigie d'été"


def test_texts_are_one_clean_line() -> None:
    text = LIST.replace("La Vigie", "La&#10;Vigie\u202e &lt;b&gt;" + "mot " * 100)
    title = read_opml(text.encode())[0].title
    assert title.startswith("La Vigie <b>mot")
    assert len(title) <= 300


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b" \n", "is empty"),
        (b"<rss/>", "line 1: found <rss>, not <opml>"),
        (b"<opml>\n<body>\n<outline>\n</body></opml>", "line 4: is not valid XML"),
        (b"\n\n<opml>\n<body", "line 4: is not valid XML"),
        (b"url,title\n", "line 1: is not valid XML"),
        (b"x" * 10_000_001, "larger than 10,000,000 bytes"),
        (
            b"<opml>" + b"<outline text='a'>" * 150 + b"</outline>" * 150 + b"</opml>",
            "line 1: more than 100 folders",
        ),
        (b"<opml>" + b"<a>" * 5_000, "is not valid XML"),
    ],
)
def test_what_is_no_list_is_said_with_its_line(content: bytes, words: str) -> None:
    with pytest.raises(InputError) as caught:
        read_opml(content)
    assert words in caught.value.message
    assert caught.value.hint


def test_hostile_entities_reach_nothing() -> None:
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10 if n else "x"}">' for n in range(12))
    text = (
        f'<!DOCTYPE opml [{entities}<!ENTITY f SYSTEM "file:///etc/hostname">]>'
        '<opml><body>&f;&e11;<outline text="A" xmlUrl="https://a.example/"/></body></opml>'
    )
    assert [outline.title for outline in read_opml(text.encode())] == ["A"]


@given(st.binary(max_size=200))
def test_any_bytes_give_a_list_or_an_error(content: bytes) -> None:
    with contextlib.suppress(InputError):
        assert isinstance(read_opml(content), list)


def test_a_blank_in_an_address_does_not_spoil_the_list() -> None:
    (found,) = read_opml(b'<opml><outline text="x" xmlUrl="https://a.example/a b"/></opml>')
    assert found.xml_url == "https://a.example/a%20b"

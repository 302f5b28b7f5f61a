"""A reader's message is correct mail, and exact in its texts and pictures."""

from __future__ import annotations

import email
import quopri
from email import policy
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.delivery.messages import ANY_TEXT, assert_lines_are_short, body, build, parse, reader
from tests.delivery.world import ENVELOPE, NOW, make_letter

from digest.delivery.message.building import MessageTemplate
from digest.delivery.message.encoding import (
    quoted_printable,
    value_in_quoted_printable,
)
from digest.errors import TemplateError
from digest.model.sending import Letter
from digest.render.tokens import Context, split


@pytest.mark.parametrize("value", ["é" * 12 + "abcd", "a" * 76, "a" * 73 + "é", "=" * 30])
def test_value_that_fills_its_line_leaves_room_for_the_break(value: str) -> None:
    for length in range(len(value) + 1):
        encoded = value_in_quoted_printable(value[:length])
        assert all(len(line) <= 76 for line in encoded.split(b"\r\n"))
        assert quopri.decodestring(encoded).decode() == value[:length]


def test_both_texts_arrive_exactly_with_the_readers_values() -> None:
    letter = make_letter()
    recipient = reader()
    content = build(letter, recipient)
    message = parse(content)
    assert body(message, "html") == split(letter.html, "html").join(recipient.values)
    assert body(message, "plain") == split(letter.text, "text").join(recipient.values)
    assert message.get_content_type() == "multipart/alternative"
    assert_lines_are_short(content)


def test_pictures_travel_inside_and_are_found_by_the_html() -> None:
    picture = bytes(range(256)) * 40
    letter = make_letter(picture=picture)
    content = build(letter, reader())
    message = parse(content)
    assert message.get_content_type() == "multipart/related"
    found = [part for part in message.walk() if part.get_content_maintype() == "image"]
    assert [part.get_content() for part in found] == [picture]
    assert found[0]["Content-ID"] == f"<{letter.pictures[0].content_id(letter.edition)}>"
    assert found[0].get_filename() == "une.png"
    assert body(message, "html") == split(letter.html, "html").join(reader().values)
    assert_lines_are_short(content)


def test_a_picture_without_an_extension_gets_one() -> None:
    letter = make_letter(picture=b"x")
    plain = Letter(
        **{
            name: getattr(letter, name)
            for name in ("edition", "language", "subject", "preheader", "html", "text", "mjml")
        },
        pictures=(type(letter.pictures[0])("une", "image/jpeg", b"x"),),
    )
    message = parse(build(plain, reader()))
    assert [part.get_filename() for part in message.walk() if part.get_filename()] == ["une.jpeg"]


def test_the_same_letter_gives_the_same_bytes() -> None:
    assert build(make_letter(), reader()) == build(make_letter(), reader())


def test_an_unknown_token_is_found_before_anything_is_sent() -> None:
    with pytest.raises(TemplateError):
        MessageTemplate(make_letter("%%{nom|x}%%"), ENVELOPE)


@pytest.mark.parametrize("number", range(60, 160))
def test_lines_that_would_begin_with_a_dot_or_from_are_encoded(number: int) -> None:
    for line in ("." * number, "x" * number + "." * number, "From " * number, "é." * number):
        encoded = quoted_printable(f"{line}\n{line}")
        assert quopri.decodestring(encoded).decode().split("\r\n") == [line, line]
        for written in encoded.split(b"\r\n"):
            assert len(written) <= 76
            assert not written.startswith((b".", b"From "))


LINES = st.text(st.characters(codec="utf-8", exclude_characters="\r%"), max_size=300)


def test_a_message_in_pieces_is_the_message_and_shares_what_is_common() -> None:
    template = MessageTemplate(make_letter(picture=b"x" * 5000), ENVELOPE)
    first, second = (template.pieces(reader(name=name), NOW) for name in ("Zoé", "Max"))
    assert b"".join(first) == template.build(reader(name="Zoé"), NOW)
    shared = {id(piece) for piece in first} & {id(piece) for piece in second}
    assert sum(len(piece) for piece in second if id(piece) not in shared) < 500


@given(html=LINES, text=LINES, value=ANY_TEXT)
def test_any_text_round_trips(html: str, text: str, value: str) -> None:
    letter = Letter(
        edition="2026-W47",
        language="fr",
        subject="x",
        preheader="",
        html=f"{html}%%{{name|}}%%{html}",
        text=f"{text}%%{{since|}}%%{text}%%{{since|}}%%",
        mjml="",
    )
    recipient = reader(name=value, since=value)
    message = email.message_from_bytes(build(letter, recipient), policy=policy.default)
    assert isinstance(message, EmailMessage)
    for kind, source in (("html", letter.html), ("plain", letter.text)):
        part = message.get_body(preferencelist=(kind,))
        assert part is not None
        content = part.get_payload(decode=True)
        assert isinstance(content, bytes)
        context: Context = "html" if kind == "html" else "text"
        assert content.decode().replace("\r\n", "\n") == split(source, context).join(
            recipient.values
        )


def test_a_line_that_begins_with_from_survives_old_mailboxes() -> None:
    assert quoted_printable("From here\nFrom there") == b"=46rom here\r\n=46rom there"

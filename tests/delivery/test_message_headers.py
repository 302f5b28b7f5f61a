"""The headers say what they should, and nobody can smuggle one in."""

from __future__ import annotations

import dataclasses
import email
import re
from datetime import UTC, datetime
from email import policy

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.delivery.messages import ANY_TEXT, ID, assert_lines_are_short, body, build, parse, reader
from tests.delivery.world import ENVELOPE, NOW, make_letter

from digest.delivery.message.building import MessageTemplate, address_fault
from digest.delivery.message.encoding import (
    unstructured,
)
from digest.delivery.message.envelope import Envelope, shared_values
from digest.delivery.message.headers import list_identifier, unsubscribe_headers


def test_headers_of_a_letter_to_many() -> None:
    message = parse(build(make_letter(), reader()))
    assert message["From"].addresses[0].display_name == "Actualités internationales"
    assert message["From"].addresses[0].addr_spec == "lettre@example.org"
    assert message["To"].addresses[0].display_name == "Zoé Martin"
    assert message["Subject"] == "La semaine du détroit"
    assert message["Date"].datetime == NOW
    assert message["Message-ID"] == f"<{ID}@lettre.example.org>"
    assert message["List-Unsubscribe"] == f"<https://lettre.example.org/u/{'t' * 43}>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["List-ID"] == "Actualités internationales <main.lettre.example.org>"
    assert message["Precedence"] == "bulk"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Content-Language"] == "fr"
    assert message["MIME-Version"] == "1.0"
    assert message["Reply-To"] is None
    feedback = message["Feedback-ID"].split(":")
    assert feedback[:3] == ["2026-W47", "main", "newsletter"]
    assert 5 <= len(feedback[3]) <= 15


def test_every_header_stands_once() -> None:
    message = parse(build(make_letter(), reader()))
    names = [name.lower() for name in message.keys()]  # noqa: SIM118
    assert len(names) == len(set(names))


def test_what_the_settings_add_to_the_headers() -> None:
    envelope = Envelope(
        publication="Monde",
        sender="lettre@bücher.example",
        sender_name="",
        edition="2026-W47",
        language="fr",
        day=ENVELOPE.day,
        next_day=ENVELOPE.next_day,
        timezone=ENVELOPE.timezone,
        list_id="intl.example.org",
        reply_to="redaction@example.org",
        unsubscribe_mailto="stop@example.org",
        public_url="http://lettre.example.org/",
    )
    message = parse(build(make_letter(), reader(name=""), envelope))
    assert message["From"].addresses[0].addr_spec == "lettre@xn--bcher-kva.example"
    assert message["To"].addresses[0].addr_spec == "zoe@readers.example"
    assert message["Reply-To"].addresses[0].addr_spec == "redaction@example.org"
    assert message["List-ID"] == "Monde <intl.example.org>"
    assert "<mailto:stop@example.org>" in message["List-Unsubscribe"]
    assert message["List-Unsubscribe-Post"] is None, "RFC 8058 wants https"


def test_without_a_public_address_no_link_is_promised() -> None:
    envelope = Envelope(
        publication="Monde",
        sender="lettre@example.org",
        sender_name="Monde",
        edition="2026-W47",
        language="fr",
        day=ENVELOPE.day,
        next_day=ENVELOPE.next_day,
        timezone=ENVELOPE.timezone,
    )
    message = parse(build(make_letter(), reader(unsubscribe_url=""), envelope))
    assert message["List-Unsubscribe"] is None
    assert message["Message-ID"] == f"<{ID}@example.org>"
    assert 'href="#"' in body(message, "html")


def test_a_delivery_names_its_own_list() -> None:
    message = parse(build(make_letter(), reader(list="monde")))
    assert message["List-ID"].endswith("<monde.lettre.example.org>")
    assert list_identifier(ENVELOPE, "a b\r\nBcc: c") == b"abBccc.lettre.example.org"


def test_a_token_in_the_subject_is_filled_for_each_reader() -> None:
    template = MessageTemplate(make_letter("%%{name|Bonjour}%%, la semaine"), ENVELOPE)
    subjects = [
        parse(template.build(reader(name=name), NOW))["Subject"] for name in ("Zoé", "Max", "")
    ]
    assert subjects == ["Zoé, la semaine", "Max, la semaine", "Bonjour, la semaine"]


@given(
    name=ANY_TEXT, token=ANY_TEXT.filter(bool), subject=ANY_TEXT, address=ANY_TEXT, fill=ANY_TEXT
)
def test_nobody_can_smuggle_a_header_in(
    name: str, token: str, subject: str, address: str, fill: str
) -> None:
    letter = make_letter("%%{name|" + re.sub(r"[|%{}]", "", subject) + "}%% %%{since|}%%")
    recipient = reader(name=name, token=token, since=fill)
    whole = f"{address}@readers.example"
    if not address_fault(whole):
        recipient = reader(name=name, token=token, address=whole, since=fill)
    content = build(letter, recipient)
    head = content.partition(b"\r\n\r\n")[0]
    names = {
        line.partition(b":")[0].lower() for line in head.split(b"\r\n") if line[:1] not in b" \t"
    }
    assert names == {
        b"mime-version", b"to", b"subject", b"date", b"message-id", b"list-unsubscribe",
        b"list-unsubscribe-post", b"list-id", b"from", b"precedence", b"auto-submitted",
        b"content-language", b"feedback-id", b"content-type",
    }  # fmt: skip
    assert_lines_are_short(content)
    message = email.message_from_bytes(content, policy=policy.default)
    assert message["To"].addresses[0].addr_spec == recipient.email


@given(
    publication=ANY_TEXT,
    sender_name=ANY_TEXT,
    list_name=ANY_TEXT,
    list_id=ANY_TEXT,
    language=ANY_TEXT,
    edition=ANY_TEXT,
    id_=ANY_TEXT,
    mailto=st.sampled_from(
        ["", "stop@example.org", "stop?bcc=x%y&z@example.org", "a+b@bücher.example"]
    ),
)
def test_no_setting_can_smuggle_a_header_in(
    publication: str,
    sender_name: str,
    list_name: str,
    list_id: str,
    language: str,
    edition: str,
    id_: str,
    mailto: str,
) -> None:
    envelope = dataclasses.replace(
        ENVELOPE,
        publication=publication,
        sender_name=sender_name,
        list_id=list_id,
        language=language,
        edition=edition,
        unsubscribe_mailto=mailto,
    )
    recipient = dataclasses.replace(reader(list=list_name), id=id_)
    content = build(make_letter(), recipient, envelope)
    head = content.partition(b"\r\n\r\n")[0]
    names = [
        line.partition(b":")[0] for line in head.split(b"\r\n") if line[:1] not in (b" ", b"\t")
    ]
    assert names == [
        b"MIME-Version", b"From", b"Subject", b"Precedence", b"Auto-Submitted",
        b"Content-Language", b"Content-Type", b"List-ID", b"Feedback-ID", b"To", b"Date",
        b"Message-ID", b"List-Unsubscribe", b"List-Unsubscribe-Post",
    ]  # fmt: skip
    assert content.isascii()
    message = email.message_from_bytes(content, policy=policy.default)
    assert re.fullmatch(r"[^:]*:[^:]*:newsletter:[a-z0-9]{5,15}", message["Feedback-ID"])
    identifier = message["List-ID"].rpartition("<")[2]
    assert re.fullmatch(r"([A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*)?>", identifier)
    assert "?" not in message["List-Unsubscribe"].rpartition("<mailto:")[2]


def test_the_way_out_by_mail_is_an_address_and_no_more() -> None:
    envelope = dataclasses.replace(ENVELOPE, unsubscribe_mailto="a&b?c=d@example.org")
    headers = unsubscribe_headers(envelope, "t")
    assert headers["List-Unsubscribe"].endswith("<mailto:a%26b%3Fc=d@example.org>")


@pytest.mark.parametrize(
    ("url", "domain"),
    [
        ("https://lettre.example.org/a", "lettre.example.org"),
        ("https://[::1]:8000", "example.org"),
        ("http://localhost", "localhost"),
        ("", "example.org"),
    ],
)
def test_a_message_id_names_a_host(url: str, domain: str) -> None:
    message = parse(build(make_letter(), reader(), dataclasses.replace(ENVELOPE, public_url=url)))
    assert message["Message-ID"] == f"<{ID}@{domain}>"


def test_a_language_that_is_none_is_said_to_be_unknown() -> None:
    message = parse(build(make_letter(), reader(), dataclasses.replace(ENVELOPE, language="…")))
    assert message["Content-Language"] == "und"


def test_days_in_the_subject_are_those_of_the_dispatch() -> None:
    template = MessageTemplate(make_letter("Lettre du %%{dispatch_date}%%"), ENVELOPE)
    subjects = {parse(template.build(reader(name=name), NOW))["Subject"] for name in ("a", "b")}
    assert subjects == {f"Lettre du {shared_values(ENVELOPE)['dispatch_date']}"}


@given(text=ANY_TEXT)
def test_any_subject_is_read_as_it_was_written(text: str) -> None:
    header = unstructured("Subject", text)
    assert all(len(line) <= 76 for line in header.split(b"\r\n"))
    read = email.message_from_bytes(header + b"\r\n", policy=policy.default)["Subject"]
    expected = re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+", " ", text).strip()
    assert read == expected


@pytest.mark.parametrize("text", ["The strait reopens " * 12, "word " * 40, "x" * 200, "a  b" * 40])
def test_a_long_plain_subject_is_folded_and_read_as_it_was_written(text: str) -> None:
    header = unstructured("Subject", text)
    assert all(len(line) <= 76 for line in header.split(b"\r\n"))
    read = email.message_from_bytes(header + b"\r\n", policy=policy.default)["Subject"]
    assert read == text.strip()


def test_a_date_in_any_zone_is_written() -> None:
    moment = datetime(2026, 11, 22, 8, 30, tzinfo=UTC).astimezone(ENVELOPE.timezone)
    message = parse(MessageTemplate(make_letter(), ENVELOPE).build(reader(), moment))
    assert message["Date"].datetime == moment


def test_a_token_in_the_link_is_quoted() -> None:
    headers = unsubscribe_headers(ENVELOPE, "a/b\r\nBcc: c")
    assert headers["List-Unsubscribe"] == ("<https://lettre.example.org/u/a%2Fb%0D%0ABcc%3A%20c>")

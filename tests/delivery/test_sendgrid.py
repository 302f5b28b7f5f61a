"""SendGrid: many readers a request, and each reads their own letter."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest
from tests.delivery.sendgrid_server import KEY, Sendgrid, serving, written
from tests.delivery.sendgrid_submitting import last, open_sendgrid, recipients, submit
from tests.delivery.world import (
    EDITION,
    ENVELOPE,
    add_readers,
    address,
    freeze,
    leave,
    make_letter,
    send,
    token,
)

from digest.delivery.ledger.starting import WithdrawnError
from digest.delivery.providers.sendgrid.payload import Options
from digest.model.sending import DeliveryState, Recipient
from digest.render.tokens import split
from digest.store.database import Database

ACCEPTED, REFUSED = DeliveryState.ACCEPTED, DeliveryState.REFUSED


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sendgrid]:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    sendgrid = Sendgrid()
    with serving(sendgrid):
        yield sendgrid


def test_every_reader_is_in_one_accepted_request(database: Database, server: Sendgrid) -> None:
    add_readers(database, range(2500))
    balance = send(database, freeze(database), open_sendgrid(server.url), batch=2200)
    assert balance.accepted == 2500
    assert sorted(server.emails) == sorted(address(n) for n in range(2500))
    assert all(len(body["personalizations"]) <= 1000 for body in server.taken)


def test_each_reader_reads_their_own_letter(database: Database, server: Sendgrid) -> None:
    add_readers(database, range(3))
    letter = make_letter("%%{name|Bonjour}%%, la semaine")
    send(database, freeze(database, letter=letter), open_sendgrid(server.url, letter=letter))
    (body,) = server.taken
    for index, person in enumerate(body["personalizations"]):
        name = person["to"][0]["name"]
        values = {
            "name": name,
            "address": "r…@readers.example",
            "unsubscribe_url": person["headers"]["List-Unsubscribe"].strip("<>"),
        }
        assert written(body, index, "subject") == f"{name}, la semaine"
        page = written(body, index, "text/html")
        assert f"Bonjour {name}," in page
        assert f'href="{values["unsubscribe_url"]}"' in page
        assert "%%{" not in page + written(body, index, "text/plain")


def test_without_a_value_the_fallback_stands(server: Sendgrid) -> None:
    reader = Recipient("0" * 32, "a@b.example", "", "fr", "t", {})
    submit(open_sendgrid(server.url), [reader])
    assert written(server.taken[0], 0, "text/plain") == split(make_letter().text, "text").join({})
    assert "name" not in server.taken[0]["personalizations"][0]["to"][0]


def test_only_an_opaque_id_identifies_a_reader(server: Sendgrid) -> None:
    submit(open_sendgrid(server.url), recipients(2))
    body = server.taken[0]
    assert [p["custom_args"] for p in body["personalizations"]] == [
        {"delivery": f"{n:032x}"} for n in range(2)
    ]
    assert body["categories"] == [EDITION, "main"]
    assert body["tracking_settings"]["open_tracking"] == {"enable": False}
    assert body["tracking_settings"]["click_tracking"]["enable"] is False


def test_an_address_in_two_spellings_stands_once_in_a_request(server: Sendgrid) -> None:
    spellings = ("zoe@bücher.example", "ZOE@xn--bcher-kva.example")
    to = [
        Recipient(f"{n:032x}", email, "", "fr", token(n), {}) for n, email in enumerate(spellings)
    ]
    assert last(submit(open_sendgrid(server.url), to)) == [ACCEPTED, ACCEPTED]
    assert [len(body["personalizations"]) for body in server.taken] == [1, 1]


def test_the_one_click_headers_are_there(server: Sendgrid) -> None:
    submit(open_sendgrid(server.url), recipients(1))
    headers = server.taken[0]["personalizations"][0]["headers"]
    assert headers["List-Unsubscribe"] == f"<https://lettre.example.org/u/{token(0)}>"
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert headers["List-ID"].endswith("<main.lettre.example.org>")
    assert headers["Precedence"] == "bulk"


def test_pictures_and_answers_go_along(server: Sendgrid) -> None:
    letter = make_letter(picture=b"picture")
    envelope = replace(ENVELOPE, reply_to="redaction@example.org")
    submit(open_sendgrid(server.url, letter=letter, envelope=envelope), recipients(1))
    assert server.taken[0]["attachments"][0]["disposition"] == "inline"
    assert server.taken[0]["reply_to"] == {"email": "redaction@example.org"}


def test_names_that_sendgrid_would_misread_are_made_plain(server: Sendgrid) -> None:
    reader = Recipient("0" * 32, "a@b.example", "Martin, Zoé; fils\r\n", "fr", "t", {})
    assert last(submit(open_sendgrid(server.url), [reader])) == [ACCEPTED]


def test_in_the_sandbox_nothing_is_delivered(server: Sendgrid) -> None:
    outcomes = submit(open_sendgrid(server.url, options=Options(sandbox=True)), recipients(2))
    assert last(outcomes) == [ACCEPTED, ACCEPTED]
    assert server.taken == []


def test_what_is_taken_in_the_sandbox_is_not_in_doubt(server: Sendgrid) -> None:
    server.answers = [(202, {}, {})]
    assert last(
        submit(open_sendgrid(server.url, options=Options(sandbox=True)), recipients(1))
    ) == [ACCEPTED]


def test_large_letters_travel_in_smaller_requests(
    server: Sendgrid, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("digest.delivery.providers.sendgrid.payload.MOST_BYTES", 9000)
    assert last(submit(open_sendgrid(server.url), recipients(20))) == [ACCEPTED] * 20
    assert len(server.taken) > 1


def test_a_withdrawn_reader_is_not_in_the_request(server: Sendgrid) -> None:
    to = recipients(3)

    def withdraw(ids: Sequence[str]) -> None:
        if to[1].id in ids:
            raise WithdrawnError([to[1].id])

    assert sorted(submit(open_sendgrid(server.url), to, withdraw)) == [0, 2]
    assert sorted(server.emails) == [address(0), address(2)]


def test_when_all_are_withdrawn_no_request_is_made(server: Sendgrid) -> None:
    def withdraw(ids: Sequence[str]) -> None:
        raise WithdrawnError(ids)

    assert submit(open_sendgrid(server.url), recipients(2), withdraw) == {}
    assert server.requests == []


def test_an_address_that_cannot_be_sent_to_is_refused_without_a_request(server: Sendgrid) -> None:
    bad = Recipient("f" * 32, "zoé@readers.example", "", "fr", "t", {})
    outcomes = submit(open_sendgrid(server.url), [bad])
    assert last(outcomes) == [REFUSED]
    assert server.requests == []


def test_who_left_since_the_freeze_is_not_in_the_request(
    database: Database, server: Sendgrid
) -> None:
    add_readers(database, range(3))
    dispatch = freeze(database)
    leave(database, 1)
    send(database, dispatch, open_sendgrid(server.url))
    assert sorted(server.emails) == [address(0), address(2)]


def test_no_log_ever_holds_an_address_or_the_key(
    server: Sendgrid, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        submit(open_sendgrid(server.url), recipients(2))
    assert address(0) not in caplog.text
    assert KEY not in caplog.text


def test_sendgrid_cannot_be_asked_afterwards(server: Sendgrid) -> None:
    assert asyncio.run(open_sendgrid(server.url).settle(["x"])) == []

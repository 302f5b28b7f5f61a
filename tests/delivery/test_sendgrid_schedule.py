"""An edition for later has one name at SendGrid, kept before it is used."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.delivery.sendgrid_server import KEY, Sendgrid, serving
from tests.delivery.world import EDITION, ENVELOPE, NOW, add_readers, freeze

from digest.delivery import ledger
from digest.delivery.providers.sendgrid.batches import schedule
from digest.delivery.providers.sendgrid.calling import Interface
from digest.errors import IncompleteError
from digest.store.database import Database
from digest.store.ledger.dispatches import set_batch

PARIS = ENVELOPE.timezone


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sendgrid]:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    sendgrid = Sendgrid()
    with serving(sendgrid):
        yield sendgrid


@pytest.fixture
def dispatch(either_database: Database) -> ledger.Dispatch:
    add_readers(either_database, range(2))
    return freeze(either_database)


def kept(database: Database) -> str:
    found = ledger.frozen(database, EDITION, "main")
    assert found is not None
    return found.provider_batch


def test_the_name_is_asked_for_once(
    either_database: Database, server: Sendgrid, dispatch: ledger.Dispatch
) -> None:
    later = replace(dispatch, send_at=NOW + timedelta(hours=3))
    interface = Interface(KEY, server.url, 5)
    found = [schedule(interface, either_database, later, NOW, PARIS) for _run in range(2)]
    moment = int((NOW + timedelta(hours=3)).timestamp())
    assert found == [(moment, kept(either_database))] * 2
    assert list(server.batches) == [kept(either_database)]


def test_of_two_runs_the_first_names_it(
    either_database: Database, server: Sendgrid, dispatch: ledger.Dispatch
) -> None:
    def another_run() -> None:
        with either_database.write() as connection:
            set_batch(connection, dispatch.id, "First")

    server.meanwhile = another_run
    later = replace(dispatch, send_at=NOW + timedelta(hours=3))
    interface = Interface(KEY, server.url, 5)
    assert schedule(interface, either_database, later, NOW, PARIS)[1] == "First"


@pytest.mark.parametrize("hours", [None, -1, 0])
def test_what_leaves_at_once_has_none(
    database: Database, server: Sendgrid, hours: int | None
) -> None:
    add_readers(database, range(2))
    moment = None if hours is None else NOW + timedelta(hours=hours)
    dispatch = replace(freeze(database), send_at=moment)
    assert schedule(Interface(KEY, server.url, 5), database, dispatch, NOW, PARIS) == (None, "")
    assert schedule(Interface(KEY, server.url, 5), None, None, NOW, PARIS) == (None, "")
    assert server.calls == []


def test_what_is_too_far_away_waits_here(database: Database, server: Sendgrid) -> None:
    add_readers(database, range(2))
    dispatch = replace(freeze(database), send_at=NOW + timedelta(hours=73))
    with pytest.raises(IncompleteError, match="at most 72 hours") as caught:
        schedule(Interface(KEY, server.url, 5), database, dispatch, NOW, PARIS)
    assert "leaves on 2026-11-25 at 09:30" in caught.value.message
    assert "after 2026-11-22 at 09:30" in caught.value.hint
    assert server.calls == []

"""The outbox is a Maildir that any program reads, and it is exact."""

from __future__ import annotations

import asyncio
import errno
import mailbox
import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import select
from tests.delivery.test_runs_together import abandon
from tests.delivery.world import (
    EDITION,
    ENVELOPE,
    NOW,
    add_readers,
    address,
    freeze,
    make_letter,
    send,
)

from digest.delivery import ledger
from digest.delivery.ledger.dispatching import place_of
from digest.delivery.ledger.starting import WithdrawnError
from digest.delivery.message.building import MessageTemplate
from digest.delivery.providers.outbox import Outbox
from digest.errors import ConfigError, IncompleteError
from digest.model.sending import DeliveryState, Outcome, Recipient
from digest.store.database import Database
from digest.store.tables import deliveries


def open_outbox(path: Path) -> Outbox:
    return Outbox(path, MessageTemplate(make_letter(), ENVELOPE), lambda: NOW)


def readers_of(path: Path) -> list[str]:
    """Who has a message, as Python's own Maildir reads it."""
    box = mailbox.Maildir(path, create=False)
    return sorted(message["To"].partition("<")[2].strip(">") for message in box)


def recipients(*emails: str) -> list[Recipient]:
    return [
        Recipient(f"{number:032x}", email, "", "fr", "t", {}) for number, email in enumerate(emails)
    ]


def submit(
    outbox: Outbox, to: Sequence[Recipient], start: Callable[[Sequence[str]], None]
) -> list[Outcome]:
    async def run() -> list[Outcome]:
        async def starting(ids: Sequence[str]) -> None:
            start(ids)

        try:
            return [outcome async for outcome in outbox.submit(to, starting)]
        finally:
            await outbox.close()

    return asyncio.run(run())


def test_every_reader_has_one_message_in_a_maildir(database: Database, tmp_path: Path) -> None:
    add_readers(database, range(250))
    balance = send(database, freeze(database), open_outbox(tmp_path / "outbox"), batch=220)
    assert balance.accepted == 250
    assert readers_of(tmp_path / "outbox") == sorted(address(number) for number in range(250))
    files = list((tmp_path / "outbox" / "new").iterdir())
    assert all(file.suffix == ".eml" for file in files)
    assert list((tmp_path / "outbox" / "tmp").iterdir()) == []


def test_only_the_owner_can_read_the_messages(tmp_path: Path) -> None:
    submit(open_outbox(tmp_path / "outbox"), recipients("a@b.example"), lambda _ids: None)
    file = next((tmp_path / "outbox" / "new").iterdir())
    assert file.stat().st_mode & 0o077 == 0
    assert file.parent.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("seen_in", ["new", "cur"])
def test_a_message_that_arrived_before_the_kill_is_not_written_again(
    database: Database, tmp_path: Path, seen_in: str
) -> None:
    add_readers(database, range(3))
    dispatch = freeze(database)
    outbox = open_outbox(tmp_path / "outbox")
    abandon(database, dispatch, place_of(outbox), claimed=2)
    with database.read() as connection:
        row = connection.execute(select(deliveries).where(deliveries.c.state == "submitting")).one()
    name = f"{row.id}.eml" + (":2,S" if seen_in == "cur" else "")
    (tmp_path / "outbox" / seen_in / name).write_text("To: already there\n\n")
    assert send(database, dispatch, outbox).accepted == 3
    files = [file for folder in ("new", "cur") for file in (tmp_path / "outbox" / folder).iterdir()]
    assert len(files) == 3


def test_a_message_that_did_not_arrive_before_the_kill_is_written(
    database: Database, tmp_path: Path
) -> None:
    add_readers(database, range(3))
    dispatch = freeze(database)
    outbox = open_outbox(tmp_path / "outbox")
    abandon(database, dispatch, place_of(outbox), claimed=2)
    balance = send(database, dispatch, outbox)
    assert (balance.accepted, balance.unknown) == (3, 0)
    assert len(readers_of(tmp_path / "outbox")) == 3


def test_another_folder_says_nothing_about_this_one(database: Database, tmp_path: Path) -> None:
    add_readers(database, range(3))
    dispatch = freeze(database)
    abandon(database, dispatch, place_of(open_outbox(tmp_path / "before")), claimed=2)
    assert send(database, dispatch, open_outbox(tmp_path / "after")).unknown == 1


@pytest.mark.parametrize("call", ["fsync", "rename"])
def test_a_full_disk_loses_nobody_and_the_next_send_goes_on(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    add_readers(database, range(30))
    dispatch = freeze(database)
    calls = 0
    original: Callable[..., object] = os.fsync if call == "fsync" else Path.rename

    def full(*arguments: object) -> object:
        nonlocal calls
        calls += 1
        if calls > 12:
            raise OSError(errno.ENOSPC, "No space left on device")
        return original(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(os if call == "fsync" else Path, call, full)
        with pytest.raises(IncompleteError) as caught:
            send(database, dispatch, open_outbox(tmp_path / "outbox"), batch=8)
    assert str(tmp_path / "outbox") in caught.value.message
    assert "space" in caught.value.hint
    balance = ledger.balance(database, EDITION, "main")
    assert balance.adds_up
    assert (balance.unknown, balance.submitting) == (0, 0)
    assert balance.accepted == len(readers_of(tmp_path / "outbox"))
    assert list((tmp_path / "outbox" / "tmp").iterdir()) == [] or call == "rename"
    send(database, dispatch, open_outbox(tmp_path / "outbox"), batch=8)
    assert readers_of(tmp_path / "outbox") == sorted(address(number) for number in range(30))


def test_a_folder_that_cannot_be_written_is_explained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(*_arguments: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    outbox = open_outbox(tmp_path / "outbox")
    monkeypatch.setattr(os, "fsync", denied)
    with pytest.raises(IncompleteError, match="Permission denied") as caught:
        submit(outbox, recipients("a@b.example"), lambda _ids: None)
    assert "writable" in caught.value.hint


def test_a_fault_of_the_program_is_not_taken_for_a_full_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_arguments: object) -> None:
        raise ZeroDivisionError

    outbox = open_outbox(tmp_path / "outbox")
    monkeypatch.setattr(os, "fsync", broken)
    with pytest.raises(ZeroDivisionError):
        submit(outbox, recipients("a@b.example"), lambda _ids: None)


def test_a_withdrawn_reader_is_dropped_and_the_others_are_served(tmp_path: Path) -> None:
    to = recipients("a@b.example", "c@d.example")

    def withdraw(ids: Sequence[str]) -> None:
        if to[0].id in ids:
            raise WithdrawnError([to[0].id])

    outcomes = submit(open_outbox(tmp_path / "outbox"), to, withdraw)
    assert [outcome.id for outcome in outcomes] == [to[1].id]
    assert readers_of(tmp_path / "outbox") == ["c@d.example"]


def test_when_all_are_withdrawn_nothing_is_written(tmp_path: Path) -> None:
    def withdraw(ids: Sequence[str]) -> None:
        raise WithdrawnError(ids)

    outbox = open_outbox(tmp_path / "outbox")
    assert submit(outbox, recipients("a@b.example", "c@d.example"), withdraw) == []
    assert list((tmp_path / "outbox").glob("*/*")) == []


def test_nothing_is_left_when_nothing_may_start(tmp_path: Path) -> None:
    def refuse(_ids: Sequence[str]) -> None:
        raise IncompleteError("no")

    with pytest.raises(IncompleteError):
        submit(open_outbox(tmp_path / "outbox"), recipients("a@b.example"), refuse)
    assert list((tmp_path / "outbox").glob("*/*")) == []


def test_an_address_that_cannot_be_written_is_refused_and_not_fatal(tmp_path: Path) -> None:
    outcomes = submit(
        open_outbox(tmp_path / "outbox"),
        recipients("zoé@b.example", "c@d.example"),
        lambda _ids: None,
    )
    assert {outcome.state for outcome in outcomes} == {
        DeliveryState.REFUSED,
        DeliveryState.ACCEPTED,
    }


def test_an_outbox_where_a_file_stands_is_a_mistake_in_the_settings(tmp_path: Path) -> None:
    (tmp_path / "outbox").write_text("")
    with pytest.raises(ConfigError, match=r"delivery\.outbox\.path"):
        open_outbox(tmp_path / "outbox")


def test_a_new_rehearsal_begins_empty(tmp_path: Path) -> None:
    submit(open_outbox(tmp_path / "outbox"), recipients("a@b.example"), lambda _ids: None)
    file = next((tmp_path / "outbox" / "new").iterdir())
    file.rename(tmp_path / "outbox" / "cur" / f"{file.name}:2,S")
    open_outbox(tmp_path / "outbox").empty()
    assert readers_of(tmp_path / "outbox") == []


def test_what_a_killed_run_left_half_done_is_cleared_away_when_it_is_old(tmp_path: Path) -> None:
    open_outbox(tmp_path / "outbox")
    old, fresh = (tmp_path / "outbox" / "tmp" / f"{name}.eml" for name in ("old", "fresh"))
    arrived = tmp_path / "outbox" / "new" / "arrived.eml"
    for file in (old, fresh, arrived):
        file.write_text("To: somebody who may be forgotten\n\n")
    for file in (old, arrived):
        os.utime(file, (time.time() - 4000,) * 2)
    open_outbox(tmp_path / "outbox")
    assert [old.exists(), fresh.exists(), arrived.exists()] == [False, True, True]


def test_what_never_left_is_removed_when_it_is_settled(tmp_path: Path) -> None:
    outbox = open_outbox(tmp_path / "outbox")
    for name in ("asked", "other"):
        (tmp_path / "outbox" / "tmp" / f"{name}.eml").write_text("To: somebody\n\n")
    outcomes = asyncio.run(outbox.settle(iter(["asked"])))
    assert [outcome.state for outcome in outcomes] == [DeliveryState.PENDING]
    assert [file.name for file in (tmp_path / "outbox" / "tmp").iterdir()] == ["other.eml"]


def test_a_run_that_only_seemed_dead_makes_nothing_visible_afterwards(tmp_path: Path) -> None:
    slow, looking = open_outbox(tmp_path / "box"), open_outbox(tmp_path / "box")
    settled: list[Outcome] = []

    def settle_meanwhile(ids: Sequence[str]) -> None:
        with ThreadPoolExecutor(1) as aside:
            settled.extend(aside.submit(lambda: asyncio.run(looking.settle(ids))).result())

    with pytest.raises(IncompleteError):
        submit(slow, recipients("a@b.example"), settle_meanwhile)
    assert [outcome.state for outcome in settled] == [DeliveryState.PENDING]
    assert readers_of(tmp_path / "box") == []
    asyncio.run(looking.close())

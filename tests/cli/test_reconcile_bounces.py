"""What comes back by mail silences the right readers, and no stranger silences anybody."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update
from tests.cli.conftest import NOW, Digest, copied
from tests.events import mails
from tests.events.world import FOREIGN

from digest.cli import run
from digest.config import load_config
from digest.delivery.message.verp import return_path, return_path_key
from digest.events import bounces as reading
from digest.events.bounces import MOST_BYTES
from digest.model.sending import Recipient
from digest.publication import Publication
from digest.store.database import Database
from digest.store.tables import deliveries, events

BOX = "rebonds@example.org"


class World:
    """A publication whose edition has left, and its mailbox for bounces."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.maildir = folder / "rebonds"
        for name in ("new", "cur", "tmp"):
            (self.maildir / name).mkdir(parents=True)
        with closing(self.open()) as database:
            with database.read() as connection:
                query = select(deliveries.c.id, deliveries.c.email).order_by(deliveries.c.id)
                rows = connection.execute(query.where(deliveries.c.state == "accepted")).all()
            self._path = return_path(BOX, return_path_key(database))
        self.ids = [row.id for row in rows]
        self.emails = [row.email for row in rows]

    def open(self) -> Database:
        """The store."""
        return Publication.open(load_config(self.folder / "config.toml")).database

    def path(self, delivery: str) -> str:
        """The signed return path of a delivery."""
        return self._path(Recipient(delivery, "", "", "", "", {}))

    def put(self, content: bytes, name: str = "", where: str = "new") -> Path:
        """A mail comes in."""
        number = sum(1 for _ in self.maildir.glob("*/*"))
        file = self.maildir / where / (name or f"17953{number:05}.M{number}.mx")
        file.write_bytes(content)
        return file

    def marks(self) -> dict[str, str]:
        """Mail → its flags, or "new"."""
        return {
            file.name.partition(":")[0]: (
                "new" if file.parent.name == "new" else file.name.partition(":2,")[2]
            )
            for file in self.maildir.glob("*/*")
        }

    def kept(self) -> list[Any]:
        """The rows of events."""
        with closing(self.open()) as database, database.read() as connection:
            return list(connection.execute(select(events)))

    def state(self, delivery: str) -> str:
        """Where a delivery stands."""
        with closing(self.open()) as database, database.read() as connection:
            query = select(deliveries.c.state).where(deliveries.c.id == delivery)
            return str(connection.scalar(query))

    def doubt(self, delivery: str) -> None:
        """Its outcome turns out unknown."""
        with closing(self.open()) as database, database.write() as connection:
            connection.execute(
                update(deliveries).where(deliveries.c.id == delivery).values(state="unknown")
            )


@pytest.fixture(scope="module")
def sent(pristine: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A publication whose edition has left; copied for each test."""
    folder = tmp_path_factory.mktemp("sent") / "lettre"
    shutil.copytree(pristine, folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DIGEST_NOW", NOW)
        assert run(["send", "--yes", "--config", str(folder / "config.toml")]) == 0
    return folder


@pytest.fixture
def world(lettre: Path, sent: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """It, a week later."""
    copied(sent, lettre)
    monkeypatch.setenv("DIGEST_NOW", "2026-11-23T08:00:00+01:00")
    return World(lettre)


def suppressed(digest: Digest) -> dict[str, str]:
    """Address → reason."""
    return {one["email"]: one["reason"] for one in digest("suppress", "list", "--json").json}


def test_address_that_is_gone_is_written_to_no_more(
    digest: Digest, world: World, settings: Callable[[str, str], None]
) -> None:
    settings("", '\n[delivery.bounces]\nmaildir = "rebonds"\n')
    world.put(mails.notification(world.path(world.ids[0])))
    world.put(mails.notification(world.path(world.ids[1]), status="5.2.2", said="552 full"))
    world.put(mails.notification(world.path(world.ids[2]), action="delayed", status="4.4.1"))
    world.put(mails.complaint("plaintes@example.org", "", path=world.path(world.ids[3])))
    ran = digest("bounces")
    assert ran.code == 0, ran.err
    assert "rebonds: 4 mails: 1 complaint, 1 delayed, 1 failed for good, 1 failed, not" in ran.out
    assert "1 suppressed (bounce), 1 suppressed (complaint)" in ran.out
    assert suppressed(digest) == {world.emails[0]: "bounce", world.emails[3]: "complaint"}
    assert set(world.marks().values()) == {"S"}
    assert {row.kind for row in world.kept()} == {"bounced", "deferred", "complained"}
    assert not [row for row in world.kept() if "reader0@" in row.detail]
    again = digest("bounces", "--json").json
    assert (again["mails"], again["reports"]["read"]) == (0, 0)


def test_stranger_cannot_silence_a_reader(digest: Digest, world: World) -> None:
    """Who saw the letter knows its message-id, and may write a failure or a complaint by hand."""
    known = world.ids[0]
    world.put(mails.notification(BOX, delivery=known))
    world.put(mails.complaint(BOX, known))
    world.put(mails.complaint(BOX, known, kind="opt-out"))
    world.put(mails.exim_of_old(BOX, known))
    signed = world.path(known)
    forged = signed.replace(signed.partition("-")[2][:5], "aaaaa")
    world.put(mails.notification(forged, delivery=known))
    ran = digest("bounces", "--maildir", "rebonds", "--json").json
    assert ran["unsigned"] == 5
    assert ran["reports"]["suppressed"] == {}
    assert ran["reports"]["unsubscribed"] == 0
    assert not suppressed(digest)
    assert len(world.kept()) == 3
    # Evidence that comes afterwards is not taken for the forger's.
    world.put(mails.notification(signed, delivery=known))
    world.put(mails.notification(BOX, delivery=world.ids[1]))
    told = digest("bounces", "--maildir", "rebonds").out
    assert "1 suppressed (bounce)" in told
    assert "1 without a return path that we signed: kept, nobody suppressed." in told
    assert suppressed(digest) == {world.emails[0]: "bounce"}


def test_failure_settles_what_nobody_knew(digest: Digest, world: World) -> None:
    failures: list[Callable[[str], bytes]] = [mails.notification, mails.absence]
    for number, mail in enumerate(failures):
        world.doubt(world.ids[number])
        world.put(mail(world.path(world.ids[number])))
    delayed = mails.notification(world.path(world.ids[2]), action="delayed", status="4.4.1")
    world.doubt(world.ids[2])
    world.put(delayed)
    assert digest("bounces", "--maildir", "rebonds").code == 0
    assert [world.state(id_) for id_ in world.ids[:3]] == ["refused", "unknown", "accepted"]


def test_what_is_no_failure_is_left_for_a_person(digest: Digest, world: World) -> None:
    signed = world.path(world.ids[0])
    world.put(mails.person(signed), "person")
    world.put(mails.absence(signed), "absence")
    world.put(mails.notification(BOX), "elsewhere")
    world.put(mails.notification(world.path(FOREIGN)), "foreign")
    ran = digest("bounces", "--maildir", "rebonds", "--json").json
    assert ran["found"] == {
        "something else": 1,
        "automatic answer": 1,
        "about no delivery of ours": 1,
        "failed for good": 1,
    }
    assert ran["reports"]["foreign"] == 1
    assert world.marks() == {"person": "F", "absence": "S", "elsewhere": "S", "foreign": "S"}
    assert digest("bounces", "--maildir", "rebonds", "--json").json["mails"] == 0


def test_hostile_mails_are_counted_and_change_nothing(digest: Digest, world: World) -> None:
    signed = world.path(world.ids[0])
    world.put(mails.deep(signed, 3000), "deep")
    world.put(mails.notification(signed) + b"x" * (3 * MOST_BYTES), "huge")
    world.put(b"Subject: =?nope?q?=FF?=\nContent-Type: text/plain; charset=nope\n\n\xff", "charset")
    world.put(b"X: \n" * 200_000, "headers")
    world.put(b"\0" * 10_000, "nul")
    world.put(b"", "empty")
    (world.maildir / "new" / "folder").mkdir()
    (world.maildir / "new" / "link").symlink_to("/etc/passwd")
    os.mkfifo(world.maildir / "new" / "pipe")
    (world.maildir / "new" / ".hidden").write_bytes(mails.notification(signed))
    ran = digest("bounces", "--maildir", "rebonds", "--json")
    assert ran.code == 0, ran.err
    assert ran.json["mails"] == 6
    assert ran.json["found"]["failed for good"] == 1
    assert suppressed(digest) == {world.emails[0]: "bounce"}
    marks = world.marks()
    assert (marks["huge"], marks["deep"], marks["empty"]) == ("S", "F", "F")


def test_dry_run_tells_and_touches_nothing(digest: Digest, world: World) -> None:
    world.put(mails.notification(world.path(world.ids[0])))
    ran = digest("bounces", "--maildir", "rebonds", "--dry-run")
    assert ("1 suppressed (bounce)" in ran.out, "Dry run" in ran.out) == (True, True)
    assert set(world.marks().values()) == {"new"}
    assert not world.kept()
    assert not suppressed(digest)


def test_killed_between_store_and_mailbox_counts_once(
    digest: Digest, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.put(mails.notification(world.path(world.ids[0])))
    world.put(mails.notification(world.path(world.ids[1])))

    def killed(*_arguments: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("digest.events.maildir.Maildir.mark", killed)
        assert digest("bounces", "--maildir", "rebonds").code == 130
    assert len(world.kept()) == 2
    ran = digest("bounces", "--maildir", "rebonds", "--json").json
    assert (ran["mails"], ran["reports"]["kept"], ran["reports"]["repeated"]) == (2, {}, 2)
    assert set(world.marks().values()) == {"S"}


def test_mail_that_a_program_moved_unread_is_read(digest: Digest, world: World) -> None:
    signed = [world.path(id_) for id_ in world.ids]
    world.put(mails.notification(signed[0]), "one:2,", "cur")
    world.put(mails.notification(signed[1]), "two:2,R", "cur")
    world.put(mails.notification(signed[2]), "three:2,S", "cur")
    world.put(mails.notification(signed[3]), "four:2,F", "cur")
    assert digest("bounces", "--maildir", "rebonds", "--json").json["mails"] == 2
    assert world.marks() == {"one": "S", "two": "RS", "three": "S", "four": "F"}


def test_mail_never_takes_the_place_of_another(digest: Digest, world: World) -> None:
    world.put(mails.person(BOX), "same:2,S", "cur")
    mail = world.put(mails.notification(world.path(world.ids[0])), "same")
    assert digest("bounces", "--maildir", "rebonds").code == 0
    assert mail.exists()


def test_mailbox_is_named_when_it_is_none(digest: Digest, world: World) -> None:
    ran = digest("bounces")
    assert (ran.code, "delivery.bounces.maildir" in ran.err) == (2, True)
    ran = digest("bounces", "--maildir", "outbox/new")
    assert (ran.code, "is not a Maildir" in ran.err) == (2, True)


def test_many_mails_are_read_in_several_transactions(
    digest: Digest, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "BATCH", 2)
    for id_ in world.ids[:5]:
        world.put(mails.notification(world.path(id_)))
    assert digest("bounces", "--maildir", "rebonds", "--json").json["mails"] == 5
    assert len(suppressed(digest)) == 5

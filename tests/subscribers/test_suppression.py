"""Addresses that must not be written to stay that way."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from tests.subscribers.conftest import WriteCsv

from digest.errors import InputError, UsageError
from digest.model.people import SuppressionReason
from digest.store.database import Database
from digest.store.people.subscribers import address_key
from digest.store.tables import suppressions
from digest.subscribers import membership
from digest.subscribers.addresses import AddressError
from digest.subscribers.suppression import (
    address_hash,
    import_suppressions,
    lift,
    listing,
    suppress,
)

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
MARIE = "marie@example.org"


def test_weaker_reason_never_replaces_a_stronger_one(database: Database) -> None:
    assert suppress(database, MARIE, SuppressionReason.BOUNCE, note="550", now=NOW)
    assert not suppress(database, " MARIE@example.org", SuppressionReason.MANUAL, now=LATER)
    assert suppress(database, MARIE, SuppressionReason.COMPLAINT, now=LATER)
    assert not suppress(database, MARIE, SuppressionReason.BOUNCE, now=LATER)
    (found,) = listing(database)
    assert (found.email, found.reason, found.added_at) == (
        MARIE,
        SuppressionReason.COMPLAINT,
        LATER,
    )


def test_store_says_nothing_of_whom_it_forgot(database: Database) -> None:
    membership.forget(database, MARIE, now=NOW)
    with database.write() as connection:
        key = address_key(connection)
        assert address_key(connection) == key
        (row,) = connection.execute(select(suppressions)).all()
    assert (row.email, row.note) == (None, "")
    assert row.address_hash == address_hash(key, MARIE)
    assert row.address_hash != address_hash(bytes(32), MARIE)


def test_mistake_can_be_taken_back(database: Database) -> None:
    suppress(database, MARIE, now=NOW)
    assert lift(database, MARIE).reason is SuppressionReason.MANUAL
    assert listing(database) == []
    assert membership.add(database, "main", MARIE, now=NOW).change == "added"
    with pytest.raises(UsageError, match="not suppressed"):
        lift(database, MARIE)
    with pytest.raises(AddressError):
        lift(database, "marie")


def test_listing_begins_with_the_latest(database: Database) -> None:
    for day, name in enumerate("abc"):
        suppress(database, f"{name}@example.org", now=NOW + timedelta(days=day))
    assert [s.email[0] for s in listing(database)] == ["c", "b", "a"]
    assert [s.email[0] for s in listing(database, limit=2)] == ["c", "b"]


def test_file_of_another_service_is_taken_over(database: Database, write_csv: WriteCsv) -> None:
    suppress(database, "known@example.org", now=NOW)
    file = write_csv(
        "E-mail;Motif;Note\na@example.org;Bounce;no such user\nB@example.org;;\n"
        "known@example.org;;\nwrong;;\nc@example.org;forgotten;\nd@example.org;complaint\n"
    )
    report = import_suppressions(database, file, now=LATER)
    assert (report.added, report.unchanged) == (2, 1)
    assert [row for row, _ in report.rejected] == [5, 6, 7]
    assert "manual, bounce or complaint" in report.rejected[1][1]
    found = {s.email: (s.reason.value, s.note) for s in listing(database)}
    assert found["a@example.org"] == ("bounce", "no such user")
    assert found["b@example.org"] == ("manual", "")


def test_broken_file_suppresses_nobody(database: Database, tmp_path: Path) -> None:
    file = tmp_path / "out.csv"
    file.write_text('email,note\na@example.org,x\nb@example.org,"y\n')
    with pytest.raises(InputError):
        import_suppressions(database, file, now=NOW)
    assert listing(database) == []

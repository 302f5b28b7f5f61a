"""A store that was changed by hand or damaged: every command says so, and none has a bug."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from tests.cli.conftest import Digest

Change = Callable[[str], None]


@pytest.fixture
def origin(sent: Path) -> Path:
    """An edition that ten readers have."""
    return sent


@pytest.fixture
def change(lettre: Path) -> Change:
    """Change the store by hand, against all of its rules."""

    def run(statement: str) -> None:
        with closing(sqlite3.connect(lettre / "subscribers" / "digest.db")) as connection:
            connection.execute("PRAGMA foreign_keys = OFF")
            connection.execute("PRAGMA ignore_check_constraints = ON")
            connection.execute(statement)
            connection.commit()

    return run


ONE = "(SELECT id FROM deliveries WHERE state = 'accepted' LIMIT 1)"


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        (f"DELETE FROM deliveries WHERE id = {ONE}", "does not add up: 1 missing"),
        (f"UPDATE deliveries SET state = 'sent' WHERE id = {ONE}", "does not add up: 1 missing"),
        ("UPDATE audiences SET size = size - 1", "does not add up: 1 too many"),
        ("DELETE FROM dispatches", "its letter and audience are not in the store"),
        ("UPDATE dispatches SET letter = 'Bonjour'", "does not match its hash"),
        ("UPDATE dispatches SET frozen_at = 'hier'", "where a moment should stand"),
    ],
)
def test_status_that_cannot_be_right_ends_with_8(
    digest: Digest, change: Change, statement: str, what: str
) -> None:
    assert digest("status").code == 0
    change(statement)
    for arguments in (["status"], ["status", "--json"]):
        told = digest(*arguments)
        assert told.code == 8, told.err
        assert what in told.err
    assert digest("prove").code == 8
    assert "Bug" not in digest("send", "--yes").err


def test_audience_that_is_gone_is_not_called_unsent(digest: Digest, change: Change) -> None:
    change("DELETE FROM dispatches")
    proven = digest("prove")
    assert proven.code == 8
    assert "called dispatched, and its letter and audience are not in the store" in proven.err


def test_edition_that_is_gone_is_missed(digest: Digest, change: Change) -> None:
    change("DELETE FROM editions")
    proven = digest("prove")
    assert proven.code == 8
    assert "the edition itself is not in the store" in proven.err


def test_index_that_lacks_a_row_is_noticed(digest: Digest, lettre: Path) -> None:
    """SQLite itself looks through its file, see its manual, “PRAGMA writable_schema”."""
    store = lettre / "subscribers" / "digest.db"
    with closing(sqlite3.connect(store)) as connection:
        (definition,) = connection.execute(
            "SELECT sql FROM sqlite_master WHERE name = 'ix_deliveries_free'"
        ).fetchone()
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute(
            "UPDATE sqlite_master SET sql = ? WHERE name = 'ix_deliveries_free'",
            (definition.partition(" WHERE ")[0] + " WHERE state = 'accepted'",),
        )
        connection.commit()
    proven = digest("prove")
    assert proven.code == 8, proven.out
    assert "SQLite finds its file damaged" in proven.err
    assert "ix_deliveries_free" in proven.out


def test_what_cannot_be_decoded_is_told_without_showing_it(digest: Digest, change: Change) -> None:
    change(
        f"UPDATE deliveries SET email = CAST(x'6f64696c65ff40612e667200' AS TEXT) WHERE id = {ONE}"
    )
    proven = digest("prove")
    assert proven.code == 8
    assert "Restore a backup" in proven.err
    assert "odile" not in proven.err

"""What others did to the store while `digest send` waited for a moment is seen before it leaves."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from tests.cli.conftest import WEEK, Digest
from tests.cli.test_send_again import copies, later

Meanwhile = Callable[[Callable[[], object]], None]


@pytest.fixture
def origin(built: Path) -> Path:
    """An edition that is built."""
    return built


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Meanwhile:
    """Have something happen in the place of the wait."""

    def set_up(what: Callable[[], object]) -> None:
        monkeypatch.setattr("digest.cli.sending.waiting.wait_until", lambda *_asked: what())

    return set_up


def test_a_store_that_took_its_place_sends_nothing(
    digest: Digest, lettre: Path, meanwhile: Meanwhile
) -> None:
    store, copy = lettre / "subscribers" / "digest.db", lettre / "again.db"

    def put_back() -> None:
        with closing(sqlite3.connect(store)) as own, closing(sqlite3.connect(copy)) as other:
            own.backup(other)
        copy.rename(store)

    meanwhile(put_back)
    refused = digest("send", "--yes", "--at", later(hours=1))
    assert (refused.code, copies(lettre)) == (8, 0), refused.err
    assert "--restored" in refused.err


def test_an_edition_opened_for_changes_does_not_leave(
    digest: Digest, lettre: Path, meanwhile: Meanwhile
) -> None:
    def open_again() -> None:
        assert digest("cancel", "--yes").code == 0
        assert digest("editions", "reopen", WEEK).code == 0

    meanwhile(open_again)
    refused = digest("send", "--yes", "--at", later(hours=1))
    assert (refused.code, copies(lettre)) == (5, 0), refused.err
    assert "is not frozen any more" in refused.err

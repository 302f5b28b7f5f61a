"""`digest db copy`: a publication moves to PostgreSQL and goes on there."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.cli.conftest import Digest

from digest.delivery.ledger import sending_lock
from digest.publication import Publication


@pytest.fixture
def origin(sent: Path) -> Path:
    """A publication on SQLite that has sent an edition."""
    return sent


def test_a_publication_goes_on_where_it_was_on_postgresql(
    digest: Digest, lettre: Path, postgres_url: str, settings: Callable[[str, str], None]
) -> None:
    before = digest("status", "--json").json
    readers = digest("subscribers", "list", "--json").json
    moved = digest("db", "copy", "subscribers/digest.db", postgres_url, "--json")
    assert moved.code == 0, moved.err
    assert moved.json["rows"] == sum(table["rows"] for table in moved.json["tables"].values()) > 20
    assert moved.json["tables"]["deliveries"]["rows"] == before["audience"]
    assert len(moved.json["tables"]["deliveries"]["sha256"]) == 64
    assert moved.json["source"] == str(lettre / "subscribers" / "digest.db")
    left = digest("send", "--yes")
    assert left.code, "the old store does not send by itself any more"
    assert "is a copy, made or noticed on" in left.err
    settings("", f'\n[store]\nurl = "{postgres_url}"\n')
    assert digest("status", "--json").json == before
    assert digest("subscribers", "list", "--json").json == readers
    again = digest("send", "--yes", "--json")
    assert (again.code, again.json["accepted"]) == (0, before["accepted"])
    assert len(list((lettre / "outbox" / "new").iterdir())) == before["accepted"]


def test_what_arrived_is_told_and_what_is_to_be_done_next(
    digest: Digest, postgres_url: str
) -> None:
    url = postgres_url.replace("postgresql+psycopg", "postgresql")
    moved = digest("db", "copy", "subscribers/digest.db", url)
    assert moved.code == 0, moved.err
    assert "deliveries" in moved.out
    assert "compared one by one" in moved.out
    assert "[store] url of config.toml" in moved.out
    twice = digest("db", "copy", "subscribers/digest.db", url)
    assert twice.code == 8
    assert "not empty" in twice.err


def test_there_is_a_way_back(digest: Digest, postgres_url: str, lettre: Path) -> None:
    assert digest("db", "copy", "subscribers/digest.db", postgres_url).code == 0
    back = digest("db", "copy", postgres_url, f"sqlite:///{lettre / 'back.db'}")
    assert back.code == 0, back.err
    shutil.copy(lettre / "back.db", lettre / "subscribers" / "digest.db")
    assert digest("status", "--json").json["adds_up"] is True


def test_a_password_on_the_command_line_is_refused_and_not_repeated(
    digest: Digest, postgres_url: str
) -> None:
    for url in (
        postgres_url.replace("digest@", "digest:secret@"),
        f"{postgres_url}?password=secret",
    ):
        refused = digest("db", "copy", "subscribers/digest.db", url)
        assert refused.code == 2
        assert "list of processes" in refused.err
        assert "--password-env" in refused.err
        assert "secret" not in refused.err


def test_a_password_comes_from_the_environment(
    digest: Digest,
    postgres_url: str,
    monkeypatch: pytest.MonkeyPatch,
    settings: Callable[[str, str], None],
) -> None:
    copy = ("db", "copy", "subscribers/digest.db", postgres_url)
    refused = digest(*copy, "--password-env", "DIGEST_TEST_PASSWORD")
    assert refused.code == 2
    assert "DIGEST_TEST_PASSWORD is not set" in refused.err
    settings("", '\n[store]\npassword_env = "DIGEST_STORE_PASSWORD"\n')
    assert "DIGEST_STORE_PASSWORD is not set" in digest(*copy).err
    monkeypatch.setenv("DIGEST_STORE_PASSWORD", "secret")
    done = digest(*copy, "--password-env", "DIGEST_STORE_PASSWORD")
    assert done.code == 0, done.err
    assert '[store] url and password_env = "DIGEST_STORE_PASSWORD" of config.toml' in done.out


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("no.db", "there is no such store"),
        ("mysql://host/digest", "postgresql+psycopg://host/database"),
        ("no such scheme://", "postgresql+psycopg://host/database"),
    ],
)
def test_what_is_no_store_is_named(digest: Digest, source: str, found: str, lettre: Path) -> None:
    refused = digest("db", "copy", source, "new.db")
    assert refused.code == 2
    assert found in refused.err
    assert not (lettre / "no.db").exists()


def test_a_store_that_is_being_sent_stays(digest: Digest, postgres_url: str, lettre: Path) -> None:
    import contextvars
    from datetime import UTC, datetime

    from digest.config import load_config

    publication = Publication.open(load_config(lettre / "config.toml"))
    with sending_lock(publication.database, purpose="sending", now=datetime.now(UTC)):
        # Another task than the one that holds the lock.
        refused = contextvars.Context().run(
            digest, "db", "copy", "subscribers/digest.db", postgres_url
        )
    assert refused.code == 8
    assert "held by process" in refused.err

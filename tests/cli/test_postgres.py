"""The same weekly number on PostgreSQL, from the shell."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.cli.conftest import WEEK, Digest


@pytest.fixture
def on_postgres(postgres_url: str, settings: Callable[[str, str], None]) -> None:
    settings("", f'\n[store]\nurl = "{postgres_url}"\n')


@pytest.mark.usefixtures("on_postgres")
def test_store_asks_for_its_migration_and_then_serves_the_whole_flow(
    digest: Digest, lettre: Path, tmp_path: Path
) -> None:
    refused = digest("send", "--yes")
    assert refused.code == 8
    assert "digest db upgrade" in refused.err
    assert digest("db", "upgrade").code == 0
    first = digest("send", "--yes", "--json")
    assert first.code == 0, first.err
    assert first.json["accepted"] == len(list((lettre / "outbox" / "new").iterdir())) == 10
    assert digest("send", "--yes", "--json").json == first.json
    status = digest("status", "--json").json
    assert (status["state"], status["adds_up"]) == ("dispatched", True)
    assert digest("editions", "list", "--json").json[0]["edition"] == WEEK
    reader = digest("subscribers", "list", "--json").json[0]["email"]
    assert digest("subscribers", "forget", reader, "--yes").code == 0
    assert digest("status", "--json").json["adds_up"] is True
    assert "pg_dump" in digest("backup", tmp_path / "copy.db").err
    assert digest("send", "--rehearse", "--json").code in (0, 5)
    assert not (lettre / "subscribers" / "digest.db").exists()
    assert digest("doctor").code == 0

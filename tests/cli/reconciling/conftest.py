"""An edition that has left, and whose outcomes are not all known."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import select, update
from tests.cli.conftest import NOW, Digest, copied
from tests.cli.reconciling.world import NEXT_DAY, Doubt, open_store

from digest.cli import run
from digest.store.tables import deliveries


@pytest.fixture(params=["sqlite", "postgresql"])
def either_store(request: pytest.FixtureRequest, settings: Callable[[str, str], None]) -> str:
    """The publication's store on SQLite and then on PostgreSQL."""
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_url")
        settings("", f'\n[store]\nurl = "{url}"\n')
    return str(request.param)


@pytest.fixture(scope="session")
def sent(pristine: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A publication whose edition has left; its store is copied for each test."""
    folder = tmp_path_factory.mktemp("sent") / "lettre"
    shutil.copytree(pristine, folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DIGEST_NOW", NOW)
        assert run(["send", "--yes", "--config", str(folder / "config.toml")]) == 0
    return folder


@pytest.fixture
def left(
    request: pytest.FixtureRequest,
    digest: Digest,
    lettre: Path,
    sent: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Doubt:
    """The edition has left; a day later some outcomes turn out unknown."""
    if "postgresql" in request.node.name:
        assert digest("db", "upgrade").code == 0
        assert digest("send", "--yes").code == 0
    else:
        copied(sent, lettre)
    monkeypatch.setenv("DIGEST_NOW", NEXT_DAY)

    def doubt(number: int, provider: str = "smtp relais:25") -> list[str]:
        with closing(open_store()) as database, database.write() as connection:
            query = select(deliveries.c.id).where(deliveries.c.state != "excluded")
            ids = list(connection.scalars(query.order_by(deliveries.c.id)))
            connection.execute(
                update(deliveries)
                .where(deliveries.c.id.in_(ids[:number]))
                .values(state="unknown", provider_id=provider)
            )
        return ids

    return doubt

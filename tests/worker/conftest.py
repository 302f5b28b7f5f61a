"""Publications on PostgreSQL: a small one with a frozen edition, and the sample with its week."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest
from tests.cli.conftest import NOW, digest, lettre, origin, pristine, settings
from tests.worker.world import open_publication

from digest.config import load_config
from digest.publication import Publication

__all__ = ["digest", "lettre", "origin", "pristine", "settings"]


@pytest.fixture
def publication(postgres_url: str, tmp_path: Path) -> Iterator[Publication]:
    """A publication with an outbox, without readers."""
    opened = open_publication(postgres_url, tmp_path)
    yield opened
    opened.database.close()


@pytest.fixture
def weekly(postgres_url: str, settings: Callable[[str, str], None]) -> None:
    """The sample publication, every Monday at 07:00; the present is 07:30 on a Monday."""
    settings("", f'\n[store]\nurl = "{postgres_url}"\n[schedule]\nday = "monday"\n')


@pytest.fixture
def sample(weekly: None, lettre: Path) -> Iterator[Publication]:
    """The same, opened."""
    opened = Publication.open(load_config(lettre / "config.toml"), migrate=True)
    yield opened
    opened.database.close()


@pytest.fixture
def moment() -> datetime:
    """The present."""
    return datetime.fromisoformat(NOW)

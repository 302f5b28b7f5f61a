"""A publication on PostgreSQL with a frozen edition, and workers as processes of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tests.delivery.world import add_readers, freeze, make_letter, open_store

from digest.config import load_config
from digest.delivery import ledger
from digest.publication import Publication
from digest.store.database import Database

ROOT = Path(__file__).parents[2]

CONFIG = """\
[publication]
name = "Actualités internationales"
sender = "lettre@example.org"
public_url = "https://lettre.example.org"
postal_address = "1 rue de l'Exemple, 75000 Paris"

[edition]
week = "last"
images = "embed"

[store]
url = "{url}"

[delivery]
batch = {batch}
"""


def open_publication(url: str, folder: Path, *, more: str = "", batch: int = 100) -> Publication:
    """A publication in a folder, its store migrated; `more` is appended to its config.toml."""
    file = folder / "config.toml"
    file.write_text(CONFIG.format(url=url, batch=batch) + more, encoding="utf-8")
    open_store(url).close()
    return Publication.open(load_config(file))


def with_edition(publication: Publication, readers: int) -> ledger.Dispatch:
    """Readers, and an edition frozen for them."""
    add_readers(publication.database, range(readers))
    return freeze(publication.database, provider="outbox", letter=make_letter())


def start_worker(config: Path, *arguments: str) -> subprocess.Popen[str]:
    """A worker as a process with short waits."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])}
    return subprocess.Popen(
        [sys.executable, "-m", "tests.worker.working_child", str(config), *arguments],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def received(outbox: Path) -> Counter[str]:
    """Copies that lie in an outbox, by the delivery's id: what mailboxes would have."""
    return Counter(file.stem for folder in ("new", "cur") for file in (outbox / folder).glob("*"))


def jobs(database: Database) -> Sequence[tuple[str, str]]:
    """Task and state of every job in the store."""
    with database.read() as connection:
        rows = connection.exec_driver_sql(
            "SELECT task_name, status::text FROM procrastinate_jobs ORDER BY id"
        )
        return [(row[0], row[1]) for row in rows]

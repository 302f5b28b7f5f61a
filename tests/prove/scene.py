"""A publication with many readers, frozen and ready to leave, that can be had anew for each round.

It is made once on SQLite and once on PostgreSQL; rounds get copies. Which provider, which store
and which port is said by the environment, as `config.toml` can be overruled by it.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from tests.prove.power import can_cut, restore
from tests.prove.witnesses import Witness

from digest import pipeline
from digest.cli import run
from digest.config import load_config
from digest.publication import Publication, window_for

NOW = "2026-11-16T07:30:00+01:00"
WEEK = "2026-W46"

#: How many deliveries may be in doubt at once: one a connection; what the requests hold that are
#: under way at once; none with the outbox, which settles its own.
CONNECTIONS, CONCURRENCY, BATCH = 4, 2, 10
IN_DOUBT = {"smtp": CONNECTIONS, "sendgrid": CONCURRENCY * BATCH, "outbox": 0}
#: How many one fault of a witness may leave in doubt: a message; a request's worth.
A_FAULT = {"smtp": 1, "sendgrid": BATCH}

PROVIDERS = ("smtp", "sendgrid", "outbox")
#: SQLite with each durability, with its power cut at each kill, and PostgreSQL.
STORES = ("process", "power", "cut", "postgresql")

_SETTINGS = f"""
[delivery.smtp]
host = "127.0.0.1"
port = 1
security = "none"
connections = {CONNECTIONS}
timeout = 1.0

[delivery.sendgrid]
api_url = "http://127.0.0.1:1"
concurrency = {CONCURRENCY}
timeout = 1.0
"""


@dataclass(slots=True)
class Scene:
    """One copy of the publication. `url` is PostgreSQL's, or "" for SQLite.

    `is_cut_off`: with each kill the machine loses its power too, see `power`.
    """

    folder: Path
    provider: str
    store: str
    url: str = ""
    is_cut_off: bool = False
    port: int = 1
    witness: Witness | None = None
    more: dict[str, str] = field(default_factory=dict)

    @property
    def notebook(self) -> Path:
        """Where the witness writes."""
        return self.folder / "accepted"

    @property
    def environment(self) -> dict[str, str]:
        """What every process of it gets."""
        store = {"URL": self.url} if self.url else {"DURABILITY": self.store}
        return {
            "DIGEST_NOW": NOW,
            "SENDGRID_API_KEY": "SG.proof",
            "DIGEST__DELIVERY__PROVIDER": self.provider,
            "DIGEST__DELIVERY__BATCH": str(BATCH),
            "DIGEST__DELIVERY__SMTP__PORT": str(self.port),
            "DIGEST__DELIVERY__SENDGRID__API_URL": f"http://127.0.0.1:{self.port}",
            **{f"DIGEST__STORE__{name}": value for name, value in store.items()},
            **self.more,
        }

    @contextmanager
    def open(self, *, migrate: bool = False) -> Iterator[Publication]:
        """The publication, as somebody sees it who only looks."""
        with _environment(self.environment):
            config = load_config(self.folder / "config.toml")
            publication = Publication.open(config, migrate=migrate)
            try:
                yield publication
            finally:
                publication.database.close()

    def cut_power(self) -> None:
        """The store as the disk has it after the power went, if it did."""
        if self.is_cut_off:
            restore(self.folder / "subscribers" / "digest.db")

    def accepted(self) -> Counter[str]:
        """Delivery id → how often somebody has it who is not us."""
        if self.witness is not None:
            return self.witness.accepted
        folders = [self.folder / "outbox" / name for name in ("new", "cur")]
        return Counter(
            file.name.partition(".")[0]
            for folder in folders
            if folder.exists()
            for file in folder.iterdir()
        )


class Stage:
    """Makes scenes.

    Args:
        folder: where everything stands.
        cluster: URL of a PostgreSQL server without a database, or "" when there is none.
        readers: how many receive the edition.
    """

    def __init__(self, folder: Path, cluster: str, readers: int) -> None:
        self._folder = folder
        self._cluster = cluster
        self.readers = readers
        self._count = 0
        self._sqlite = self._make(Scene(folder / "on-sqlite", "outbox", "process"))
        self._postgres = None
        if cluster:
            url = f"{cluster}/{self._database()}"
            self._postgres = self._make(Scene(folder / "on-postgres", "outbox", "postgresql", url))

    @property
    def stores(self) -> tuple[str, ...]:
        """Those that are there."""
        missing = {"" if self._cluster else "postgresql", "" if can_cut() else "cut"}
        return tuple(store for store in STORES if store not in missing)

    @contextmanager
    def scene(self, provider: str, store: str) -> Iterator[Scene]:
        """A fresh copy, in which everybody is pending."""
        self._count += 1
        scene = Scene(self._folder / f"scene-{self._count}", provider, store)
        if store == "cut":
            scene.store, scene.is_cut_off = "power", True
        origin = self._sqlite
        if store == "postgresql":
            assert self._postgres is not None
            origin = self._postgres
            scene.url = f"{self._cluster}/{self._database(origin.url.rpartition('/')[2])}"
        shutil.copytree(origin.folder, scene.folder)
        try:
            yield scene
        finally:
            shutil.rmtree(scene.folder, ignore_errors=True)
            if scene.url:
                self._ask(f"DROP DATABASE {scene.url.rpartition('/')[2]} WITH (FORCE)")

    def _make(self, scene: Scene) -> Scene:
        folder = scene.folder
        with _environment(scene.environment):
            assert run(["init", str(folder)]) == 0
            lines = (f"lecteur{n}@readers.example,Lecteur {n}\n" for n in range(self.readers))
            sample = folder / "subscribers" / "sample.csv"
            sample.write_text("email,name\n" + "".join(lines), "utf-8")
            file = folder / "config.toml"
            text = file.read_text("utf-8")
            text = text.replace("[edition]\n", '[edition]\nimages = "embed"\n', 1)
            file.write_text(text + _SETTINGS, "utf-8")
        moment = datetime.fromisoformat(NOW)
        with scene.open(migrate=True) as publication:
            plan = pipeline.plan_send(
                publication,
                window_for(publication.config, moment, week=WEEK),
                list_name=publication.config.lists[0].name,
                rehearse=False,
                now=moment,
                progress=lambda *_step: None,
            )
            pipeline.freeze(publication, plan, now=moment)
        if not scene.url:
            with closing(sqlite3.connect(folder / "subscribers" / "digest.db")) as connection:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return scene

    def _database(self, template: str = "template1") -> str:
        name = f"prove_{uuid.uuid4().hex}"
        self._ask(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def _ask(self, statement: str) -> None:
        import psycopg

        server = self._cluster.replace("+psycopg", "") + "/postgres"
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(statement.encode())


@contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value

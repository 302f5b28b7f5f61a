"""Whatever befalls the ledger, in whatever order: nobody twice unless asked for, nobody lost.

`DIGEST_STEPS` multiplies the number of stories that are tried.
"""

from __future__ import annotations

import os
import shutil
import uuid
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test
from tests.delivery.world import open_store
from tests.prove.machine import Machine

MORE = int(os.environ.get("DIGEST_STEPS", "1"))


def play(machine: type[Machine], stories: int, steps: int) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=stories * MORE,
            stateful_step_count=steps,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_no_story_on_sqlite_sends_twice_or_loses_anybody(tmp_path: Path) -> None:
    origin = tmp_path / "origin.db"
    open_store(f"sqlite:///{origin}").close()

    class OnSqlite(Machine):
        @staticmethod
        def new_url(folder: Path) -> str:
            shutil.copyfile(origin, folder / "digest.db")
            return f"sqlite:///{folder / 'digest.db'}"

    play(OnSqlite, 8, 10)


def test_no_story_on_postgresql_sends_twice_or_loses_anybody(postgres_cluster: str) -> None:
    import psycopg

    server = postgres_cluster.replace("+psycopg", "") + "/postgres"

    def create(template: str) -> str:
        name = f"machine_{uuid.uuid4().hex}"
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}".encode())
        return name

    origin = create("template1")
    open_store(f"{postgres_cluster}/{origin}").close()

    class OnPostgres(Machine):
        @staticmethod
        def new_url(_folder: Path) -> str:
            return f"{postgres_cluster}/{create(origin)}"

    play(OnPostgres, 3, 8)

"""The figures that Prometheus collects: of editions, lists and the last run, of nobody by name."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import insert, text
from tests.delivery.world import EDITION, NOW, add_readers, freeze, open_store

from digest.config import Config
from digest.config.settings import ListSettings
from digest.config.settings.publication import PublicationSettings
from digest.delivery.metrics import EDITIONS, LastRun, write_metrics
from digest.store.database import Database
from digest.store.tables import deliveries, dispatches, editions, events, runs, suppressions

CONFIG = Config(publication=PublicationSettings(name="Lettre"), lists=(ListSettings(name="main"),))


@pytest.fixture
def store(store_url: str) -> Database:
    database = open_store(store_url)
    add_readers(database, range(5))
    add_readers(database, [5], status="unsubscribed")
    freeze(database)
    return database


def figures(file: Path) -> dict[str, dict[tuple[str, ...], float]]:
    """Name → label values → figure."""
    return {
        family.name: {tuple(one.labels.values()): one.value for one in family.samples}
        for family in text_string_to_metric_families(file.read_text(encoding="utf-8"))
    }


def test_edition_and_lists_are_counted(store: Database, tmp_path: Path) -> None:
    file = tmp_path / "digest.prom"
    with store.write() as connection:
        connection.execute(
            insert(suppressions).values(address_hash="x", reason="bounce", added_at=NOW)
        )
        dispatch = connection.scalar(text("SELECT id FROM dispatches"))
        connection.execute(
            insert(events).values(
                source="sendgrid",
                event_id="1",
                kind="bounced",
                dispatch_id=dispatch,
                at=NOW,
                received_at=NOW,
            )
        )
        connection.execute(
            deliveries.update().where(deliveries.c.email.like("reader1@%")).values(state="unknown")
        )
    assert write_metrics(file, store, CONFIG, NOW) == ""
    found = figures(file)
    assert found["digest_deliveries"][EDITION, "pending"] == 4
    assert found["digest_deliveries"][EDITION, "unknown"] == 1
    assert found["digest_deliveries"][EDITION, "excluded"] == 1
    assert found["digest_unknown_deliveries"][()] == 1
    assert found["digest_audience"][EDITION,] == 6
    assert found["digest_events"][EDITION, "bounced"] == 1
    assert found["digest_subscribers"]["main", "active"] == 5
    assert found["digest_subscribers"]["main", "unsubscribed"] == 1
    assert found["digest_suppressed_addresses"]["bounce",] == 1
    assert found["digest_edition_frozen_timestamp_seconds"][EDITION,] == NOW.timestamp()
    assert not [name for name in found if name.startswith("digest_last_")]
    assert (EDITION, "accepted") not in found["digest_events"]
    assert "@" not in file.read_text(encoding="utf-8")


def last(file: Path) -> dict[str, float]:
    """What runs said of themselves."""
    return {
        name.removeprefix("digest_last_"): values[()]
        for name, values in figures(file).items()
        if name.startswith("digest_last_")
    }


def test_last_run_is_told_with_its_rate(store: Database, tmp_path: Path) -> None:
    file = tmp_path / "digest.prom"
    write_metrics(file, store, CONFIG, NOW, run=LastRun(seconds=2.5, outcomes=10, exit_code=6))
    assert last(file) == {
        "run_timestamp_seconds": NOW.timestamp(),
        "run_exit_code": 6,
        "dispatch_timestamp_seconds": NOW.timestamp(),
        "dispatch_duration_seconds": 2.5,
        "dispatch_outcomes": 10,
        "dispatch_messages_per_second": 4,
    }
    write_metrics(file, store, CONFIG, NOW, run=LastRun(seconds=0.0, outcomes=0))
    assert last(file)["dispatch_messages_per_second"] == 0


def test_run_that_finds_nobody_to_write_to_leaves_the_last_dispatch_as_it_was(
    store: Database, tmp_path: Path
) -> None:
    """An alert asks when a run last ended well, and how the last dispatch went."""
    file, hour = tmp_path / "digest.prom", timedelta(hours=1)
    write_metrics(file, store, CONFIG, NOW, run=LastRun(2.5, 10))
    dispatch = {name: value for name, value in last(file).items() if "dispatch" in name}
    idle = LastRun(0.1, 0, is_idle=True)
    write_metrics(file, store, CONFIG, NOW + hour, run=idle)
    assert last(file) == dispatch | {
        "run_timestamp_seconds": (NOW + hour).timestamp(),
        "run_exit_code": 0,
        "success_timestamp_seconds": (NOW + hour).timestamp(),
    }
    write_metrics(file, store, CONFIG, NOW + 2 * hour, run=LastRun(0.1, 0, 7, is_idle=True))
    assert last(file) == dispatch | {
        "run_timestamp_seconds": (NOW + 2 * hour).timestamp(),
        "run_exit_code": 7,
        "success_timestamp_seconds": (NOW + hour).timestamp(),
    }


@pytest.mark.parametrize("found", [b"\x00\xff", b"digest_last_run_exit_code what\n", b""])
def test_file_of_somebody_else_is_taken_for_none(
    store: Database, tmp_path: Path, found: bytes
) -> None:
    file = tmp_path / "digest.prom"
    file.write_bytes(found)
    assert write_metrics(file, store, CONFIG, NOW, run=LastRun(0.1, 0, is_idle=True)) == ""
    assert "dispatch_outcomes" not in last(file)


def test_every_figure_explains_itself(store: Database, tmp_path: Path) -> None:
    file = tmp_path / "digest.prom"
    write_metrics(file, store, CONFIG, NOW, run=LastRun(1.0, 1))
    families = list(text_string_to_metric_families(file.read_text(encoding="utf-8")))
    assert all(one.name.startswith("digest_") and one.documentation for one in families)
    assert {one.type for one in families} == {"gauge"}


def test_number_of_editions_is_bounded(store: Database, tmp_path: Path) -> None:
    with store.write() as connection:
        for week in range(1, 20):
            edition = f"2026-W{week:02d}"
            connection.execute(insert(editions).values(id=edition, state="dispatched"))
            connection.execute(insert(dispatches).values(**_dispatch(edition, week)))
    file = tmp_path / "digest.prom"
    write_metrics(file, store, CONFIG, NOW)
    shown = {edition for (edition,) in figures(file)["digest_audience"]}
    assert len(shown) == EDITIONS
    assert EDITION in shown
    assert "2026-W19" in shown
    assert "2026-W01" not in shown


def _dispatch(edition: str, week: int) -> dict[str, Any]:
    return {
        "edition": edition,
        "ledger": "main",
        "provider": "smtp",
        "letter": b"",
        "letter_hash": "",
        "frozen_at": NOW - timedelta(weeks=20 - week),
    }


def test_processes_at_work_are_counted_by_the_stores_own_clock(
    store: Database, tmp_path: Path
) -> None:
    file = tmp_path / "digest.prom"
    with store.write() as connection:
        dispatch = connection.scalar(text("SELECT id FROM dispatches"))
        for name, lease in (("alive", 4_000_000_000.0), ("dead", 1_000_000_000.0)):
            connection.execute(
                insert(runs).values(
                    id=name,
                    dispatch_id=dispatch,
                    provider="smtp",
                    host="envoi",
                    pid=1,
                    started_at=NOW,
                    lease_until=lease,
                )
            )
    write_metrics(file, store, CONFIG, NOW)
    assert figures(file)["digest_runs_alive"][()] == 1


@pytest.mark.parametrize("place", ["missing/digest.prom", "folder", "device"])
def test_file_that_cannot_be_written_is_a_warning_and_leaves_nothing_behind(
    store: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture, place: str
) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "device")
    problem = write_metrics(tmp_path / place, store, CONFIG, NOW)
    assert "cannot be written" in problem
    assert caplog.records[-1].levelname == "WARNING"
    left = [one.name for one in tmp_path.iterdir() if not one.name.startswith("digest.db")]
    assert sorted(left) == ["device", "folder"]

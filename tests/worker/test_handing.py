"""An edition goes to the workers once, in shards, and only where there can be workers."""

from __future__ import annotations

import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update
from tests.delivery.world import NOW, open_store
from tests.worker.world import jobs, open_publication, with_edition

from digest.config import Config, load_config
from digest.errors import ConfigError, StoreError, UsageError
from digest.publication import Publication
from digest.store.database import Database
from digest.store.place.copies import copied_at, forget_copy, mark_copy
from digest.store.place.copying import JOBS_SCHEMA
from digest.store.place.homes import HOME, notice_restored
from digest.store.tables import facts
from digest.worker import HandedOver, hand_over
from digest.worker.jobs import open_jobs, open_shards, prepare_jobs
from digest.worker.shards import shard_count


def hand(publication: Publication, dispatch: object, **wishes: object) -> HandedOver:
    return hand_over(
        publication.database,
        publication.config,
        dispatch,  # type: ignore[arg-type]
        now=NOW,
        **wishes,  # type: ignore[arg-type]
    )


def test_an_edition_is_handed_over_once(publication: Publication) -> None:
    dispatch = with_edition(publication, 350)
    assert hand(publication, dispatch) == HandedOver(3)
    assert hand(publication, dispatch) == HandedOver(0)
    assert jobs(publication.database) == [("digest.deliver", "todo")] * 3
    with open_jobs(publication.database) as app:
        shards = open_shards(app)
    assert len({shard.pop("handed") for shard in shards}) == 1
    assert shards[1] == {
        "edition": dispatch.edition,
        "dispatch": dispatch.id,
        "index": 1,
        "count": 3,
        "late": False,
    }


def test_two_that_hand_over_at_the_same_time_add_nothing_twice(
    publication: Publication, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both have looked before either has added: the store's lock decides."""
    dispatch = with_edition(publication, 250)
    assert hand(publication, dispatch) == HandedOver(2)
    monkeypatch.setattr("digest.worker.handing.open_shards", lambda _app: [])
    assert hand(publication, dispatch) == HandedOver(0)
    assert len(jobs(publication.database)) == 2


def test_an_edition_nobody_waits_for_is_not_handed_over(publication: Publication) -> None:
    dispatch = with_edition(publication, 0)
    assert hand(publication, dispatch) == HandedOver(0)
    assert jobs(publication.database) == []


def test_an_edition_that_leaves_later_waits_for_its_moment(publication: Publication) -> None:
    later = NOW + timedelta(hours=5)
    dispatch = replace(with_edition(publication, 3), send_at=later)
    assert hand(publication, dispatch) == HandedOver(1, later)
    with publication.database.read() as connection:
        scheduled = connection.exec_driver_sql(
            "SELECT scheduled_at FROM procrastinate_jobs"
        ).scalar_one()
    assert scheduled == later
    # It is set anew: an earlier one is not missed, a later one is looked at when it begins.
    sooner = NOW + timedelta(hours=1)
    assert hand(publication, replace(dispatch, send_at=sooner)) == HandedOver(0, sooner)
    assert hand(publication, dispatch) == HandedOver(0, later)
    with publication.database.read() as connection:
        scheduled = connection.exec_driver_sql(
            "SELECT scheduled_at FROM procrastinate_jobs"
        ).scalar_one()
    assert scheduled == sooner
    # SendGrid keeps the moment itself, whatever the edition was frozen for.
    delivery = replace(publication.config.delivery, provider="sendgrid")
    publication = replace(publication, config=replace(publication.config, delivery=delivery))
    assert hand(publication, replace(dispatch, id=dispatch.id + 1)) == HandedOver(1)


@pytest.fixture
def settings_of(tmp_path: Path) -> Callable[[str], Config]:
    """Settings of delivery."""

    def load(delivery: str) -> Config:
        file = tmp_path / "config.toml"
        file.write_text(
            '[publication]\nname = "Actualités internationales"\nsender = "lettre@example.org"\n'
            f'public_url = "https://lettre.example.org"\n[delivery]\n{delivery}\n',
            encoding="utf-8",
        )
        return load_config(file)

    return load


def test_no_shard_is_smaller_than_a_batch(settings_of: Callable[[str], Config]) -> None:
    config = settings_of("batch = 1000")
    assert [shard_count(config, n) for n in (1, 999, 2_500, 32_000, 1_000_000)] == [
        1, 1, 2, 32, 32
    ]  # fmt: skip


def test_a_rate_is_kept_by_leaving_the_edition_in_one_piece(
    settings_of: Callable[[str], Config],
) -> None:
    for setting in ("rate = 50", '[[delivery.throttles]]\ndomains = ["a.example"]\nrate = 1'):
        assert shard_count(settings_of(setting), 1_000_000) == 1


# ---- Where there can be no workers ----------------------------------------------------------


def test_on_sqlite_it_is_said_what_to_do_instead(tmp_path: Path) -> None:
    publication = open_publication(f"sqlite:///{tmp_path / 'digest.db'}", tmp_path)
    dispatch = with_edition(publication, 1)
    with pytest.raises(UsageError, match="PostgreSQL") as caught:
        hand(publication, dispatch)
    for way in ("digest send", "digest schedule --systemd", "digest db copy"):
        assert way in caught.value.hint
    publication.database.close()


def test_without_procrastinate_the_extra_is_named(
    publication: Publication, monkeypatch: pytest.MonkeyPatch
) -> None:
    dispatch = with_edition(publication, 1)
    monkeypatch.setitem(sys.modules, "procrastinate", None)
    with pytest.raises(ConfigError) as caught:
        hand(publication, dispatch)
    assert "digest[postgresql]" in caught.value.hint


def test_a_copy_is_not_handed_over_until_a_person_says_so(publication: Publication) -> None:
    dispatch = with_edition(publication, 1)
    with publication.database.write() as connection:
        mark_copy(connection, NOW)
    with pytest.raises(StoreError, match="copy"):
        hand(publication, dispatch)
    with publication.database.write() as connection:
        forget_copy(connection)
    assert hand(publication, dispatch) == HandedOver(1)


def test_a_dump_that_was_restored_is_recognised(publication: Publication) -> None:
    """A dump that is put back gives every table a number anew."""
    dispatch = with_edition(publication, 1)
    assert hand(publication, dispatch) == HandedOver(1)
    assert not notice_restored(publication.database, NOW)
    with publication.database.write() as connection:
        connection.execute(update(facts).where(facts.c.name == HOME).values(value="16384/16400"))
    with pytest.raises(StoreError, match="copy"):
        hand(publication, dispatch)
    with publication.database.write() as connection:
        assert copied_at(connection) == NOW
        forget_copy(connection)
    assert not notice_restored(publication.database, NOW)


def test_a_table_that_was_made_anew_is_one_that_was_restored(postgres_url: str) -> None:
    database = open_store(postgres_url)
    assert not notice_restored(database, NOW)
    with database.write() as connection:
        connection.exec_driver_sql("CREATE TABLE again (LIKE deliveries INCLUDING ALL)")
        connection.exec_driver_sql("DROP TABLE deliveries")
        connection.exec_driver_sql("ALTER TABLE again RENAME TO deliveries")
    assert notice_restored(database, NOW)
    assert not notice_restored(database, NOW)
    database.close()


def test_a_store_on_sqlite_is_marked_when_it_is_copied_not_here(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'digest.db'}")
    assert not notice_restored(database, NOW)
    database.close()


# ---- The jobs' tables -----------------------------------------------------------------------


def revision(database: Database) -> str | None:
    with database.read() as connection:
        value: str | None = connection.scalar(
            select(facts.c.value).where(facts.c.name == JOBS_SCHEMA)
        )
    return value


def test_workers_that_start_together_make_the_tables_once(publication: Publication) -> None:
    with ThreadPoolExecutor(4) as threads:
        made = set(threads.map(lambda _: prepare_jobs(publication.database), range(4)))
    assert made == {revision(publication.database)}
    assert jobs(publication.database) == []


def test_tables_are_brought_up_to_date_by_the_scripts_that_are_missing(
    publication: Publication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from procrastinate.schema import SchemaManager

    before = prepare_jobs(publication.database)
    folder = tmp_path / "scripts"
    folder.mkdir()
    for name, script in (
        (before, "SELECT 1 / 0"),
        ("99.01.00_01_pre_first", "CREATE TABLE procrastinate_first (id int)"),
        ("99.02.00_01_pre_next", "ALTER TABLE procrastinate_first ADD next text DEFAULT '100%'"),
    ):
        (folder / f"{name}.sql").write_text(script, encoding="utf-8")
    monkeypatch.setattr(SchemaManager, "get_migrations_path", lambda: str(folder))
    assert prepare_jobs(publication.database) == "99.02.00_01_pre_next"
    assert prepare_jobs(publication.database) == "99.02.00_01_pre_next"
    with publication.database.read() as connection:
        connection.exec_driver_sql("SELECT next FROM procrastinate_first")
    monkeypatch.undo()
    with pytest.raises(StoreError, match="newer Procrastinate"):
        prepare_jobs(publication.database)


def test_tables_of_another_program_are_left_alone(publication: Publication) -> None:
    prepare_jobs(publication.database)
    with publication.database.write() as connection:
        connection.execute(facts.delete().where(facts.c.name == JOBS_SCHEMA))
    with pytest.raises(StoreError, match="another program"):
        prepare_jobs(publication.database)

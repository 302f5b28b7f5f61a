"""The weekly number leaves by itself, once, and never when its time is over."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update
from tests.cli.conftest import WEEK, Digest
from tests.worker.world import jobs

from digest.delivery import ledger
from digest.edition.lifecycle import record_of, skip
from digest.errors import ContentError, StoppedError, StoreError
from digest.publication import Publication
from digest.store.ledger.dispatches import set_cancelled
from digest.store.place.copies import mark_copy
from digest.store.tables import dispatches
from digest.worker.delivering import Timing
from digest.worker.scheduling import run_schedule
from digest.worker.serving import Duty, _Worker
from digest.worker.telling import Told

Settings = Callable[[str, str], None]
DELIVER = "digest.deliver"


def tick(publication: Publication, now: datetime) -> list[str]:
    """A look at the schedule; what it says."""
    said: list[Told] = []
    run_schedule(publication, now=now, tell=said.append)
    return [told.text for told in said]


def is_frozen(publication: Publication) -> bool:
    return ledger.frozen(publication.database, WEEK, "main") is not None


def test_the_number_is_built_frozen_and_sent_by_workers_without_anybody(
    sample: Publication, moment: datetime, lettre: Path, digest: Digest
) -> None:
    assert tick(sample, moment) == [f"{WEEK}: Monday 07:00 has come; handed over in 1 shard"]
    for minutes in (0, 5, 300):
        assert tick(sample, moment + timedelta(minutes=minutes)) == []
    assert jobs(sample.database) == [(DELIVER, "todo")]
    worked = digest("worker", "--once")
    assert worked.code == 0, worked.err
    assert f"{WEEK}: done: 10 accepted" in worked.out
    assert len(list((lettre / "outbox" / "new").iterdir())) == 10
    assert jobs(sample.database) == []
    assert tick(sample, moment) == []
    assert digest("worker", "--once").code == 0
    assert len(list((lettre / "outbox" / "new").iterdir())) == 10


@pytest.mark.usefixtures("sample")
def test_a_worker_that_runs_once_keeps_the_schedule_too(digest: Digest, lettre: Path) -> None:
    left = digest("worker", "--once", "--no-schedule")
    assert (left.code, "takes shards\n" in left.out) == (0, True)
    assert not (lettre / "outbox").exists()
    assert digest("worker", "--once").code == 0
    assert len(list((lettre / "outbox" / "new").iterdir())) == 10


def test_before_its_moment_nothing_is_built(sample: Publication, moment: datetime) -> None:
    assert tick(sample, moment - timedelta(minutes=31)) == []
    assert record_of(sample.database, WEEK) is None


def test_after_its_hours_nothing_leaves_by_itself_any_more(
    sample: Publication, moment: datetime
) -> None:
    """A worker that was off for a day, a schedule that was forgotten."""
    for hours in (5.6, 24, 24 * 6):
        assert tick(sample, moment + timedelta(hours=hours)) == []
    assert record_of(sample.database, WEEK) is None


def test_a_missed_moment_is_made_up_for_with_the_week_it_was_meant_for(
    sample: Publication, moment: datetime
) -> None:
    assert tick(sample, moment + timedelta(hours=5)) != []
    assert is_frozen(sample)


def test_what_is_not_approved_stays_until_it_is(
    sample: Publication, moment: datetime, settings: Settings, digest: Digest, lettre: Path
) -> None:
    settings('approval = "auto"', 'approval = "required"')
    stopped = digest("worker", "--once")
    assert stopped.code == 5
    assert f"{WEEK} is not approved" in stopped.err
    assert not is_frozen(sample)
    assert not (lettre / "outbox").exists()
    assert digest("approve", "--week", WEEK, "--yes").code == 0
    assert digest("worker", "--once").code == 0
    assert len(list((lettre / "outbox" / "new").iterdir())) == 10


def test_a_person_who_approves_too_late_sends_it_too(
    sample: Publication, moment: datetime, settings: Settings, digest: Digest
) -> None:
    settings('approval = "auto"', 'approval = "required"')
    assert digest("worker", "--once").code == 5
    assert digest("approve", "--week", WEEK, "--yes").code == 0
    assert tick(sample, moment + timedelta(hours=6)) == []
    assert not is_frozen(sample)


def test_a_restored_store_fires_nothing(sample: Publication, moment: datetime) -> None:
    with sample.database.write() as connection:
        mark_copy(connection, moment)
    with pytest.raises(StoreError, match="copy"):
        tick(sample, moment)
    assert record_of(sample.database, WEEK) is None


def test_a_restored_store_with_an_edition_on_its_way_fires_nothing(
    sample: Publication, moment: datetime, digest: Digest, lettre: Path
) -> None:
    assert tick(sample, moment) != []
    with sample.database.write() as connection:
        mark_copy(connection, moment)
    refused = digest("worker", "--once")
    assert refused.code == 8
    assert "copy" in refused.err
    assert not (lettre / "outbox").exists()


def test_an_edition_frozen_long_ago_is_not_gone_on_with(
    sample: Publication, moment: datetime, digest: Digest, lettre: Path
) -> None:
    assert tick(sample, moment) != []
    with sample.database.write() as connection:
        long_ago = moment - timedelta(hours=49)
        connection.execute(update(dispatches).values(frozen_at=long_ago))
    with pytest.raises(ContentError, match="more than 48 hours ago"):
        tick(sample, moment)
    refused = digest("worker", "--once", "--no-schedule")
    assert refused.code == 5
    assert "more than 48 hours ago" in refused.out
    assert not (lettre / "outbox").exists()
    assert jobs(sample.database) == [(DELIVER, "failed")]


def test_what_was_called_off_stays(sample: Publication, moment: datetime) -> None:
    assert tick(sample, moment) != []
    frozen = ledger.frozen(sample.database, WEEK, "main")
    assert frozen is not None
    with sample.database.write() as connection:
        set_cancelled(connection, frozen.id, moment)
        connection.exec_driver_sql("DELETE FROM procrastinate_jobs")
    assert tick(sample, moment) == []
    assert jobs(sample.database) == []


def test_a_skipped_week_has_no_number(sample: Publication, moment: datetime) -> None:
    skip(sample.database, WEEK, moment)
    assert tick(sample, moment) == []
    assert not is_frozen(sample)


def test_a_worker_without_the_editions_folder_builds_nothing_anew(
    sample: Publication, moment: datetime, digest: Digest
) -> None:
    """The editor's changes lie in that folder, on another machine."""
    assert digest("build").code == 0
    shutil.rmtree(sample.folder(WEEK))
    with pytest.raises(ContentError, match="another machine") as caught:
        tick(sample, moment)
    assert "--no-schedule" in caught.value.hint
    assert not is_frozen(sample)


def test_a_worker_that_is_stopped_freezes_nothing(sample: Publication, moment: datetime) -> None:
    with pytest.raises(StoppedError):
        run_schedule(sample, now=moment, tell=lambda _told: None, stopping=lambda: True)
    assert not is_frozen(sample)
    assert tick(sample, moment) != []


def looks(publication: Publication, moment: datetime, times: int) -> list[Told]:
    """What a worker that goes on says of the schedule."""
    said: list[Told] = []

    async def look() -> None:
        worker = _Worker(publication, Duty(), lambda: moment, said.append, Timing())
        for _ in range(times):
            await worker._tick()

    asyncio.run(look())
    return said


def test_what_stops_an_edition_is_said_once_and_not_every_few_minutes(
    sample: Publication, moment: datetime
) -> None:
    with sample.database.write() as connection:
        mark_copy(connection, moment)
    (told,) = looks(sample, moment, 3)
    assert "copy" in told.text
    assert told.hint


def test_a_fault_of_the_program_does_not_end_the_worker(
    sample: Publication, moment: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fault(*_arguments: object, **_options: object) -> None:
        raise RuntimeError("reader3@readers.example")

    monkeypatch.setattr("digest.worker.serving.run_schedule", fault)
    (told,) = looks(sample, moment, 1)
    assert told.text == "schedule: a fault of the program (RuntimeError)"

"""A worker from its start to its end: stopped, hung, alone, beside others, without its store."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from tests.delivery.world import EDITION, NOW
from tests.prove.witnesses import Plan, Running, witness
from tests.worker.killing import RELAY
from tests.worker.world import jobs, open_publication, received, start_worker, with_edition

from digest.delivery import ledger
from digest.errors import ContentError, StoreError
from digest.publication import Publication
from digest.store.place.copies import mark_copy
from digest.worker import hand_over
from digest.worker.serving import Duty, work
from digest.worker.telling import Told

PATIENCE = 60


def hand(publication: Publication, dispatch: ledger.Dispatch, shards: int) -> None:
    handed = hand_over(
        publication.database, publication.config, dispatch, now=NOW, late=True, shards=shards
    )
    assert handed.shards == shards


def balance(publication: Publication) -> ledger.Balance:
    return ledger.balance(publication.database, EDITION, "main")


def wait_until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


class Working:
    """A worker's process, and the lines it has said."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        self.lines.extend(iter(self.process.stdout.readline, ""))

    def has_said(self, text: str) -> bool:
        return any(text in line for line in self.lines)

    def end(self, sign: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(sign)
        code = self.process.wait(PATIENCE)
        self._reader.join()
        return code


@contextmanager
def worker(config: Path, *arguments: str) -> Iterator[Working]:
    """A worker that is surely gone after the block."""
    with start_worker(config, *arguments) as process:
        working = Working(process)
        try:
            wait_until(lambda: working.has_said("ready worker"))
            yield working
        except BaseException:
            process.kill()
            raise
        finally:
            working.end()
            print(*working.lines, sep="")


@pytest.fixture
def relay(tmp_path: Path) -> Iterator[Running]:
    with witness("smtp", tmp_path / "accepted") as running:
        yield running


@pytest.fixture
def relayed(postgres_url: str, tmp_path: Path, relay: Running) -> Iterator[Publication]:
    """A publication that sends through the witness, a batch of 20 at a time."""
    # Slowly, so that it can be stopped in the middle.
    more = "rate = 60\n" + RELAY.format(port=relay.port, connections=1)
    opened = open_publication(postgres_url, tmp_path, more=more, batch=20)
    yield opened
    opened.database.close()


def test_workers_share_an_edition_and_end_when_they_are_asked(
    publication: Publication, tmp_path: Path
) -> None:
    config = tmp_path / "config.toml"
    with worker(config, "--concurrency", "2") as one, worker(config) as other:
        hand(publication, with_edition(publication, 1200), shards=12)
        wait_until(lambda: balance(publication).accepted == 1200)
        wait_until(lambda: not jobs(publication.database))
        for working in (one, other):
            assert working.end() == 0
            assert working.has_said("begun")
            assert "stopped" in working.lines[-1]
    assert max(received(tmp_path / "outbox").values()) == 1


def test_a_rate_that_is_set_when_the_edition_is_cut_already_holds(
    postgres_url: str, tmp_path: Path, relay: Running
) -> None:
    """Processes count rates for themselves, so that one alone may be at the edition."""
    through = RELAY.format(port=relay.port, connections=1)
    publication = open_publication(postgres_url, tmp_path, more=through, batch=20)
    hand(publication, with_edition(publication, 90), shards=3)
    config = tmp_path / "config.toml"
    settings = config.read_text("utf-8")
    config.write_text(settings.replace("[delivery]", "[delivery]\nrate = 5000"), "utf-8")
    with worker(config, "--concurrency", "3") as working:
        wait_until(lambda: balance(publication).accepted == 90)
        wait_until(lambda: not jobs(publication.database))
    begun = [line for line in working.lines if line.startswith("begun")]
    assert begun[0].strip() == f"begun {EDITION}: begins"
    assert not any(" shard " in line for line in begun), "one piece at a time"
    assert sum("goes on as one shard" in line for line in working.lines) == 3
    assert set(relay.accepted.values()) == {1}
    publication.database.close()


def test_a_worker_that_is_asked_to_stop_finishes_what_is_in_flight_and_leaves_the_rest(
    relayed: Publication, relay: Running, tmp_path: Path
) -> None:
    config = tmp_path / "config.toml"
    hand(relayed, with_edition(relayed, 150), shards=1)
    with worker(config) as working:
        wait_until(lambda: balance(relayed).accepted >= 5)
        assert working.end() == 0
        assert working.has_said("what is in flight ends first")
        assert working.has_said("stopped:")
    stopped = balance(relayed)
    assert (stopped.submitting, stopped.unknown) == (0, 0)
    assert 5 <= stopped.accepted < 150
    assert sum(relay.accepted.values()) == stopped.accepted
    assert jobs(relayed.database) == [("digest.deliver", "todo")]
    with worker(config):
        wait_until(lambda: balance(relayed).accepted == 150)
    assert set(relay.accepted.values()) == {1}


def test_what_a_hung_worker_held_is_taken_over_and_it_cannot_spoil_it(
    relayed: Publication, relay: Running, tmp_path: Path
) -> None:
    """Stopped in the middle, not killed: its connection to the store stays open."""
    config = tmp_path / "config.toml"
    hand(relayed, with_edition(relayed, 200), shards=1)
    with worker(config) as hung:
        wait_until(lambda: balance(relayed).accepted >= 5)
        os.kill(hung.process.pid, signal.SIGSTOP)
        with worker(config) as other:
            wait_until(lambda: not balance(relayed).left)
            assert other.has_said("its worker died; it comes back")
        assert balance(relayed).unknown <= 1
        os.kill(hung.process.pid, signal.SIGCONT)
        assert hung.end() == 0
        assert not hung.has_said("Traceback")
    after = balance(relayed)
    assert after.adds_up
    assert after.accepted + after.unknown == 200
    assert after.unknown <= 1
    assert set(relay.accepted.values()) == {1}


def test_a_worker_goes_on_when_the_store_answers_again(
    publication: Publication, tmp_path: Path
) -> None:
    with worker(tmp_path / "config.toml") as working:
        with publication.database.write() as connection:
            connection.exec_driver_sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE pid <> pg_backend_pid() AND datname = current_database()"
            )
        publication.database.close()
        hand(publication, with_edition(publication, 100), shards=2)
        wait_until(lambda: balance(publication).accepted == 100)
        assert working.end() == 0
        assert not working.has_said("Traceback")


def test_once_ends_with_what_has_to_wait(
    relayed: Publication, relay: Running, tmp_path: Path
) -> None:
    hand(relayed, with_edition(relayed, 30), shards=1)
    relay.fail(Plan(connections=["refuse"] * 1000))
    with start_worker(tmp_path / "config.toml", "--once") as process:
        said, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 6, said
    assert "it goes on in 1 s" in said
    assert balance(relayed).pending == 30
    assert jobs(relayed.database) == [("digest.deliver", "todo")]


def test_a_job_that_names_no_shard_is_given_up_with_a_word_for_a_person(
    publication: Publication, tmp_path: Path
) -> None:
    hand(publication, with_edition(publication, 10), shards=1)
    with publication.database.write() as connection:
        connection.execute(
            text("UPDATE procrastinate_jobs SET args = jsonb_set(args, '{count}', '0')")
        )
    with start_worker(tmp_path / "config.toml", "--once") as process:
        said, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 8, said
    assert "its arguments name no shard of an edition" in said
    assert "digest send --detach" in said
    assert balance(publication).pending == 10
    assert jobs(publication.database) == [("digest.deliver", "failed")]


def test_an_edition_that_is_given_up_is_said_once_however_many_shards_it_has(
    publication: Publication,
) -> None:
    """Handed over again it is said again: somebody may think to have mended it."""
    dispatch, old = with_edition(publication, 60), NOW + timedelta(hours=49)
    for _time in range(2):
        said: list[Told] = []
        handed = hand_over(publication.database, publication.config, dispatch, now=old, shards=6)
        assert handed.shards == 6
        duty = Duty(concurrency=2, once=True)
        with pytest.raises(ContentError, match="more than 48 hours ago"):
            work(publication, duty, clock=lambda: old, tell=said.append)
        (told,) = (one for one in said if one.kind == "ended")
        assert told.text.startswith(f"{EDITION}: {EDITION} was frozen on 2026-11-22 at 08:30")
        assert "--late" in told.hint
        assert {status for _task, status in jobs(publication.database)} == {"failed"}
    assert balance(publication).pending == 60


def test_a_copy_has_no_workers(publication: Publication) -> None:
    with publication.database.write() as connection:
        mark_copy(connection, NOW)
    with pytest.raises(StoreError, match="copy"):
        work(publication, Duty(once=True), clock=lambda: NOW, tell=lambda _told: None)

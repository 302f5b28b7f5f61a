"""A store that was put back knows it, however it was put back; one that stayed is left in peace."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from digest.store.database import Database
from digest.store.facts import find_fact, set_fact
from digest.store.place import homes
from digest.store.place.copies import copied_at, forget_copy
from digest.store.place.homes import HOME, leave_mark, notice_restored

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "digest.db"


def is_restored(file: Path) -> bool:
    """As `digest send` asks, with a connection of its own."""
    database = Database(f"sqlite:///{file}")
    try:
        found = notice_restored(database, NOW)
        with database.read() as connection:
            assert (copied_at(connection) is not None) == found
        return found
    finally:
        database.close()


def run(file: Path) -> None:
    """A `digest send` from its beginning to its end."""
    database = Database(f"sqlite:///{file}")
    assert not notice_restored(database, NOW)
    leave_mark(database, NOW)
    database.close()


def one_file(file: Path) -> None:
    """Without a log beside it, as after the last connection has ended."""
    assert not file.with_name(f"{file.name}-wal").exists()


def test_a_store_that_stays_is_never_taken_for_a_copy(file: Path) -> None:
    for _ in range(3):
        run(file)


def test_an_older_copy_written_over_the_store_is_noticed(file: Path, tmp_path: Path) -> None:
    run(file)
    one_file(file)
    shutil.copyfile(file, tmp_path / "older.db")
    run(file)
    number = file.stat().st_ino
    shutil.copyfile(tmp_path / "older.db", file)
    assert file.stat().st_ino == number, "the same file, with what it held before"
    assert is_restored(file)


def test_a_copy_made_during_a_run_is_noticed_after_it(file: Path, tmp_path: Path) -> None:
    database = Database(f"sqlite:///{file}")
    assert not notice_restored(database, NOW)
    shutil.copyfile(file, tmp_path / "older.db")
    leave_mark(database, NOW)
    database.close()
    shutil.copyfile(tmp_path / "older.db", file)
    assert is_restored(file)


def test_a_copy_of_the_present_state_is_as_good_as_the_store(file: Path, tmp_path: Path) -> None:
    """Nothing has left since."""
    run(file)
    shutil.copyfile(file, tmp_path / "same.db")
    shutil.copyfile(tmp_path / "same.db", file)
    run(file)


def test_a_copy_in_another_place_is_noticed(file: Path, tmp_path: Path) -> None:
    run(file)
    other = tmp_path / "other" / "digest.db"
    other.parent.mkdir()
    shutil.copyfile(file, other)
    assert is_restored(other)


@pytest.mark.parametrize("step", ["before the store", "after the store"])
def test_a_kill_while_the_mark_changes_makes_no_copy_of_the_store(
    file: Path, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(file)
    calls = 0
    write = homes._write_marks

    def killed(beside: Path, *marks: str) -> None:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise KeyboardInterrupt
        write(beside, *marks)
        if step == "before the store":
            raise KeyboardInterrupt

    database = Database(f"sqlite:///{file}")
    monkeypatch.setattr(homes, "_write_marks", killed)
    with pytest.raises(KeyboardInterrupt):
        notice_restored(database, NOW)
    monkeypatch.undo()
    database.close()
    run(file)


def test_a_copy_is_noticed_again_after_a_kill_before_it_was_marked(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(file)
    shutil.copyfile(file, tmp_path / "older.db")
    run(file)
    shutil.copyfile(tmp_path / "older.db", file)

    def killed(*_arguments: object) -> None:
        raise KeyboardInterrupt

    database = Database(f"sqlite:///{file}")
    monkeypatch.setattr(homes, "set_fact", killed)
    with pytest.raises(KeyboardInterrupt):
        notice_restored(database, NOW)
    monkeypatch.undo()
    database.close()
    assert is_restored(file)


def test_a_store_is_at_home_whatever_link_leads_to_it(file: Path, tmp_path: Path) -> None:
    links = [tmp_path / "first" / "digest.db", tmp_path / "second" / "digest.db"]
    for link in links:
        link.parent.mkdir()
        link.symlink_to(file)
    for one in (*links, file, *links):
        run(one)


@pytest.mark.parametrize("content", [None, b"", b"\xff\xfe", b"0123456789", b"\0" * 17])
def test_a_mark_that_was_lost_says_nothing(file: Path, content: bytes | None) -> None:
    run(file)
    beside = file.with_name("digest.db.home")
    if content is None:
        beside.unlink()
    else:
        beside.write_bytes(content)
    run(file)


def test_a_store_of_the_version_before_is_no_copy(file: Path) -> None:
    database = Database(f"sqlite:///{file}")
    with database.write() as connection:
        set_fact(connection, HOME, str(file.stat().st_ino))
    database.close()
    run(file)


def test_a_postgresql_that_was_recovered_to_an_earlier_moment_is_noticed(
    postgres_url: str,
) -> None:
    """Such a recovery begins a new timeline; the numbers of its tables stay."""
    database = Database(postgres_url, migrate=True)
    assert not notice_restored(database, NOW)
    assert not notice_restored(database, NOW)
    with database.write() as connection:
        here = find_fact(connection, HOME) or ""
        tables, _, timeline = here.rpartition("/")
        assert int(timeline, 16) >= 1
        set_fact(connection, HOME, f"{tables}/{int(timeline, 16) + 1:08X}")
    assert notice_restored(database, NOW)
    with database.write() as connection:
        forget_copy(connection)
        # As a version before kept it.
        set_fact(connection, HOME, tables)
    assert not notice_restored(database, NOW)
    database.close()

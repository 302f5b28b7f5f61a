"""What goes out comes back in, and no spreadsheet runs it."""

from __future__ import annotations

import csv
import io
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from digest.model.people import Subscription, SubscriptionStatus
from digest.store.database import Database
from digest.subscribers import membership
from digest.subscribers.exporting import COLUMNS, export_csv, write_csv
from digest.subscribers.importing import import_csv

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


def without_tokens(found: list[Subscription]) -> list[tuple[object, ...]]:
    return [
        (s.email, s.name, s.language, s.list, s.status, s.consent_at, s.consent_source)
        for s in found
    ]


PERSON = st.fixed_dictionaries(
    {
        "name": st.text(alphabet="=+-@'\"\t\n;, aéÉ%{}", max_size=8) | st.text(max_size=20),
        "consent_source": st.text(max_size=20),
        "language": st.sampled_from(["", "fr", "en-gb"]),
        "status": st.sampled_from([SubscriptionStatus.ACTIVE, SubscriptionStatus.PENDING]),
        "consent_at": st.none()
        | st.datetimes(
            min_value=datetime(2000, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
            max_value=datetime(2026, 1, 1),  # noqa: DTZ001
            timezones=st.just(UTC),
        ),
    }
)


@pytest.fixture(scope="module")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store to copy: migrations take most of the time of an example."""
    file = tmp_path_factory.mktemp("empty") / "digest.db"
    Database(f"sqlite:///{file}").close()
    return file


@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(st.lists(PERSON, max_size=5), st.sampled_from(",;\t"), st.booleans())
def test_exported_list_comes_back_the_same(
    tmp_path_factory: pytest.TempPathFactory,
    empty_store: Path,
    people: list[dict[str, object]],
    delimiter: str,
    mark: bool,
) -> None:
    folder = tmp_path_factory.mktemp("round")
    first, second = (
        Database(f"sqlite:///{shutil.copy(empty_store, folder / name)}")
        for name in ("first.db", "second.db")
    )
    for number, person in enumerate(people):
        local = "=+-"[number % 3]
        membership.add(first, "main", f"{local}{number}@example.org", now=NOW, **person)  # type: ignore[arg-type]
    file = folder / "list.csv"
    assert write_csv(first, "main", file, delimiter=delimiter, mark=mark) == len(people)
    report = import_csv(second, file, "main", now=NOW + timedelta(days=1))
    assert (report.added, report.rejected_count) == (len(people), 0)
    assert without_tokens(membership.listing(second, "main")) == without_tokens(
        membership.listing(first, "main")
    )
    again = import_csv(first, file, "main", now=NOW + timedelta(days=1))
    assert again.unchanged == len(people)
    first.close()
    second.close()


def test_spreadsheet_finds_no_formula(sqlite_store: Database) -> None:
    for number, start in enumerate("=+-@"):
        membership.add(
            sqlite_store, "main", f"+{number}@example.org", name=f"{start}HYPERLINK(1)", now=NOW
        )
    stream = io.StringIO()
    export_csv(sqlite_store, "main", stream)
    for row in csv.reader(io.StringIO(stream.getvalue())):
        assert not any(field[:1] in set("=+-@\t\r") for field in row if field)


def test_only_a_status_may_be_exported(database: Database) -> None:
    for name in ("a", "b"):
        membership.add(database, "main", f"{name}@example.org", now=NOW)
    membership.unsubscribe(database, "b@example.org", "main", now=NOW)
    stream = io.StringIO()
    assert export_csv(database, "main", stream, status=SubscriptionStatus.ACTIVE) == 1
    assert stream.getvalue().splitlines() == [",".join(COLUMNS), "a@example.org,,,active,,"]


def test_file_of_readers_is_private_and_whole(sqlite_store: Database, tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text("old")
    write_csv(sqlite_store, "main", file)
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.read_text() == ",".join(COLUMNS) + "\n"
    with pytest.raises(OSError, match="No such file"):
        write_csv(sqlite_store, "main", tmp_path / "none" / "list.csv")
    assert {path.name for path in tmp_path.iterdir()} == {"list.csv", *_store_files(tmp_path)}


def _store_files(folder: Path) -> set[str]:
    return {path.name for path in folder.glob("store.db*")}

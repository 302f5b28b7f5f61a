"""A list comes in as people saved it, and nobody who left comes back with it."""

from __future__ import annotations

import csv
import io
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from tests.subscribers.conftest import WriteCsv

from digest.errors import InputError
from digest.model.people import SubscriptionStatus, SuppressionReason
from digest.store.database import Database
from digest.store.people import staging
from digest.subscribers import importing, membership
from digest.subscribers.importing import ImportReport, RejectedRow, import_csv
from digest.subscribers.suppression import suppress

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
LATER = NOW + timedelta(days=7)


def take(
    database: Database, file: Path, list_name: str = "main", **options: object
) -> ImportReport:
    return import_csv(database, file, list_name, **{"now": NOW, **options})  # type: ignore[arg-type]


def counts(report: ImportReport) -> tuple[int, int, int, int]:
    return report.added, report.updated, report.unchanged, report.rejected_count


def reasons(report: ImportReport) -> dict[int, str]:
    return {row.number: row.reason for row in report.rejected}


def on_list(database: Database, list_name: str = "main") -> dict[str, str]:
    return {s.email: s.status.value for s in membership.listing(database, list_name)}


def test_every_column_is_kept(database: Database, write_csv: WriteCsv) -> None:
    file = write_csv(
        "email,name,language,status,consent_at,consent_source\n"
        'marie@example.org,"Dupont, Marie",fr,active,2025-03-12T08:00:00+01:00,form\n'
        "paul@example.org,Paul,en_GB,pending,,\n"
        "zoe@example.org,,,unsubscribed,2024-01-31,paper\n"
    )
    report = take(database, file, zone=ZoneInfo("Europe/Paris"))
    assert counts(report) == (3, 0, 0, 0)
    marie, paul, zoe = membership.listing(database, "main")
    assert (marie.name, marie.language, marie.consent_source) == ("Dupont, Marie", "fr", "form")
    assert marie.consent_at == datetime(2025, 3, 12, 7, tzinfo=UTC)
    assert (paul.language, paul.status) == ("en-gb", SubscriptionStatus.PENDING)
    assert zoe.consent_at == datetime(2024, 1, 30, 23, tzinfo=UTC)
    assert zoe.status is SubscriptionStatus.UNSUBSCRIBED
    assert len({marie.token, paul.token, zoe.token}) == 3


@pytest.mark.parametrize(
    ("encoding", "named"),
    [
        ("utf-8", "UTF-8"),
        ("utf-8-sig", "UTF-8 with mark"),
        ("utf-16", "UTF-16"),
        ("cp1252", "Windows-1252"),
    ],
)
@pytest.mark.parametrize(("delimiter", "word"), [(",", "comma"), (";", "semicolon"), ("\t", "tab")])
def test_file_saved_by_any_spreadsheet_is_read(
    sqlite_store: Database,
    write_csv: WriteCsv,
    encoding: str,
    named: str,
    delimiter: str,
    word: str,
) -> None:
    rows = [["Prénom", "Nom", "E-mail"], ["Zoé", "Lefèvre", "zoe@example.org"]]
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=delimiter).writerows(rows)
    report = take(sqlite_store, write_csv(buffer.getvalue(), encoding=encoding))
    assert (report.encoding, report.delimiter) == (named, word)
    assert report.columns == {"email": "E-mail", "name": "Nom", "first_name": "Prénom"}
    assert [s.name for s in membership.listing(sqlite_store, "main")] == ["Zoé Lefèvre"]


def test_excels_announcement_is_obeyed_and_not_counted(
    sqlite_store: Database, write_csv: WriteCsv
) -> None:
    file = write_csv("sep=;\r\ncourriel;nom\r\nmarie@example.org;A,B\r\nwrong;C\r\n")
    report = take(sqlite_store, file)
    assert report.delimiter == "semicolon"
    assert counts(report) == (1, 0, 0, 1)
    assert list(reasons(report)) == [3]


def test_full_name_is_not_doubled_by_a_first_name(
    sqlite_store: Database, write_csv: WriteCsv
) -> None:
    take(sqlite_store, write_csv("first name,full name,mail\nAnne,Anne Exemple,a@example.org\n"))
    assert [s.name for s in membership.listing(sqlite_store, "main")] == ["Anne Exemple"]


def test_unknown_columns_are_named_and_left_out(
    sqlite_store: Database, write_csv: WriteCsv
) -> None:
    report = take(
        sqlite_store, write_csv("ville,email,adresse,\nVille-Exemple,a@example.org,1 rue X,\n")
    )
    assert report.ignored == ("ville", "adresse")
    assert counts(report) == (1, 0, 0, 0)


def test_status_in_french_is_understood(sqlite_store: Database, write_csv: WriteCsv) -> None:
    words = ["Actif", "en attente", "Désabonné", "désabonnée", ""]
    rows = "".join(f"r{n}@example.org,{word}\n" for n, word in enumerate(words))
    take(sqlite_store, write_csv(f"email,statut\n{rows}"))
    assert list(on_list(sqlite_store).values()) == [
        "active",
        "pending",
        "unsubscribed",
        "unsubscribed",
        "active",
    ]


def test_wrong_rows_are_named_by_their_row_and_the_rest_comes_in(
    database: Database, write_csv: WriteCsv
) -> None:
    wrong = {
        2: ("not-an-address,,,,,", "no @"),
        3: ("a@example.org,x", "2 fields instead of 6"),
        4: ("b@example.org,nul\0here,,,,", "NUL"),
        5: ("c@example.org,,français,,,", "language"),
        6: ("d@example.org,,,perhaps,,", "status"),
        7: ("e@example.org,,,,12/03/2025,", "consent_at"),
        8: ("f@example.org,,,,2999-01-01,", "future"),
        9: ("g@example.org,,,,0001-01-01T00:00+12:00,", "consent_at"),
        10: (f"h@example.org,{'n' * 201},,,,", "201 characters"),
        11: (f"i@example.org,,,,,{'s' * 501}", "501 characters"),
        12: ('j@example.org,"Jean "Jo" Exemple",,,,', "quotation mark"),
        13: ('k@example.org,"Ann\nl@example.org,Bob",,,,', "swallows 1 more"),
        16: (",Nobody,,,,", "no address"),
    }
    lines = [line for number, (line, _) in wrong.items() if number < 14]
    file = write_csv(
        "email,name,language,status,consent_at,consent_source\n"
        + "\n".join(lines)
        + "\n\n,,,,,\n"
        + wrong[16][0]
        + "\nlast@example.org,,,,,\n"
    )
    report = take(database, file)
    assert counts(report) == (1, 0, 0, len(wrong))
    assert report.rows == len(wrong) + 1
    found = reasons(report)
    assert list(found) == list(wrong)
    for number, (_, expected) in wrong.items():
        assert expected in found[number]
    assert on_list(database) == {"last@example.org": "active"}


def test_first_of_two_rows_with_one_address_wins(database: Database, write_csv: WriteCsv) -> None:
    file = write_csv(
        "email,name\nb@example.org,B\nMARIE@example.org,First\nmarie@Example.org,Second\n"
        "c@example.org,C\nmarie@example.org,Third\n"
    )
    report = take(database, file)
    assert counts(report) == (3, 0, 0, 2)
    assert reasons(report) == {
        4: "the same address as in row 3",
        6: "the same address as in row 3",
    }
    assert {s.email: s.name for s in membership.listing(database, "main")}[
        "marie@example.org"
    ] == "First"


def test_import_changes_what_it_says_and_keeps_the_rest(
    database: Database, write_csv: WriteCsv
) -> None:
    head = "email,name,language,status,consent_at,consent_source\n"
    take(
        database,
        write_csv(
            f"{head}a@example.org,Anne,fr,active,2025-01-01,form\n"
            "b@example.org,Bob,,pending,,\nc@example.org,,,,,\nd@example.org,Dan,fr,active,,\n"
            "e@example.org,,,pending,,\n"
        ),
    )
    report = take(
        database,
        write_csv(
            # Empty fields say nothing, and evidence that stands is not overwritten.
            f"{head}a@example.org,,,active,2026-01-01,other\n"
            "b@example.org,Robert,,active,,stand\n"
            "c@example.org,,,unsubscribed,,\n"
            "d@example.org,Dan,en,pending,2025-05-05,\n"
            "e@example.org,,,active,,\n"
        ),
        now=LATER,
    )
    assert counts(report) == (0, 3, 1, 1)
    assert "has not confirmed" in reasons(report)[6]
    a, b, c, d, e = membership.listing(database, "main")
    assert (a.name, a.language, a.consent_source) == ("Anne", "fr", "form")
    assert (a.consent_at, a.changed_at) == (datetime(2025, 1, 1, tzinfo=UTC), NOW)
    assert (b.name, b.status, b.consent_source) == ("Robert", SubscriptionStatus.ACTIVE, "stand")
    assert b.changed_at == LATER
    assert c.status is SubscriptionStatus.UNSUBSCRIBED
    assert (d.language, d.status) == ("en", SubscriptionStatus.ACTIVE)
    assert d.consent_at == datetime(2025, 5, 5, tzinfo=UTC)
    assert e.status is SubscriptionStatus.PENDING


def test_nobody_who_left_comes_back(database: Database, write_csv: WriteCsv) -> None:
    file = write_csv(
        "email\nleft@example.org\nbounced@example.org\nforgotten@example.org\nBOUNCED@example.org\n"
        "never@example.org\nstays@example.org\n"
    )
    take(database, file)
    membership.unsubscribe(database, "left@example.org", "main", now=NOW)
    suppress(database, "bounced@example.org", SuppressionReason.BOUNCE, now=NOW)
    suppress(database, "never@example.org", now=NOW)
    membership.forget(database, "forgotten@example.org", now=NOW)
    before = on_list(database)
    report = take(database, file, now=LATER)
    assert counts(report) == (0, 0, 1, 6 - 1)
    found = reasons(report)
    assert "unsubscribed on 2026-11-22" in found[2]
    assert found[3] == "suppressed (bounce)"
    assert found[4] == "asked to be forgotten"
    assert found[5] == "the same address as in row 3"
    assert found[6] == "suppressed (manual)"
    assert on_list(database) == before
    assert before["left@example.org"] == "unsubscribed"
    assert "forgotten@example.org" not in before


def test_suppressed_is_found_among_many(
    database: Database, write_csv: WriteCsv, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staging, "_LOOKUP", 7)
    suppressed = {f"r{n}@example.org" for n in range(0, 50, 3)}
    for email in suppressed:
        suppress(database, email, now=NOW)
    file = write_csv("email\n" + "".join(f"r{n}@example.org\n" for n in range(50)))
    report = take(database, file)
    assert report.rejected_count == len(suppressed)
    assert not suppressed & set(on_list(database))


def test_leaving_one_list_is_not_leaving_another(database: Database, write_csv: WriteCsv) -> None:
    file = write_csv("email,name\nmarie@example.org,Marie\n")
    take(database, file)
    membership.unsubscribe(database, "marie@example.org", "main", now=NOW)
    assert counts(take(database, file, "monthly")) == (1, 0, 0, 0)
    assert on_list(database) == {"marie@example.org": "unsubscribed"}
    assert on_list(database, "monthly") == {"marie@example.org": "active"}
    assert counts(take(database, file, "monthly")) == (0, 0, 1, 0)


def test_dry_run_reports_the_same_and_writes_nothing(
    database: Database, write_csv: WriteCsv
) -> None:
    take(database, write_csv("email,name\na@example.org,A\nb@example.org,B\n"))
    membership.unsubscribe(database, "b@example.org", "main", now=NOW)
    file = write_csv(
        "email,name\na@example.org,Anne\nb@example.org,\nc@example.org,C\nc@example.org,\nx\n"
    )
    before = membership.listing(database, "main")
    dry = take(database, file, now=LATER, dry_run=True)
    assert membership.listing(database, "main") == before
    real = take(database, file, now=LATER)
    assert counts(dry) == counts(real) == (1, 1, 0, 3)
    assert dry.rejected == real.rejected
    assert membership.listing(database, "main") != before


def test_broken_file_imports_nothing(database: Database, write_csv: WriteCsv) -> None:
    good = "".join(f"r{n}@example.org,\n" for n in range(20_000))
    file = write_csv(f'email,name\n{good}z@example.org,"Zoé\ny@example.org,Yves\n')
    with pytest.raises(InputError) as refused:
        take(database, file)
    assert "row 20002 (line 20002)" in refused.value.message
    assert refused.value.hint
    assert on_list(database) == {}


def test_failure_while_writing_imports_nothing(
    database: Database, write_csv: WriteCsv, monkeypatch: pytest.MonkeyPatch
) -> None:
    take(database, write_csv("email,name\na@example.org,A\n"))
    writes = (*staging._WRITES[:-1], "INSERT INTO subscriptions (list) VALUES (:list)")
    monkeypatch.setattr(staging, "_WRITES", writes)
    with pytest.raises(Exception, match="subscri"):
        take(database, write_csv("email,name\na@example.org,Anne\nb@example.org,B\n"))
    assert [(s.email, s.name) for s in membership.listing(database, "main")] == [
        ("a@example.org", "A")
    ]


def test_ids_go_on_after_an_import(database: Database, write_csv: WriteCsv) -> None:
    membership.add(database, "main", "first@example.org", now=NOW)
    take(database, write_csv("email\na@example.org\nfirst@example.org\nb@example.org\n"))
    membership.add(database, "main", "last@example.org", now=NOW)
    take(database, write_csv("email\nc@example.org\nlast@example.org\n"))
    assert len(on_list(database)) == 5
    with database.read() as connection:
        orphans = connection.execute(
            text(
                "SELECT count(*) FROM subscribers AS s WHERE NOT EXISTS "
                "(SELECT 1 FROM subscriptions AS p WHERE p.subscriber_id = s.id)"
            )
        ).scalar_one()
    assert orphans == 0


def test_progress_ends_at_the_whole_file(sqlite_store: Database, write_csv: WriteCsv) -> None:
    file = write_csv("email\n" + "".join(f"r{n}@example.org\n" for n in range(25_000)))
    told: list[tuple[int, int]] = []
    take(sqlite_store, file, progress=lambda done, total: told.append((done, total)))
    assert told == sorted(told)
    assert told[-1] == (file.stat().st_size, file.stat().st_size)
    assert len(told) > 2


def test_report_stays_small_when_everything_is_wrong(
    sqlite_store: Database, write_csv: WriteCsv, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "MAX_REJECTED", 10)
    report = take(sqlite_store, write_csv("email\n" + "wrong\n" * 25))
    assert report.rejected_count == 25
    assert report.rejected == tuple(RejectedRow(n, "address: no @") for n in range(2, 12))


CELL = st.text(
    alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12
)
STATUS = st.sampled_from(["", "active", "pending", "unsubscribed", "nonsense"])
EMAIL = st.one_of(
    st.sampled_from(["a@example.org", "B@example.org", "c@é.example", "nobody"]), CELL
)


@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(EMAIL, CELL, STATUS, CELL), max_size=12), st.sampled_from(",;\t"))
def test_every_row_is_accounted_for(
    sqlite_store: Database, write_csv: WriteCsv, rows: list[tuple[str, ...]], delimiter: str
) -> None:
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=delimiter, quoting=csv.QUOTE_ALL)
    writer.writerow(["email", "name", "status", "consent_source"])
    writer.writerows(rows)
    before = membership.listing(sqlite_store, "main")
    report = take(sqlite_store, write_csv(buffer.getvalue()))
    assert report.rows == sum(any(row) for row in rows)
    assert len(reasons(report)) == report.rejected_count
    after = membership.listing(sqlite_store, "main")
    assert len(after) == len(before) + report.added
    gone = {s.email for s in before if s.status is SubscriptionStatus.UNSUBSCRIBED}
    assert gone <= {s.email for s in after if s.status is SubscriptionStatus.UNSUBSCRIBED}


def test_many_rows_in_any_order_are_all_there(database: Database, write_csv: WriteCsv) -> None:
    shuffled = list(range(12_345))
    random.Random(7).shuffle(shuffled)
    file = write_csv("email,name\n" + "".join(f"r{n}@example.org,R {n}\n" for n in shuffled))
    assert counts(take(database, file)) == (len(shuffled), 0, 0, 0)
    names = {s.email: s.name for s in membership.listing(database, "main")}
    assert names == {f"r{n}@example.org": f"R {n}" for n in shuffled}
    assert counts(take(database, file)) == (0, 0, len(shuffled), 0)

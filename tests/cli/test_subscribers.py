"""Readers from the shell: in by hand or by file, out for a while or for good."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from tests.cli.conftest import Digest, Ran

from digest.cli.people import subscribers as commands
from digest.cli.people.reader_tables import SHOWN_REJECTED

MARIE = "marie@example.org"


def emails(digest: Digest, *arguments: str) -> dict[str, str]:
    listed = digest("subscribers", "list", "--json", *arguments).json
    return {found["email"]: found["status"] for found in listed}


def assert_hidden(ran: Ran, email: str = MARIE) -> None:
    assert email.split("@")[0] not in (ran.out + ran.err).lower()


@pytest.fixture
def readers(lettre: Path) -> Path:
    """A file as a French spreadsheet saves it, with two rows that are wrong."""
    file = lettre / "lecteurs.csv"
    text = (
        "Prénom;Nom;E-mail;Ville\r\nMarie;Exemple;marie@example.org;A\r\n"
        "Paul;Exemple;paul@example.org;B\r\nMarie;Encore;MARIE@example.org;C\r\nX;Y;faux;D\r\n"
    )
    file.write_bytes(text.encode("cp1252"))
    return file


def test_file_comes_in_and_what_did_not_is_told(digest: Digest, readers: Path) -> None:
    dry = digest("subscribers", "import", readers.name, "--dry-run")
    assert dry.code == 0
    assert "nothing written" in dry.out
    assert emails(digest) == {}
    real = digest("subscribers", "import", readers.name)
    assert real.code == 0
    for said in ("2 added", "2 rejected", "Windows-1252", "semicolon", "“E-mail”", "Ville"):
        assert said in real.out
    assert "the same address as in row 2" in real.out
    assert_hidden(real)
    assert emails(digest) == {MARIE: "active", "paul@example.org": "active"}


def test_report_as_json_accounts_for_every_row(digest: Digest, readers: Path) -> None:
    report = digest("subscribers", "import", readers.name, "--json").json
    assert report["rows"] == 4
    assert report["added"] + report["rejected_count"] == 4
    assert [row["row"] for row in report["rejected"]] == [4, 5]
    assert report["columns"]["email"] == "E-mail"


def test_long_report_names_the_first_rows_only(digest: Digest, lettre: Path) -> None:
    count = SHOWN_REJECTED + 7
    (lettre / "wrong.csv").write_text("email\n" + "wrong\n" * count, encoding="utf-8")
    ran = digest("subscribers", "import", "wrong.csv")
    assert ran.out.count("no @") == SHOWN_REJECTED
    assert "7 more" in ran.out


def test_file_that_is_none_exits_two(digest: Digest) -> None:
    ran = digest("subscribers", "import", "nowhere.csv")
    assert ran.code == 2
    assert "nowhere.csv" in ran.err


def test_reader_added_by_hand_is_listed(digest: Digest) -> None:
    added = digest(
        "subscribers", "add", "Marie@Example.org", "--name", "[bold]Marie", "--language", "fr",
        "--consent-source", "fair, stand 4",
    )  # fmt: skip
    assert added.code == 0
    assert_hidden(added)
    listed = digest("subscribers", "list")
    assert MARIE in listed.out
    assert "[bold]Marie" in listed.out
    (found,) = digest("subscribers", "list", "--json").json
    assert (found["consent_source"], found["status"]) == ("fair, stand 4", "active")
    assert found["consent_at"]
    assert "token" not in found
    again = digest("subscribers", "add", MARIE, "--json").json
    assert again["change"] == "unchanged"


def test_wrong_address_is_refused_without_being_repeated(digest: Digest) -> None:
    ran = digest("subscribers", "add", "marie@example")
    assert ran.code == 2
    assert "domain without a dot" in ran.err
    assert_hidden(ran)


def test_who_left_comes_back_only_with_consent(digest: Digest) -> None:
    digest("subscribers", "add", MARIE)
    left = digest("subscribers", "unsubscribe", MARIE)
    assert left.code == 0
    assert_hidden(left)
    assert digest("subscribers", "unsubscribe", MARIE, "--json").json["changed"] is False
    for arguments in ((), ("--resubscribe",)):
        refused = digest("subscribers", "add", MARIE, *arguments)
        assert refused.code == 2
        assert "--consent-source" in refused.err
        assert_hidden(refused)
    back = digest("subscribers", "add", MARIE, "--resubscribe", "--consent-source", "phone")
    assert back.code == 0
    assert emails(digest) == {MARIE: "active"}


def test_reader_leaves_every_list(digest: Digest, settings: object) -> None:
    settings("", '\n[[lists]]\nname = "mensuel"\n')  # type: ignore[operator]
    for name in ("hebdo", "mensuel"):
        assert digest("subscribers", "add", MARIE, "--list", name).code == 0
    ran = digest("subscribers", "unsubscribe", MARIE, "--all")
    assert "every list" in ran.out
    for name in ("hebdo", "mensuel"):
        assert emails(digest, "--list", name) == {MARIE: "unsubscribed"}
    figures = digest("subscribers", "stats", "--json").json
    assert [(found["list"], found["unsubscribed"]) for found in figures] == [
        ("hebdo", 1),
        ("mensuel", 1),
    ]
    assert "mensuel" in digest("subscribers", "stats").out
    assert "mensuel" not in digest("subscribers", "stats", "--list", "hebdo").out


def test_unknown_list_is_told_the_nearest(digest: Digest) -> None:
    ran = digest("subscribers", "list", "--list", "hebdomadaire")
    assert ran.code == 2
    assert "hebdo" in ran.err.replace("hebdomadaire", "")


@pytest.mark.parametrize("command", ["remove", "forget"])
def test_what_cannot_be_undone_is_asked_first(digest: Digest, command: str) -> None:
    digest("subscribers", "add", MARIE)
    asked = digest("subscribers", command, MARIE)
    assert asked.code == 2
    assert "--yes" in asked.err
    assert_hidden(asked)
    assert emails(digest) == {MARIE: "active"}
    done = digest("subscribers", command, MARIE, "--yes")
    assert done.code == 0
    assert_hidden(done)
    assert emails(digest) == {}


@pytest.mark.parametrize("command", ["remove", "forget"])
def test_answer_no_changes_nothing(
    digest: Digest, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest("subscribers", "add", MARIE)
    monkeypatch.setattr("digest.cli.frame.is_interactive", lambda: True)
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    assert digest("subscribers", command, MARIE).code == 9
    assert emails(digest) == {MARIE: "active"}


def test_forgotten_stays_out_and_removed_does_not(digest: Digest, readers: Path) -> None:
    digest("subscribers", "import", readers.name)
    gone = digest("subscribers", "forget", MARIE, "--yes", "--json").json
    assert gone == {"subscriptions": 1, "deliveries": 0}
    assert digest("subscribers", "remove", "paul@example.org", "--yes", "--json").json["removed"]
    report = digest("subscribers", "import", readers.name, "--json").json
    assert report["added"] == 1
    assert report["rejected"][0] == {"row": 2, "reason": "asked to be forgotten"}
    assert emails(digest) == {"paul@example.org": "active"}


def test_forgetting_keeps_the_figures_of_past_editions(digest: Digest) -> None:
    digest("send", "--yes")
    before = digest("status", "--json").json
    somebody = next(email for email, status in emails(digest).items() if status == "active")
    gone = digest("subscribers", "forget", somebody, "--yes")
    assert "1 delivery made anonymous" in gone.out
    assert digest("status", "--json").json == before


def test_export_is_read_back_to_the_same(digest: Digest, readers: Path, lettre: Path) -> None:
    digest("subscribers", "import", readers.name)
    printed = digest("subscribers", "export").out
    assert [row["email"] for row in csv.DictReader(io.StringIO(printed))] == [
        MARIE,
        "paul@example.org",
    ]
    assert digest("subscribers", "export", "--status", "pending").out.count("\n") == 1
    assert digest("subscribers", "export", "--excel").out.startswith("\ufeffemail;name;")
    written = digest("subscribers", "export", "--excel", "--output", "out.csv")
    assert "2 readers" in written.out
    assert (lettre / "out.csv").stat().st_mode & 0o777 == 0o600
    report = digest("subscribers", "import", "out.csv", "--json").json
    assert report["unchanged"] == report["rows"] == 2
    assert digest("subscribers", "export", "--output", "none/out.csv").code == 2


def test_long_list_is_cut_on_the_terminal_only(
    digest: Digest, lettre: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Nobody" in digest("subscribers", "list").out
    rows = "".join(f"r{n}@example.org\n" for n in range(5))
    (lettre / "five.csv").write_text(f"email\n{rows}", encoding="utf-8")
    digest("subscribers", "import", "five.csv")
    monkeypatch.setattr(commands, "SHOWN", 3)
    shown = digest("subscribers", "list")
    assert shown.out.count("@example.org") == 3
    assert "--limit" in shown.out
    assert digest("subscribers", "list", "--limit", "5").out.count("@example.org") == 5
    assert len(emails(digest)) == 5
    assert "pending" in digest("subscribers", "list", "--status", "pending").out


# ---- Suppressions --------------------------------------------------------------------------


def test_suppressed_reader_is_not_written_to_until_it_is_lifted(digest: Digest) -> None:
    digest("send", "--dry-run")
    somebody = next(email for email, status in emails(digest).items() if status == "active")
    done = digest("suppress", "add", somebody.upper(), "--note", "by [telephone]")
    assert done.code == 0
    assert_hidden(done, somebody)
    assert digest("suppress", "add", somebody, "--json").json["changed"] is False
    listed = digest("suppress", "list").out
    assert somebody in listed
    assert "by [telephone]" in listed
    refused = digest("subscribers", "add", somebody)
    assert refused.code == 2
    assert "suppressed" in refused.err
    assert digest("send", "--yes", "--json").json["excluded"]["suppressed"] == 1
    assert digest("suppress", "lift", somebody).code == 2
    assert digest("suppress", "lift", somebody, "--yes").code == 0
    assert "No address" in digest("suppress", "list").out
    assert digest("suppress", "lift", somebody, "--yes").code == 2


def test_suppressions_come_in_by_file(digest: Digest, lettre: Path) -> None:
    (lettre / "out.csv").write_text("email,reason\na@example.org,bounce\nwrong,\n")
    ran = digest("suppress", "import", "out.csv")
    assert "1 suppressed" in ran.out
    assert "row 3: no @" in ran.out
    again = digest("suppress", "import", "out.csv", "--json").json
    assert (again["added"], again["unchanged"]) == (0, 1)
    digest("subscribers", "forget", "b@example.org", "--yes")
    listed = digest("suppress", "list", "--json").json
    assert {(found["email"], found["reason"]) for found in listed} == {
        ("a@example.org", "bounce"),
        (None, "forgotten"),
    }
    assert len(digest("suppress", "list", "--limit", "1", "--json").json) == 1
    lifted = digest("suppress", "lift", "a@example.org", "--yes", "--json").json
    assert lifted == {"reason": "bounce", "lifted": True}


@pytest.mark.parametrize("command", ["add", "lift"])
def test_wrong_address_to_suppress_is_told(digest: Digest, command: str) -> None:
    arguments = ["--yes"] if command == "lift" else []
    ran = digest("suppress", command, "marie@@example.org", *arguments)
    assert ran.code == 2
    assert "two @" in ran.err


@pytest.mark.parametrize(
    "command",
    [
        ("subscribers", name)
        for name in (
            "add",
            "import",
            "export",
            "list",
            "unsubscribe",
            "remove",
            "forget",
            "stats",
        )
    ]
    + [("suppress", name) for name in ("add", "list", "import", "lift")],
)
def test_help_shows_an_example(digest: Digest, command: tuple[str, str]) -> None:
    ran = digest(*command, "--help")
    assert ran.code == 0
    assert f"Example: digest {command[0]} {command[1]}" in " ".join(ran.out.split())

"""The options before a command that say what is logged, and where."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.cli.conftest import Digest

from digest import logs


def test_nothing_is_logged_unless_asked_for(digest: Digest) -> None:
    assert digest("build").err.count("digest.cli") == 0


def test_each_command_is_logged_from_its_beginning_to_its_end(digest: Digest) -> None:
    ran = digest("--log-level", "info", "--log-format", "json", "status")
    lines = [json.loads(line) for line in ran.err.splitlines() if line.startswith("{")]
    assert [line["event"] for line in lines] == [
        "command started",
        "command failed",
        "command ended",
    ]
    assert lines[0]["command"] == "status"
    assert lines[1]["hint"] == "Run `digest build`."
    assert lines[2]["exit_code"] == ran.code == 5


def test_environment_says_the_same(
    digest: Digest, lettre: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIGEST_LOG_LEVEL", "info")
    monkeypatch.setenv("DIGEST_LOG_FORMAT", "json")
    monkeypatch.setenv("DIGEST_LOG_FILE", str(lettre / "digest.log"))
    ran = digest("doctor")
    assert "command" not in ran.err
    last = (lettre / "digest.log").read_text(encoding="utf-8").splitlines()[-1]
    assert json.loads(last)["event"] == "command ended"


def test_bug_is_logged_with_its_trace(digest: Digest, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("marie@readers.example")

    monkeypatch.setattr("digest.doctor.examine", broken)
    ran = digest("--log-level", "info", "--log-format", "json", "doctor")
    assert ran.code == 1
    (line,) = [json.loads(one) for one in ran.err.splitlines() if "command failed" in one]
    assert "ZeroDivisionError: m…@readers.example" in line["exception"]


def said(printed: str) -> str:
    """What a frame holds, in one line."""
    return " ".join(printed.replace("│", " ").split())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--log-level", "loud"), "found “loud”; allowed: debug, info, warning, error."),
        (("--log-format", "xml"), "found “xml”; allowed: text, json."),
        (("--log-file", "missing/digest.log"), "missing/digest.log: cannot be written"),
    ],
)
def test_wrong_option_is_told_as_a_wrong_setting_is(
    digest: Digest, arguments: tuple[str, str], words: str
) -> None:
    told = digest(*arguments, "status")
    assert told.code == 2
    assert words in said(told.err)
    assert "Value error" not in told.err


@pytest.mark.parametrize(
    ("given", "allowed"), [("many", "a whole number"), ("0", "1 or more"), ("101", "100 or less")]
)
def test_wrong_number_is_told_with_what_is_allowed(
    digest: Digest, given: str, allowed: str
) -> None:
    told = digest("sources", "test", "depeches", "--most", given)
    assert told.code == 2
    assert f"found “{given}”; allowed: {allowed}." in said(told.err)


@pytest.mark.parametrize(
    "command",
    [
        ("config", "show"),
        ("sponsors", "list"),
        ("sponsors", "calendar"),
        ("sponsors", "check"),
        ("template", "list"),
        ("template", "new", "dimanche", "--from", "weekly"),
        ("sources", "test", "nowhere"),
        ("sources", "add", "no where", "--yes"),
        ("sources", "import", "nowhere.opml"),
        ("summarise", "nowhere.md", "--config", "config.toml"),
        ("status",),
    ],
)
def test_no_command_logs_the_secrets_that_the_settings_name(
    digest: Digest, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    """Whoever reads the settings hides what they name: there is one way in."""
    monkeypatch.setattr(logs, "_hidden", set())
    monkeypatch.setenv("SENDGRID_API_KEY", "SG.tout-a-fait-secret")
    digest(*command)
    assert "secret" not in logs.masked("key SG.tout-a-fait-secret")

"""The options before a command that say what is logged, and where."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.cli.conftest import Digest


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


@pytest.mark.parametrize(
    "arguments",
    [("--log-level", "loud"), ("--log-format", "xml"), ("--log-file", "missing/digest.log")],
)
def test_wrong_option_is_told(digest: Digest, arguments: tuple[str, str]) -> None:
    assert digest(*arguments, "status").code == 2

"""A relay's logs are read in order, wherever they come from and however they are packed."""

from __future__ import annotations

import gzip
import io
import os
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest

from digest.errors import InputError
from digest.events.log_files import read_logs

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


def lines(first: int, count: int = 3) -> list[str]:
    """Lines of a log that begins on that minute."""
    return [
        f"Nov 22 08:{first:02}:{n % 60:02} relais postfix/smtpd[9]: connect from h{n}[192.0.2.1]"
        for n in range(count)
    ]


def content(log: list[str]) -> bytes:
    return "".join(f"{line}\n" for line in log).encode()


def read(*names: object) -> list[str]:
    return list(read_logs([str(name) for name in names], now=NOW, zone=ZoneInfo("Europe/Paris")))


def as_stdin(monkeypatch: pytest.MonkeyPatch, given: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(given)))


def test_rotated_logs_are_put_in_order_packed_or_not(tmp_path: Path) -> None:
    new, old, oldest = tmp_path / "mail.log", tmp_path / "mail.log.1", tmp_path / "mail.log.2.gz"
    new.write_bytes(content(lines(30)))
    old.write_bytes(content(lines(20, 2000)))
    oldest.write_bytes(gzip.compress(content(lines(10))) + gzip.compress(content(lines(11))))
    assert read(new, old, oldest) == lines(10) + lines(11) + lines(20, 2000) + lines(30)


@pytest.mark.parametrize("packed", [False, True])
def test_log_that_comes_through_a_pipe_is_read_once_and_whole(tmp_path: Path, packed: bool) -> None:
    pipe, log = tmp_path / "pipe", lines(10, 3000)
    os.mkfifo(pipe)
    given = gzip.compress(content(log)) if packed else content(log)
    writer = threading.Thread(target=pipe.write_bytes, args=(given,))
    writer.start()
    try:
        assert read(pipe) == log
    finally:
        writer.join()


@pytest.mark.parametrize("packed", [False, True])
def test_standard_input_stands_where_it_begins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, packed: bool
) -> None:
    (tmp_path / "mail.log").write_bytes(content(lines(30)))
    older = content(lines(20))
    as_stdin(monkeypatch, gzip.compress(older) if packed else older)
    assert read(tmp_path / "mail.log", "-") == lines(20) + lines(30)
    assert not sys.stdin.buffer.closed


def test_a_log_that_was_just_rotated_is_empty_and_may_stand_beside_another(tmp_path: Path) -> None:
    (tmp_path / "mail.log").write_bytes(b"")
    (tmp_path / "mail.log.1").write_bytes(content(lines(20)))
    assert read(tmp_path / "mail.log", tmp_path / "mail.log.1") == lines(20)
    with pytest.raises(InputError, match=r"mail\.log: no line of it is Postfix's"):
        read(tmp_path / "mail.log")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (b"127.0.0.1 - - [22/Nov/2026:08:00:00] GET /\n", "no line of it is Postfix's"),
        (b"Sun 2026-11-22 08:00:01 CET relais postfix/qmgr[1]: removed\n", "no line of it"),
        (gzip.compress(content(lines(1)))[:-9], "compression is broken or breaks off"),
        (b"\x1f\x8bnonsense", "compression is broken or breaks off"),
    ],
    ids=["web server", "journal in full", "cut off", "not packed"],
)
def test_what_is_no_log_of_postfix_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: bytes, words: str
) -> None:
    (tmp_path / "log").write_bytes(given)
    with pytest.raises(InputError, match=words) as caught:
        read(tmp_path / "log")
    assert str(tmp_path / "log") in caught.value.message
    as_stdin(monkeypatch, given)
    with pytest.raises(InputError, match=f"standard input: .*{words}"):
        read("-")


@pytest.mark.parametrize("name", ["missing", "."])
def test_log_that_cannot_be_opened_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match=r"No such file|Is a directory"):
        read(tmp_path / name)

"""At a terminal: the number of recipients is asked for, and Ctrl-C finishes what is in flight."""

from __future__ import annotations

import os
import pty
import select
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.cli.conftest import NOW, Digest

DEADLINE = 180.0


def at_terminal(folder: Path, arguments: list[str], answer: str) -> tuple[int, str]:
    """Run a command on a terminal, type an answer at its question; exit code and screen."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(folder)
        environment = {**os.environ, "DIGEST_NOW": NOW, "TERM": "xterm", "COLUMNS": "100"}
        os.execve(sys.executable, [sys.executable, "-m", "digest", *arguments], environment)
    screen, typed, end = b"", False, time.monotonic() + DEADLINE
    while time.monotonic() < end:
        if not select.select([terminal], [], [], 1)[0]:
            continue
        try:
            read = os.read(terminal, 65536)
        except OSError:
            break
        if not read:
            break
        screen += read
        if not typed and screen.rstrip().endswith(b":"):
            os.write(terminal, f"{answer}\n".encode())
            typed = True
    else:
        os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    os.close(terminal)
    return os.waitstatus_to_exitcode(status), screen.decode()


def test_send_shows_everything_and_asks_for_the_number(digest: Digest, lettre: Path) -> None:
    digest("build")
    code, screen = at_terminal(lettre, ["send"], "10")
    assert code == 0, screen
    for word in (
        "Edition",
        "Subject",
        "Sender",
        "hebdo",
        "Recipients",
        "1 unsubscribed",
        "Sponsor",
    ):
        assert word in screen
    assert "Type the number of recipients" in screen
    assert len(list((lettre / "outbox" / "new").iterdir())) == 10


@pytest.mark.parametrize("answer", ["11", "yes", ""])
def test_wrong_number_declines_and_nothing_leaves(
    digest: Digest, lettre: Path, answer: str
) -> None:
    digest("build")
    code, screen = at_terminal(lettre, ["send"], answer or "\x04")
    assert code in (9, 130), screen
    assert not (lettre / "outbox").exists()


def test_forgetting_asks_first(digest: Digest, lettre: Path) -> None:
    digest("send", "--dry-run")
    somebody = digest("subscribers", "list", "--json").json[0]["email"]
    code, _ = at_terminal(lettre, ["editions", "skip", "2026-W50"], "n")
    assert code in (0, 9)
    assert digest("subscribers", "forget", somebody).code == 2


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_finishes_what_is_in_flight_and_says_how_to_go_on(
    digest: Digest, lettre: Path, sign: signal.Signals
) -> None:
    readers = 600
    rows = "".join(f"lecteur{n}@example.org\n" for n in range(readers))
    (lettre / "subscribers" / "sample.csv").write_text(f"email\n{rows}")
    digest("send", "--dry-run")
    process = subprocess.Popen(
        [sys.executable, "-m", "digest", "send", "--yes"],
        cwd=lettre,
        env={**os.environ, "DIGEST_NOW": NOW, "DIGEST__DELIVERY__BATCH": "10"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    new = lettre / "outbox" / "new"
    end = time.monotonic() + DEADLINE
    while process.poll() is None and time.monotonic() < end:
        if new.exists() and any(new.iterdir()):
            process.send_signal(sign)
            break
        time.sleep(0.001)
    _, told = process.communicate(timeout=DEADLINE)
    assert process.returncode in (0, 130), told
    if process.returncode == 130:
        assert "The same command goes on" in told
        assert digest("status", "--json").json["unknown"] == 0
    final = digest("send", "--yes", "--json").json
    assert final["accepted"] == readers == len(list(new.iterdir()))


def read_until(terminal: int, screen: bytes, words: bytes) -> bytes:
    """What a terminal shows, up to some words or its end."""
    end = time.monotonic() + DEADLINE
    while words not in screen and time.monotonic() < end:
        if not select.select([terminal], [], [], 1)[0]:
            continue
        try:
            read = os.read(terminal, 65536)
        except OSError:
            break
        if not read:
            break
        screen += read
    return screen


def test_ctrl_c_is_answered_at_once_and_so_is_the_second_one(digest: Digest, lettre: Path) -> None:
    digest("build")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(DEADLINE)
        environment = {
            **os.environ,
            "DIGEST_NOW": NOW,
            "TERM": "xterm",
            "COLUMNS": "100",
            "DIGEST__DELIVERY__PROVIDER": "smtp",
            "DIGEST__DELIVERY__SMTP__HOST": "127.0.0.1",
            "DIGEST__DELIVERY__SMTP__PORT": str(silent.getsockname()[1]),
            "DIGEST__DELIVERY__SMTP__SECURITY": "none",
            "DIGEST__EDITION__IMAGES": "embed",
        }
        pid, terminal = pty.fork()
        if pid == 0:
            os.chdir(lettre)
            arguments = [sys.executable, "-m", "digest", "send", "--yes"]
            os.execve(sys.executable, arguments, environment)
        try:
            connection, _ = silent.accept()
            with connection:
                os.kill(pid, signal.SIGINT)
                screen = read_until(terminal, b"", b"ends at once.")
                assert b"Stopping: what is in flight is finished" in screen, screen.decode()
                os.kill(pid, signal.SIGINT)
                screen = read_until(terminal, screen, b"\0")  # its end
        finally:
            os.kill(pid, signal.SIGKILL)
            _, status = os.waitpid(pid, 0)
            os.close(terminal)
    assert b"\nInterrupted: what was in flight may be unknown; the same command" in screen, screen
    assert os.waitstatus_to_exitcode(status) == 130
    assert digest("status", "--json").json["accepted"] == 0

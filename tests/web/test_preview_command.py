"""`digest preview` serves until it is stopped, and then ends at once and in good order."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from tests.web.studio_world import DEADLINE, NOW, WEEK

from digest.cli import run
from digest.cli.frame import out
from digest.web.studio.session import Studio


@contextmanager
def previewing(folder: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """The command as a process of its own, killed if it should not end."""
    with subprocess.Popen(
        [sys.executable, "-m", "digest", "preview", *arguments],
        cwd=folder,
        env={**os.environ, "DIGEST_NOW": NOW.isoformat(), "COLUMNS": "200"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Press Ctrl-C; exit code, and what was told."""
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=DEADLINE)
    return process.returncode, told


def test_ctrl_c_ends_it_while_a_page_is_open(lettre: Path) -> None:
    with previewing(lettre, "--json", "--no-open") as process:
        printed = json.loads(line(process))
        assert printed["edition"] == WEEK
        with (
            httpx.Client(trust_env=False, timeout=DEADLINE, follow_redirects=True) as client,
        ):
            page = client.get(printed["url"])
            assert page.status_code == 200
            assert "server" not in page.headers
            base = re.match(r"http://127\.0\.0\.1:\d+", printed["url"])
            assert base
            with client.stream("GET", f"{base[0]}/events") as events:
                assert next(events.iter_lines()) == "event: state"
                assert ended(process) == (0, "")


def test_address_is_printed_for_people(lettre: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with previewing(lettre, "--port", str(port)) as process:
        assert re.fullmatch(
            rf"{WEEK} is shown at http://127\.0\.0\.1:{port}/\?token=[\w-]{{32}}\n", line(process)
        )
        assert line(process) == "Stop with Ctrl-C.\n"
        assert ended(process) == (0, "")


def test_broken_template_still_opens_the_studio(lettre: Path) -> None:
    (lettre / "templates" / "weekly" / "letter.mjml.j2").write_text("{% oops %}")
    with previewing(lettre, "--json") as process:
        url = json.loads(line(process))["url"]
        with httpx.Client(trust_env=False, timeout=DEADLINE, follow_redirects=True) as client:
            assert client.get(url).status_code == 200
            state = client.get(f"{url.partition('?')[0]}state.json").json()
        assert state["failure"]["file"] == "templates/weekly/letter.mjml.j2"
        assert ended(process)[0] == 0


def test_rendering_that_does_not_end_can_be_stopped(lettre: Path) -> None:
    endless = "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}"
    with previewing(lettre, "--json", "--no-open") as process:
        url = json.loads(line(process))["url"]
        file = lettre / "templates" / "weekly" / "letter.mjml.j2"
        file.unlink()
        # Whoever opens it for writing knows that somebody reads it.
        os.mkfifo(file)
        with file.open("w", encoding="utf-8") as read:
            read.write(endless)
        with httpx.Client(trust_env=False, timeout=DEADLINE, follow_redirects=True) as client:
            assert client.get(url).status_code == 200
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=DEADLINE)
        assert process.returncode == 130
        assert "Traceback" not in told


def test_rendering_that_does_not_end_is_left_after_a_while(lettre: Path) -> None:
    with previewing(lettre, "--json", "--no-open") as process:
        json.loads(line(process))
        file = lettre / "templates" / "weekly" / "letter.txt.j2"
        file.unlink()
        os.mkfifo(file)
        with file.open("w", encoding="utf-8"):
            assert ended(process) == (130, "Stopped while a letter was being rendered.\n")


@pytest.fixture
def here(lettre: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The publication as the working directory."""
    monkeypatch.chdir(lettre)
    monkeypatch.setenv("DIGEST_NOW", NOW.isoformat())
    return lettre


def test_port_that_is_taken_is_named(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert run(["preview", "--port", str(port)]) == 2
    assert f"--port {port}" in capsys.readouterr().err


def test_edition_that_was_never_built_is_not_shown(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["preview", "--week", "2024-W25"]) == 5
    assert "digest build --week 2024-W25" in capsys.readouterr().err


def test_mistake_in_the_settings_is_told_before_anything_starts(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "config.toml").write_text("[publication]\n")
    assert run(["preview"]) == 2
    assert "publication.name" in capsys.readouterr().err


def test_page_opens_by_itself_at_a_terminal(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []

    def serve(studio: Studio, *, port: int, ready: Callable[[str], None]) -> None:
        assert studio.view.seen is not None
        ready(f"http://127.0.0.1:{port}/?token=t")

    monkeypatch.setattr("digest.web.studio.serving.serve", serve)
    monkeypatch.setattr("typer.launch", opened.append)
    monkeypatch.setattr(type(out()), "is_terminal", True)
    assert run(["preview", "--port", "8461", "--no-open"]) == 0
    assert opened == []
    assert run(["preview", "--port", "8461"]) == 0
    assert opened == ["http://127.0.0.1:8461/?token=t"]


def test_exported_folder_and_files_are_named(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["preview", "--export", "out"]) == 0
    names = [Path(line).name for line in capsys.readouterr().out.split()]
    assert names == ["index.html", "edition.html", "edition.txt", "edition.mjml", "edition.eml"]
    assert run(["preview", "--export", "out", "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert [Path(file).name for file in printed["files"]] == names
    assert all((here / file).is_file() for file in printed["files"])
    (here / "taken").write_text("a file")
    assert run(["preview", "--export", "taken"]) == 8

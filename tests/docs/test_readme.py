"""The README's commands do what it shows: each is run, in order, on what `digest init` makes."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.cli.conftest import NOW, Ran

from digest.cli import run
from digest.cli.frame import out

ROOT = Path(__file__).parents[2]

Shell = Callable[[str], Ran]

#: What differs from run to run: hashes and sizes.
_VARYING = (
    (re.compile(r"\b[0-9a-f]{4} [0-9a-f]{4}$", re.MULTILINE), "(hash)"),
    (re.compile(r"\b\d+(\.\d+)? kB"), "(size) kB"),
    (re.compile(r"rank: .*"), "rank: …"),
)


def settled(text: str) -> str:
    """The text without what varies, and without blanks at line ends."""
    for pattern, instead in _VARYING:
        text = pattern.sub(instead, text)
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """Run a command line in the working directory, as a shell with `digest` on its path does."""
    program = tmp_path / "digest"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m digest "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")

    def command(line: str) -> Ran:
        ran = subprocess.run(
            ["bash", "-c", f"set -o pipefail; {line}"], capture_output=True, text=True
        )
        return Ran(ran.returncode, ran.stdout, ran.stderr)

    return command


@pytest.fixture
def command(shell: Shell, capfd: pytest.CaptureFixture[str]) -> Shell:
    """The same in this process, which is quicker, where the line asks nothing of a shell."""

    def command(line: str) -> Ran:
        words = shlex.split(line)
        if words[0] != "digest" or "|" in words:
            return shell(line)
        capfd.readouterr()
        code = run(words[1:])
        printed = capfd.readouterr()
        return Ran(code, printed.out, printed.err)

    return command


@pytest.fixture
def a_hundred_wide(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A terminal's width, for this process too, whose consoles are kept."""
    monkeypatch.setenv("COLUMNS", "100")
    out.cache_clear()
    yield
    out.cache_clear()


@pytest.mark.usefixtures("a_hundred_wide")
def test_readme_shows_what_the_commands_print(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: Shell
) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    folder = tmp_path / "lettre"
    monkeypatch.setenv("DIGEST_NOW", NOW)
    monkeypatch.setenv("LANG", "C.UTF-8")
    assert command(f"digest init {folder}").code == 0
    monkeypatch.chdir(folder)
    Path("suppressed.csv").write_text("email,reason,note\nrebond@example.org,bounce,\n")
    shown = re.findall(r"(?s)```console\n\$ (.*?)\n(.*?)```", readme)
    assert len(shown) > 30
    for line, output in shown:
        ran = command(line)
        assert ran.code == 0, f"{line}: {ran.err}"
        assert settled(ran.out.replace(str(folder), "/srv/lettre")) == settled(output), line

"""A publication made by `digest init`, and the command line run on it."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from digest.cli import run

#: The Monday after the samples' week, in the publication's zone.
NOW = "2026-11-16T07:30:00+01:00"
WEEK = "2026-W46"


@dataclass(frozen=True)
class Ran:
    """How a command ended: exit code, standard output and standard error."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The printed JSON."""
        return json.loads(self.out)


Digest = Callable[..., Ran]


@pytest.fixture(scope="session")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A publication as `digest init` leaves it; copied for each test."""
    folder = tmp_path_factory.mktemp("init") / "lettre"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DIGEST_NOW", NOW)
        assert run(["init", str(folder)]) == 0
    return folder


@pytest.fixture(scope="session")
def built(pristine: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with its edition built: for tests about sending, which override `origin` with it."""
    return advanced(pristine, tmp_path_factory.mktemp("built") / "lettre", "build")


@pytest.fixture(scope="session")
def sent(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with its edition sent to its ten readers."""
    return advanced(built, tmp_path_factory.mktemp("sent") / "lettre", "send", "--yes")


def copied(origin: Path, folder: Path) -> None:
    """Copy a publication, as if it had always lived there: a store that was moved sends nothing."""
    shutil.copytree(origin, folder, dirs_exist_ok=True)
    store = folder / "subscribers" / "digest.db"
    if store.exists():
        with closing(sqlite3.connect(store)) as connection, connection:
            connection.execute("DELETE FROM facts WHERE name = 'home'")


def advanced(origin: Path, folder: Path, *arguments: str) -> Path:
    """A copy of a publication in which a command was run."""
    shutil.copytree(origin, folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DIGEST_NOW", NOW)
        patch.chdir(folder)
        assert run(list(arguments)) == 0
    return folder


@pytest.fixture
def origin(pristine: Path) -> Path:
    """What `lettre` is a copy of."""
    return pristine


@pytest.fixture
def lettre(origin: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh publication, which is also the working directory."""
    folder = tmp_path / "lettre"
    copied(origin, folder)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("DIGEST_NOW", NOW)
    return folder


@pytest.fixture
def digest(lettre: Path, capfd: pytest.CaptureFixture[str]) -> Digest:
    """Run a command in the publication's folder."""

    def command(*arguments: object) -> Ran:
        capfd.readouterr()
        code = run([str(argument) for argument in arguments])
        printed = capfd.readouterr()
        return Ran(code, printed.out, printed.err)

    return command


@pytest.fixture
def settings(lettre: Path) -> Callable[[str, str], None]:
    """Change `config.toml`: replace a text that must be there, or append with an empty one."""

    def change(old: str, new: str) -> None:
        file = lettre / "config.toml"
        text = file.read_text(encoding="utf-8")
        if old:
            assert old in text
            text = text.replace(old, new, 1)
        else:
            text += new
        file.write_text(text, encoding="utf-8")

    return change


def assert_told(ran: Ran, code: int, *words: str) -> None:
    """A plain error with these words, this exit code, and no traceback."""
    assert ran.code == code, ran.err
    assert "Traceback" not in ran.err
    for word in words:
        assert word in ran.err

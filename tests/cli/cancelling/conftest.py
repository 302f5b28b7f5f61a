"""An edition as far as it was sent, and the SendGrid that has it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.cli.cancelling.world import ANSWERS, HELD, LATER, NAME, Begin, through
from tests.cli.conftest import copied
from tests.delivery.sendgrid_server import Sendgrid, serving

from digest.cli import run


@pytest.fixture(scope="session")
def publications(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Gives the publication whose edition was sent as far as a name says, or was `built`; each is
    made when it is first asked for."""
    folder = tmp_path_factory.mktemp("publications")

    def publication(name: str) -> Path:
        if name == "built":
            return built
        origin = built if name == "nobody has it" else publication("nobody has it")
        if not (folder / name).exists():
            copied(origin, folder / name)
            _send(folder / name, name)
        return folder / name

    return publication


def _send(folder: Path, name: str) -> None:
    sendgrid = Sendgrid(answers=[*ANSWERS[name]])
    with pytest.MonkeyPatch.context() as patch, serving(sendgrid) as url:
        through(url, patch)
        patch.chdir(folder)
        run(["send", "--yes", *(["--at", LATER] if name in HELD else [])])
    assert sendgrid.answers == []


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sendgrid]:
    """SendGrid, which knows the name of what is held for later."""
    sendgrid = Sendgrid(batches={NAME: ""})
    with serving(sendgrid) as url:
        through(url, monkeypatch)
        yield sendgrid


@pytest.fixture
def begin(publications: Callable[[str], Path], server: Sendgrid, lettre: Path) -> Begin:
    """Go on from one of the publications."""

    def go_on(name: str) -> None:
        copied(publications(name), lettre)

    return go_on

"""A built edition of the sample publication, and the studio over a copy of it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page
from tests.web.studio_browser import Preview, Publication
from tests.web.studio_world import NOW, Running, open_studio, serving

from digest.cli import run
from digest.web.studio.session import Studio


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A publication as `digest init` and `digest build` leave it; copied for each test."""
    folder = tmp_path_factory.mktemp("studio") / "lettre"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DIGEST_NOW", NOW.isoformat())
        assert run(["init", str(folder)]) == 0
        assert run(["build", "--config", str(folder / "config.toml")]) == 0
    # Small ones are made ready for the letter in no time, and a letter is rendered for each test.
    for picture in [*folder.glob("editions/*/pictures/*"), *folder.glob("sponsors/pictures/*")]:
        with Image.open(picture) as image:
            image.convert("RGB").resize((160, 100)).save(picture)
    return folder


@pytest.fixture
def lettre(built: Path, tmp_path: Path) -> Path:
    """A publication of one's own."""
    return Path(shutil.copytree(built, tmp_path / "lettre"))


@pytest.fixture
def studio(lettre: Path) -> Studio:
    """A sitting over it, rendered, checked and not served."""
    studio = open_studio(lettre)
    studio.examine()
    return studio


@pytest.fixture
def running(lettre: Path, studio: Studio) -> Iterator[Running]:
    """The same, served."""
    with serving(studio, lettre) as running:
        yield running


@pytest.fixture(scope="session")
def untouched(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One served studio for all tests that change nothing."""
    folder = Path(shutil.copytree(built, tmp_path_factory.mktemp("untouched") / "lettre"))
    studio = open_studio(folder)
    studio.examine()
    with serving(studio, folder) as running:
        yield running
    studio.publication.database.close()


@pytest.fixture(scope="session")
def made(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Publication:
    """A built publication with subscribers, for the command line."""
    folder = Path(shutil.copytree(built, tmp_path_factory.mktemp("previewed") / "lettre"))
    readers, config = folder / "subscribers" / "sample.csv", folder / "config.toml"
    listed = ["subscribers", "import", str(readers), "--list", "hebdo", "--config", str(config)]
    assert run(listed) == 0
    return Publication(folder)


@pytest.fixture(scope="session")
def preview(made: Publication) -> Iterator[Preview]:
    """`digest preview` over it, for tests that put back what they change."""
    with made.previewed() as running:
        yield running


@pytest.fixture
def page(browser: Browser, preview: Preview) -> Iterator[Page]:
    """Its page in a window of its own."""
    with preview.page(browser) as opened:
        yield opened

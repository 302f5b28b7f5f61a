"""Letters of invented editions, and their HTML read as a tree; for tests of what readers get."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import pytest
from lxml import html as lxml_html
from tests.letters import (
    READER,
    make_config,
    make_edition,
    make_placement,
    save_picture,
    with_picture,
)

from digest.model.edition import Edition
from digest.model.sending import Letter
from digest.model.sponsorship import Placement
from digest.render.letter import render_letter
from digest.render.tokens import split

MAIN = make_placement("main")
SECOND = make_placement("secondary", sponsor="Thés Oriel", label="Contenu proposé par")
PRESENTING = make_placement("presenting", sponsor="Fonds Bise")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An edition's folder with a picture in it, for all tests of a module."""
    path = tmp_path_factory.mktemp("edition")
    save_picture(path / "pictures/quai.jpg")
    return path


def lettered(edition: Edition, *placements: Placement, folder: Path = Path()) -> Letter:
    return render_letter(edition, placements, make_config(), folder)


def tree(letter: Letter) -> lxml_html.HtmlElement:
    return lxml_html.document_fromstring(split(letter.html, "html").join(READER).encode())


def words(node: lxml_html.HtmlElement) -> str:
    return " ".join(node.text_content().split())


def headline(root: lxml_html.HtmlElement, order: int) -> lxml_html.HtmlElement:
    return root.xpath(f"//*[@id='story-{order}']/following::h2")[0]


@lru_cache(maxsize=2)
def full(folder: Path) -> Letter:
    edition = with_picture(make_edition(), (1, 2, 3, 4), "pictures/quai.jpg")
    return lettered(edition, MAIN, SECOND, PRESENTING, folder=folder)

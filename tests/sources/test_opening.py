"""Sources are opened in the order of the settings, a third party's like ours."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from digest.config import SourceSettings
from digest.errors import ConfigError
from digest.model.content import Article, Window
from digest.sources import open_sources

OWN = """
from digest.model.content import Article


class Wire:
    def __init__(self, settings, config):
        self.name = settings.name
        self.language = config.publication.language

    def articles(self, window):
        yield Article(self.name, "https://example.org/1", window.edition, language=self.language)


def broken(settings, config):
    return object()


def nameless(settings, config):
    return lambda window: []


CONSTANT = 3
"""


@pytest.fixture
def own_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    folder = tmp_path / "packages"
    folder.mkdir()
    (folder / "wire_for_tests.py").write_text(OWN)
    (folder / "wire_with_fault.py").write_text("import a_module_that_is_not_there\n")
    monkeypatch.syspath_prepend(folder)
    return "wire_for_tests"


def test_sources_keep_the_order_of_the_settings(newsroom: Any, own_module: str) -> None:
    config = newsroom.config(
        SourceSettings(name="b", kind="files", path="articles"),
        SourceSettings(name="c", kind=f"{own_module}:Wire"),
        SourceSettings(name="a", kind="feed", url="https://example.org/rss.xml"),
    )
    assert [source.name for source in open_sources(config, newsroom.served)] == ["b", "c", "a"]


def test_own_source_is_used_like_ours(newsroom: Any, own_module: str) -> None:
    window: Window = newsroom.window
    (article,) = newsroom.read(kind=f"{own_module}:Wire")
    assert isinstance(article, Article)
    assert (article.title, article.language) == (window.edition, "fr")


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("no_such_package.feeds:Wire", "no_such_package"),
        ("wire_with_fault:Wire", "a_module_that_is_not_there"),
        ("wire_for_tests:Missing", "has no function Missing"),
        ("wire_for_tests:CONSTANT", "has no function CONSTANT"),
        ("wire_for_tests:broken", "returned object, which is not a source"),
        ("wire_for_tests:nameless", "is not a source"),
    ],
)
def test_a_source_that_cannot_be_had_is_named(
    newsroom: Any, own_module: str, kind: str, words: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        newsroom.read(kind=kind)
    assert f"{newsroom.root / 'config.toml'}: sources[0].kind" in caught.value.message
    assert words in caught.value.message
    assert caught.value.hint

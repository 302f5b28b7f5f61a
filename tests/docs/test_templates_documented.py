"""A designer finds every block, component, variable and token of the templates in the document."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest

from digest.config.settings import LightSettings
from digest.render.theme import Theme

ROOT = Path(__file__).parents[2]
BASE = ROOT / "templates/base"
TEXT = (ROOT / "docs/templates.md").read_text(encoding="utf-8")
CODE = " ".join(re.findall(r"`([^`\n]+)`", re.sub(r"(?ms)^```.*?^```", "", TEXT)))


@pytest.mark.parametrize("layout", ["layout.mjml.j2", "layout.txt.j2"])
def test_every_block_is_documented_and_listed_at_the_layouts_head(layout: str) -> None:
    source = (BASE / layout).read_text(encoding="utf-8")
    head, _, rest = source.partition("#}")
    blocks = set(re.findall(r"\{% block (\w+)", rest))
    assert blocks
    for block in blocks:
        assert re.search(rf"\b{block}\b", head), block
        assert re.search(rf"\b{block}\b", CODE), block


@pytest.mark.parametrize("file", sorted(path.name for path in BASE.glob("*.mjml.j2")))
def test_every_component_is_documented_with_its_parameters(file: str) -> None:
    source = (BASE / file).read_text(encoding="utf-8")
    for name, written in re.findall(r"\{% macro (\w+)\((.*?)\) -?%\}", source):
        parameters = re.findall(r"(\w+)(?:=(?:\([^)]*\)|[^,]*))?(?:,|$)", written)
        assert f"{name}({', '.join(parameters)})" in CODE, name


def test_every_token_is_documented() -> None:
    tokens = [field.name for kind in (Theme, LightSettings) for field in dataclasses.fields(kind)]
    for token in tokens:
        assert re.search(rf"\b{token}\b", CODE), token


def test_every_variable_is_documented() -> None:
    source = (ROOT / "src/digest/render/letter.py").read_text(encoding="utf-8")
    context = source[source.index("context: dict") : source.index("root = config.path")]
    context += source[source.index("return Fixed(") : source.index("def _picture_limit")]
    names = re.findall(r'^ {8,12}"(\w+)":', context, re.MULTILINE)
    assert len(names) > 15
    for name in names:
        assert re.search(rf"\b{name}\b", CODE), name

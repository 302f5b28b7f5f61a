"""A fault of the finished MJML is told where the template's author wrote it, or as it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from digest.errors import TemplateError
from digest.render.templates.blaming import RENDERED, blamed
from digest.render.templates.tracing import Trace

NAME = f"templates/w/letter.mjml.j2 {RENDERED}"


@pytest.fixture
def trace(tmp_path: Path) -> Trace:
    """A trace that knows two lines of one template: numbers 1 and 2."""
    traced = Trace(tmp_path)
    traced.rewrite("<p>\n<b>", tmp_path / "templates/w/parts.mjml.j2", tmp_path / "templates")
    return traced


def test_tag_that_is_named_is_looked_for_in_its_line(trace: Trace) -> None:
    error = TemplateError(f"{NAME}:2: </td> stands where <p> is still open", "Close <p> first.")
    found = blamed(error, trace, lambda: '<td>\n<p data-at="1"><b data-at="2"></b></td>\n<p>')
    assert found.message == ("templates/w/parts.mjml.j2:1: </td> stands where <p> is still open")
    assert found.hint == "Close <p> first."


def test_fault_without_a_tag_is_told_by_the_last_line_that_is_known(trace: Trace) -> None:
    found = blamed(TemplateError(f"{NAME}:3: stray text"), trace, lambda: '<b data-at="2">\n\nx')
    assert found.message == "templates/w/parts.mjml.j2:2: stray text"


def test_tag_left_open_is_told_where_it_begins(trace: Trace) -> None:
    error = TemplateError(
        f"{NAME}:3: </td> stands where <b> is still open", "Close <b> first. It begins in line 2."
    )
    found = blamed(error, trace, lambda: '<p data-at="1">\n<b data-at="2">\n<p data-at="1"></td>')
    assert found.message.startswith("templates/w/parts.mjml.j2:2: ")
    assert found.hint == "Close <b> first."


def test_what_cannot_be_traced_stays_as_it_was(trace: Trace) -> None:
    nowhere = TemplateError(f"{NAME}: the HTML still holds “{{{{”")
    assert blamed(nowhere, trace, lambda: pytest.fail("no need to render again")) is nowhere
    unknown = TemplateError(f"{NAME}:1: stray text")
    assert blamed(unknown, trace, lambda: "x") is unknown
    assert blamed(unknown, trace, lambda: '<p data-at="99">') is unknown

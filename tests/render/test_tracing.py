"""A finding leads to the line of the template that wrote the element; a sent letter knows none."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from lxml import html as lxml_html
from tests.letters import make_config, make_edition, make_placement

from digest.render.letter import render_letter
from digest.render.templates.environment import open_environment, render
from digest.render.templates.tracing import Trace, open_trace

_NUMBER = re.compile(r'<(\w+)[^<>]*? data-at="(\d+)"')


def written(folder: Path, files: dict[str, str]) -> Path:
    root = folder / "templates"
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def traced(folder: Path, files: dict[str, str], **context: object) -> list[tuple[str, str, int]]:
    """The tags of the first file as rendered: name, file, line."""
    root, trace = written(folder, files), Trace(folder)
    environment = open_environment(root, escaped=True, trace=trace)
    html = render(environment, next(iter(files)), context)
    return [
        (name, *(trace.place(int(number)) or ("", 0))) for name, number in _NUMBER.findall(html)
    ]


def test_every_tag_knows_its_line(tmp_path: Path) -> None:
    found = traced(tmp_path, {"w/a.mjml.j2": '<p>\n<b\nclass="x">é</b><br/>\n\n<img alt="">'})
    file = "templates/w/a.mjml.j2"
    assert found == [("p", file, 1), ("b", file, 2), ("br", file, 3), ("img", file, 5)]


def test_jinja_inside_and_around_tags_is_left_as_it_works(tmp_path: Path) -> None:
    source = (
        '{# <i> #}{% set sign = "<u>" %}\n'
        '<td{% if wide %} class="{{ "a>b" if wide }}"{% endif %} title="{{ sign }}">\n'
        '{% if "<" < sign %}<h{{ level }} id="x">{{ sign }}</h{{ level }}>{% endif %}'
    )
    found = traced(tmp_path, {"w/a.mjml.j2": source}, wide=True, level=2)
    assert [(name, line) for name, _, line in found] == [("td", 2), ("h2", 3)]


def test_macros_tags_lead_to_the_macros_file(tmp_path: Path) -> None:
    found = traced(
        tmp_path,
        {
            "w/a.mjml.j2": "{% import 'base/m.mjml.j2' as m %}\n"
            "\n<div>{% call m.box() %}<i>{% endcall %}",
            "base/m.mjml.j2": "{% macro box() %}\n<p>{{ caller() }}</p>\n{% endmacro %}",
        },
    )
    assert found == [
        ("div", "templates/w/a.mjml.j2", 3),
        ("p", "templates/base/m.mjml.j2", 2),
        ("i", "templates/w/a.mjml.j2", 3),
    ]


def test_comments_and_text_templates_carry_nothing(tmp_path: Path) -> None:
    root = written(tmp_path, {"w/a.mjml.j2": "<!--[if mso]><p><![endif]-->", "w/a.txt.j2": "<b>"})
    trace = Trace(tmp_path)
    html = render(open_environment(root, escaped=True, trace=trace), "w/a.mjml.j2", {})
    text = render(open_environment(root, escaped=False, trace=trace), "w/a.txt.j2", {})
    assert (html, text) == ("<!--[if mso]><p><![endif]-->", "<b>")


def test_saved_template_is_traced_again_and_old_numbers_stay(tmp_path: Path) -> None:
    root, trace = written(tmp_path, {"w/a.mjml.j2": "<p>"}), Trace(tmp_path)
    environment = open_environment(root, escaped=True, trace=trace)
    assert render(environment, "w/a.mjml.j2", {}) == '<p data-at="1">'
    written(tmp_path, {"w/a.mjml.j2": "moved\n\n<p><br>"})
    assert render(environment, "w/a.mjml.j2", {}) == 'moved\n\n<p data-at="2"><br data-at="2">'
    assert trace.place(1) == ("templates/w/a.mjml.j2", 1)
    assert trace.place(2) == ("templates/w/a.mjml.j2", 3)


@pytest.mark.parametrize("number", [-1, 0, 7])
def test_number_of_nothing_stands_nowhere(number: int) -> None:
    assert Trace(Path()).place(number) is None


def test_templates_outside_the_publication_are_named_with_their_folder(tmp_path: Path) -> None:
    root, trace = written(tmp_path, {"w/a.mjml.j2": "<p>"}), Trace(tmp_path / "elsewhere")
    render(open_environment(root, escaped=True, trace=trace), "w/a.mjml.j2", {})
    assert trace.place(1) == ("templates/w/a.mjml.j2", 1)


def test_words_of_a_style_sheet_are_found_in_the_letters_own_templates(tmp_path: Path) -> None:
    files = {
        "a/other.mjml.j2": ".x{gap:1px}",
        "w/a.mjml.j2": "<p>",
        "w/b.mjml.j2": "\n.y{gap:2px}",
    }
    root, trace = written(tmp_path, files), Trace(tmp_path)
    for name in files:
        render(open_environment(root, escaped=True, trace=trace), name, {})
    own = ["templates/w/a.mjml.j2"]
    assert trace.find("gap", own) == ("templates/w/b.mjml.j2", 2)
    assert trace.find(".x", own) is None


def test_publications_trace_is_kept_like_its_templates(tmp_path: Path) -> None:
    assert open_trace(tmp_path) is open_trace(tmp_path)


@pytest.mark.parametrize("template", ["weekly", "brief"])
def test_sent_letter_is_the_same_to_the_byte_and_the_traced_one_looks_alike(
    template: str, tmp_path: Path
) -> None:
    config = make_config(template=template)
    edition, placements = make_edition(), [make_placement("main"), make_placement("secondary")]
    before = render_letter(edition, placements, config, tmp_path)
    shown = render_letter(edition, placements, config, tmp_path, trace=open_trace(config.root))
    assert render_letter(edition, placements, config, tmp_path) == before
    assert "data-at" not in before.html + before.mjml
    assert shown.text == before.text
    assert _elements(shown.html) == _elements(before.html)


def _elements(page: str) -> list[tuple[str, dict[str, str], str]]:
    """What a browser makes of a page, but for the numbers."""
    found = []
    document: Any = lxml_html.document_fromstring(page)
    for node in document.iter("*"):
        classes = re.sub(r"(?:^|\s)at-\d+", "", node.get("class", "")).strip()
        attributes = {**node.attrib, "class": classes}
        attributes.pop("data-at", None)
        found.append((node.tag, attributes, node.text_content()))
    return found


def test_every_word_of_the_letter_leads_to_a_line(tmp_path: Path) -> None:
    config = make_config()
    trace = open_trace(config.root)
    letter = render_letter(make_edition(), [make_placement("main")], config, tmp_path, trace=trace)
    numbers = {int(number) for number in re.findall(r'(?:data-at="|\bat-)(\d+)', letter.html)}
    assert len(numbers) > 30
    for number in numbers:
        file, line = trace.place(number) or ("", 0)
        source = (config.root / file).read_text(encoding="utf-8").splitlines()
        assert "<" in source[line - 1]

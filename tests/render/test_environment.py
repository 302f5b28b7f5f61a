"""A template's fault is named with file and line, and nothing in it can reach the program."""

from __future__ import annotations

from pathlib import Path

import pytest
from markupsafe import Markup

from digest.errors import ConfigError, TemplateError
from digest.render.environment import open_environment, render, roman, syntax_tree, wordmark


def rendered(folder: Path, files: dict[str, str], escaped: bool = True, **context: object) -> str:
    for name, text in files.items():
        path = folder / "templates" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    environment = open_environment(folder / "templates", escaped=escaped)
    return render(environment, next(iter(files)), context)


def fault(folder: Path, files: dict[str, str], **context: object) -> TemplateError:
    with pytest.raises(TemplateError) as caught:
        rendered(folder, files, **context)
    return caught.value


def test_unknown_variable_is_named_with_line_and_the_nearest_one(tmp_path: Path) -> None:
    found = fault(tmp_path, {"w/a.j2": "a\nb\n{{ edtion }}"}, edition=1, plan=2)
    assert found.message.startswith("templates/w/a.j2:3: ")
    assert "edtion" in found.message
    assert "“edition”" in found.hint


def test_unknown_attribute_lists_what_exists(tmp_path: Path) -> None:
    found = fault(tmp_path, {"w/a.j2": "{{ edition.zzz }}"}, edition=object())
    assert "templates/w/a.j2:1" in found.message
    assert "edition" in found.hint


def test_syntax_error_is_named_with_line(tmp_path: Path) -> None:
    found = fault(tmp_path, {"w/a.j2": "a\n{% if %}\n"})
    assert found.message.startswith("templates/w/a.j2:2: ")


def test_missing_template_says_who_asked_for_it(tmp_path: Path) -> None:
    found = fault(tmp_path, {"w/a.j2": "\n{% import 'none.j2' as n %}"})
    assert "templates/w/none.j2: there is no such file" in found.message
    assert "templates/w/a.j2:2" in found.message
    assert "digest init" in found.hint


def test_missing_folder_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match=r"templates/w/letter\.mjml\.j2: there is no such file"):
        render(open_environment(tmp_path / "templates", escaped=True), "w/letter.mjml.j2", {})


def test_fault_inside_a_macro_names_the_macros_file(tmp_path: Path) -> None:
    found = fault(
        tmp_path,
        {
            "w/a.j2": "{% import 'parts.j2' as p %}{{ p.part(0) }}",
            "w/parts.j2": "{% macro part(n) %}\n{{ 1 / n }}{% endmacro %}",
        },
    )
    assert found.message.startswith("templates/w/parts.j2:2: ZeroDivisionError")


def test_template_cannot_reach_the_programs_inside(tmp_path: Path) -> None:
    found = fault(tmp_path, {"w/a.j2": "{{ ''.__class__.__mro__ }}"})
    assert "templates/w/a.j2:1" in found.message


@pytest.mark.parametrize("name", ["../../secret.j2", "/../secret.j2"])
def test_template_cannot_read_outside_its_folder(tmp_path: Path, name: str) -> None:
    (tmp_path / "secret.j2").write_text("secret")
    found = fault(tmp_path, {"w/a.j2": f"{{% include '{name}' %}}"})
    assert "there is no such file" in found.message


def test_wrong_encoding_is_named_with_line(tmp_path: Path) -> None:
    path = tmp_path / "templates/w/a.j2"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"a\nb\xe9\n")
    with pytest.raises(TemplateError, match=r"templates/w/a\.j2:2: not UTF-8"):
        render(open_environment(tmp_path / "templates", escaped=True), "w/a.j2", {})


def test_tags_of_mjml_templates_are_judged_at_their_line(tmp_path: Path) -> None:
    found = fault(tmp_path, {"w/a.mjml.j2": "<mjml>\n<mj-bdy></mj-bdy>"})
    assert found.message.startswith("templates/w/a.mjml.j2:2: ")


def test_own_errors_pass_through_templates_unchanged(tmp_path: Path) -> None:
    def press() -> str:
        raise ConfigError("setting", "hint")

    with pytest.raises(ConfigError, match="setting"):
        rendered(tmp_path, {"w/a.j2": "{{ press() }}"}, press=press)


def test_changed_template_is_read_again_and_a_deleted_one_missed(tmp_path: Path) -> None:
    assert rendered(tmp_path, {"w/a.j2": "one"}) == "one"
    assert rendered(tmp_path, {"w/a.j2": "two words"}) == "two words"
    (tmp_path / "templates/w/a.j2").unlink()
    with pytest.raises(TemplateError, match="no such file"):
        render(open_environment(tmp_path / "templates", escaped=True), "w/a.j2", {})


def test_folder_of_ones_own_changes_one_part(tmp_path: Path) -> None:
    shown = rendered(
        tmp_path,
        {
            "mine/a.j2": '{% extends "w/a.j2" %}{% block b %}mine{% endblock %}',
            "w/a.j2": '{% include "c.j2" %} {% block b %}theirs{% endblock %}',
            "w/c.j2": "whole",
        },
    )
    assert shown == "whole mine"


def test_values_are_escaped_in_mjml_and_not_in_text(tmp_path: Path) -> None:
    files = {"w/a.j2": "{{ value }}"}
    value = '<b> & "x" {{ y }} {% z %} \\n'
    shown = rendered(tmp_path, files, value=value)
    assert not set(shown) & set('<>"\\')
    assert "{{" not in shown
    assert "{%" not in shown
    assert Markup(shown).unescape() == value
    assert rendered(tmp_path, files, escaped=False, value=value) == value


def test_nothing_is_nothing(tmp_path: Path) -> None:
    assert rendered(tmp_path, {"w/a.j2": "[{{ a }}]"}, a=None) == "[]"
    assert rendered(tmp_path, {"w/a.j2": "[{{ a }}]"}, a=Markup("<b>")) == "[<b>]"


def test_wordmark_marks_italics_and_escapes() -> None:
    assert wordmark("Le *Phare* & <co>").striptags() == "Le Phare & <co>"
    assert wordmark("Le *Phare*").count("<em") == 1
    assert roman("Le *Phare*") == "Le Phare"


def test_unknown_field_of_a_value_is_answered_with_what_the_value_has(tmp_path: Path) -> None:
    class Colours:
        ink = paper = "#000000"

    found = fault(tmp_path, {"w/a.j2": "\n{{ light.inc }}"}, light=Colours())
    assert found.message == "templates/w/a.j2:2: there is no “inc” there"
    assert found.hint == "Did you mean “ink”?"
    far = fault(tmp_path, {"w/a.j2": "{{ light.zzz }}"}, light={"ink": 1, "paper": 2})
    assert far.hint == "Known there: ink, paper."


def test_unknown_component_is_answered_with_those_of_its_file(tmp_path: Path) -> None:
    found = fault(
        tmp_path,
        {
            "w/a.j2": "{% import 'parts.j2' as parts %}\n{{ parts.stry() }}",
            "w/parts.j2": "{% macro story() %}{% endmacro %}",
        },
    )
    assert found.message.startswith("templates/w/a.j2:2: there is no “stry”")
    assert "“story”" in found.hint


def test_unknown_parameter_of_a_component_is_named_where_it_is_used(tmp_path: Path) -> None:
    found = fault(
        tmp_path,
        {
            "w/a.j2": "{% import 'parts.j2' as parts %}\n\n{{ parts.story(sise=1) }}",
            "w/parts.j2": "{% macro story(size) %}{% endmacro %}",
        },
    )
    assert found.message.startswith("templates/w/a.j2:3: ")
    assert "sise" in found.message


def test_what_a_filter_misses_is_said_too(tmp_path: Path) -> None:
    found = fault(tmp_path, {"w/a.j2": "\n{{ []|first + 1 }}"})
    assert found.message.startswith("templates/w/a.j2:2: ")


def test_tree_of_a_broken_template_names_its_line(tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates/a.j2").write_text("\n{% if %}")
    environment = open_environment(tmp_path / "templates", escaped=True)
    with pytest.raises(TemplateError, match=r"templates/a\.j2:2"):
        syntax_tree(environment, "a.j2")

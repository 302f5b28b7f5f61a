"""A template's fault is named with file and line, and nothing in it can reach the program."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest
from markupsafe import Markup
from tests.letters import make_config, make_edition, make_story, with_publication

from digest.errors import ConfigError, TemplateError
from digest.model.content import SummaryOrigin
from digest.render.letter import render_letter
from digest.render.pictures.desk import PictureDesk
from digest.render.templates.environment import (
    Fixed,
    open_environment,
    render,
    roman,
    syntax_tree,
    wordmark,
)
from digest.render.textual import NumberedLinks


def rendered(folder: Path, files: dict[str, str], escaped: bool = True, **context: Any) -> str:
    for name, text in files.items():
        path = folder / "templates" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    environment = open_environment(folder / "templates", escaped=escaped)
    return render(environment, next(iter(files)), context)


def fault(folder: Path, files: dict[str, str], **context: Any) -> TemplateError:
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
    assert found.message == (
        "templates/w/a.j2:1: a number is divided by zero (in templates/w/parts.j2:2)"
    )


def test_template_cannot_reach_the_programs_inside(tmp_path: Path) -> None:
    found = fault(tmp_path, {"w/a.j2": "{{ ''.__class__.__mro__ }}"})
    assert "templates/w/a.j2:1" in found.message


def hands() -> dict[str, Any]:
    """What templates are handed to work with, and values as they print them."""
    return {
        "pictures": PictureDesk("2026-W46", Path(), mode="embed", base_url="", limit=1000),
        "links": NumberedLinks(),
        "story": make_story(1),
        "publication": make_config().publication,
        "mark": Markup("<b>{}</b>"),
        "text": "{}",
    }


@pytest.mark.parametrize(
    "reached",
    [
        "pictures.__class__",
        "pictures._folder",
        "pictures['_folder']",
        "pictures|attr('_folder')",
        "[pictures]|map(attribute='_embedded')|first",
        "pictures.story.__func__",
        "pictures.story.__globals__",
        "pictures.story.__self__._folder",
        "pictures._show",
        "links._waiting",
        "links.add.__func__.__code__",
        "story.__dataclass_fields__",
        "story.__class__.__init__.__globals__",
        "publication.__class__",
        "type.__class__",
        "type.part.__init__",
        "type._body_stream",
        "text.format.__self__.__class__",
    ],
)
def test_no_shortcut_leads_to_the_programs_inside(tmp_path: Path, reached: str) -> None:
    files = {
        "w/a.j2": "{% import 'type.j2' as type %}\n{{ " + reached + " }}",
        "w/type.j2": "{% macro part() %}x{% endmacro %}",
    }
    assert fault(tmp_path, files, **hands()).message.startswith("templates/w/a.j2:2: ")


@pytest.mark.parametrize(
    "reached",
    [
        "text.format(pictures.__class__)",
        "'{0.__class__}'.format(pictures)",
        "'{0._folder}'.format(pictures)",
        "mark.format(links._waiting)",
        "('{0._waiting}'|safe).format(links)",
        "('{x._folder}'|safe).format(x=pictures)",
        "('{x._folder}'|safe).format_map({'x': pictures})",
        "story.title.format.__call__('{0.__class__}')",
    ],
)
def test_no_format_leads_there_either(tmp_path: Path, reached: str) -> None:
    fault(tmp_path, {"w/a.j2": "{{ " + reached + " }}"}, **hands())


def test_what_templates_are_handed_can_be_used(tmp_path: Path) -> None:
    shown = rendered(
        tmp_path,
        {"w/a.j2": "{{ links.add('u') }} {{ story.order }} {{ pictures.inside('', '', 1, 1) }}"},
        **hands(),
    )
    assert shown == "[1] 1 "


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


@pytest.mark.parametrize("escaped", [True, False])
@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, ""),
        (0, "0"),
        (-12, "-12"),
        (True, "True"),
        (1.5, "1.5"),
        ("", ""),
        (Markup("<b>"), "<b>"),
        (SummaryOrigin.EDITOR, "editor"),
    ],
)
def test_values_are_written_alike_in_both_parts(
    tmp_path: Path, value: object, written: str, escaped: bool
) -> None:
    name = "w/a.mjml.j2" if escaped else "w/a.txt.j2"
    for _ in range(2):
        assert rendered(tmp_path, {name: "[{{ value }}]"}, escaped, value=value) == f"[{written}]"


def test_text_of_any_kind_is_escaped_whole(tmp_path: Path) -> None:
    class Word(str):
        __slots__ = ()

    shown = rendered(
        tmp_path, {"w/a.j2": "{{ value }} {{ values }}"}, value=Word("<{{"), values=[1]
    )
    assert shown == "&lt;&#123;&#123; [1]"


def test_no_template_turns_escaping_off(tmp_path: Path) -> None:
    text = "{% autoescape off %}{{ value }}{% endautoescape %}"
    for off in (True, False):
        assert rendered(tmp_path, {"w/a.j2": text}, value="<b>", off=off) == "&lt;b&gt;"


def test_component_is_mark_up_where_it_is_used(tmp_path: Path) -> None:
    files = {
        "w/a.j2": "{% import 'type.j2' as type %}{% set one = type.bold('<') %}{{ one }} {{ '<' }}",
        "w/type.j2": "{% macro bold(text) %}<b>{{ text }}</b>{% endmacro %}",
    }
    assert rendered(tmp_path, files) == "<b>&lt;</b> &lt;"


def test_two_publications_in_one_program_keep_their_own_words(tmp_path: Path) -> None:
    (tmp_path / "w").mkdir()
    (tmp_path / "w/a.j2").write_text("{% import 'type.j2' as type %}{{ type.greeting }} {{ word }}")
    (tmp_path / "w/type.j2").write_text("{% set greeting = word %}")
    both = [Fixed({"word": word}) for word in ("Bonjour", "Hello")]
    for fixed in (*both, *both):
        word = fixed.values["word"]
        environment = open_environment(tmp_path, escaped=True, fixed=fixed)
        assert render(environment, "w/a.j2", {}) == f"{word} {word}"


def test_change_of_the_theme_is_seen_in_the_next_letter(tmp_path: Path) -> None:
    config = make_config()
    for accent in ("#123456", "#654321", "#123456"):
        light = dataclasses.replace(config.theme.light, accent=accent)
        theme = dataclasses.replace(config.theme, light=light)
        changed = dataclasses.replace(config, theme=theme)
        letter = render_letter(make_edition(3), [], changed, tmp_path)
        assert {one for one in ("#123456", "#654321") if one in letter.html} == {accent}


def test_letters_of_two_languages_keep_their_own_words(tmp_path: Path) -> None:
    french = make_config()
    english = with_publication(french, language="en", name="News from the shores", wordmark="")
    for config, word in ((french, "N°"), (english, "No."), (french, "N°")):
        letter = render_letter(make_edition(3), [], config, tmp_path)
        assert (word in letter.html, word in letter.text) == (True, True)
        assert letter.text.startswith(config.publication.name.upper())


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
    assert found.message == (
        "templates/w/a.j2:3: “story” has no parameter “sise” (in templates/w/parts.j2:1)"
    )
    assert found.hint == "Did you mean “size”? It is written story(size)."


PARTS = "{% macro part(a, b=0) %}\n{{ a.size }}{% endmacro %}{% macro row() %}{{ caller() }}{% endmacro %}"  # noqa: E501


@pytest.mark.parametrize(
    ("written", "found", "hint"),
    [
        ("p.part(edtion)", "there is no “edtion”", "Did you mean “edition”?"),
        ("p.part(a=edtion)", "there is no “edtion”", "Did you mean “edition”?"),
        ("edition.get(edtion)", "there is no “edtion”", "Did you mean “edition”?"),
        ("p.part()", "“part” needs its parameter “a” (in templates/w/p.j2:1)", "part(a, b)"),
        ("p.part(b=1)", "“part” needs its parameter “a” (in templates/w/p.j2:1)", "part(a, b)"),
        ("p.part(1, 2, 3)", "“part” is given 3 parameters, and has 2 (in", "part(a, b)"),
        ("p.row(1)", "“row” is given 1 parameters, and has none (in", "row()"),
        ("p.part(1, a=1)", "“part” is given its parameter “a” twice (in", "part(a, b)"),
        ("p.part(1)", "a whole number has no “size” (in templates/w/p.j2:2)", "has “size”"),
        ("p.part(edition)", "there is no “size” there (in templates/w/p.j2:2)", "Known there: x"),
        ("p.row()", "called without what stands inside it (in templates/w/p.j2:2)", "{% call"),
        ("1 + 'a'", "“+” cannot join a whole number and a text", "Mend"),
        ("'a' + 1", "“+” cannot join a text and a whole number", "Mend"),
        ("edition.x()", "a whole number cannot be called", "Mend"),
        ("[3]|join + nothing()", "there is no “nothing”", "Known"),
        ("'a'|upercase", "there is no filter “upercase”", "Did you mean “upper”?"),
        ("'a'|zzzzz", "there is no filter “zzzzz”", "Known: abs, "),
        ("'a'|float('x', 'y', 'z')", "takes", "Mend"),
    ],
)
def test_mistake_is_told_where_it_is_written(
    tmp_path: Path, written: str, found: str, hint: str
) -> None:
    letter = f"{{% import 'p.j2' as p %}}\n\n{{{{ {written} }}}}"
    told = fault(tmp_path, {"w/a.j2": letter, "w/p.j2": PARTS}, edition={"x": 1})
    assert told.message.startswith("templates/w/a.j2:3: ")
    assert found in told.message
    assert "Error" not in told.message
    assert hint in told.hint


def test_component_that_takes_no_text_is_not_called_with_one(tmp_path: Path) -> None:
    letter = "{% import 'p.j2' as p %}\n{% call p.part(1) %}x{% endcall %}"
    told = fault(tmp_path, {"w/a.j2": letter, "w/p.j2": PARTS})
    assert "templates/w/a.j2:2: “part” takes nothing between {% call %}" in told.message


def test_picture_that_is_not_there_may_be_handed_to_a_component(tmp_path: Path) -> None:
    files = {
        "w/a.j2": "{% import 'p.j2' as p %}{{ p.part(1 if false) }}{{ p.part(1, 2) }}",
        "w/p.j2": "{% macro part(a, b=0) %}{% if a %}a{% endif %}{{ b }}{% endmacro %}",
    }
    assert rendered(tmp_path, files) == "0a2"


def test_components_may_take_whatever_they_are_given(tmp_path: Path) -> None:
    files = {
        "w/a.j2": "{% import 'p.j2' as p %}{{ p.part(1, 2, 3, c=4) }}",
        "w/p.j2": "{% macro part(a) %}{{ varargs|length }}{{ kwargs.c }}{% endmacro %}",
    }
    assert rendered(tmp_path, files) == "24"


BASE = "{% block top %}{% endblock %}{% block ending %}{% endblock %}"


def test_block_that_nothing_asks_for_is_an_error_with_its_line(tmp_path: Path) -> None:
    child = '{% extends "w/b.j2" %}\n\n{% block endng %}{% endblock %}'
    told = fault(
        tmp_path,
        {"mine/a.j2": child, "w/b.j2": '{% extends "c.j2" %}', "w/c.j2": BASE},
    )
    assert told.message == "templates/mine/a.j2:3: what it extends has no block “endng”"
    assert told.hint == "Did you mean “ending”?"


def test_block_inside_ones_own_needs_no_other(tmp_path: Path) -> None:
    child = '{% extends "b.j2" %}{% block top %}1{% block mine %}2{% endblock %}{% endblock %}'
    assert rendered(tmp_path, {"w/a.j2": child, "w/b.j2": BASE}) == "12"


def test_blocks_are_not_judged_where_what_is_extended_is_chosen_later(tmp_path: Path) -> None:
    child = "{% extends base %}{% block endng %}{% endblock %}"
    files = {"w/a.j2": child, "w/b.j2": BASE}
    assert rendered(tmp_path, files, base="w/b.j2") == ""


def test_misspelt_template_is_answered_with_the_one_that_was_meant(tmp_path: Path) -> None:
    child = '{% extends "weekly/lettre.mjml.j2" %}{% block a %}{% endblock %}'
    told = fault(tmp_path, {"mine/letter.mjml.j2": child, "weekly/letter.mjml.j2": ""})
    assert "weekly/lettre.mjml.j2: there is no such file" in told.message
    assert told.hint == "Did you mean weekly/letter.mjml.j2?"


def test_templates_that_ask_for_each_other_are_told(tmp_path: Path) -> None:
    told = fault(tmp_path, {"w/a.j2": '{% include "a.j2" %}'})
    assert "templates ask for each other without end" in told.message
    told = fault(tmp_path, {"w/b.j2": '{% extends "b.j2" %}{% block a %}{% endblock %}'})
    assert told.message.startswith("templates/w/b.j2")


def test_what_a_filter_misses_is_said_too(tmp_path: Path) -> None:
    found = fault(tmp_path, {"w/a.j2": "\n{{ []|first + 1 }}"})
    assert found.message.startswith("templates/w/a.j2:2: ")


def test_tree_of_a_broken_template_names_its_line(tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates/a.j2").write_text("\n{% if %}")
    environment = open_environment(tmp_path / "templates", escaped=True)
    with pytest.raises(TemplateError, match=r"templates/a\.j2:2"):
        syntax_tree(environment, "a.j2")

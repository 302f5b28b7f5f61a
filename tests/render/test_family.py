"""The templates of a publication: what each is made for, and clear words when one is not there."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from tests.letters import REPOSITORY, make_config, make_edition

from digest.errors import TemplateError, UsageError
from digest.render.templates.family import (
    list_templates,
    read_template,
    require_template,
    template_of,
)

TEMPLATES = REPOSITORY / "templates"
MANIFEST = """
plan = "weekly"
stories = 5

[description]
fr = "Un essai."
en = "A try."
"""


def written(root: Path, text: str, name: str = "mine") -> Path:
    (root / name).mkdir(parents=True, exist_ok=True)
    (root / name / "template.toml").write_text(text, encoding="utf-8")
    return root


def test_family_is_weekly_brief_and_single() -> None:
    family = {template.name: template for template in list_templates(TEMPLATES)}
    assert {name: template.plan for name, template in family.items()} == {
        "brief": "brief",
        "single": "single",
        "weekly": "weekly",
    }
    assert (family["brief"].stories, family["brief"].pictures) == (10, False)
    assert (family["single"].stories, family["single"].bodies) == (1, True)
    assert family["weekly"].extras
    for template in family.values():
        for language in ("fr", "en", "fr-CA", "de"):
            assert template.description.of(language).endswith(".")
        assert template.description.of("fr-CA") != template.description.of("de")


def test_folder_without_manifest_is_no_template(tmp_path: Path) -> None:
    (tmp_path / "base").mkdir()
    written(tmp_path, MANIFEST)
    assert [template.name for template in list_templates(tmp_path)] == ["mine"]
    with pytest.raises(TemplateError, match="no such template") as caught:
        read_template(tmp_path, "base")
    assert "template.toml" in caught.value.hint


def test_editions_own_template_wins() -> None:
    config = make_config(template="brief")
    assert template_of(make_edition(), config).name == "brief"
    own = dataclasses.replace(make_edition(), template="single")
    assert template_of(own, config).plan == "single"


def test_unknown_template_names_those_there_are() -> None:
    with pytest.raises(TemplateError, match="templates/weekley: there is no such template") as one:
        read_template(TEMPLATES, "weekley")
    assert "Known: brief, single, weekly." in one.value.hint
    assert "Did you mean “weekly”?" in one.value.hint


@pytest.mark.parametrize("name", ["../templates/weekly", "/etc", "a b", "."])
def test_name_is_a_folder_of_the_templates_and_no_path(name: str) -> None:
    with pytest.raises(TemplateError, match="no such template"):
        read_template(TEMPLATES, name)


def test_folder_without_any_template_says_where_they_come_from(tmp_path: Path) -> None:
    with pytest.raises(TemplateError) as caught:
        read_template(tmp_path, "weekly")
    assert "digest init" in caught.value.hint


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('plan = "weekly"', "", ["plan", "is missing"]),
        (
            'plan = "weekly"',
            'plan = "daily"\n[x]',
            ["template.toml:3: x", "no such key"],
        ),
        ('plan = "weekly"', 'plan = "weekley"', ["template.toml:2: plan", "Did you mean “weekly”"]),
        ("stories = 5", "stories = -1", ["template.toml:3: stories", "found -1"]),
        ("stories = 5", "storys = 5", ["storys", "“stories”"]),
        ("stories = 5", 'name = "autre"', ["name", "folder"]),
        ('en = "A try."', "", ["description.en", "is missing"]),
        ('fr = "Un essai."', 'fr = ""', ["description.fr", "is empty"]),
        ("stories = 5", "stories = ", ["template.toml:3: not valid TOML"]),
    ],
)
def test_mistake_in_a_manifest_names_line_and_key(
    tmp_path: Path, old: str, new: str, words: list[str]
) -> None:
    written(tmp_path, MANIFEST.replace(old, new))
    with pytest.raises(TemplateError) as caught:
        read_template(tmp_path, "mine")
    told = f"{caught.value.message} {caught.value.hint}"
    for word in words:
        assert word in told


def test_wrong_plan_is_told_before_a_missing_description(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match=r"template\.toml:1: plan: found “daily”") as caught:
        read_template(written(tmp_path, 'plan = "daily"\n'), "mine")
    assert caught.value.hint.startswith("Allowed: weekly, brief, single.")


def test_name_on_the_command_line_is_refused_as_usage() -> None:
    with pytest.raises(UsageError, match="templates/weekley: there is no such template") as caught:
        require_template(TEMPLATES, "weekley")
    assert "Did you mean “weekly”?" in caught.value.hint
    require_template(TEMPLATES, "weekly")


def test_changed_manifest_is_read_again(tmp_path: Path) -> None:
    written(tmp_path, MANIFEST)
    assert read_template(tmp_path, "mine").stories == 5
    written(tmp_path, MANIFEST.replace("stories = 5", "stories = 12"))
    assert read_template(tmp_path, "mine").stories == 12

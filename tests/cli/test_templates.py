"""A designer finds the templates, begins one of their own, and sees their mistakes named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.cli.conftest import WEEK, Digest

from digest.cli.frame import out

Settings = Callable[[str, str], None]


def test_templates_are_listed_with_what_they_are_for(digest: Digest) -> None:
    listed = digest("template", "list")
    assert listed.code == 0
    for name in ("weekly", "brief", "single"):
        assert name in listed.out
    assert "base" not in listed.out
    assert "Un seul long récit" in listed.out
    told = digest("template", "list", "--json").json
    assert [one["name"] for one in told] == ["brief", "single", "weekly"]
    assert [one["name"] for one in told if one["default"]] == ["weekly"]


def test_folder_without_templates_says_where_they_come_from(
    digest: Digest, settings: Settings
) -> None:
    settings("[edition]\n", '[edition]\ntemplates = "elsewhere"\n')
    assert "digest init" in digest("template", "list").out
    assert digest("template", "list", "--json").json == []


@pytest.mark.parametrize("source", ["weekly", "brief", "single"])
def test_copy_looks_as_what_it_was_copied_from(
    digest: Digest, settings: Settings, lettre: Path, source: str
) -> None:
    assert digest("build", "--template", source).code == 0
    before = digest("preview", "--export", "before")
    assert before.code == 0, before.err
    made = digest("template", "new", "dimanche", "--from", source)
    assert made.code == 0
    assert 'template = "dimanche"' in made.out
    edition = lettre / "editions" / WEEK / "edition.toml"
    written = edition.read_text(encoding="utf-8")
    settings("[edition]\n", '[edition]\ntemplate = "dimanche"\n')
    edition.write_text(
        written.replace(f'template = "{source}"', 'template = "dimanche"'), encoding="utf-8"
    )
    assert digest("preview", "--export", "after").code == 0
    html = [next(Path(name).rglob("*.html")).read_bytes() for name in ("before", "after")]
    assert html[0] == html[1]


def test_head_of_a_copy_lists_every_block_and_shows_one_overridden(
    digest: Digest, settings: Settings, lettre: Path
) -> None:
    digest("template", "new", "dimanche")
    letter = lettre / "templates/dimanche/letter.mjml.j2"
    head, _, rest = letter.read_text(encoding="utf-8").partition("#}")
    for block in ("style", "masthead", "note", "contents", "story", "sponsor", "footer"):
        assert block in head.rpartition("Blocks:")[2]
    example = head[head.index("{% block ending") : head.index("{% endblock %}")]
    letter.write_text(
        "{#"
        + rest[rest.index("{#") + 2 :]
        + example.replace("…", "À dimanche.")
        + "{% endblock %}",
        encoding="utf-8",
    )
    settings("[edition]\n", '[edition]\ntemplate = "dimanche"\n')
    assert digest("build").code == 0
    assert digest("preview", "--export", "seen").code == 0
    assert "À dimanche." in next(Path("seen").rglob("*.html")).read_text(encoding="utf-8")


def test_program_that_makes_a_template_is_told_its_folder(digest: Digest, lettre: Path) -> None:
    made = digest("template", "new", "dimanche", "--from", "brief", "--json").json
    assert made["from"] == "brief"
    assert Path(made["folder"]) == (lettre / "templates/dimanche").resolve()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("weekly",), "templates/weekly is there already"),
        (("base",), "templates/base is there already"),
        (("../outside",), "cannot be a template's name"),
        (("Dimanche",), "small letters"),
        (("dimanche", "--from", "wekly"), "Did you mean “weekly”?"),
    ],
)
def test_new_template_never_overwrites_and_says_what_can_be_copied(
    digest: Digest, lettre: Path, arguments: tuple[str, ...], told: str
) -> None:
    before = sorted(lettre.rglob("*"))
    refused = digest("template", "new", *arguments)
    assert refused.code == 2
    assert told in refused.err
    assert sorted(lettre.rglob("*")) == before


def test_description_is_never_folded_before_a_colon(
    digest: Digest, monkeypatch: pytest.MonkeyPatch
) -> None:
    for width in (98, 99, 100, 101):
        monkeypatch.setenv("COLUMNS", str(width))
        out.cache_clear()
        listed = digest("template", "list")
        assert not [line for line in listed.out.splitlines() if line.lstrip().startswith(":")]
    out.cache_clear()


def test_folder_that_cannot_be_written_is_told(
    digest: Digest, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device", "templates/dimanche")

    monkeypatch.setattr("shutil.copytree", full)
    refused = digest("template", "new", "dimanche")
    assert refused.code == 8
    assert "No space left on device" in refused.err


@pytest.mark.parametrize(
    ("written", "found", "hint"),
    [
        ("{{ frame.ending(farwell) }}", "there is no “farwell”", "Did you mean “farewell”?"),
        ("{{ type.sans(theme.lable) }}", "there is no “lable” there", "Did you mean “label”?"),
        (
            "{{ frame.ending() }}",
            "“ending” needs its parameter “text” (in templates/base/frame.mjml.j2:",
            "It is written ending(text).",
        ),
        ("<p>a<b>x</p>", "</p> stands where <b> is still open", "Close <b> first."),
    ],
)
def test_mistake_in_a_block_of_ones_own_is_told_at_its_line(
    digest: Digest, settings: Settings, lettre: Path, written: str, found: str, hint: str
) -> None:
    digest("template", "new", "dimanche")
    digest("build")
    settings("[edition]\n", '[edition]\ntemplate = "dimanche"\n')
    if written.startswith("<"):
        written = f"{{% call type.row(0, 32) %}}{written}{{% endcall %}}"
    lines = ('{% extends "weekly/letter.mjml.j2" %}', "{% block ending %}", written)
    (lettre / "templates/dimanche/letter.mjml.j2").write_text(
        "\n".join((*lines, "{% endblock %}\n")), encoding="utf-8"
    )
    refused = digest("check")
    assert refused.code == 5
    told = " ".join(refused.err.split())
    assert f"templates/dimanche/letter.mjml.j2:3: {found}" in told
    assert hint in told
    assert "begins in line" not in told


@pytest.mark.parametrize(
    ("written", "found", "hint"),
    [
        (
            '[theme]\nlogo = "nope.png"',
            "theme.logo: ",
            "Name a picture file of the publication's folder",
        ),
        (
            '[theme]\nlogo = "https://x.example/logo.png"',
            "theme.logo: found “https://x.example/logo.png”",
            "such as templates/logo.png",
        ),
        ('[check]\nclients = ["nokia"]', "check.clients: there is no mail program", "Known: aol"),
    ],
)
def test_setting_that_a_letter_cannot_be_made_with_is_told_at_its_line(
    digest: Digest, lettre: Path, written: str, found: str, hint: str
) -> None:
    digest("build")
    file = lettre / "config.toml"
    text = f"{file.read_text(encoding='utf-8')}\n{written}\n"
    file.write_text(text, encoding="utf-8")
    refused = digest("check")
    assert refused.code == 2
    told = " ".join(refused.err.split())
    assert f"config.toml:{text.count(chr(10))}: {found}" in told
    assert hint in told


def test_mistake_in_a_shared_component_names_its_file_and_line(
    digest: Digest, lettre: Path
) -> None:
    digest("build")
    shared = lettre / "templates/base/stories.mjml.j2"
    text = shared.read_text(encoding="utf-8")
    line = text[: text.index("story.summary }}</p>")].count("\n") + 1
    shared.write_text(text.replace("story.summary }}</p>", "story.sumary }}</p>"), encoding="utf-8")
    refused = digest("send", "--yes")
    assert refused.code == 5
    told = " ".join(refused.err.split())
    assert f"templates/base/stories.mjml.j2:{line}: there is no “sumary”" in told
    assert "Did you mean “summary”?" in told

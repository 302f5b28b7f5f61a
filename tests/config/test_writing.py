"""A source that is added stands after the others, and nothing else of the file is touched."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.config import load_config
from digest.config.writing import add_source, add_sources
from digest.errors import ConfigError

ROOT = Path(__file__).parents[2]

HEAD = '# Notre lettre\n[publication]\nname = "La lettre"   # visible\n'
SOURCES = """
# Where articles come from.
[[sources]]
name = "redaction"  # ours
kind = "files"
path = "articles"

[[sources]]
name = "boussole"
kind = "wordpress"
url = "https://boussole.example"
categories = [
    "monde",  # first

    "afrique",
]
# section = "Monde"
"""
REST = "\n# What is worth an edition.\n# [[sources]] is above.\n[selection]\nstories = 3\n"
FEED = {"name": "agence", "kind": "feed", "url": "https://agence.example/rss.xml"}
BLOCK = """
[[sources]]
name = "agence"
kind = "feed"
url = "https://agence.example/rss.xml"
"""

Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write_file(text: str) -> Path:
        file = tmp_path / "config.toml"
        file.write_bytes(text.encode("utf-8"))
        return file

    return write_file


def names(file: Path) -> list[str]:
    return [source.name for source in load_config(file, environment={}).sources]


def test_new_source_comes_after_the_last_one_and_comments_stay(write: Write) -> None:
    file = write(HEAD + SOURCES + REST)
    assert add_source(file, FEED) == "agence"
    assert file.read_text(encoding="utf-8") == HEAD + SOURCES + BLOCK + REST


def test_comments_close_above_the_next_table_stay_with_it(write: Write) -> None:
    file = write(
        HEAD + '[[sources]]\nname = "a"\nkind = "files"\npath = "a"\n# About it\n[summary]'
    )
    add_source(file, FEED)
    text = file.read_text(encoding="utf-8")
    assert text.endswith(f'path = "a"\n{BLOCK}# About it\n[summary]')


@pytest.mark.parametrize(
    "text",
    [HEAD, HEAD.rstrip("\n"), HEAD + REST, "\ufeff" + HEAD, HEAD + SOURCES.rstrip("\n")],
    ids=["none yet", "no line end", "other tables", "byte order mark", "at the end"],
)
def test_a_file_without_anything_below_gets_it_at_its_end(write: Write, text: str) -> None:
    file = write(text)
    add_source(file, FEED)
    after = file.read_bytes().decode("utf-8")
    assert after.startswith(text.rstrip("\n"))
    assert after.endswith(BLOCK)
    assert names(file)[-1] == "agence"


def test_line_ends_of_the_file_are_kept(write: Write) -> None:
    file = write((HEAD + SOURCES + REST).replace("\n", "\r\n"))
    add_source(file, FEED)
    text = file.read_bytes().decode("utf-8")
    assert text == (HEAD + SOURCES + BLOCK + REST).replace("\n", "\r\n")


def test_sources_in_one_list_get_one_more_in_it(write: Write) -> None:
    inline = 'sources = [{ name = "a", kind = "files", path = "a" }]  # ours\n'
    file = write(inline + HEAD)
    add_source(file, FEED)
    assert names(file) == ["a", "agence"]
    assert "# ours" in file.read_text(encoding="utf-8")


def test_sources_apart_from_each_other_are_not_moved(write: Write) -> None:
    apart = HEAD + SOURCES + REST + '[[sources]]\nname = "z"\nkind = "files"\npath = "z"\n'
    file = write(apart + "[summary]\nlimit = 200\n")
    add_source(file, FEED)
    assert file.read_text(encoding="utf-8") == apart + BLOCK + "[summary]\nlimit = 200\n"
    assert names(file) == ["redaction", "boussole", "z", "agence"]


def test_several_are_added_in_their_order_and_no_name_stands_twice(write: Write) -> None:
    file = write(HEAD + SOURCES + REST)
    added = add_sources(file, [FEED, FEED, {**FEED, "name": "redaction"}])
    assert added == ["agence", "agence-2", "redaction-2"]
    assert names(file) == ["redaction", "boussole", *added]


def test_values_are_written_as_toml_whatever_they_hold(write: Write) -> None:
    file = write(HEAD)
    quoted = 'Le « Méridien » d’\\ici "même"'
    add_source(file, {**FEED, "publisher": quoted, "weight": 0.5, "categories": ["a", "b"]})
    (source,) = load_config(file, environment={}).sources
    assert (source.publisher, source.weight, source.categories) == (quoted, 0.5, ("a", "b"))


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({**FEED, "kind": "newspaper"}, "sources[2].kind: found “newspaper”"),
        ({**FEED, "url": "ftp://agence.example"}, "sources[2].url"),
        ({**FEED, "path": "a.xml"}, "needs either url or path"),
        ({**FEED, "colour": "red"}, "there is no such key"),
    ],
)
def test_what_would_not_load_changes_nothing(
    write: Write, settings: dict[str, object], words: str
) -> None:
    text = HEAD + SOURCES + REST
    file = write(text)
    with pytest.raises(ConfigError) as caught:
        add_source(file, settings)
    assert words in caught.value.message
    assert f"{file}" in caught.value.message
    assert caught.value.message.startswith("nothing was written")
    assert file.read_text(encoding="utf-8") == text
    assert list(file.parent.iterdir()) == [file]


def test_broken_file_is_told_with_its_line_and_left(write: Write) -> None:
    file = write(HEAD + "name = oops\n")
    with pytest.raises(ConfigError, match=r"config.toml:4: not valid TOML"):
        add_source(file, FEED)
    assert file.read_text(encoding="utf-8") == HEAD + "name = oops\n"


def test_place_that_only_looks_like_one_is_refused_with_the_lines_to_add(write: Write) -> None:
    inline = 'sources = [{ name = "a", kind = "files", path = "a" }]\n'
    text = inline + HEAD + 'postal_address = """\n[[sources]]\n"""\n'
    file = write(text)
    with pytest.raises(ConfigError) as caught:
        add_source(file, FEED)
    assert 'name = "agence"; kind = "feed"' in caught.value.hint
    assert file.read_text(encoding="utf-8") == text


def test_permissions_and_links_of_the_file_are_kept(write: Write, tmp_path: Path) -> None:
    file = write(HEAD)
    file.chmod(0o640)
    link = tmp_path / "link.toml"
    link.symlink_to(file)
    add_source(link, FEED)
    assert link.is_symlink()
    assert names(file) == ["agence"]
    assert file.stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("call", ["mkstemp", "replace"])
def test_disk_that_cannot_be_written_is_told_and_changes_nothing(
    write: Write, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    file = write(HEAD)

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    owner = "digest.config.writing.tempfile" if call == "mkstemp" else "pathlib.Path"
    monkeypatch.setattr(f"{owner}.{call}", refuse)
    with pytest.raises(ConfigError, match=r"cannot be written: Permission denied"):
        add_source(file, FEED)
    monkeypatch.undo()
    assert file.read_text(encoding="utf-8") == HEAD
    assert list(file.parent.iterdir()) == [file]


def test_sample_publication_takes_another_source(write: Write) -> None:
    text = (ROOT / "config.toml").read_text(encoding="utf-8")
    file = write(text)
    add_source(file, FEED)
    after = file.read_text(encoding="utf-8")
    assert after.replace(BLOCK, "", 1) == text
    assert after.index(BLOCK) < after.index("# What is worth an edition.")


@given(
    before=st.lists(st.sampled_from(["", "# x", "[summary]\nlimit = 200", "# [[sources]]"])),
    after=st.lists(st.sampled_from(["", "# y", "[check]\nwarn_kb = 50", " # z"])),
    value=st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=20),
)
def test_everything_else_reads_as_before(
    tmp_path_factory: pytest.TempPathFactory, before: list[str], after: list[str], value: str
) -> None:
    def once(lines: list[str]) -> str:
        return "\n".join(dict.fromkeys(lines))

    file = tmp_path_factory.getbasetemp() / "generated.toml"
    table = "[[sources]]\nkind = 'files'\npath = 'p'\nname = 'n'"
    text = f"{HEAD}{once(before)}\n{table}\n{once(after)}\n"
    file.write_text(text, encoding="utf-8")
    add_source(file, {**FEED, "publisher": value})
    found = file.read_text(encoding="utf-8")
    tree, was = tomllib.loads(found), tomllib.loads(text)
    assert tree["sources"].pop()["publisher"] == value
    assert tree == was
    assert [line for line in text.splitlines() if line not in found.splitlines()] == []

"""Every command, setting, exit code and word is documented; a lock holds no address."""

from __future__ import annotations

import dataclasses
import re
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

from digest import errors
from digest.cli import app
from digest.config.settings import Config

ROOT = Path(__file__).parents[2]


def settings(kind: Any, prefix: str) -> Iterator[tuple[str, str, str]]:
    """(table, key, meaning) of every setting."""
    hints = typing.get_type_hints(kind)
    for field in dataclasses.fields(kind):
        if field.metadata.get("internal"):
            continue
        inner = hints[field.name]
        if typing.get_origin(inner) is tuple:
            (inner, *_) = typing.get_args(inner)
        if dataclasses.is_dataclass(inner):
            yield from settings(inner, f"{prefix}.{field.name}".lstrip("."))
        else:
            yield prefix, field.name, field.metadata["doc"]


def test_every_setting_is_documented_with_its_meaning() -> None:
    text = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    sections = dict(re.findall(r"(?ms)^## `\[+([\w.]+)\]+`$(.*?)(?=^## |\Z)", text))
    for table, key, meaning in settings(Config, ""):
        assert f"| `{key}` |" in sections[table], f"[{table}] {key}"
        assert meaning in sections[table], f"[{table}] {key}: {meaning}"


def commands() -> Iterator[str]:
    """Every command as it is typed."""
    root = typer.main.get_command(app)
    for name, command in root.commands.items():  # type: ignore[attr-defined]
        inner = getattr(command, "commands", None)
        yield from (f"digest {name} {sub}" for sub in inner) if inner else [f"digest {name}"]


@pytest.mark.parametrize("command", sorted(commands()))
def test_every_command_is_in_the_readme(command: str) -> None:
    assert command in (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_command_that_prints_results_has_json_and_an_example() -> None:
    silent = {"init", "serve", "worker", "backup", "upgrade", "reopen", "skip", "export"}
    root = typer.main.get_command(app)
    for name, command in root.commands.items():  # type: ignore[attr-defined]
        for sub, one in getattr(command, "commands", {name: command}).items():
            assert "Example: digest" in (one.help or ""), f"{name} {sub}"
            options = {option for parameter in one.params for option in parameter.opts}
            assert "--json" in options or sub in silent, f"{name} {sub}"
            assert "--config" in options or sub == "init", f"{name} {sub}"


def test_every_exit_code_is_documented() -> None:
    codes = {
        kind.exit_code
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, errors.DigestError)
    }
    for document in ("docs/architecture.md", "docs/operations.md"):
        text = (ROOT / document).read_text(encoding="utf-8")
        for code in codes - {1}:
            assert re.search(rf"(\b|· ){code}\b", text), f"{document}: {code}"


_CODE = re.compile(r"^```.*?^```|`[^`\n]*`", re.DOTALL | re.MULTILINE)
_TARGET = re.compile(r"\]\(([^)\s]+)[^)]*\)|(?:src|srcset|href)=\"([^\"]+)\"")


def targets(document: Path) -> Iterator[str]:
    """What a document links to or shows beside it; examples in code lead nowhere."""
    for match in _TARGET.finditer(_CODE.sub("", document.read_text(encoding="utf-8"))):
        target = (match[1] or match[2]).partition("#")[0]
        if target and not re.match("[a-z]+:", target):
            yield target


@pytest.mark.parametrize(
    "document", ["README.md", *(f"docs/{path.name}" for path in sorted(ROOT.glob("docs/*.md")))]
)
def test_every_picture_and_link_of_a_document_leads_to_a_file(document: str) -> None:
    path = ROOT / document
    missing = [target for target in targets(path) if not (path.parent / target).exists()]
    assert missing == []


def test_examples_in_code_are_no_links(tmp_path: Path) -> None:
    document = tmp_path / "page.md"
    document.write_text(
        '![a](a.png "A") [b](b.md#c) [c](#d) [d](https://example.org) <img src="e.png">\n'
        "`![f](f.png)`\n\n```markdown\n![g](g.png)\n```\n"
    )
    assert list(targets(document)) == ["a.png", "b.md", "e.png"]


_REQUIREMENT = re.compile(r"[a-z0-9._-]+(\[[a-z0-9,-]+\])?==[\w.+!-]+( ;.*)? \\")
_HASH = re.compile(r"    --hash=sha256:[0-9a-f]{64}( \\)?")


def test_locks_hold_names_versions_and_hashes_only() -> None:
    for lock in ROOT.glob("*.lock"):
        for line in lock.read_text(encoding="utf-8").splitlines():
            assert _REQUIREMENT.fullmatch(line) or _HASH.fullmatch(line), f"{lock.name}: {line}"

"""The files that a finding can lead to, line by line, and the letter as it was made.

Only files of the publication that make up this letter are read, each found by the settings and
never by what a browser asks for. No secret stands in them by rule; passwords and keys in addresses
are masked all the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from jinja2.meta import find_referenced_templates

from digest.config import Config
from digest.edition.file import FILE
from digest.errors import TemplateError
from digest.model.sending import Letter
from digest.render.templates.environment import open_environment, syntax_tree
from digest.render.templates.family import MANIFEST
from digest.text.masking import mask_url

#: A file that is larger is no text somebody wrote.
_MOST_BYTES = 1_000_000
#: Holds what templates share.
BASE = "base"
#: Kinds of files that stay in the house.
_INTERNAL = ("sponsor", "settings")
_TEMPLATE_SUFFIXES = {".j2", ".toml", ".css", ".html", ".mjml", ".txt"}
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]{0,30}://[^\s\"'<>`]+", re.IGNORECASE)
_EMBEDDED = re.compile(r"(data:image/[\w.+-]+;base64,)[A-Za-z0-9+/=]{40,}")


def source_files(
    config: Config, folder: Path, letter: Letter | None, *, template: str = "", public: bool = False
) -> list[dict[str, Any]]:
    """Path, kind and lines of each file; paths are relative to the publication's folder.

    Args:
        config: names the folders.
        folder: the edition's folder.
        letter: its HTML and MJML are files as well; None when there is none yet.
        template: what the letter is set in.
        public: for eyes outside: without sponsors' prices and the settings, and of the templates
            only those that this letter is made of.
    """
    files = [
        {"path": config.shown(path), "kind": kind, "lines": _masked(_read(path)).split("\n")}
        for kind, path in _paths(config, folder, _made_of(config, template) if public else None)
        if not (public and kind in _INTERNAL)
    ]
    if letter is not None:
        for name, text in (("letter.html", letter.html), ("letter.mjml", letter.mjml)):
            shortened = _EMBEDDED.sub(r"\1…", text)
            files.append({"path": name, "kind": "letter", "lines": shortened.split("\n")})
    return files


def _made_of(config: Config, template: str) -> frozenset[Path]:
    """The templates that a letter is made of: its folder, `base`, and what they ask for."""
    root = config.path(config.edition.templates)
    folders = (root / template, root / BASE)
    found = {
        path for folder in folders for path in (*folder.glob("*.j2"), folder / MANIFEST) if template
    }
    environment = open_environment(root, escaped=True)
    waiting = list(found)
    while waiting:
        name = waiting.pop().relative_to(root).as_posix()
        with suppress(TemplateError):
            for asked in find_referenced_templates(syntax_tree(environment, name)):
                path = root / environment.join_path(asked, name) if asked else root
                if path not in found and _is_within(path, root):
                    found.add(path)
                    waiting.append(path)
    return frozenset(found)


def _paths(
    config: Config, folder: Path, made_of: frozenset[Path] | None
) -> Iterator[tuple[str, Path]]:
    yield "edition", folder / FILE
    templates = config.path(config.edition.templates)
    for path in sorted(templates.rglob("*")) if templates.is_dir() else ():
        if path.suffix not in _TEMPLATE_SUFFIXES or not _is_within(path, templates):
            continue
        is_hidden = any(part.startswith(".") for part in path.relative_to(templates).parts)
        if not is_hidden and (made_of is None or path in made_of):
            yield "template", path
    sponsors = config.path(config.sponsorship.directory)
    for path in sorted(sponsors.glob("*.toml")) if sponsors.is_dir() else ():
        if _is_within(path, sponsors):
            yield "sponsor", path
    yield "settings", config.file


def _is_within(path: Path, folder: Path) -> bool:
    """Whether it is a file of this folder, also when it is a link."""
    return path.is_file() and path.resolve().is_relative_to(folder.resolve())


def _read(path: Path) -> str:
    try:
        if not path.is_file() or path.stat().st_size > _MOST_BYTES:
            return ""
        return path.read_text(encoding="utf-8-sig", errors="replace")
    except OSError:
        return ""


def _masked(text: str) -> str:
    return _ADDRESS.sub(lambda match: mask_url(match[0]), text)

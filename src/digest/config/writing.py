"""Adds sources to `config.toml` and leaves every other byte of it as it stands.

The new tables come right after the last source. The file is replaced only when the result loads
and says exactly what it said before, plus what was added. What a setting means is left to
`settings`, finding out what to add to the callers.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import tempfile
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import tomlkit

from digest.config.loading import load_config
from digest.errors import ConfigError
from digest.text.masking import mask_url

_HEADER = re.compile(r"(?m)^[ \t]*\[\[[ \t]*[\"']?sources[\"']?[ \t]*\]\]")
_COMMENT = re.compile(r"[ \t]*#")
_NEXT_TABLE = re.compile(r"[ \t]*\[")


def add_source(file: Path, settings: Mapping[str, object]) -> str:
    """Add one source; returns its name. See `add_sources`."""
    (name,) = add_sources(file, [settings])
    return name


def add_sources(file: Path, sources: Sequence[Mapping[str, object]]) -> list[str]:
    """Add `[[sources]]` to a `config.toml`, all of them or none.

    Args:
        file: path of `config.toml`.
        sources: the keys of each in the order to write them, `name` among them.

    Returns:
        the names they got: one that is taken gets `-2`, `-3`, …

    Raises:
        ConfigError: the file has a mistake, would have one, or cannot be written. It is then as
            it was.
    """
    target = file.resolve()
    taken = {source.name for source in load_config(target).sources}
    added: list[dict[str, object]] = []
    for settings in sources:
        name = _free(str(settings["name"]), taken)
        taken.add(name)
        added.append({**settings, "name": name})
    before = target.read_bytes().decode("utf-8")
    after = _with(before, added)
    wanted = _read(before)
    wanted["sources"] = [*wanted.get("sources", ()), *added]
    try:
        found = _read(after)
    except tomllib.TOMLDecodeError:
        found = {}
    if found != wanted:
        masked = [{**one, "url": mask_url(str(one.get("url", "")))} for one in added]
        shown = "; ".join(_block(masked, "\n").split("\n")[1:-1])
        raise ConfigError(f"{file}: found no place for it", f"Add it by hand: {shown}")
    _replace(target, after)
    return [str(settings["name"]) for settings in added]


def _free(name: str, taken: set[str]) -> str:
    """The name, or the first of `name-2`, `name-3`, … that nobody has."""
    free, number = name, 1
    while free in taken:
        number += 1
        free = f"{name}-{number}"
    return free


def _read(text: str) -> dict[str, Any]:
    return tomllib.loads(text.removeprefix("\ufeff"))


def _with(text: str, added: Sequence[Mapping[str, object]]) -> str:
    end = "\r\n" if "\r\n" in text else "\n"
    headers = list(_HEADER.finditer(text))
    tables = _read(text).get("sources")
    if not headers and tables is not None:
        return _with_inline(text, added)
    place = len(text)
    if headers and tables:
        start = headers[-1].start()
        place = start + _length_of_table(text[start:], tables[-1])
    head = text[:place]
    if head and not head.endswith("\n"):
        head += end
    return f"{head}{_block(added, end)}{text[place:]}"


def _length_of_table(text: str, table: object) -> int:
    """Characters of the table that a text begins with, and of the comments close below it."""
    lines = text.splitlines(keepends=True)
    count = 1
    while count < len(lines) and _first_table(lines[:count]) != table:
        count += 1
    below = count
    while below < len(lines) and _COMMENT.match(lines[below]):
        below += 1
    if below == len(lines) or not _NEXT_TABLE.match(lines[below]):
        count = below
    return sum(map(len, lines[:count]))


def _first_table(lines: Sequence[str]) -> object:
    try:
        return tomllib.loads("".join(lines))["sources"][0]
    except tomllib.TOMLDecodeError:
        return None


def _with_inline(text: str, added: Sequence[Mapping[str, object]]) -> str:
    """For `sources = [{ … }]`, which some write."""
    document = tomlkit.parse(text)
    for settings in added:
        table = tomlkit.inline_table()
        table.update(settings)
        document["sources"].append(table)
    return tomlkit.dumps(document)


def _block(added: Sequence[Mapping[str, object]], end: str) -> str:
    lines: list[str] = []
    for settings in added:
        lines += ["", "[[sources]]"]
        lines += [f"{key} = {tomlkit.item(value).as_string()}" for key, value in settings.items()]
    return "".join(line + end for line in lines)


def _replace(target: Path, text: str) -> None:
    """Replace the file at once, after the new one was read as settings."""
    try:
        descriptor, name = tempfile.mkstemp(prefix=".config-", suffix=".toml", dir=target.parent)
    except OSError as error:
        raise _unwritable(target, error) from error
    try:
        with os.fdopen(descriptor, "wb") as new:
            new.write(text.encode("utf-8"))
            new.flush()
            os.fsync(new.fileno())
        load_config(Path(name))
        shutil.copymode(target, name)
        Path(name).replace(target)
    except ConfigError as error:
        told = error.message.replace(name, str(target))
        raise ConfigError(f"nothing was written: {told}", error.hint) from error
    except OSError as error:
        raise _unwritable(target, error) from error
    finally:
        with contextlib.suppress(FileNotFoundError):
            Path(name).unlink()


def _unwritable(target: Path, error: OSError) -> ConfigError:
    return ConfigError(
        f"{target}: cannot be written: {error.strerror}",
        "Make the file and its folder writable.",
    )

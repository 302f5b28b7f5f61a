"""Fills dataclasses from TOML tables; every mistake names file, line, key, value and what is
allowed. Used for `config.toml`, `sponsors/*.toml` and `edition.toml` alike.

What a key means stands in the dataclasses: their types, and the rules that
`digest.config.settings.setting` puts into a field's metadata.
"""

from __future__ import annotations

import dataclasses
import math
import re
import tomllib
import types
import typing
from collections.abc import Iterable, Mapping
from decimal import Decimal
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, Literal, NoReturn

from digest.errors import ConfigError, DigestError
from digest.text.nearest import did_you_mean, nearest

_WORDS_FOR_TYPE = {
    str: "text in quotes",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
}


class TableReader:
    """Reads one TOML file into dataclasses.

    Args:
        file: the file, as errors shall name it.
        error: the class of error to raise.
    """

    def __init__(self, file: Path, *, error: type[DigestError] = ConfigError) -> None:
        self.file = file
        self.error = error
        self.origins: dict[str, str] = {}
        self.lines: dict[str, int] = {}

    def parse(self) -> dict[str, Any]:
        """Read the file as TOML; a missing file is left to the caller (FileNotFoundError)."""
        try:
            text = self.file.read_text(encoding="utf-8-sig")
        except FileNotFoundError:
            raise
        except UnicodeDecodeError as error:
            line = error.object[: error.start].count(b"\n") + 1
            found = error.object[error.start]
            raise self.error(
                f"{self.file}:{line}: byte 0x{found:02x} is not UTF-8", "Save the file as UTF-8."
            ) from None
        except OSError as error:
            raise self.error(f"{self.file}: {error.strerror}", "Make it readable.") from None
        try:
            tree = tomllib.loads(text)
        except (tomllib.TOMLDecodeError, RecursionError) as error:
            raise self._syntax_error(text, str(error)) from None
        self.lines = key_lines(text)
        return tree

    def _syntax_error(self, text: str, reason: str) -> DigestError:
        """Names the line and shows it, for people who have never heard of TOML."""
        found = re.search(r"\(at line (\d+), column \d+\)", reason)
        if not found:
            return self.error(f"{self.file}: not valid TOML: {reason}", "Mend the file's end.")
        line = text.splitlines()[int(found[1]) - 1].strip()[:80]
        said = reason[: found.start()].strip()
        return self.error(
            f"{self.file}:{found[1]}: not valid TOML: {said}: {line}",
            _syntax_hint(said, line, text, int(found[1])),
        )

    def where(self, key: str) -> str:
        """How an error names a key: file, line when known, key."""
        line = self.lines.get(key) or self.lines.get(re.sub(r"\.[^.]*$", "", key))
        return f"{self.file}:{line}: {key}" if line else f"{self.file}: {key}"

    def fail(self, key: str, found: str, hint: str) -> NoReturn:
        """Raise this file's error for a key."""
        raise self.error(f"{self.where(key)}: {found}", hint)

    def section(self, kind: Any, tree: Any, prefix: str) -> Any:
        """Fill one dataclass from one table."""
        if not isinstance(tree, dict):
            self.fail(prefix, f"found {_shown(tree)}", f"Write it as a table: [{prefix}].")
        hints = _type_hints(kind)
        fields = {f.name: f for f in dataclasses.fields(kind) if not f.metadata.get("internal")}
        for name in tree:
            if name not in fields:
                self.fail(_join(prefix, name), "there is no such key", nearest(name, list(fields)))
        values = {}
        for name in (name for name in fields if name in tree):
            key = _join(prefix, name)
            self.origins.setdefault(key, "file")
            values[name] = self.value(hints[name], tree[name], key, fields[name].metadata)
        for name, spec in fields.items():
            if name not in tree and _is_required(spec):
                hint = f"Add it. {spec.metadata.get('doc', '')}".strip()
                self.fail(_join(prefix, name), "is missing", hint)
        return kind(**values)

    def value(self, kind: Any, found: Any, key: str, rules: Mapping[str, Any]) -> Any:
        """Check one value against its type and rules."""
        origin = typing.get_origin(kind)
        if dataclasses.is_dataclass(kind):
            return self.section(kind, found, key)
        if origin is tuple:
            return self._array(typing.get_args(kind)[0], found, key, rules)
        if origin is dict:
            return self._tables(typing.get_args(kind)[1], found, key)
        if isinstance(kind, type) and issubclass(kind, StrEnum):
            return kind(self._word(found, key, [member.value for member in kind]))
        if kind is Decimal:
            return self._decimal(found, key)
        if origin in (Literal, types.UnionType):
            kind = str
        if kind is float and isinstance(found, int) and not isinstance(found, bool):
            found = float(found)
        if type(found) is not kind:
            self.fail(key, f"found {_shown(found)}", f"Allowed: {_form(kind, rules)}.")
        self._check_rules(found, key, rules)
        return found

    def _array(self, kind: Any, found: Any, key: str, rules: Mapping[str, Any]) -> Any:
        is_table = dataclasses.is_dataclass(kind)
        if not isinstance(found, list):
            shape = f"[[{key}]] tables" if is_table else "a list in [ ]"
            self.fail(key, f"found {_shown(found)}", f"Allowed: {shape}.")
        if is_table:
            return tuple(self.section(kind, part, f"{key}[{i}]") for i, part in enumerate(found))
        return tuple(self.value(kind, part, key, rules) for part in found)

    def _tables(self, kind: Any, found: Any, key: str) -> Any:
        if not isinstance(found, dict):
            self.fail(key, f"found {_shown(found)}", f"Allowed: tables such as [{key}.name].")
        return {name: self.section(kind, part, _join(key, name)) for name, part in found.items()}

    def _word(self, found: Any, key: str, allowed: Iterable[str]) -> str:
        words = list(allowed)
        if found not in words:
            close = did_you_mean(found, words) if isinstance(found, str) else ""
            self.fail(key, f"found {_shown(found)}", f"Allowed: {', '.join(words)}.{close}")
        return str(found)

    def _decimal(self, found: Any, key: str) -> Decimal:
        if isinstance(found, bool) or not isinstance(found, int | float):
            self.fail(key, f"found {_shown(found)}", "Allowed: a number such as 450.00.")
        amount = Decimal(str(found))
        if not amount.is_finite() or amount < 0:
            self.fail(key, f"found {found}", "Allowed: a number from 0 up.")
        return amount

    def _check_rules(self, found: Any, key: str, rules: Mapping[str, Any]) -> None:
        if choices := rules.get("choices"):
            self._word(found, key, choices)
        if isinstance(found, str):
            if any((ord(c) < 32 and c not in "\n\t") or ord(c) == 127 for c in found):
                self.fail(key, "holds a control character", "Retype the value.")
            if rules.get("required") and not found.strip():
                self.fail(key, "is empty", rules.get("doc") or "Give it a value.")
            pattern = rules.get("pattern")
            if pattern and found and not re.fullmatch(pattern, found):
                allowed = rules.get("example") or pattern
                self.fail(key, f"found “{found}”", f"Allowed: such as {allowed}.")
        low, high = rules.get("minimum"), rules.get("maximum")
        if (low is not None and not found >= low) or (high is not None and not found <= high):
            allowed = f"from {low:g} to {high:g}" if high is not None else f"{low:g} or more"
            self.fail(key, f"found {found}", f"Allowed: {allowed}.")
        if isinstance(found, float) and not math.isfinite(found):
            self.fail(key, f"found {found}", "Allowed: a number.")


@cache
def _type_hints(kind: Any) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _is_required(spec: dataclasses.Field[Any]) -> bool:
    if "required" in spec.metadata:
        return bool(spec.metadata["required"])
    return spec.default is dataclasses.MISSING and spec.default_factory is dataclasses.MISSING


def _form(kind: Any, rules: Mapping[str, Any]) -> str:
    """What a value of this kind looks like; a text with its example where the setting has one."""
    words, example = _WORDS_FOR_TYPE[kind], rules.get("example")
    if kind is not str or not example:
        return words
    return f"{words}, such as {example}" if " or " in example else f'such as "{example}"'


def _join(prefix: str, name: str) -> str:
    return f"{prefix}.{name}" if prefix else name


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return "a list"
    return f"“{value}”" if isinstance(value, str) else str(value)


_SECOND = re.compile(r"Cannot (declare|overwrite|mutate|redefine)")
_UNQUOTED = re.compile(r"[^=]*=\s*[^\s\"'\[{]")


def _syntax_hint(said: str, line: str, text: str, number: int) -> str:
    """What to do about a line that TOML cannot read; `number` is the line's."""
    if _SECOND.match(said):
        if not line.startswith("["):
            name = line.partition("=")[0].strip()
            return f"“{name}” has a value already: leave one of the two."
        name = re.sub(r"[\s\"']", "", line.strip("[]"))
        above = key_lines("\n".join(text.splitlines()[: number - 1])).get(name)
        first = f"line {above}" if above else "the file, written in another way"
        return f"[{name}] stands in {first} already: merge the two tables of that name."
    if said.startswith("Unescaped"):
        return "Write \\\\ for \\, or put the text between ."
    if said.startswith("Invalid value") and _UNQUOTED.match(line):
        return 'A text stands between straight quotation marks: "…".'
    if '"' in line:
        return 'Close the text with ", and inside it write « » or \\".'
    return "Write it as key = value; a text stands between straight quotation marks."


_HEADER = re.compile(r"\s*(\[\[?)\s*([^\[\]#]+?)\s*\]\]?\s*(#.*)?$")
_KEY = re.compile(r"\s*([A-Za-z0-9_.\-]+)\s*=\s*(\"\"\"|''')?")


def key_lines(text: str) -> dict[str, int]:
    """Where each dotted key stands, counted from 1; array tables as `sources[0].name`."""
    lines: dict[str, int] = {}
    counts: dict[str, int] = {}
    prefix = closing = ""
    for number, line in enumerate(text.splitlines(), 1):
        if closing:  # inside a text of several lines, which may look like keys and tables
            closing = "" if closing in line else closing
        elif header := _HEADER.match(line):
            name = re.sub(r"[\s\"']", "", header[2])
            parent, _, last = name.rpartition(".")
            if parent in counts:
                name = f"{parent}[{counts[parent]}].{last}"
            if header[1] == "[[":
                counts[name] = counts.get(name, -1) + 1
                prefix = f"{name}[{counts[name]}]"
            else:
                prefix = name
            lines.setdefault(prefix, number)
        elif key := _KEY.match(line):
            lines.setdefault(_join(prefix, key[1]), number)
            closing = "" if key[2] and key[2] in line[key.end() :] else key[2] or ""
    return lines

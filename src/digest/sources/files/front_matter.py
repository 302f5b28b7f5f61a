"""The head of a Markdown file: YAML between `---` or TOML between `+++`, checked key by key.

Unknown keys are left alone: they belong to the newsroom's site; those that look misspelt can be
asked for. YAML dates stay text, so that a wrong one is named like any other mistake.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from digest.sources.files.reading import UnusableError
from digest.text.dates import parse_moment
from digest.text.nearest import nearest_word
from digest.text.plain import clean_line

#: Levels of lists and tables in a head.
_DEEPEST = 50

# fmt: off
# Keys of Hugo, Jekyll, Eleventy and Astro that say nothing of the text.
_OF_SITES = frozenset(
    (
        "aliases", "build", "cascade", "comments", "draft", "expirydate", "excerpt_separator",
        "headless", "iscjklanguage", "keywords", "lastmod", "layout", "linktitle", "markup",
        "menu", "modified", "outputs", "params", "permalink", "published", "publishdate",
        "resources", "series", "sitemap", "slug", "toc", "translationkey", "type", "updated",
        "weight",
    )
)
# fmt: on
_FENCES = {"---": re.compile(r"(?:---|\.\.\.)\s*"), "+++": re.compile(r"\+\+\+\s*")}


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """The values of a head and the line each key stands on; empty for a file without one."""

    values: Mapping[str, Any] = field(default_factory=dict)
    lines: Mapping[str, int] = field(default_factory=dict)

    def unknown(self, known: Collection[str]) -> list[str]:
        """A remark on each key that is neither `known` nor usual for makers of sites."""
        return [
            f"front matter: unknown key “{key}” ignored{_meant(key, known)}"
            for key in self.values
            if isinstance(key, str) and key not in known and key.lower() not in _OF_SITES
        ]

    def fail(self, key: str, what: str) -> UnusableError:
        """The error for a key's value."""
        return UnusableError(f"{key}: {what}", self.lines.get(key, 1))

    def text(self, *keys: str) -> str:
        """The first of `keys` that has a value, as one clean line; "" if none has."""
        for key in keys:
            value = self.values.get(key)
            if value is None:
                continue
            if not isinstance(value, str):
                raise self.fail(key, f"found {_shown(value)}; write text, in quotes")
            if cleaned := clean_line(value):
                return cleaned
        return ""

    def texts(self, *keys: str) -> tuple[str, ...]:
        """All values of `keys`, each a text or a list of texts, without repetitions."""
        found: dict[str, None] = {}
        for key in keys:
            value = self.values.get(key)
            parts = [value] if isinstance(value, str) else value
            if parts is None:
                continue
            if not isinstance(parts, list) or not all(isinstance(part, str) for part in parts):
                raise self.fail(key, f"found {_shown(value)}; write text or a list of texts")
            found.update(dict.fromkeys(cleaned for part in parts if (cleaned := clean_line(part))))
        return tuple(found)

    def flag(self, key: str) -> bool:
        """A true or false; false when it is left out."""
        value = self.values.get(key)
        if value is None:
            return False
        if not isinstance(value, bool):
            raise self.fail(key, f"found {_shown(value)}; write true or false")
        return value

    def moment(self, key: str, zone: ZoneInfo) -> datetime | None:
        """A date or a moment; one without a zone is in `zone`, one without a time at midnight."""
        value = self.values.get(key)
        if value is None:
            return None
        found: datetime | None = None
        if isinstance(value, datetime):
            found = value if value.tzinfo else value.replace(tzinfo=zone)
        elif isinstance(value, date):
            found = datetime.combine(value, time.min, zone)
        elif isinstance(value, str):
            found = parse_moment(value, zone)
        if found is None:
            raise self.fail(
                key,
                f"found {_shown(value)}, which is no date; write 2026-11-12 or 2026-11-12T18:30",
            )
        return found


def split_front_matter(text: str) -> tuple[FrontMatter, str]:
    """The head and the text after it. A text that does not begin with a fence has no head.

    Raises:
        UnusableError: the head is never closed, or is not valid YAML or TOML; with its line.
    """
    lines = text.split("\n")
    fence = lines[0].rstrip()
    if fence not in _FENCES:
        return FrontMatter(), text
    for number, line in enumerate(lines[1:], 1):
        if _FENCES[fence].fullmatch(line):
            head = "\n".join(lines[1:number])
            rest = "\n".join(lines[number + 1 :])
            return (_read_yaml(head) if fence == "---" else _read_toml(head)), rest
    raise UnusableError(f"the head that begins with {fence} never ends", 1)


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Reads dates as text."""


_Loader.yaml_implicit_resolvers = {
    initial: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
    for initial, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _read_yaml(head: str) -> FrontMatter:
    try:
        _check_depth(head)
        loader = _Loader(head)
        try:
            node = loader.get_single_node()
            if node is None:
                return FrontMatter()
            if not isinstance(node, yaml.MappingNode):
                raise UnusableError("the head is not a list of keys and values", 2)
            lines = {
                str(key.value): key.start_mark.line + 2
                for key, _ in node.value
                if isinstance(key, yaml.ScalarNode)
            }
            values = loader.construct_document(node)
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise UnusableError(
            f"the head is not valid YAML: {error.problem or error.context}",
            mark.line + 2 if mark else 1,
        ) from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise UnusableError(f"the head is not valid YAML: {str(error)[:100]}", 1) from None
    return FrontMatter(values, lines)


def _check_depth(head: str) -> None:
    # The C loader recurses without a limit of its own and would take the process down.
    depth = 0
    for event in yaml.parse(head, Loader=_Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > _DEEPEST:
            raise UnusableError("the head is nested too deeply", 1)


def _read_toml(head: str) -> FrontMatter:
    try:
        values = tomllib.loads(head)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        place = re.search(r"\(at line (\d+)", str(error))
        line = int(place[1]) + 1 if place else head.count("\n") + 2
        reason = re.sub(r" \(at .*\)$", "", str(error))
        raise UnusableError(f"the head is not valid TOML: {reason}", line) from None
    lines = {
        key[1]: number
        for number, line in enumerate(head.split("\n"), 2)
        if (key := re.match(r"\s*([A-Za-z0-9_-]+)\s*=", line))
    }
    return FrontMatter(values, lines)


def _meant(key: str, known: Collection[str]) -> str:
    near = nearest_word(key, known)
    return f"; did you mean {near}?" if near else ""


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, str):
        return f"“{value[:80]}”"
    return f"{str(value)[:80]} ({type(value).__name__})"

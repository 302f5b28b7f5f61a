"""Reads `config.toml` and the environment into a `Config`.

Leaves what a setting means to `settings`, the checking of single values to `tables`, and the
sponsors' files to `sponsor_files`.
"""

from __future__ import annotations

import dataclasses
import os
import typing
import unicodedata
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from digest.config.settings import Config, SelectionSettings, SourceSettings, ThemeSettings
from digest.config.settings.schema import TYPE_SIZE
from digest.config.tables import TableReader, key_lines
from digest.errors import ConfigError
from digest.text.nearest import nearest

#: `DIGEST__DELIVERY__PROVIDER=smtp` overrides `[delivery] provider`.
ENVIRONMENT_PREFIX = "DIGEST__"


def load_config(
    file: Path,
    *,
    environment: Mapping[str, str] | None = None,
) -> Config:
    """Read a publication's settings.

    Args:
        file: path of `config.toml`.
        environment: variables; default: the process's own.

    Raises:
        ConfigError: the file is missing or has a mistake; the message names it.
    """
    variables = os.environ if environment is None else environment
    reader = _ConfigReader(file)
    try:
        tree = reader.parse()
    except FileNotFoundError:
        raise ConfigError(
            f"{file}: there is no such file",
            "Run the command in a publication's folder, name one with --config, or make one with "
            "`digest init DIR`.",
        ) from None
    for name, text in sorted(variables.items()):
        if name.startswith(ENVIRONMENT_PREFIX):
            key = name.removeprefix(ENVIRONMENT_PREFIX).lower().replace("__", ".")
            reader.place(tree, key, text)
    config: Config = reader.section(Config, tree, "")
    reader.check_whole(config)
    return dataclasses.replace(
        config, root=file.resolve().parent, file=file.resolve(), origins=dict(reader.origins)
    )


def setting_place(config: Config, key: str) -> str:
    """How an error found later names a setting: `config.toml:12: theme.logo`.

    Args:
        key: such as `theme.logo`; an array's entry as `lists[0].name`.
    """
    reader = _ConfigReader(Path(config.file.name))
    reader.origins = dict(config.origins)
    with suppress(OSError, UnicodeDecodeError):
        reader.lines = key_lines(config.file.read_text(encoding="utf-8-sig"))
    return reader.where(key)


class _ConfigReader(TableReader):
    """Knows the overrides from outside the file, and the rules between settings."""

    def where(self, key: str) -> str:
        if self.origins.get(key) == "environment":
            return ENVIRONMENT_PREFIX + key.upper().replace(".", "__")
        return super().where(key)

    def place(self, tree: dict[str, Any], key: str, text: str) -> None:
        """Lay one variable into the tree, converting it to the setting's type."""
        self.origins[key] = "environment"
        kind: Any = Config
        for name in key.split("."):
            kind = self._kind_of(kind, name, key)
        node = tree
        *sections, last = key.split(".")
        for name in sections:
            node = node.setdefault(name, {})
            if not isinstance(node, dict):
                self.fail(key, "cannot be set from outside the file", "Change config.toml.")
        node[last] = self._from_text(text, kind)

    def _kind_of(self, kind: Any, name: str, key: str) -> Any:
        fields = dataclasses.fields(kind) if dataclasses.is_dataclass(kind) else ()
        known = [field.name for field in fields if not field.metadata.get("internal")]
        if name not in known:
            self.fail(key, "there is no such setting", nearest(name, known))
        return typing.get_type_hints(kind)[name]

    def _from_text(self, value: str, kind: Any) -> Any:
        if kind is bool and value.lower() in ("true", "1", "yes", "false", "0", "no"):
            return value.lower() in ("true", "1", "yes")
        if kind in (int, float):
            try:
                return kind(value)
            except ValueError:
                return value
        if kind == tuple[str, ...]:
            return [part.strip() for part in value.split(",") if part.strip()]
        return value

    def check_whole(self, config: Config) -> None:
        """Rules between settings."""
        try:
            ZoneInfo(config.publication.timezone)
        except (KeyError, ValueError, OSError):
            self.fail(
                "publication.timezone",
                f"found “{config.publication.timezone}”",
                "Allowed: a zone such as Europe/Paris, Africa/Dakar or America/Montreal.",
            )
        for array, names in (
            ("sources", [source.name for source in config.sources]),
            ("slots", [slot.name for slot in config.slots]),
            ("lists", [named.name for named in config.lists]),
        ):
            for index, name in enumerate(names):
                if name in names[:index]:
                    self.fail(f"{array}[{index}].name", f"“{name}” stands twice", "Rename one.")
        for index, source in enumerate(config.sources):
            self._check_source(f"sources[{index}]", source)
        if not config.lists:
            self.fail("lists", "is empty", "Name at least one list, or leave `lists` out.")
        self._check_selection(config.selection)
        self._check_theme(config.theme)
        self._check_signing(config)
        self._check_sendgrid(config)
        if config.check.warn_kb > config.check.fail_kb:
            self.fail(
                "check.warn_kb",
                f"found {config.check.warn_kb}, above check.fail_kb = {config.check.fail_kb}",
                "Warn before failing.",
            )

    def _check_sendgrid(self, config: Config) -> None:
        """SendGrid keeps categories and cannot redact them: nothing of people stands there."""
        if not _may_be_asked(config.delivery.sendgrid.api_url):
            self.fail(
                "delivery.sendgrid.api_url",
                f"found “{config.delivery.sendgrid.api_url}”",
                "Write the host alone, protected: https://api.sendgrid.com, or "
                "https://api.eu.sendgrid.com.",
            )
        categories = config.delivery.sendgrid.categories
        place = "delivery.sendgrid.categories"
        if len(categories) > 8:
            self.fail(
                place,
                f"holds {len(categories)}",
                "Name at most 8: with the edition and the list SendGrid takes 10.",
            )
        for category in categories:
            if not category.strip() or "@" in category or len(category) > 255:
                self.fail(
                    place,
                    f"found “{category[:60]}”",
                    "Allowed: up to 255 characters, and no address: SendGrid keeps it.",
                )

    def _check_signing(self, config: Config) -> None:
        """DKIM counts for a sender only where the domains agree (RFC 7489 §3.1.1, relaxed)."""
        dkim = config.delivery.dkim
        missing = [name for name in ("domain", "selector", "key_file") if not getattr(dkim, name)]
        if missing and len(missing) < 3:
            self.fail(
                f"delivery.dkim.{missing[0]}",
                "is missing beside the others",
                "Set domain, selector and key_file, or none of them.",
            )
        sender = config.publication.sender.rpartition("@")[2].lower()
        with suppress(UnicodeError):
            sender = sender.encode("idna").decode("ascii")
        if dkim.domain and sender and not f".{sender}".endswith(f".{dkim.domain.lower()}"):
            self.fail(
                "delivery.dkim.domain",
                f"found “{dkim.domain}”, but the sender is of {sender}",
                f"Sign as {sender}, or as a domain above it.",
            )

    def _check_theme(self, theme: ThemeSettings) -> None:
        for spec in dataclasses.fields(theme):
            if spec.metadata["pattern"] != TYPE_SIZE:
                continue
            written = getattr(theme, spec.name)
            size, line = (int(part) for part in written.split("/"))
            if line < size:
                self.fail(
                    f"theme.{spec.name}",
                    f"found “{written}”: its lines stand closer than the type is high",
                    f'Write size/line, such as "{size}/{round(size * 1.2)}".',
                )

    def _check_selection(self, selection: SelectionSettings) -> None:
        if selection.fewest > selection.stories:
            self.fail(
                "selection.fewest",
                f"found {selection.fewest}, above selection.stories = {selection.stories}",
                "An edition cannot need more stories than it may have.",
            )
        for index, quota in enumerate(selection.quotas):
            if quota.at_least > quota.at_most:
                self.fail(
                    f"selection.quotas[{index}].at_least",
                    f"found {quota.at_least}, above at_most = {quota.at_most}",
                    "Lower at_least, or raise at_most.",
                )

    def _check_source(self, key: str, source: SourceSettings) -> None:
        if any(unicodedata.category(character) in ("Cc", "Cf") for character in source.name):
            self.fail(f"{key}.name", "holds a line break or control character", "Write it without.")
        if source.kind == "feed" and bool(source.url) == bool(source.path):
            self._source_fault(key, source.name, "needs either url or path", "Give one of the two.")
        if source.kind == "files" and not source.path:
            self._source_fault(key, source.name, "has no path", "Name its folder.")
        if source.kind in ("wordpress", "page", "sitemap") and not source.url:
            self._source_fault(key, source.name, "has no url", "Give its address.")

    def _source_fault(self, key: str, name: str, fault: str, hint: str) -> NoReturn:
        self.fail(key, f"the source “{name}” {fault}", hint)


def _may_be_asked(api_url: str) -> bool:
    """Whether it is a host; SendGrid itself is spoken to over TLS only."""
    try:
        url = urlsplit(api_url)
    except ValueError:
        return False
    is_theirs = f".{url.hostname}".endswith(".sendgrid.com")
    is_open = is_theirs and url.scheme != "https"
    return not is_open and not url.path.rstrip("/").endswith("/v3")

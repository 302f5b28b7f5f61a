"""Logs: one event a line, as text or as a JSON object, without addresses and secrets.

Modules speak through the standard library: the event is the message, what belongs to it is a field.

    logging.getLogger("digest.delivery").info("run started", extra={"digest": {"run": run}})

`configure` is called by the command line alone. Whatever is logged, by whomever, loses people's
addresses and the settings' secrets before it is written. Other packages are heard from `warning`
on. Times are UTC (RFC 3339).
"""

from __future__ import annotations

import base64
import json
import logging
import math
import re
import sys
import traceback
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote

from digest.errors import ConfigError, UsageError
from digest.text.masking import mask_addresses

if TYPE_CHECKING:
    from digest.config import Config

LogFormat = Literal["text", "json"]
LogLevel = Literal["debug", "info", "warning", "error"]


def configure(
    log_format: LogFormat = "text", level: LogLevel = "warning", file: Path | None = None
) -> None:
    """Write logs of this level and above to standard error, or to the end of a file.

    A later call replaces an earlier one. Secrets that were hidden stay hidden.

    Raises:
        UsageError: the file cannot be written.
    """
    reset()
    handler = _Lines(_opened(file) if file is not None else None)
    handler.addFilter(Masking())
    handler.setFormatter(JsonLines() if log_format == "json" else TextLines())
    logging.getLogger().addHandler(handler)
    logging.getLogger("digest").setLevel(level.upper())


def speaks_to_machines(level: int) -> bool:
    """Whether what happens at this level (of `logging`) is on standard error as JSON, so that it
    need not be said there in a sentence as well."""
    return logging.getLogger("digest").isEnabledFor(level) and any(
        isinstance(one.formatter, JsonLines) and one.is_terminal
        for one in logging.getLogger().handlers
        if isinstance(one, _Lines)
    )


def reset() -> None:
    """Stop writing logs; closes the file, if there is one."""
    root = logging.getLogger()
    for handler in [one for one in root.handlers if isinstance(one, _Lines)]:
        root.removeHandler(handler)
        handler.close()
    logging.getLogger("digest").setLevel(logging.NOTSET)


def hide(config: Config) -> None:
    """From now on, write `***` for every secret whose variable the settings name."""
    from digest.config.secrets import login_forms, read_secret

    smtp, names = config.delivery.smtp, set()
    names |= {smtp.password_env, config.delivery.sendgrid.api_key_env, config.store.password_env}
    found = {}
    for name in (*names, smtp.username_env):
        with suppress(ConfigError):
            found[name] = read_secret(name, "a secret") if name else ""
    user, password = found.get(smtp.username_env, ""), found.get(smtp.password_env, "")
    secrets = {found.get(name, "") for name in names if len(found.get(name, "")) >= _SHORTEST}
    # A short user name is a word like any other.
    secrets |= {user} if len(user) >= _SHORTEST_USER else set()
    forms = {base64.b64encode(one.encode()).decode() for one in secrets}
    if password:
        forms.update(login_forms(user, password)[1:])
    _hidden.update(secrets | forms | {quote(one, safe="") for one in secrets})


class Masking(logging.Filter):
    """Takes addresses, secrets and personal links out of a record, wherever they stand in it."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Change the record in place; always keeps it."""
        try:
            message = record.getMessage()
        except (TypeError, ValueError, KeyError):
            message = str(record.msg)
        record.msg, record.args = masked(message), None
        if record.exc_info and not record.exc_text:
            record.exc_text = "".join(traceback.format_exception(*record.exc_info)).rstrip()
            record.exc_info = None
        if record.exc_text:
            record.exc_text = masked(record.exc_text)[-_LONGEST_TRACE:]
        if record.stack_info:
            record.stack_info = masked(record.stack_info)
        fields = getattr(record, "digest", None)
        record.digest = _plain(fields) if isinstance(fields, Mapping) else {}
        return True


def masked(text: str) -> str:
    """A text as logs may show it."""
    return _PERSONAL_LINK.sub(r"\1***", mask_addresses(text, _hidden))


class JsonLines(logging.Formatter):
    """A record as one JSON object: time, level, event, logger, then its fields."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, whatever the record holds."""
        line: dict[str, Any] = {
            "time": _moment(record),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            "logger": record.name,
        }
        if record.exc_text:
            line["exception"] = record.exc_text
        fields: dict[str, Any] = getattr(record, "digest", {})
        line |= {name: value for name, value in fields.items() if name not in line}
        return _escaped(json.dumps(line, ensure_ascii=False, allow_nan=False))


class TextLines(logging.Formatter):
    """A record for people: time, level, logger, event, fields as `name=value`."""

    def format(self, record: logging.LogRecord) -> str:
        """One line; of an exception its last words."""
        fields = getattr(record, "digest", {})
        parts = [_moment(record), f"{record.levelname:<7}", f"{record.name}:", record.getMessage()]
        parts += [f"{name}={_worded(value)}" for name, value in fields.items()]
        if record.exc_text:
            parts.append(f"exception={_worded(record.exc_text.splitlines()[-1])}")
        return _escaped(" ".join(parts))


# ---- Detail ---------------------------------------------------------------------------------

#: Secrets shorter than this would take ordinary words out of every line.
_SHORTEST, _SHORTEST_USER = 4, 8
_LONGEST, _LONGEST_TRACE, _DEEPEST = 2000, 20_000, 6

#: What `hide` was told; never written anywhere.
_hidden: set[str] = set()

#: The token of a reader's way out, as it stands in an address.
_PERSONAL_LINK = re.compile(r"(/u/)[A-Za-z0-9_-]{16,}")
#: What would break a line, steer a terminal or turn the direction of writing; halves of characters.
_STEERING = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)
_WORD = re.compile(r"[^\s\"=]+")


class _Lines(logging.StreamHandler[Any]):
    """Writes to a file, or to what standard error is at that moment: a progress bar may be on it.

    A log that cannot be written never stops what is being logged.
    """

    def __init__(self, file: Path | None) -> None:
        super().__init__(sys.stderr)
        self._file = file.open("a", encoding="utf-8") if file is not None else None
        self._has_told = False

    @property
    def is_terminal(self) -> bool:
        """Whether it writes to standard error, where people read along."""
        return self._file is None

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line; not one for people of what they were told in a sentence (`is_told`)."""
        is_for_people = self.is_terminal and isinstance(self.formatter, TextLines)
        if is_for_people and getattr(record, "is_told", False):
            return
        self.stream = self._file or sys.stderr
        super().emit(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        """Say once that logs are lost, where that can be said."""
        if self._has_told:
            return
        self._has_told = True
        error = sys.exc_info()[1]
        with suppress(OSError, ValueError):
            sys.stderr.write(f"Logs cannot be written ({type(error).__name__}); going on.\n")

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            with suppress(OSError):
                self._file.close()
        super().close()


def _opened(file: Path) -> Path:
    """The file, there and readable by this user alone when it is new."""
    try:
        file.touch(mode=0o600)
        file.open("a").close()
    except OSError as error:
        raise UsageError(
            f"--log-file: {file}: cannot be written ({error.strerror})",
            "Name a file in a folder that exists and that this user may write.",
        ) from None
    return file


def _plain(value: object, depth: int = 0) -> Any:
    """A field as JSON has it, masked; names of fields too."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if depth < _DEEPEST:
        if isinstance(value, Mapping):
            return {masked(str(k)): _plain(v, depth + 1) for k, v in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [_plain(one, depth + 1) for one in value]
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
    return masked(text)[:_LONGEST]


def _moment(record: logging.LogRecord) -> str:
    moment = datetime.fromtimestamp(record.created, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def _worded(value: object) -> str:
    if isinstance(value, str) and _WORD.fullmatch(value):
        return value
    return json.dumps(value, ensure_ascii=False)


def _escaped(line: str) -> str:
    return _STEERING.sub(lambda found: f"\\u{ord(found[0]):04x}", line)

"""Secrets: from an environment variable, or from the file that `<NAME>_FILE` names."""

from __future__ import annotations

import base64
import os
from functools import lru_cache
from pathlib import Path

from digest.errors import ConfigError


def read_secret(name: str, purpose: str) -> str:
    """The secret called `name`.

    Raises:
        ConfigError: neither `name` nor `name_FILE` is set, or the file cannot be read.
    """
    if value := os.environ.get(name):
        return value
    if file := os.environ.get(f"{name}_FILE"):
        try:
            return Path(file).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(
                f"{name}_FILE: {file}: cannot be read ({type(error).__name__})",
                f"Put {purpose} in that file, as text.",
            ) from None
    raise ConfigError(
        f"{purpose} is missing: the variable {name} is not set",
        f"Set {name}, or {name}_FILE to a file that holds it.",
    )


@lru_cache(maxsize=8)
def login_forms(username: str, password: str) -> tuple[str, ...]:
    """A password as it is, and as logins carry it: AUTH LOGIN (base64), PLAIN (RFC 4616)."""
    sent = (password, f"\0{username}\0{password}")
    return (password, *(base64.b64encode(one.encode()).decode() for one in sent))

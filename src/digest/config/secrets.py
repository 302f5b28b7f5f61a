"""Secrets: from an environment variable, or from the file that `<NAME>_FILE` names."""

from __future__ import annotations

import os
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

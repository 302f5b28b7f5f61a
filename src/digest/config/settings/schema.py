"""What a field of a settings dataclass says about itself, and the patterns settings share."""

from __future__ import annotations

from dataclasses import field
from typing import Any, Final

WEEK: Final = r"last|current|[0-9]{4}-W(0[1-9]|[1-4][0-9]|5[0-3])"
URL: Final = r"https?://[^\s/?#]+[^\s]*"
ADDRESS: Final = r"[^@\s<>\"]+@[^@\s<>\"]+"
ENVIRONMENT_NAME: Final = r"[A-Za-z_][A-Za-z0-9_]*"
DOMAIN: Final = r"(?!-)[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*"
NAME: Final = r"[a-z0-9][a-z0-9-]*"
COLOUR: Final = r"#[0-9A-Fa-f]{6}"
TYPE_SIZE: Final = r"[1-9][0-9]?/[1-9][0-9]?"
FILE: Final = r"(?![A-Za-z][A-Za-z0-9+.-]+:|//).+"
TIME: Final = r"([01][0-9]|2[0-3]):[0-5][0-9]"
FONTS: Final = r"[A-Za-z0-9 ,'-]+"


def setting(
    doc: str,
    default: Any = None,
    *,
    choices: tuple[str, ...] = (),
    pattern: str = "",
    example: str = "",
    minimum: float | None = None,
    maximum: float | None = None,
    required: bool = False,
) -> Any:
    """A field of a settings dataclass.

    `choices` lists the allowed words, `pattern` is a regular expression for the rest, with
    `example` to show in the error; `minimum` and `maximum` bound numbers, both included.
    """
    metadata = {
        "doc": doc,
        "choices": choices,
        "pattern": pattern,
        "example": example,
        "minimum": minimum,
        "maximum": maximum,
        "required": required,
    }
    if callable(default):
        return field(default_factory=default, metadata=metadata)
    return field(default=default, metadata=metadata)

"""What is wrong with options and arguments, in the words that wrong settings are told in.

Typer judges values by pydantic, whose own words speak of inputs and parsing. Source of the kinds
of error: the pydantic manual, “Validation Errors”.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typer.exceptions import TyperException

#: Kind of error → what is allowed; in braces what the error itself names.
_ALLOWED = {
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_parsing": "a number",
    "greater_than": "more than {gt}",
    "greater_than_equal": "{ge} or more",
    "less_than": "less than {lt}",
    "less_than_equal": "{le} or less",
}


def tell_usage(error: TyperException) -> None:
    """Print on standard error how the command is used and what was found instead."""
    from typer.rich_utils import rich_format_error

    error.message = in_words(error)
    rich_format_error(error)  # type: ignore[arg-type]


def in_words(error: TyperException) -> str:
    """`found “loud”; allowed: 'debug', 'info', 'warning', 'error'.`"""
    from pydantic import ValidationError

    if not isinstance(error.__cause__, ValidationError):
        return error.message
    first: dict[str, Any] = dict(error.__cause__.errors(include_url=False)[0])
    context = first.get("ctx", {})
    allowed = _ALLOWED.get(first["type"], "").format(**context)
    if not allowed:
        _, _, choices = str(context.get("error", "")).rstrip(".").partition(" is not one of ")
        allowed = choices.replace("'", "")
    if not allowed:
        return error.message
    return f"found “{first['input']}”; allowed: {allowed}."

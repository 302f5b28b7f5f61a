"""Faults of templates as their authors read them: file, line, what was found, what is known there.

Jinja's exceptions come in, `TemplateError` goes out. A name that does not exist is answered with
the nearest one that does, of the same value: a token of the theme, a field of a story, a component.
"""

from __future__ import annotations

import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, cast

from jinja2 import StrictUndefined, TemplateNotFound
from jinja2 import TemplateError as JinjaError
from jinja2.exceptions import (
    SecurityError,
    TemplateRuntimeError,
    TemplateSyntaxError,
    UndefinedError,
)
from jinja2.utils import missing

from digest.errors import DigestError, TemplateError
from digest.text.nearest import did_you_mean

_FOLDER_HINT = "`digest init` writes the templates that come with digest; copy `weekly` from there."


@contextmanager
def named_faults(root: Path, name: str, context: Mapping[str, Any]) -> Iterator[None]:
    """Turns Jinja's errors inside into ours.

    Args:
        root: the folder of all templates.
        name: the template that is rendered, for errors that have no place of their own.
        context: its variables, for hints.

    Raises:
        TemplateError: naming file, line and what to do.
    """
    try:
        yield
    except DigestError:
        raise
    except TemplateNotFound as error:
        lacking = _shown(root, str(error.name or name))
        asked = _place(error, root)
        raise TemplateError(
            f"{lacking}: there is no such file" + (f" (asked for in {asked})" if asked else ""),
            _FOLDER_HINT,
        ) from None
    except TemplateSyntaxError as error:
        raise TemplateError(
            f"{_shown(root, error.name or name)}:{error.lineno}: {error.message}",
            "Mend the template at that line.",
        ) from None
    except UndefinedError as error:
        raise TemplateError(
            f"{_place(error, root) or _shown(root, name)}: {_unknown(error)}",
            _nearest(error, context),
        ) from None
    except SecurityError as error:
        raise TemplateError(
            f"{_place(error, root) or _shown(root, name)}: {error.message}",
            "Templates may use values, not the program's inside.",
        ) from None
    except (JinjaError, TypeError, ValueError, ArithmeticError, LookupError) as error:
        raise TemplateError(
            f"{_place(error, root) or _shown(root, name)}: {type(error).__name__}: {error}",
            "Mend the template at that line.",
        ) from error


class Unknown(StrictUndefined):
    """Fails at any use, and remembers what was asked for which name."""

    def __init__(
        self,
        hint: str | None = None,
        obj: Any = missing,
        name: str | None = None,
        exc: type[TemplateRuntimeError] = UndefinedError,
    ) -> None:
        if exc is UndefinedError and hint is None:
            failing = partial(_UnknownNameError, of=obj, name=str(name))
            exc = cast("type[TemplateRuntimeError]", failing)
        super().__init__(hint, obj, name, exc)


class _UnknownNameError(UndefinedError):
    """A template asks for what does not exist.

    Args:
        of: what was asked for it; `missing` for the top of the template.
    """

    def __init__(self, message: str | None = None, *, of: object = missing, name: str = "") -> None:
        super().__init__(message)
        self.of = of
        self.name = name


def _shown(root: Path, template: str) -> str:
    return f"{root.name}/{template}"


def _place(error: BaseException, root: Path) -> str:
    """File and line of the innermost template in the traceback; Jinja maps them back."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        path = Path(frame.filename)
        if path.is_relative_to(root):
            return f"{_shown(root, path.relative_to(root).as_posix())}:{frame.lineno}"
    return ""


def _unknown(error: UndefinedError) -> str:
    if isinstance(error, _UnknownNameError):
        return f"there is no “{error.name}”" + ("" if error.of is missing else " there")
    return str(error.message)


def _nearest(error: UndefinedError, context: Mapping[str, Any]) -> str:
    """What the author may have meant; else what is known at that place."""
    where, known, wanted = "at the top of a template", sorted(context), ""
    if isinstance(error, _UnknownNameError):
        wanted = error.name
        if error.of is not missing and (names := _names_of(error.of)):
            where, known = "there", names
    hint = did_you_mean(wanted, known).strip() if wanted else ""
    return hint or f"Known {where}: {', '.join(known)}."


def _names_of(value: object) -> list[str]:
    """What templates may ask of a value: keys, fields, macros."""
    names = list(value) if isinstance(value, Mapping) else dir(value)
    return sorted(str(name) for name in names if not str(name).startswith("_"))

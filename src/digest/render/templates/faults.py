"""Faults of templates as their authors read them: file, line, what was found, what is known there.

Jinja's exceptions come in, `TemplateError` goes out. A name that does not exist is answered with
the nearest one that does, of the same value: a token of the theme, a field of a story, a component.
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Collection, Iterator, Mapping
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
from digest.render.templates.calling import CallError
from digest.render.templates.plainly import in_plain_words, kind_of
from digest.text.nearest import did_you_mean, nearest_word

_MEND = "Mend the template at that line."
_NO_CALLER = "No caller defined"
_SIMPLE = (str, int, float, bool, type(None), list, tuple)
_FOLDER_HINT = "`digest init` writes the templates that come with digest; copy `weekly` from there."


@contextmanager
def named_faults(
    root: Path, name: str, context: Mapping[str, Any], filters: Collection[str] = ()
) -> Iterator[None]:
    """Turns Jinja's errors inside into ours.

    Args:
        root: the folder of all templates.
        name: the template that is rendered, for errors that have no place of their own.
        context: its variables, for hints.
        filters: the names of those that there are, for hints.

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
            _near_file(root, str(error.name or name)) or _FOLDER_HINT,
        ) from None
    except TemplateSyntaxError as error:
        found, hint = _misnamed(str(error.message), filters)
        raise TemplateError(
            f"{_shown(root, error.name or name)}:{error.lineno}: {found}", hint
        ) from None
    except CallError as error:
        inside = ""
        if error.component and Path(error.component[0]).is_relative_to(root):
            file, line = error.component
            inside = f" (in {_shown(root, Path(file).relative_to(root).as_posix())}:{line})"
        raise TemplateError(
            f"{_place(error, root) or _shown(root, name)}: {error.message}{inside}", error.hint
        ) from None
    except UndefinedError as error:
        hint = _nearest(error, context)
        written_here = isinstance(error, _UnknownNameError) and hint.startswith("Did you mean")
        raise TemplateError(_told(error, root, name, _unknown(error), written_here), hint) from None
    except SecurityError as error:
        raise TemplateError(
            f"{_place(error, root) or _shown(root, name)}: {error.message}",
            "Templates may use values, not the program's inside.",
        ) from None
    except (
        JinjaError,
        TypeError,
        ValueError,
        ArithmeticError,
        LookupError,
        RecursionError,
    ) as error:
        found, hint = _misnamed(in_plain_words(error), filters)
        raise TemplateError(_told(error, root, name, found), hint) from error


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


def _place(error: BaseException, root: Path, *, calling: bool = False) -> str:
    """File and line of the innermost template in the traceback, as Jinja maps them back; with
    `calling`, of the innermost that is no component: a block's, else the letter's own."""
    frames = [
        (frame.name, f"{_shown(root, path.relative_to(root).as_posix())}:{frame.lineno}")
        for frame in traceback.extract_tb(error.__traceback__)
        if (path := Path(frame.filename)).is_relative_to(root)
    ]
    if calling:
        blocks = [frame for frame in frames if frame[0].startswith("block ")]
        frames = blocks or frames[:1]
    return frames[-1][1] if frames else ""


def _told(
    error: BaseException, root: Path, name: str, found: str, written_here: bool = False
) -> str:
    """The fault with its place: the line of the letter that led to it, then the component's.

    Args:
        written_here: the fault is known to stand where it was met.
    """
    met = _place(error, root)
    asked = _place(error, root, calling=True)
    if not met or written_here or asked.rpartition(":")[0] == met.rpartition(":")[0]:
        return f"{met or _shown(root, name)}: {found}"
    return f"{asked}: {found} (in {met})"


_MISNAMED = re.compile(r"No filter named '(\w+)'")


def _misnamed(said: str, filters: Collection[str]) -> tuple[str, str]:
    """What was found and what to do: an unknown filter is answered with the nearest one."""
    misnamed = _MISNAMED.match(said)
    if not misnamed:
        return said, _MEND
    hint = did_you_mean(misnamed[1], filters).strip()
    return f"there is no filter “{misnamed[1]}”", hint or f"Known: {', '.join(sorted(filters))}."


def _near_file(root: Path, lacking: str) -> str:
    """The template that was meant, of the same kind; “” where none is near."""
    stem, dot, kind = lacking.partition(".")
    files = (path.relative_to(root).as_posix() for path in sorted(root.rglob(f"*{dot}{kind}")))
    word = nearest_word(stem, [file.removesuffix(f"{dot}{kind}") for file in files])
    return f"Did you mean {word}{dot}{kind}?" if word else ""


def _unknown(error: UndefinedError) -> str:
    if isinstance(error, _UnknownNameError):
        if type(error.of) in _SIMPLE:
            return f"{kind_of(type(error.of).__name__)} has no “{error.name}”"
        return f"there is no “{error.name}”" + ("" if error.of is missing else " there")
    if error.message == _NO_CALLER:
        return "the component is called without what stands inside it"
    return str(error.message)


def _nearest(error: UndefinedError, context: Mapping[str, Any]) -> str:
    """What the author may have meant; else what is known at that place."""
    if error.message == _NO_CALLER:
        return "Write {% call component() %}what stands inside{% endcall %}."
    where, known, wanted = "at the top of a template", sorted(context), ""
    if isinstance(error, _UnknownNameError):
        wanted = error.name
        if type(error.of) in _SIMPLE:
            return f"Give a value there that has “{wanted}”."
        if error.of is not missing and (names := _names_of(error.of)):
            where, known = "there", names
    hint = did_you_mean(wanted, known).strip() if wanted else ""
    return hint or f"Known {where}: {', '.join(known)}."


def _names_of(value: object) -> list[str]:
    """What templates may ask of a value: keys, fields, macros."""
    names = list(value) if isinstance(value, Mapping) else dir(value)
    return sorted(str(name) for name in names if not str(name).startswith("_"))

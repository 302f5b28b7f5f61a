"""Calls of components: what one lacks, or has too much, is told where it is written.

Jinja notices a missing parameter inside the component, where the caller's author never was.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from jinja2.exceptions import TemplateRuntimeError
from jinja2.runtime import Macro

from digest.text.nearest import did_you_mean


class CallError(TemplateRuntimeError):
    """A component is called with parameters that it has not, or without those that it needs.

    Args:
        message, hint: as a `TemplateError` has them, but for the place.
        component: file and line that define it; None where they are not known.
    """

    def __init__(self, message: str, hint: str, component: tuple[str, int] | None) -> None:
        super().__init__(message)
        self.hint = hint
        self.component = component


def require_fit(macro: Macro, needed: int, args: Collection[Any], given: Mapping[str, Any]) -> None:
    """Refuse a call that does not fit a component.

    Args:
        needed: how many of its parameters have no default; they come first.
        args, given: values by position and by name; `caller` is what stands inside `{% call %}`.

    Raises:
        CallError: naming the parameter, and how the component is written.
    """
    name, known = macro.name or "caller", macro.arguments
    first = known[: len(args)]
    fault = near = ""
    if strange := [key for key in given if not _is_known(macro, key)]:
        fault = f"“{name}” has no parameter “{strange[0]}”"
        near = did_you_mean(strange[0], known).strip()
        if strange[0] == "caller":
            fault = f"“{name}” takes nothing between {{% call %}} and {{% endcall %}}"
    elif lacking := [key for key in known[len(args) : needed] if key not in given]:
        fault = f"“{name}” needs its parameter “{lacking[0]}”"
    elif len(args) > len(known) and not macro.catch_varargs:
        fault = f"“{name}” is given {len(args)} parameters, and has {len(known) or 'none'}"
    elif twice := [key for key in given if key in first]:
        fault = f"“{name}” is given its parameter “{twice[0]}” twice"
    if fault:
        form = f"It is written {name}({', '.join(known)})."
        raise CallError(fault, f"{near} {form}".lstrip(), _definition(macro))


def _is_known(macro: Macro, key: str) -> bool:
    return key in macro.arguments or macro.catch_kwargs or (key == "caller" and macro.caller)


def _definition(macro: Macro) -> tuple[str, int] | None:
    """The file and the line of a component; Jinja knows which line its code was made from."""
    code = macro._func  # noqa: SLF001 - Jinja tells it in no other way
    template = code.__globals__.get("__jinja_template__")
    if template is None or not template.filename:
        return None
    line = template.get_corresponding_lineno(code.__code__.co_firstlineno)
    return template.filename, line

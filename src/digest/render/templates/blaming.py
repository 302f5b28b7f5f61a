"""Where in the templates a fault of the finished MJML was written.

The compiler names a line of the MJML that Jinja made, which its author never saw. A trace of the
same letter has the same lines, and in each the numbers of the templates' own.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from digest.errors import TemplateError
from digest.render.templates.tracing import ATTRIBUTE, Trace

#: Stands behind a template's name where a line of the finished MJML follows.
RENDERED = "(rendered)"

_FAULT = re.compile(re.escape(RENDERED) + r":(\d+): (.*)", re.DOTALL)
_BEGINS = re.compile(r" It begins in line (\d+)\.")
_TAG = re.compile(r"</?([a-z][\w-]*)")
_PLACE = re.compile(rf'<([\w-]+) {ATTRIBUTE}="(\d+)"')


def blamed(error: TemplateError, trace: Trace, traced: Callable[[], str]) -> TemplateError:
    """The error with the author's file and line, where they can be told.

    Args:
        error: from `compile_mjml`, whose template was named with `RENDERED`.
        traced: renders the same letter to MJML with `trace`; asked for only where it helps.
    """
    fault = _FAULT.search(error.message)
    if not fault:
        return error
    lines = traced().split("\n")[: int(fault[1])]
    # “</td> stands where <p> is still open”: the fault is the tag's that is named last, and where
    # that begins the hint tells.
    named, hint = _TAG.findall(fault[2])[-1:], error.hint
    if begins := _BEGINS.search(hint):
        lines, hint = lines[: int(begins[1])], hint[: begins.start()]
    at_line = _PLACE.findall(lines[-1])
    same = [number for tag, number in at_line if tag in named]
    every = same or [number for _, number in _PLACE.findall("\n".join(lines))]
    place = trace.place(int(every[-1])) if every else None
    if place is None:
        return error
    return TemplateError(f"{place[0]}:{place[1]}: {fault[2]}", hint)

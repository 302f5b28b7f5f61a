"""MJML to HTML: the one defended door to `mjml-python` (MRML 6).

MRML validates nothing and writes some characters as Rust would print them; what was measured:
non-ASCII, backslashes and line breaks in attributes are spoilt, white space between inline
elements is dropped, deep nesting ends the process, unknown components pass in silence. So the
source is judged and MRML given its skeleton alone (`reading`), and the result looked through.
"""

from __future__ import annotations

import re

from mjml import mjml2html

from digest.errors import TemplateError
from digest.render.mjml.reading import Reading

_POSITION = re.compile(r"position (\d+)")
#: Neighbouring pieces of HTML are one: each costs MRML and us a component.
_BETWEEN_ROWS = re.compile(r'</mj-raw>(\s*)<mj-raw(?: data-at="\d+")?>')
#: MJML takes the margin of pages away in its style sheet alone, which some mail programs drop.
_BODY, _NO_MARGIN = '<body style="', "margin:0;padding:0;"
#: What MRML leaves where it did not understand, or wrote a character in Rust's way.
_FAULTS = ("<mj-", "{{", "{%", "\\")


def compile_mjml(source: str, *, name: str) -> str:
    """Compile MJML to HTML.

    Args:
        source: the MJML, with Jinja already done.
        name: the template's name, for messages.

    `data-at="N"` may stand on every tag, for tracing: HTML keeps it, an MJML component has the
    class `at-N` instead, or nothing where it has no element of its own.

    Raises:
        TemplateError: naming the template, the line and what to do.
    """
    reading = Reading(_BETWEEN_ROWS.sub(r"\1", source), name)
    try:
        compiled: str = mjml2html(reading.skeleton, fonts={})
    except ValueError as error:
        raise _as_template_error(error, reading, name) from None
    for sign in _FAULTS:
        _refuse(sign, compiled, name)
    compiled = compiled.replace(_BODY, f"{_BODY}{_NO_MARGIN}", 1)
    return reading.put_together(compiled)


def _refuse(sign: str, html: str, name: str) -> None:
    """Stop at a sign that only a fault can have left in the HTML."""
    at = html.find(sign)
    if at >= 0:
        around = html[max(0, at - 30) : at + 30].replace("\n", " ")
        raise TemplateError(
            f"{name}: the HTML still holds “{sign}”: …{around}…",
            "Look for it in the template; values are written with {{ }}.",
        )


def _as_template_error(error: ValueError, reading: Reading, name: str) -> TemplateError:
    where = name
    if position := _POSITION.search(str(error)):
        where = f"{name}:{reading.line_of(int(position[1]))}"
    return TemplateError(
        f"{where}: MJML cannot be read: {str(error).splitlines()[0]}",
        "Look for a tag that is not closed, or an unusual character in a tag.",
    )

"""MJML to HTML: the one defended door to `mjml-python` (MRML 6).

MRML validates nothing and writes some characters as Rust would print them; what was measured:
non-ASCII, backslashes and line breaks in attributes are spoilt, white space between inline
elements is dropped, deep nesting ends the process, unknown components pass in silence. So the
source is judged and MRML given its skeleton alone (`mjml_reading`), and the result looked through.
"""

from __future__ import annotations

import re
from functools import lru_cache

from mjml import mjml2html

from digest.errors import TemplateError
from digest.render.mjml_reading import Reading

_POSITION = re.compile(r"position (\d+)")
_NUMERIC = re.compile(r"&#(\d{3,7});")
#: Neighbouring pieces of HTML are one: each costs MRML and us a component.
_BETWEEN_ROWS = re.compile(r'</mj-raw>(\s*)<mj-raw(?: data-at="\d+")?>')
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
    return reading.put_together(_NUMERIC.sub(_from_numeric, compiled))


def _refuse(sign: str, html: str, name: str) -> None:
    """Stop at a sign that only a fault can have left in the HTML."""
    at = html.find(sign)
    if at >= 0:
        around = html[max(0, at - 30) : at + 30].replace("\n", " ")
        raise TemplateError(
            f"{name}: the HTML still holds “{sign}”: …{around}…",
            "Look for it in the template; values are written with {{ }}.",
        )


def _from_numeric(match: re.Match[str]) -> str:
    return _character(match[1]) or match[0]


@lru_cache(maxsize=1024)
def _character(number: str) -> str:
    return chr(int(number)) if 127 < int(number) <= 0x10FFFF else ""


def _as_template_error(error: ValueError, reading: Reading, name: str) -> TemplateError:
    where = name
    if position := _POSITION.search(str(error)):
        where = f"{name}:{reading.line_of(int(position[1]))}"
    return TemplateError(
        f"{where}: MJML cannot be read: {str(error).splitlines()[0]}",
        "Look for a tag that is not closed, or an unusual character in a tag.",
    )

"""Keeps a spreadsheet from taking text for a formula, and takes that back on import.

A field that begins with `=`, `+`, `-`, `@`, a tab or a carriage return (after any apostrophes)
gets one more apostrophe in front (OWASP, "CSV Injection"); one apostrophe comes off such a field
on the way in, so that what was exported comes back as it was.
"""

from __future__ import annotations

import re

_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_NEUTRALISED = re.compile(r"'+[=+\-@\t\r]")


def neutralise(text: str) -> str:
    """`=1+1` → `'=1+1`; any other text as it is."""
    return f"'{text}" if _FORMULA.match(text) else text


def restore(text: str) -> str:
    """The text that `neutralise` was given."""
    return text[1:] if text[:1] == "'" and _NEUTRALISED.match(text) else text

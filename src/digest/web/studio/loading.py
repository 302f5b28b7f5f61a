"""Takes out of CSS what it would load from elsewhere.

CSS is read as browsers read it (CSS Syntax Level 3, through tinycss2), so that neither escapes nor
comments hide an address. What may be loaded is the caller's to say; what can hold an address that
cannot be known (`image-set()`, `src()` with variables) is left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from tinycss2 import parse_component_value_list, serialize

#: Without one of these, CSS loads nothing.
_LOADS: Final = re.compile(r"\\|url|@import|image|src|cross-fade|element", re.IGNORECASE)
_ADDRESSED: Final = ("url", "src")
_PICTURED: Final = ("image", "image-set", "-webkit-image-set", "cross-fade", "-webkit-cross-fade")
_BRACKETS: Final = {
    "() block": ("(", ")"),
    "[] block": ("[", "]"),
    "{} block": ("{", "}"),
}


def without_foreign(css: str, address_of: Callable[[str], str]) -> str:
    """A style sheet or declarations that load only what is allowed.

    Args:
        css: as it stands in a letter.
        address_of: where an address is had from here; “” for one that may not be loaded.
    """
    if not _LOADS.search(css):
        return css
    try:
        tokens = parse_component_value_list(css)
        # A string may spell the end of the element that it stands in.
        return "".join(_written(tokens, address_of)).replace("</", "\\3c /")
    except RecursionError:
        return ""


def _written(tokens: Iterable[Any], address_of: Callable[[str], str]) -> Iterator[str]:
    is_imported = False
    for token in tokens:
        if is_imported:
            is_imported = token.type != "{} block" and serialize([token]) != ";"
        elif token.type == "at-keyword" and token.lower_value == "import":
            is_imported = True
        elif token.type == "url":
            yield _address(token.value, address_of)
        elif token.type == "function" and token.lower_name in _ADDRESSED:
            values = [t for t in token.arguments if t.type not in ("whitespace", "comment")]
            is_known = len(values) == 1 and values[0].type == "string"
            yield _address(values[0].value, address_of) if is_known else "none"
        elif token.type == "function" and token.lower_name in _PICTURED:
            yield "none"
        elif token.type == "function":
            yield f"{serialize([token]).partition('(')[0]}("
            yield from _written(token.arguments, address_of)
            yield ")"
        elif token.type in _BRACKETS:
            opening, closing = _BRACKETS[token.type]
            yield opening
            yield from _written(token.content, address_of)
            yield closing
        elif token.type == "error":
            yield token.kind if token.kind in (")", "]", "}") else ""
        else:
            yield serialize([token])


def _address(src: str, address_of: Callable[[str], str]) -> str:
    address = address_of(src)
    return f"url('{address}')" if address and not set(address) & set("'\\\n") else "none"

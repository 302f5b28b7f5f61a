"""What Python says of a fault in a template, in the words of those who write templates."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

#: How a value is called in messages, by its type's name.
KINDS: Final[Mapping[str, str]] = {
    "str": "a text",
    "Markup": "a text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "NoneType": "nothing",
    "list": "a list",
    "tuple": "a list",
    "dict": "a table",
    "Macro": "a component",
}

_SAID: Final = (
    (
        r"unsupported operand type\(s\) for (\S+?):? '(\w+)' and '(\w+)'",
        "“{}” cannot join {} and {}",
    ),
    (r"can only concatenate (\w+) \(not \"(\w+)\"\) to \w+", "“+” cannot join {} and {}"),
    (r"must be (\w+), not (\w+)", "{} stands where {} is needed"),
    (r"'(\S+)' not supported between instances of '(\w+)' and '(\w+)'", "“{}” cannot compare {} and {}"),  # noqa: E501
    (r"'(\w+)' object is not callable", "{} cannot be called with ( )"),
    (r"'(\w+)' object is not iterable", "{} has no parts to go through"),
    (r"object of type '(\w+)' has no len\(\)", "{} has no length"),
    (r"division by zero|division or modulo by zero", "a number is divided by zero"),
    (r"maximum recursion depth exceeded", "templates ask for each other without end"),
)  # fmt: skip


def in_plain_words(error: BaseException) -> str:
    """What is wrong, without the names of classes."""
    said = str(error) or "it cannot be worked out"
    for pattern, words in _SAID:
        if found := re.search(pattern, said):
            return words.format(*(kind_of(group) for group in found.groups()))
    return said


def kind_of(name: str) -> str:
    """What a value of the type of that name is called; the name itself where there is no word."""
    return KINDS.get(name, name)

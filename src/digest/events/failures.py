"""Whether a failure says that an address cannot be written to, or something else. Pure.

A permanent failure (class 5) about the letter, its sender or the day, such as a full mailbox or
a block for spam, says nothing of the address: suppressing for it would empty a list on the day
our own reputation is bad. Sources: RFC 3463 (class, subject, detail), RFC 5321 §4.2.3 and
RFC 7504 (reply codes), RFC 7505 (no mail for a domain).
"""

from __future__ import annotations

import re

#: Subjects and details of class 5 that are about the address: any of subject 1, of subject 2 all
#: but a full mailbox (2), a message too long (3) and a list's own fault (4), and a domain that has
#: no server (4.4).
_NOT_OF_MAILBOX = frozenset({2, 3, 4})
_NO_SERVER = (4, 4)

#: Replies without an enhanced code that are about the address: no such mailbox, not local, name
#: not allowed, a host that takes no mail at all.
_ADDRESS_REPLIES = frozenset({521, 550, 551, 553, 556})

_ENHANCED = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
_REPLY = re.compile(r"(?<![\d.])([45]\d\d)(?=[ \-]|$)")


def is_permanent(status: str, diagnostic: str = "") -> bool:
    """Whether an address should be written to no more.

    Args:
        status: the enhanced status code that was reported, e.g. `5.1.1`; may be empty.
        diagnostic: the words of the server that refused; asked when the status says little, as
            the `5.0.0` that Exim writes for everything.

    >>> is_permanent("5.1.1"), is_permanent("5.2.2"), is_permanent("4.1.1")
    (True, False, False)
    >>> is_permanent("5.0.0", "smtp; 550 5.7.1 blocked for spam")
    False
    """
    code = _first_code(status)
    if code is None or _says_little(code):
        spoken = _first_code(diagnostic)
        if spoken is not None and not (code and _says_little(spoken)):
            code = spoken
    if code is None:
        return _reply(diagnostic) in _ADDRESS_REPLIES
    if code[0] != 5:
        return False
    if _says_little(code):
        return _reply(diagnostic) in (None, *_ADDRESS_REPLIES)
    _class, subject, detail = code
    if subject == 2:
        return detail not in _NOT_OF_MAILBOX
    return subject == 1 or (subject, detail) == _NO_SERVER


def _says_little(code: tuple[int, int, int]) -> bool:
    """`5.0.0`, or the `5.5.0` some servers give for mailboxes that are not there."""
    return code[1] == 0 or code[1:] == (5, 0)


def _first_code(text: str) -> tuple[int, int, int] | None:
    match = _ENHANCED.search(text)
    return (int(match[1]), int(match[2]), int(match[3])) if match else None


def _reply(text: str) -> int | None:
    match = _REPLY.search(text)
    return int(match[1]) if match else None

"""A Maildir as a queue: what nobody has looked at yet, and marks for what was read.

A mail is moved in one step (rename), so that it is always in one place. Flags are part of its
name. Source: D. J. Bernstein, “Using maildir format”.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from digest.errors import InputError

#: Read, and nothing is left to do.
SEEN = "S"
#: Unread, for a person to look at.
FLAGGED = "F"


class Maildir:
    """A folder with `new` and `cur`.

    Raises:
        InputError: it is none.
    """

    def __init__(self, folder: Path) -> None:
        self._new, self._cur = folder / "new", folder / "cur"
        if not (self._new.is_dir() and self._cur.is_dir()):
            raise InputError(f"{folder}: is not a Maildir", "Name a folder with new/ and cur/.")

    def unseen(self) -> list[Path]:
        """Mails that nobody has read or flagged, by name: the oldest first, mostly."""
        try:
            found = [*self._new.iterdir(), *self._cur.iterdir()]
        except OSError as error:
            raise _unreadable(self._new.parent, error) from None
        unseen = (
            file
            for file in found
            if not file.name.startswith(".") and not set(_flags(file)) & {SEEN, FLAGGED}
        )
        return sorted(unseen, key=lambda file: file.name)

    def mark(self, mail: Path, flag: str) -> None:
        """Move a mail to `cur` with a flag more; nothing happens when it is gone."""
        name, _, _ = mail.name.partition(":")
        target = self._cur / f"{name}:2,{''.join(sorted({*_flags(mail), flag}))}"
        try:
            if not target.exists():
                mail.rename(target)
        except FileNotFoundError:
            return
        except OSError as error:
            raise _unreadable(mail, error) from None


def read_start(mail: Path, most: int) -> bytes | None:
    """The first bytes of a mail; None for what is no plain file, or is gone."""
    try:
        descriptor = os.open(mail, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return None
        with os.fdopen(descriptor, "rb", closefd=False) as opened:
            return opened.read(most)
    finally:
        os.close(descriptor)


def _flags(mail: Path) -> Iterator[str]:
    return iter(mail.name.partition(":2,")[2])


def _unreadable(path: Path, error: OSError) -> InputError:
    return InputError(
        f"{path}: {error.strerror}", "Make the mailbox readable and writable for this user."
    )

"""Opens a relay's logs: plain or gzip, standard input, several that were rotated in the middle."""

from __future__ import annotations

import gzip
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import IO
from zoneinfo import ZoneInfo

from digest.errors import InputError
from digest.events.files import plain_errors
from digest.events.postfix_log import first_moment, is_postfix

#: What stands for standard input.
STDIN = "-"

#: Bytes of a line that are read as one.
_LONGEST_LINE = 65_536

#: Lines at a log's beginning that are looked at for its date.
_HEAD = 1000


def read_logs(names: Sequence[str], *, now: datetime, zone: ZoneInfo) -> Iterator[str]:
    """The lines of logs, the one that begins first before the others.

    Args:
        names: files, or `-` for standard input, which is read where it was named.
        now: see `postfix_log.read_log`.
        zone: see there.

    Raises:
        InputError: one cannot be read or holds only what is not Postfix's; an empty one, as it is
            just after rotation, may stand beside another.
    """
    begins = {name: _begin(name, now, zone) for name in names if name != STDIN}
    is_one_postfix = False
    for name in sorted(names, key=lambda name: begins.get(name) or now):
        is_known, is_empty = False, True
        for line in _lines(name):
            is_known = is_known or is_postfix(line)
            is_empty = is_empty and not line.strip()
            yield line
        if not is_known and not is_empty:
            raise _foreign(name)
        is_one_postfix = is_one_postfix or is_known
    if names and not is_one_postfix:
        raise _foreign(names[0])


def _foreign(name: str) -> InputError:
    return InputError(
        f"{'standard input' if name == STDIN else name}: no line of it is Postfix's",
        "Give the log that the relay itself writes: mail.log, or what `journalctl -u postfix@-` "
        "prints.",
    )


def _begin(name: str, now: datetime, zone: ZoneInfo) -> datetime | None:
    head = (line for _number, line in zip(range(_HEAD), _lines(name), strict=False))
    return first_moment(head, now=now, zone=zone)


def _lines(name: str) -> Iterator[str]:
    if name == STDIN:
        yield from _decoded(sys.stdin.buffer)
        return
    file = Path(name)
    try:
        with file.open("rb") as raw, plain_errors(file):
            is_packed = raw.read(2) == b"\x1f\x8b"
            raw.seek(0)
            yield from _decoded(gzip.GzipFile(fileobj=raw) if is_packed else raw)
    except OSError as error:
        raise InputError(
            f"{file}: {error.strerror or 'cannot be read'}", "Name a readable log."
        ) from None


def _decoded(binary: IO[bytes] | gzip.GzipFile) -> Iterator[str]:
    while line := binary.readline(_LONGEST_LINE):
        yield line.decode("utf-8", "replace").rstrip("\r\n")

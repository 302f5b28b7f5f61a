"""Opens a relay's logs: plain or gzip, files, pipes or standard input, several that were rotated.

Each is read once, from its beginning: the first lines are kept to see which log begins first.
"""

from __future__ import annotations

import gzip
import io
import sys
from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from datetime import datetime
from itertools import chain, islice
from pathlib import Path
from typing import IO, Any, cast
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

_GZIP = b"\x1f\x8b"


def read_logs(names: Sequence[str], *, now: datetime, zone: ZoneInfo) -> Iterator[str]:
    """The lines of logs, the one that begins first before the others.

    Args:
        names: files, or `-` for standard input.
        now: see `postfix_log.read_log`.
        zone: see there.

    Raises:
        InputError: one cannot be read or holds only what is not Postfix's; an empty one, as it is
            just after rotation, may stand beside another.
    """
    with ExitStack() as opened:
        logs: list[tuple[datetime, str, Iterator[str]]] = []
        for name in names:
            lines = opened.enter_context(closing(_lines(name)))
            head = list(islice(lines, _HEAD))
            begin = first_moment(head, now=now, zone=zone) or now
            logs.append((begin, name, chain(head, lines)))
        is_one_postfix = False
        for _begin, name, log in sorted(logs, key=lambda log: log[0]):
            is_known, is_empty = False, True
            for line in log:
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
        f"{_called(name)}: no line of it is Postfix's",
        "Give the log that the relay itself writes: mail.log, or what `journalctl -u postfix@-` "
        "prints by itself, with `-o short-iso` or with `-o json`.",
    )


def _called(name: str) -> str:
    return "standard input" if name == STDIN else name


def _lines(name: str) -> Generator[str]:
    try:
        with _binary(name) as raw, plain_errors(_called(name)):
            is_packed = raw.peek(len(_GZIP)).startswith(_GZIP)
            log: IO[bytes] | gzip.GzipFile = gzip.GzipFile(fileobj=raw) if is_packed else raw
            while line := log.readline(_LONGEST_LINE):
                yield line.decode("utf-8", "replace").rstrip("\r\n")
    except OSError as error:
        raise InputError(
            f"{_called(name)}: {error.strerror or 'cannot be read'}", "Name a readable log."
        ) from None


@contextmanager
def _binary(name: str) -> Iterator[io.BufferedReader[Any]]:
    if name != STDIN:
        with Path(name).open("rb") as file:
            yield file
        return
    buffered = io.BufferedReader(cast(io.RawIOBase, sys.stdin.buffer))
    try:
        yield buffered
    finally:
        buffered.detach()  # not ours to close

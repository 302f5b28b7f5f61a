"""Opens files of events and reads them as a stream: a webhook's dumps, SendGrid's exports.

JSON may be one list, a list a line, or an object a line (NDJSON), also pretty-printed; CSV is told
by its header. Either may be compressed with gzip, or come through a pipe: then it is copied first,
since both are looked at before they are read. What an event means is left to `sendgrid`.
"""

from __future__ import annotations

import codecs
import gzip
import json
import re
import shutil
import sys
import zlib
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, Any

from digest.errors import InputError
from digest.events.sendgrid import DELIVERY, read_event
from digest.model.events import Report
from digest.subscribers.csv_files import CsvRows, open_csv
from digest.text.folding import fold_together

#: What stands for standard input.
STDIN = "-"

#: Characters one event may have in a file.
_LONGEST_EVENT = 1_000_000
_CHUNK = 1 << 18
_BETWEEN = re.compile(r"[\s,\[\]]*")

#: Our field → folded names of columns, the surest first.
_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "event": ("event", "eventname"),
    "timestamp": ("timestamp", "processed", "eventtime", "time", "date"),
    "sg_event_id": ("sgeventid", "eventid"),
    "type": ("type", "bouncetype"),
    "status": ("status",),
    "reason": ("reason", "response"),
    "url": ("url",),
    "unique_args": ("uniqueargs", "customargs"),
    DELIVERY: (DELIVERY,),
}


def read_event_file(file: Path, now: datetime) -> Iterator[Report | None]:
    """Every event of a file, or of standard input (`-`); None for each that is not of a delivery
    of ours.

    Raises:
        InputError: it cannot be read, or from some place on it is not what it should be. What was
            yielded before is sound.
    """
    name = "standard input" if str(file) == STDIN else str(file)
    try:
        with _at_rest(file, name) as kept, kept.open("rb") as binary:
            start = binary.read(4096)
            if start.lstrip(codecs.BOM_UTF8 + b" \t\r\n")[:1] in b"[{":
                binary.seek(0)
                for said in _values(name, binary):
                    yield read_event(said, now)
            else:
                with _named(name, kept):
                    yield from _read_csv(kept, now)
    except OSError as error:
        raise InputError(
            f"{name}: {error.strerror or 'cannot be read'}", "Name a readable file."
        ) from None


@contextmanager
def _at_rest(file: Path, name: str) -> Iterator[Path]:
    """The file, or a copy while the block runs: unpacked, and of a pipe what came through it."""
    with ExitStack() as copies:
        if str(file) == STDIN:
            file = copies.enter_context(_copied(sys.stdin.buffer))
        elif file.is_fifo() or file.is_char_device():
            file = copies.enter_context(_copied(copies.enter_context(file.open("rb"))))
        raw = copies.enter_context(file.open("rb"))
        if raw.read(2) == b"\x1f\x8b":
            raw.seek(0)
            with plain_errors(name):
                file = copies.enter_context(_copied(gzip.GzipFile(fileobj=raw)))
        yield file


@contextmanager
def _copied(binary: IO[bytes] | gzip.GzipFile) -> Iterator[Path]:
    """Nobody else can read it, and it is gone with the block: it holds addresses."""
    with NamedTemporaryFile(prefix="digest-events-") as copy:
        shutil.copyfileobj(binary, copy)
        copy.flush()
        yield Path(copy.name)


@contextmanager
def _named(name: str, kept: Path) -> Iterator[None]:
    """Errors speak of what was given, not of its copy."""
    try:
        yield
    except InputError as error:
        raise InputError(error.message.replace(str(kept), name), error.hint) from None


@contextmanager
def plain_errors(file: Path | str) -> Iterator[None]:
    """Turn what broken compression raises into errors for people."""
    try:
        yield
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise InputError(
            f"{file}: its compression is broken or breaks off", "Copy the file again."
        ) from None


def _values(name: str, binary: IO[bytes]) -> Iterator[Any]:
    """The objects of a file, whatever lists and lines they stand in."""
    decoder, text = json.JSONDecoder(), codecs.getincrementaldecoder("utf-8-sig")()
    buffer, place, line, at_end = "", 0, 1, False
    while True:
        place, start = _BETWEEN.match(buffer, place).end(), place  # type: ignore[union-attr]
        line += buffer.count("\n", start, place)
        if place < len(buffer):
            try:
                value, end = decoder.raw_decode(buffer, place)
            except (ValueError, RecursionError):
                if at_end or len(buffer) - place > _LONGEST_EVENT:
                    raise InputError(
                        f"{name}:{line}: what begins here is not an event in JSON",
                        "Give a webhook's list of events, an event a line, or SendGrid's CSV.",
                    ) from None
            else:
                line += buffer.count("\n", place, end)
                place = end
                yield value
                continue
        elif at_end:
            return
        chunk = binary.read(_CHUNK)
        at_end = not chunk
        try:
            buffer, place = buffer[place:] + text.decode(chunk, final=at_end), 0
        except UnicodeDecodeError:
            raise InputError(f"{name}: is not UTF-8", "Save it again as UTF-8.") from None


def _read_csv(file: Path, now: datetime) -> Iterator[Report | None]:
    known = {name for names in _COLUMNS.values() for name in names}
    opened = open_csv(file, known)
    header = [fold_together(field) for field in opened.header]
    places = {
        field: header.index(name)
        for field, names in _COLUMNS.items()
        if (name := next((name for name in names if name in header), ""))
    }
    if "event" not in places or not places.keys() & {"unique_args", DELIVERY}:
        raise InputError(
            f"{file}: row 1 has no column “event”, or none of “unique_args” and “delivery”",
            "Export the activity with its unique arguments: they say which delivery it is.",
        )
    for _number, fields, fault in CsvRows(opened):
        yield (
            None
            if fault
            else read_event({name: fields[place] for name, place in places.items()}, now)
        )

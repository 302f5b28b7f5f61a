"""Opens files of events and reads them as a stream: a webhook's dumps, SendGrid's exports.

JSON may be one list, a list a line, or an object a line (NDJSON), also pretty-printed; CSV is told
by its header. Either may be compressed with gzip, but for CSV. What an event means is left to
`sendgrid`.
"""

from __future__ import annotations

import codecs
import gzip
import json
import re
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from digest.errors import InputError
from digest.events.sendgrid import DELIVERY, read_event
from digest.model.events import Report
from digest.subscribers.csv_files import CsvRows, open_csv
from digest.text.folding import fold_together

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
    """Every event of a file; None for each that is not of a delivery of ours.

    Raises:
        InputError: it cannot be read, or from some place on it is not what it should be. What was
            yielded before is sound.
    """
    try:
        with file.open("rb") as binary:
            start = binary.read(4096)
        if start[:2] == b"\x1f\x8b" or start.lstrip(codecs.BOM_UTF8 + b" \t\r\n")[:1] in b"[{":
            for said in _read_json(file, is_packed=start[:2] == b"\x1f\x8b"):
                yield read_event(said, now)
        else:
            yield from _read_csv(file, now)
    except OSError as error:
        raise InputError(
            f"{file}: {error.strerror or 'cannot be read'}", "Name a readable file."
        ) from None


@contextmanager
def plain_errors(file: Path) -> Iterator[None]:
    """Turn what broken compression raises into errors for people."""
    try:
        yield
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise InputError(
            f"{file}: its compression is broken or breaks off", "Copy the file again."
        ) from None


def _read_json(file: Path, *, is_packed: bool) -> Iterator[Any]:
    with file.open("rb") as raw, plain_errors(file):
        yield from _values(file, gzip.GzipFile(fileobj=raw) if is_packed else raw)


def _values(file: Path, binary: IO[bytes] | gzip.GzipFile) -> Iterator[Any]:
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
                        f"{file}:{line}: what begins here is not an event in JSON",
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
            raise InputError(f"{file}: is not UTF-8", "Save it again as UTF-8.") from None


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

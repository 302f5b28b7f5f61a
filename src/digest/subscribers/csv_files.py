"""Opens a CSV file as people really save them, and reads its rows as a stream.

UTF-8 with or without a mark, UTF-16 with a mark, or Windows-1252; comma, semicolon or tab, also
announced by Excel's `sep=;`. Rows are counted as a spreadsheet counts them: the header is row 1
and a field may span lines (RFC 4180). What the columns mean is left to `columns`.
"""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path
from typing import NoReturn

from digest.errors import InputError
from digest.text.folding import fold_together

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab"}

#: A row's number, its fields, and what makes it unreadable ("" when nothing does).
Row = tuple[int, list[str], str]

_BLOCK = 1 << 20
_SEP_LINE = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)
_AS_CSV = "Save it again as “CSV UTF-8” and import that."
_UNCLOSED = "Close or remove the quotation mark; inside quotation marks it is doubled."


@dataclass(frozen=True, slots=True)
class CsvFile:
    """A CSV file after a first look. `size` is in bytes; `encoding` and `delimiter` are words
    for people, `codec` and `separator` what Python calls them."""

    path: Path
    size: int
    encoding: str
    codec: str
    delimiter: str
    separator: str
    header: tuple[str, ...]
    announced: bool


def open_csv(path: Path, known: Collection[str]) -> CsvFile:
    """Look at a file: its encoding, its delimiter, its header.

    Args:
        path: the file.
        known: folded names of columns (`columns.known_names`); the delimiter that finds most of
            them is the file's.

    Raises:
        InputError: it is missing, unreadable, empty, or no text.
    """
    try:
        size = path.stat().st_size
        if not path.is_file():
            raise InputError(f"{path}: is not a file.", "Name a CSV file.")
        encoding, codec = _find_encoding(path)
        with path.open(encoding=codec, newline="") as text:
            first = text.readline()
            announced = _SEP_LINE.fullmatch(first)
            line = text.readline() if announced else first
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}.", "Check the name of the file.") from None
    if not line.strip():
        raise InputError(f"{path}: row 1 is empty.", "Name the columns there, e.g. email,name.")
    separator = announced[1] if announced else _find_separator(line, known)
    if separator not in DELIMITERS:
        raise InputError(
            f"{path}: line 1 announces “{separator}” between fields.",
            "Use a comma, a semicolon or a tab.",
        )
    header = _split(line, separator)
    if not header:
        raise InputError(f"{path}: row 1 has a quotation mark at a wrong place.", _UNCLOSED)
    return CsvFile(
        path=path,
        size=size,
        encoding=encoding,
        codec=codec,
        delimiter=DELIMITERS[separator],
        separator=separator,
        header=tuple(field.strip() for field in header),
        announced=bool(announced),
    )


class CsvRows:
    """Iterates over the rows below the header; blank ones are counted and left out.

    `position` is how many bytes of the file have been read.
    """

    def __init__(self, file: CsvFile) -> None:
        self.position = 0
        self._file = file
        self._has_nul = False

    def __iter__(self) -> Iterator[Row]:
        """Yield each row.

        Raises:
            InputError: from some row on nothing can be told apart.
        """
        width = len(self._file.header)
        with (
            self._file.path.open("rb") as binary,
            TextIOWrapper(binary, encoding=self._file.codec, newline="") as text,
        ):
            for _ in range(1 + self._file.announced):
                text.readline()
            reader = csv.reader(self._lines(text), delimiter=self._file.separator, strict=True)
            number = 1
            while True:
                number += 1
                line = reader.line_num + 1
                try:
                    fields = next(reader)
                except StopIteration:
                    return
                except csv.Error as error:
                    if reader.line_num > line or "unexpected end" in str(error):
                        self._fail_unclosed(number, line)
                    yield number, [], "a quotation mark inside quotation marks is not doubled"
                    continue
                if not any(fields):
                    continue
                fault = ""
                if self._has_nul:
                    self._has_nul = False
                    fault = "a NUL character"
                elif len(fields) != width:
                    fault = f"{_count(len(fields))} instead of {width}"
                elif reader.line_num > line and any("\n" in f and "@" in f for f in fields):
                    fault = f"it swallows {reader.line_num - line} more lines: a quotation mark"
                    fault += " is missing"
                if not number % 1000:
                    self.position = binary.tell()
                yield number, fields, fault

    def _lines(self, text: Iterable[str]) -> Iterator[str]:
        for line in text:
            if "\0" in line:
                self._has_nul = True
            yield line

    def _fail_unclosed(self, number: int, line: int) -> NoReturn:
        line += 1 + self._file.announced
        raise InputError(
            f"{self._file.path}: row {number} (line {line}) opens a quotation mark that is not "
            "closed where its field ends; nothing was imported.",
            _UNCLOSED,
        )


def _count(fields: int) -> str:
    return "1 field" if fields == 1 else f"{fields} fields"


def _find_encoding(path: Path) -> tuple[str, str]:
    with path.open("rb") as stream:
        start = stream.read(_BLOCK)
    if not start.strip():
        raise InputError(f"{path}: is empty.", "The first row names the columns.")
    if start.startswith(b"PK\x03\x04"):
        raise InputError(f"{path}: is a workbook, not CSV.", _AS_CSV)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _decodable(path, "UTF-16", "utf-16")
    if start.startswith(codecs.BOM_UTF8):
        return _decodable(path, "UTF-8 with mark", "utf-8-sig")
    if start[:200].count(0) > len(start[:200]) // 4:
        raise InputError(f"{path}: looks like UTF-16 without its mark.", _AS_CSV)
    try:
        return _decodable(path, "UTF-8", "utf-8")
    except InputError:
        return _decodable(path, "Windows-1252", "cp1252")


def _decodable(path: Path, name: str, codec: str) -> tuple[str, str]:
    decoder = codecs.getincrementaldecoder(codec)()
    line = 1
    with path.open("rb") as stream:
        while True:
            block = stream.read(_BLOCK)
            try:
                decoder.decode(block, final=not block)
            except UnicodeDecodeError as error:
                line += block[: error.start].count(b"\n")
                raise InputError(
                    f"{path}: line {line} holds a character that is not {name}.", _AS_CSV
                ) from None
            if not block:
                return name, codec
            if len(block) == _BLOCK and b"\n" not in block and b"\r" not in block:
                raise InputError(
                    f"{path}: line {line} is longer than {_BLOCK:,} bytes.", "Check the file."
                )
            line += block.count(b"\n")


def _find_separator(line: str, known: Collection[str]) -> str:
    def recognised(separator: str) -> tuple[int, int]:
        fields = _split(line, separator)
        return sum(fold_together(field) in known for field in fields), len(fields)

    return max(DELIMITERS, key=recognised)


def _split(line: str, separator: str) -> list[str]:
    """The fields of one line; none when its quotation marks do not match."""
    try:
        return next(csv.reader([line], delimiter=separator, strict=True))
    except csv.Error:
        return []

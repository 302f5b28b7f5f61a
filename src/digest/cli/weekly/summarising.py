"""`digest summarise`: a file's summary in its own words, or those of thousands of articles.

Needs no publication. Texts are read as a `files` source reads them; JSON Lines come in as they
are and go out in the same order, one by one. How a summary is made is `digest.summary`'s matter.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO

import typer

from digest.cli.frame import JsonOption, read_settings
from digest.cli.panels import WEEKLY
from digest.cli.weekly.decision_tables import spans_json
from digest.errors import InputError

if TYPE_CHECKING:
    from digest.model.content import Article, Summary

#: How standard input is named on the command line, and in errors.
STANDARD_INPUT = "-"

_SUFFIXES = {".txt": ".txt", ".md": ".md", ".markdown": ".md", ".html": ".html", ".htm": ".html"}
#: Bytes of one line; a long article has 60,000.
_MOST_BYTES = 2_000_000
_BLANK_LINES = re.compile(r"\n[^\S\n]*\n")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command(rich_help_panel=WEEKLY)(summarise)


def summarise(
    file: Annotated[
        str,
        typer.Argument(
            help="Text, Markdown or HTML, or JSON Lines with title, chapo and body (paragraphs, "
            "or a text with blank lines); - is standard input.",
            metavar="FILE",
        ),
    ],
    no_chapo: Annotated[
        bool, typer.Option("--no-chapo", help="Extract, also where a lead was published.")
    ] = False,
    limit: Annotated[
        int | None,
        typer.Option(
            min=80, max=2000, help="Characters of a summary, at most. Default: 400.", metavar="N"
        ),
    ] = None,
    language: Annotated[
        str, typer.Option(help="Language of the texts. Default: fr.", metavar="LANG")
    ] = "",
    config: Annotated[
        Path | None,
        typer.Option(
            "--config",
            "-c",
            envvar="DIGEST_CONFIG",
            help="A publication whose limit and language hold; not needed.",
            metavar="FILE",
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Summarise an article, or JSON Lines of articles, in their own words.

    Example: digest summarise articles/2026-11-13-le-fleuve-a-demenage.md
    """
    from digest.summary import summarise as summary_of

    if config is not None:
        settings = read_settings(config)
        limit = limit or settings.summary.limit
        language = language or settings.publication.language

    def show(article: Article) -> Summary:
        if no_chapo:
            article = replace(article, chapo="", description="")
        return summary_of(replace(article, language=language or "fr"), limit or 400)

    with _opened(file) as stream:
        lines = _numbered(file, stream)
        begun = list(_up_to_text(lines))
        suffix = _SUFFIXES.get(Path(file).suffix.lower(), "")
        if not suffix and begun and begun[-1][1].lstrip().startswith(b"{"):
            for number, line in chain(begun, lines):
                if line.strip():
                    article, given = _read_object(f"{file}:{number}", line)
                    _tell(article, show(article), given, as_json=as_json)
            return
        content = b"".join(line for _, line in begun) + stream.read(_MOST_BYTES)
    article = _read_text(file, suffix or ".txt", content)
    summary = show(article)
    if not summary.text and not as_json:
        raise InputError(
            f"{file}: no sentence of it can stand alone in {limit or 400} characters",
            "Raise --limit; --json tells the same as an empty summary.",
        )
    _tell(article, summary, {}, as_json=as_json)


def _tell(article: Article, summary: Summary, given: Mapping[str, Any], *, as_json: bool) -> None:
    """Print one summary on one line, at once: who reads on in a pipe need not wait."""
    if as_json:
        told = {"id": given["id"]} if "id" in given else {}
        told |= {
            "title": article.title,
            "summary": summary.text,
            "origin": str(summary.origin),
            "spans": spans_json(summary.spans),
        }
        sys.stdout.write(json.dumps(told, ensure_ascii=False) + "\n")
    else:
        sys.stdout.write(summary.text + "\n")
    sys.stdout.flush()


# ---- Reading --------------------------------------------------------------------------------


def _opened(file: str) -> AbstractContextManager[BinaryIO]:
    if file == STANDARD_INPUT:
        return nullcontext(sys.stdin.buffer)
    try:
        return Path(file).open("rb")
    except OSError as error:
        raise InputError(f"{file}: {error.strerror}", "Name a file that can be read.") from None


def _numbered(file: str, stream: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """The lines, counted from 1, without a byte order mark."""
    for number in count(1):
        line = stream.readline(_MOST_BYTES)
        if not line:
            return
        if len(line) == _MOST_BYTES:
            raise InputError(
                f"{file}:{number}: more than {_MOST_BYTES:,} bytes in one line",
                "This is not an article; JSON Lines hold one article a line.",
            )
        yield number, line.removeprefix(_BYTE_ORDER_MARK) if number == 1 else line


def _up_to_text(lines: Iterator[tuple[int, bytes]]) -> Iterator[tuple[int, bytes]]:
    """Lines up to the first that is not blank."""
    for number, line in lines:
        yield number, line
        if line.strip():
            return


def _read_object(where: str, line: bytes) -> tuple[Article, Mapping[str, Any]]:
    """The article of one line, and the object as it was given."""
    from digest.model.content import Article, Paragraph
    from digest.text.plain import clean_line

    try:
        given = json.loads(line)
    except UnicodeDecodeError as error:
        raise InputError(
            f"{where}: byte 0x{line[error.start]:02x} is not UTF-8", "Save the file as UTF-8."
        ) from None
    except (ValueError, RecursionError) as error:
        said = error.msg if isinstance(error, json.JSONDecodeError) else "too deep or too large"
        raise InputError(f"{where}: not JSON: {said}", _SHAPE) from None
    if not isinstance(given, dict):
        raise InputError(f"{where}: found {json.dumps(given)[:60]}", _SHAPE)
    title, chapo, description = (
        clean_line(_text(where, given, key)) for key in ("title", "chapo", "description")
    )
    body = tuple(Paragraph(clean_line(part)) for part in _paragraphs(where, given))
    if not (chapo or description or any(part.text for part in body)):
        raise InputError(f"{where}: has neither body nor chapo", _SHAPE)
    if isinstance(given.get("id"), str):
        given["id"] = clean_line(given["id"])
    return Article("", "", title, chapo=chapo, description=description, body=body), given


_SHAPE = 'Write one object a line: {"title": "…", "chapo": "…", "body": ["…", "…"]}.'


def _text(where: str, given: Mapping[str, Any], key: str) -> str:
    value = given.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise InputError(f"{where}: {key}: found {json.dumps(value)[:60]}, not a text", _SHAPE)
    return value


def _paragraphs(where: str, given: Mapping[str, Any]) -> Sequence[str]:
    """The body as given, a list, or a text with blank lines between its paragraphs."""
    body = given.get("body")
    if isinstance(body, list):
        if all(isinstance(part, str) for part in body):
            return body
        raise InputError(f"{where}: body: holds something that is not a text", _SHAPE)
    return [part for part in _BLANK_LINES.split(_text(where, given, "body")) if part.strip()]


def _read_text(file: str, suffix: str, content: bytes) -> Article:
    """A text as a `files` source reads it: in a folder of its own, with nothing else in it."""
    from digest.config import Config, SourceSettings
    from digest.config.settings import PublicationSettings
    from digest.model.content import Rejected, Window
    from digest.sources.files import FilesSource

    with tempfile.TemporaryDirectory(prefix="digest-") as folder:
        Path(folder, f"article{suffix}").write_bytes(content)
        root = Path(folder).resolve()
        settings = SourceSettings(name="", kind="files", path=".")
        config = Config(publication=PublicationSettings(name=""), root=root)
        window = Window("", datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))
        found = next(iter(FilesSource(settings, config).articles(window)))
    if isinstance(found, Rejected):
        line = found.where.partition(":")[2]
        where = f"{file}:{line}" if line else file
        raise InputError(f"{where}: {found.reason}", "Mend the text, or name another file.")
    return found

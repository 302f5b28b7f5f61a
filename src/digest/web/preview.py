"""The preview: one self-contained page with the letter as readers will meet it.

Inbox rows, the HTML at 600 and 375 px in light and dark, the text part, the findings and the
size. Nothing is loaded from outside, no script runs, and the letter sits in sandboxed frames.
Rendering and checking are done before; approving is the command line's.
"""

from __future__ import annotations

import base64
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Final, Literal

from babel.numbers import format_decimal
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from digest.check import Finding
from digest.check.document import Document
from digest.check.rendered import GMAIL_CLIPS
from digest.model.sending import Letter
from digest.render.letter import content_id
from digest.render.tokens import split

_PAGES = Path(__file__).parent / "pages"
#: Length of the bar in pixels when the HTML is as long as Gmail allows.
_BAR = 255

#: Scroll bars would take from the widths that the page promises.
_EXACT_WIDTH = "<style>html{scrollbar-width:none}</style>"


def preview_page(
    letter: Letter,
    findings: Sequence[Finding],
    *,
    interface_language: str,
    state: Literal["ready", "approved", "dispatched"] = "ready",
    sender: str = "",
    values: Mapping[str, str] | None = None,
) -> str:
    """The page as HTML.

    Args:
        letter: as rendered; embedded pictures are shown, linked ones are not loaded.
        findings: what the check found, in order.
        interface_language: `fr` or `en`: the newsroom's, not the letter's.
        state: where the edition stands, for the page's head.
        sender: the name in `From`; default: the letter's own heading.
        values: token values of the reader to preview for; default: an invented one.
    """
    words = _words(interface_language)
    shown = {**_reader(words), **(values or {})}
    html, text = as_received(letter, shown)
    document = Document(letter.html)
    size = len(letter.html.encode())
    errors = sum(finding.severity == "error" for finding in findings)
    warnings = len(findings) - errors
    return (
        _environment()
        .get_template("preview.html.j2")
        .render(
            letter=letter,
            interface_language=interface_language,
            words=words,
            sender=sender or document.heading or letter.edition,
            subject=split(letter.subject, "text").join(shown),
            preheader=split(letter.preheader, "text").join(shown),
            html=html.replace("</head>", f"{_EXACT_WIDTH}</head>", 1),
            text=text,
            findings=findings,
            errors=_counted(words, "errors", errors) if errors else "",
            warnings=_counted(words, "warnings", warnings) if warnings else "",
            state=_counted(words, "blocked", errors) if errors else words[state],
            size=format_decimal(round(size / 1000, 1), locale=interface_language),
            bar=min(_BAR, round(size * _BAR / GMAIL_CLIPS)),
            over=size > GMAIL_CLIPS,
            pictures=_pictures(words, letter, document),
        )
    )


def _reader(words: Mapping[str, str]) -> dict[str, str]:
    return {
        "address": "c…@example.org",
        "unsubscribe_url": "#",
        "dispatch_date": words["dispatch_day"],
    }


def as_received(letter: Letter, values: Mapping[str, str]) -> tuple[str, str]:
    """HTML and text as a reader with these token values receives them, pictures inside the HTML."""
    html = split(letter.html, "html").join(values)
    for picture in letter.pictures:
        content = base64.b64encode(picture.content).decode("ascii")
        html = html.replace(
            f"cid:{content_id(picture.name, letter.edition)}",
            f"data:{picture.content_type};base64,{content}",
        )
    return html, split(letter.text, "text").join(values)


def _pictures(words: Mapping[str, str], letter: Letter, document: Document) -> str:
    if any(image.src.startswith(("http:", "https:")) for image in document.images):
        return words["linked"]
    return _counted(words, "pictures", len(letter.pictures)) if letter.pictures else ""


def _counted(words: Mapping[str, str], key: str, count: int) -> str:
    return words[f"{key}_one" if count == 1 else f"{key}_many"].format(count=count)


@cache
def _all_words() -> dict[str, dict[str, str]]:
    words: dict[str, dict[str, str]] = tomllib.loads(
        (_PAGES / "preview.toml").read_text(encoding="utf-8")
    )
    return words


_FALLBACK: Final = "en"


def _words(language: str) -> dict[str, str]:
    words = _all_words()
    return words.get(language, words[_FALLBACK])


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_PAGES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )

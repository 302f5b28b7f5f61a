"""The studio's page: its template with the state in it, and the files it loads.

HTML, style, scripts and words lie in `pages/`. The page loads nothing from elsewhere, and the
state stands in it as data that cannot end its element.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from digest.web.studio.moments import LANGUAGES
from digest.web.studio.state import State, json_for_script
from digest.web.studio.viewing import as_json

_PAGES: Final = Path(__file__).parent / "pages"
_TYPES: Final[Mapping[str, str]] = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


def page(state: State, *, language: str, companions: Mapping[str, object] | None = None) -> str:
    """The page as HTML.

    Args:
        state: what it shows first.
        language: of the interface, `fr` or `en`; another reads English.
        companions: what a live page would fetch, by name, for one that lies in a folder.
    """
    return (
        _environment()
        .get_template("studio.html.j2")
        .render(
            words=words(),
            language=language if language in LANGUAGES else "en",
            static=state["static"],
            state=json_for_script(as_json(state)),
            companions={
                name: json_for_script(as_json(value)) for name, value in (companions or {}).items()
            },
        )
    )


@cache
def assets() -> dict[str, tuple[str, bytes]]:
    """The files that the page loads: name → media type and bytes."""
    return {
        file.name: (_TYPES[file.suffix], file.read_bytes())
        for file in sorted(_PAGES.iterdir())
        if file.suffix in _TYPES
    }


@cache
def words() -> dict[str, dict[str, str]]:
    """What the page says, by language."""
    found: dict[str, dict[str, str]] = tomllib.loads(
        (_PAGES / "studio.toml").read_text(encoding="utf-8")
    )
    return found


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_PAGES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )

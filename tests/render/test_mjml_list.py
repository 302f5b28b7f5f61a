"""The list of MJML's components agrees with the reference compiler and with the one we use."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from mjml import mjml2html
from tests.node import FOLDER, require_node

from digest.render.mjml.rules import components

TABLE = Path(__file__).resolve().parents[2] / "src/digest/render/mjml/tags.toml"

#: Values to try, by the beginning of a type.
_VALUES = {"color": "#abcdef", "unit": "17px", "integer": "7", "boolean": "true"}
#: Values that a string's attribute has to have for MRML to take notice.
_SPECIAL = {"mode": "fluid-height", "hamburger": "hamburger", "background-size": "10px"}
#: What a component needs beside it, so that an attribute can show.
_BESIDE = {
    "mj-image": ' src="a.png" href="u"',
    "mj-button": ' href="u"',
    "mj-social-element": ' href="u" src="q.png"',
    "mj-navbar": ' hamburger="hamburger"',
    "mj-navbar-link": ' href="u"',
    "mj-section": ' background-url="u.png"',
    "mj-wrapper": ' background-url="u.png"',
    "mj-column": ' padding="5px"',
}
_TEXT = "<mj-text>T</mj-text>"
_COLUMN = f"<mj-column>{_TEXT}</mj-column>"
_SECTION = f"<mj-section>{_COLUMN}</mj-section>"
_INSIDE = {
    "mj-social": '<mj-social-element href="u" src="q.png">T</mj-social-element>',
    "mj-navbar": '<mj-navbar-link href="u">T</mj-navbar-link>',
    "mj-hero": _TEXT,
    "mj-column": _TEXT,
    "mj-section": _COLUMN * 2,
    "mj-group": _COLUMN,
    "mj-wrapper": _SECTION * 2,
    "mj-body": _SECTION,
}
_AROUND = {
    "mj-social-element": ("mj-social", "mj-column", "mj-section", "mj-body"),
    "mj-navbar-link": ("mj-navbar", "mj-column", "mj-section", "mj-body"),
    "mj-column": ("mj-section", "mj-body"),
    "mj-group": ("mj-section", "mj-body"),
    "mj-body": (),
}
#: Body components and their attributes; what stands in the head has no look.
_SHOWN = sorted(
    name
    for name in components()
    if name in _AROUND
    or name in components()["mj-body"].children - {"mj-raw"}
    or name in components()["mj-column"].children - {"mj-raw"}
)


def compiled(name: str, attribute: str, value: str = "") -> str:
    """A document around one component with an attribute or without, compiled by MRML alone."""
    beside = re.sub(rf' {attribute}="[^"]*"', "", _BESIDE.get(name, ""))
    given = f' {attribute}="{value}"' if value else ""
    inside = "T" if components()[name].content == "html" else _INSIDE.get(name, "")
    document = f"<{name}{beside}{given}>{inside}</{name}>"
    around = _AROUND.get(name)
    if around is None:
        in_column = name in components()["mj-column"].children
        around = ("mj-column", "mj-section", "mj-body") if in_column else ("mj-body",)
    for parent in around:
        document = f"<{parent}>{document}</{parent}>"
    html: str = mjml2html(f"<mjml>{document}</mjml>", fonts={})
    return html


def does_something(name: str, attribute: str, kind: str) -> bool:
    """Whether MRML writes anything else where the attribute is given."""
    if kind.startswith("enum"):
        values = kind[5:-1].split(",")
    else:
        fallback = _SPECIAL.get(attribute, "7px solid red")
        values = [next((v for k, v in _VALUES.items() if kind.startswith(k)), fallback)]
    plain = compiled(name, attribute)
    return any(compiled(name, attribute, value) != plain for value in values if value)


@pytest.mark.parametrize("name", _SHOWN)
def test_every_attribute_that_may_be_written_changes_the_letter(name: str) -> None:
    component = components()[name]
    offered = component.attributes.keys() - component.unsupported.keys()
    idle = [
        attribute
        for attribute in sorted(offered - {"css-class", "data-at", "mj-class"})
        if not does_something(name, attribute, component.attributes[attribute])
    ]
    assert idle == []


@pytest.mark.parametrize("name", _SHOWN)
def test_attribute_is_refused_only_where_it_would_change_nothing(name: str) -> None:
    component = components()[name]
    useful = [
        attribute
        for attribute in component.unsupported
        if does_something(name, attribute, component.attributes[attribute])
    ]
    assert useful == []


def test_list_is_the_reference_compilers_own(tmp_path: Path) -> None:
    require_node()
    fresh = tmp_path / "tags.toml"
    subprocess.run(
        ["node", str(FOLDER / "list_components.mjs"), str(fresh)], check=True, timeout=60
    )
    dated = re.compile(r" on \d{4}-\d{2}-\d{2};")
    fresh_text, kept_text = (
        dated.sub("", path.read_text(encoding="utf-8"), count=1) for path in (fresh, TABLE)
    )
    assert fresh_text == kept_text

"""What readers' mail programs do not know is told, by program; what does no harm is a note."""

from __future__ import annotations

import re
import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from tests.faces import TEMPLATES, faces
from tests.letters import make_config, make_edition, make_placement

from digest.check import clients as room
from digest.check.clients import client_findings, known_clients, require_clients
from digest.check.document import Document
from digest.check.features import features_used
from digest.check.findings import Finding
from digest.config.settings import CheckSettings
from digest.errors import UsageError
from digest.render.letter import render_letter
from digest.render.templates.tracing import open_trace

EVERYBODY = tuple(known_clients())


def found(body: str, clients: tuple[str, ...] = EVERYBODY, sheet: str = "") -> dict[str, Finding]:
    """The findings about a letter by the caniemail page that their hint leads to."""
    head = f"<head><style>{sheet}</style></head>" if sheet else ""
    document = Document(f"<html>{head}<body>{body}</body></html>")
    findings = client_findings(document, clients)
    return {re.findall(r"features/([^/]+)/", finding.hint)[-1]: finding for finding in findings}


def used(body: str, sheet: str = "") -> set[str]:
    """The features that a letter uses, of those that the data knows."""
    document = Document(f"<html><head><style>{sheet}</style></head><body>{body}</body></html>")
    return set(features_used(document, room._data()["features"]))


def test_unsupported_property_is_a_warning_that_names_programs_and_page() -> None:
    finding = found('<p id="note" style="clip-path:circle()">a</p>', ("gmail", "apple-mail"))
    [(slug, warning)] = finding.items()
    assert slug == "css-clip-path"
    assert (warning.rule, warning.severity, warning.place) == ("client-support", "warning", "note")
    assert warning.message == "clip-path: not known to Gmail"
    assert "https://www.caniemail.com/features/css-clip-path/" in warning.hint


def test_single_platforms_of_a_program_are_named() -> None:
    grid = found('<div style="display:grid">a</div>', ("outlook",))["css-display-grid"]
    assert grid.message == "display: grid: not known to Outlook (Windows)" or (
        "Windows" in grid.message
    )
    one = found('<div style="display:grid">a</div>', ("outlook-windows",))["css-display-grid"]
    assert "Outlook (Windows)" in one.message


def test_what_a_letter_does_well_without_is_a_note_with_the_reason() -> None:
    finding = found('<p style="border-radius:4px">a</p>', ("outlook",))["css-border-radius"]
    assert finding.severity == "note"
    assert finding.hint.startswith("Corners are square there.")


def test_what_is_known_in_part_is_a_note_with_its_caveat() -> None:
    finding = found('<p style="margin:-4px">a</p>', ("gmail",))["css-margin"]
    assert finding.severity == "note"
    assert finding.message == "margin: known in part to Gmail"
    assert "Negative values are not supported" in finding.hint


@pytest.mark.parametrize(
    "body",
    [
        '<p style="margin:4px">a</p>',
        '<p style="text-align:left;display:block;font-weight:700;letter-spacing:1px">a</p>',
        '<p style="background:#fff">a</p>',
        '<p role="presentation" lang="fr" dir="ltr" aria-label="x">a</p>',
    ],
)
def test_caveats_about_other_values_are_not_told(body: str) -> None:
    assert found(body) == {}


def test_pictures_measures_are_told_where_their_caveat_matters() -> None:
    picture = '<img width="{}" src="a.png" alt="b">'
    assert found(picture.format("100"), ("outlook",)) == {}
    assert "html-width" in found(picture.format("100%"), ("outlook",))


def test_programs_that_drop_the_sheet_are_not_told_of_what_stands_in_it() -> None:
    assert found('<p style="clip-path:none">a</p>', ("gmail-mobile-webmail",))
    told = found("<p>a</p>", ("gmail-mobile-webmail",), "p{clip-path:none}")
    assert set(told) == {"html-style"}
    named, sheet = ("laposte", "sfr"), "p:hover{color:red}"
    assert "css-pseudo-class-hover" not in found("<p>a</p>", named, sheet)
    style = found("<p>a</p>", named, sheet)["html-style"]
    assert style.severity == "note"
    assert style.message == "<style> element: not known to LaPoste.net, SFR"
    assert style.place == "style sheet"


def test_programs_that_drop_media_queries_are_not_told_of_what_stands_in_them() -> None:
    outlook = ("outlook-windows",)
    plain, queried = "p{hyphens:auto}", "@media (min-width:1px){p{hyphens:auto}}"
    assert "css-hyphens" in found("<p>a</p>", outlook, plain)
    assert "css-hyphens" not in found("<p>a</p>", outlook, queried)
    assert "css-hyphens" in found("<p>a</p>", outlook, queried + plain)


@pytest.mark.parametrize(
    ("body", "feature"),
    [
        ("<video></video>", "html-video"),
        ("<section>a</section>", "html-semantics"),
        ("<ol><li>a</li></ol>", "html-lists"),
        ("<h3>a</h3>", "html-h1-h6"),
        ("<img srcset='a.webp 2x' alt=a>", "image-webp"),
        ("<img srcset='a.png 2x' alt=a>", "html-srcset"),
        ("<img sizes='1px' alt=a>", "html-srcset"),
        ("<img loading=lazy alt=a>", "html-loading-attribute"),
        ("<img src='https://example.org/a.AVIF?x=1' alt=a>", "image-avif"),
        ("<img src='data:image/svg+xml,x' alt=a>", "image-svg"),
        ("<img src='data:image/png;base64,x' alt=a>", "image-base64"),
        ("<td background='a.jpeg'>a</td>", "image-jpg"),
        ("<td background='a.jpeg'>a</td>", "html-background"),
        ("<input type=CHECKBOX>", "html-input-checkbox"),
        ("<button type=submit>a</button>", "html-button-submit"),
        ("<a href='#story-1'>a</a>", "html-anchor-links"),
        ("<a href='mailto:a@example.org'>a</a>", "html-mailto-links"),
        ("<meta name=color-scheme content=dark>", "html-meta-color-scheme"),
        ("<p style='margin-top:1px'>a</p>", "css-margin"),
        ("<p style='margin-inline-start:1px'>a</p>", "css-margin-inline-start-end"),
        ("<p style='border-top-left-radius:1px'>a</p>", "css-border-radius"),
        ("<p style='border-start-end-radius:1px'>a</p>", "css-border-radius-logical"),
        ("<p style='left:0'>a</p>", "css-left-right-top-bottom"),
        ("<p style='display:none'>a</p>", "css-display-none"),
        ("<p style='display:inline-flex'>a</p>", "css-display-flex"),
        ("<p style='font-family:Arial,system-ui'>a</p>", "css-sytem-ui"),
        ("<p style='width:calc(1px + 2vw)'>a</p>", "css-unit-calc"),
        ("<p style='width:calc(1px + 2vw)'>a</p>", "css-unit-vw"),
        ("<p style='width:50%'>a</p>", "css-unit-percent"),
        ("<p style='width:.5rem'>a</p>", "css-unit-rem"),
        ("<p style='width:fit-content'>a</p>", "css-intrinsic-size"),
        ("<p style='color:var(--x)'>a</p>", "css-variables"),
        ("<p style='--x:1'>a</p>", "css-variables"),
        ("<p style='color:oklch(1 0 0)'>a</p>", "css-modern-color"),
        ("<p style='color:rgba(0,0,0,.1)'>a</p>", "css-rgba"),
        ("<p style='color:initial'>a</p>", "css-unit-initial"),
        ("<p style='background:linear-gradient(red,blue)'>a</p>", "css-linear-gradient"),
        ("<p style='background:url(\"a.gif\")'>a</p>", "image-gif"),
        ("<p style='color:red!important'>a</p>", "css-important"),
    ],
)
def test_feature_of_an_element_is_known(body: str, feature: str) -> None:
    assert feature in used(body)


@pytest.mark.parametrize(
    ("sheet", "feature"),
    [
        ("@import 'a.css';", "css-at-import"),
        ("@font-face{font-family:x}", "css-at-font-face"),
        ("@keyframes x{from{top:0}}", "css-at-keyframes"),
        ("@supports (gap:1px){p{top:0}}", "css-at-supports"),
        ("@media (prefers-reduced-motion){p{top:0}}", "css-at-media-prefers-reduced-motion"),
        ("p>b{top:0}", "css-selector-child"),
        ("p b{top:0}", "css-selector-descendant"),
        ("p+b{top:0}", "css-selector-adjacent-sibling"),
        ("p~b{top:0}", "css-selector-general-sibling"),
        ("[data-x]{top:0}", "css-selector-attribute"),
        (".x.y{top:0}", "css-selector-chaining"),
        ("*{top:0}", "css-selector-universal"),
        ("#x{top:0}", "css-selector-id"),
        ("p,b{top:0}", "css-selector-grouping"),
        ("a:hover{top:0}", "css-pseudo-class-hover"),
        ("a:before{top:0}", "css-pseudo-element-before"),
        ("a::after{top:0}", "css-pseudo-element-after"),
    ],
)
def test_feature_of_a_sheet_is_known(sheet: str, feature: str) -> None:
    assert feature in used("", sheet)


def test_colours_and_addresses_hold_no_units() -> None:
    assert not {
        f for f in used("<p style='color:#1e1;background:url(a3em.png)'>a</p>") if "unit" in f
    }


def test_unknown_program_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(UsageError, match="“gmial”") as caught:
        require_clients(["gmial"])
    assert "Did you mean “gmail”?" in caught.value.hint
    assert "laposte" in caught.value.hint
    with pytest.raises(UsageError):
        list(client_findings(Document(""), ["nobody"]))


def test_programs_of_the_settings_and_of_french_readers_are_known() -> None:
    require_clients(CheckSettings().clients)
    require_clients(["outlook-com", "yahoo", "thunderbird", "samsung-email", "protonmail", "free"])
    assert not any("windows-mail" in name for name in known_clients())


def test_judgements_speak_of_features_that_exist() -> None:
    text = files("digest.check").joinpath("graceful.toml").read_text(encoding="utf-8")
    judged: dict[str, dict[str, str]] = tomllib.loads(text)
    data: dict[str, Any] = room._data()
    for table in judged.values():
        assert set(table) <= set(data["features"])
    assert not set(judged["graceful"]) & set(judged["trifles"])
    for pattern in judged["caveats"].values():
        re.compile(pattern)


def test_data_says_of_when_it_is_and_on_whose_terms() -> None:
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", room._data()["date"])
    licence = files("digest.check").joinpath("caniemail.LICENSE.txt").read_text(encoding="utf-8")
    assert "MIT License" in licence
    assert "caniemail.com" in licence


@pytest.mark.parametrize("template", TEMPLATES)
def test_own_templates_use_nothing_that_fails_for_anybody(template: str, tmp_path: Path) -> None:
    for face in faces(tmp_path, template):
        findings = client_findings(Document(face.letter.html), EVERYBODY)
        assert [finding for finding in findings if finding.severity != "note"] == [], face.name


def test_findings_lead_to_the_line_that_says_it(tmp_path: Path) -> None:
    config = make_config()
    trace = open_trace(config.root)
    placements = [make_placement("main"), make_placement("secondary")]
    letter = render_letter(make_edition(), placements, config, tmp_path, trace=trace)
    findings = list(client_findings(Document(letter.html, trace), CheckSettings().clients))
    assert findings
    for finding in findings:
        source = (config.root / finding.file).read_text(encoding="utf-8").splitlines()
        assert source[finding.line - 1].strip()
    dark = next(f for f in findings if "prefers-color-scheme" in f.message)
    source = (config.root / dark.file).read_text(encoding="utf-8").splitlines()
    assert "prefers-color-scheme" in source[dark.line - 1]

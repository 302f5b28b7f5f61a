"""Pictures as readers receive them: there, sharp, light."""

from __future__ import annotations

import base64
import dataclasses
import io
from pathlib import Path

import pytest
from PIL import Image
from tests.check.spoiling import NOW, found, of_rule, only, sound_config
from tests.letters import make_edition, save_picture, with_picture

from digest.check import Finding, check
from digest.config.settings import Config, EditionSettings
from digest.model.edition import Edition
from digest.model.sending import LetterPicture
from digest.render.letter import render_letter

PICTURED = with_picture(make_edition(), (1,), "a.jpg")


def with_settings(**changes: object) -> Config:
    return sound_config(edition=EditionSettings(**changes))  # type: ignore[arg-type]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    save_picture(tmp_path / "a.jpg")
    return tmp_path


@pytest.mark.parametrize(
    "settings",
    [
        {"images": "embed"},
        {"images": "inline"},
        {"images": "link", "image_base_url": "https://pictures.example.org/lettre"},
    ],
)
def test_small_original_is_called_blurred_however_it_travels(
    folder: Path, settings: dict[str, str]
) -> None:
    config = with_settings(**settings)
    assert of_rule(found(PICTURED, config=config, folder=folder), "picture-small") == []
    save_picture(folder / "a.jpg", (300, 200))
    findings = of_rule(found(PICTURED, config=config, folder=folder), "picture-small")
    finding = only(findings, "picture-small", "warning")
    assert finding.place == "story 1"
    assert "300 pixels for a place of 600" in finding.message
    assert "1200" in finding.hint


def test_picture_that_was_not_fetched_or_is_gone_is_seen(folder: Path) -> None:
    for file in ("https://example.org/a.jpg", "pictures/gone.jpg"):
        stories = with_picture(make_edition(7), (7,), file)
        findings = of_rule(found_unshown(stories, folder), "picture-missing")
        finding = only(findings, "picture-missing", "warning")
        assert finding.place.startswith("story 7")


def found_unshown(edition: Edition, folder: Path) -> list[Finding]:
    """The findings of an edition whose letter was rendered without its pictures."""
    config = sound_config()
    letter = render_letter(make_edition(), [], config, folder)
    return list(check(letter, edition, [], config, now=NOW, folder=folder).findings)


def test_heavy_picture_and_heavy_letter_are_told_apart(folder: Path) -> None:
    noise = Image.effect_noise((1200, 800), 90)
    stream = io.BytesIO()
    noise.save(stream, "JPEG", quality=95)
    heavy = stream.getvalue()
    config = with_settings(images="embed", picture_kb=80, pictures_kb=100)
    letter = render_letter(PICTURED, [], config, folder)
    [picture] = letter.pictures
    replaced = (LetterPicture(picture.name, picture.content_type, heavy),)
    findings = of_rule(found(PICTURED, config=config, folder=folder, pictures=replaced), HEAVY)
    alone, together = findings
    assert (alone.place, together.place) == ("story 1", "HTML")
    assert f"{len(heavy) / 1000:.0f} kB" in alone.message
    assert "100" in together.message


HEAVY = "picture-heavy"


def test_what_cannot_be_shown_stops_the_letter(folder: Path) -> None:
    config = with_settings(images="embed")
    letter = render_letter(PICTURED, [], config, folder)
    broken = tuple(dataclasses.replace(p, content=b"no picture") for p in letter.pictures)
    findings = of_rule(found(PICTURED, config=config, folder=folder, pictures=broken), MISSING)
    assert only(findings, MISSING).place == "story 1"
    for src in ("data:image/png;base64,???", f"data:image/png;base64,{base64.b64encode(b'x')!r}"):
        added = f'<img src="{src}" alt="Un quai" width="10"></h1>'
        findings = found(make_edition(), html=lambda text, a=added: text.replace("</h1>", a, 1))
        assert of_rule(findings, MISSING)
    base = "https://pictures.example.org/"
    config = with_settings(images="link", image_base_url=base)
    added = f'<img src="{base}2026-W46/pictures/gone.jpg" alt="Un quai"></h1>'
    findings = found(
        make_edition(), config=config, folder=folder,
        html=lambda text: text.replace("</h1>", added, 1),
    )  # fmt: skip
    assert of_rule(findings, MISSING)


MISSING = "picture-missing"


def test_pictures_on_other_servers_are_not_fetched_to_be_judged() -> None:
    added = '<img src="https://example.org/logo.png" alt="Le quai" width="600"></h1>'
    findings = found(make_edition(), html=lambda text: text.replace("</h1>", added, 1))
    assert [finding for finding in findings if finding.rule.startswith("picture")] == []

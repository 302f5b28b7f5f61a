"""Pictures as readers receive them: there, sharp, light."""

from __future__ import annotations

import base64
import dataclasses
import io
from pathlib import Path

import pytest
from PIL import Image
from tests.check.spoiling import NOW, found, of_rule, only, sound_config
from tests.letters import (
    REPOSITORY,
    make_config,
    make_edition,
    make_placement,
    make_story,
    save_picture,
    with_picture,
)

from digest.check import Finding, check
from digest.check.french import in_french
from digest.config.settings import Config, EditionSettings
from digest.edition.file import write_edition
from digest.model.edition import Edition
from digest.model.sending import LetterPicture
from digest.render.letter import render_letter
from digest.text.wording import wording

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


@pytest.mark.parametrize("content", [None, b"no picture", b"<svg/>"])
def test_letter_is_stopped_where_a_picture_is_gone_or_damaged(
    tmp_path: Path, content: bytes | None
) -> None:
    config = dataclasses.replace(make_config(root=tmp_path), file=tmp_path / "config.toml")
    config = dataclasses.replace(
        config, edition=EditionSettings(templates=str(REPOSITORY / "templates"))
    )
    folder, sponsor = tmp_path / "editions/2026-W46", tmp_path / "sponsors/maison.toml"
    sponsor.parent.mkdir()
    sponsor.write_text('name = "Maison"\n[creatives.lampe]\npicture = "b.jpg"\n', "utf-8")
    picture = sponsor.with_name("b.jpg")
    placement = make_placement(picture=str(picture), alt="Une lampe")
    placement = dataclasses.replace(placement, booking="maison/2026-W46/main")
    edition = with_picture(make_edition(), (1, 3), "pictures/a.jpg")
    write_edition(edition, folder, wording("fr"))
    if content is not None:
        for file in (folder / "pictures/a.jpg", picture):
            file.parent.mkdir(exist_ok=True)
            file.write_bytes(content)
    findings = of_rule(found(edition, placement, config=config, folder=folder), MISSING)
    assert {finding.severity for finding in findings} == {"error"}
    places = [(finding.place.partition(" “")[0], finding.file) for finding in findings]
    edition_file = "editions/2026-W46/edition.toml"
    assert places == [
        ("story 1", edition_file), ("story 3", edition_file), ("slot", "sponsors/maison.toml"),
    ]  # fmt: skip
    lines = (folder / "edition.toml").read_text(encoding="utf-8").splitlines()
    assert all(lines[f.line - 1] == 'file = "pictures/a.jpg"' for f in findings[:2])
    assert findings[2].line == 3
    for finding, named in zip(findings, ["pictures/a.jpg"] * 2 + ["sponsors/b.jpg"], strict=True):
        assert f"{named} " in finding.message
        assert str(tmp_path) not in finding.message
        assert in_french(finding.message) not in (None, finding.message)
        assert in_french(finding.hint) not in (None, finding.hint)


def test_picture_of_a_body_is_found_at_its_line(tmp_path: Path) -> None:
    body = "Un début.\n\n![Un quai](pictures/quai.jpg)\n\nUne fin."
    edition = dataclasses.replace(
        make_edition(1, 0), template="single", stories=(make_story(1, body=body),)
    )
    config = dataclasses.replace(make_config(root=tmp_path), file=tmp_path / "config.toml")
    config = dataclasses.replace(
        config, edition=EditionSettings(templates=str(REPOSITORY / "templates"))
    )
    folder = tmp_path / "editions/2026-W46"
    write_edition(edition, folder, wording("fr"))
    (finding,) = of_rule(found(edition, config=config, folder=folder), MISSING)
    assert finding.severity == "error"
    lines = (folder / "edition.toml").read_text(encoding="utf-8").splitlines()
    assert lines[finding.line - 1] == "![Un quai](pictures/quai.jpg)"


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

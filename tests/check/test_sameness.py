"""The text part and the HTML tell the same, and what only one of them tells is named."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest
from tests.check.spoiling import (
    MAIN,
    PRESENTING,
    SECOND,
    found,
    of_rule,
    only,
    sound_config,
    with_story,
)
from tests.letters import make_edition, make_story, save_picture, with_picture

from digest.config.settings import EditionSettings
from digest.model.edition import Quotation

GIVEN = [
    ("Sept phares pour une seule gardienne", "story 3"),
    ("Résumé du récit numéro 2, en une phrase et demie", "story 2"),
    ("La brève 1 tient en une ligne", "brief 1"),
    ("Rien ne presse, sauf la marée", "quotation"),
    ("Cette semaine a pris son temps", "note"),
    ("Une lampe qui lit avec vous", "slot “main”"),
]


def loosely(words: str) -> str:
    """The words as a regular expression over a wrapped or marked-up text."""
    return r"(?:\s|&#160;|&nbsp;|\u00a0|\u202f)+".join(words.split())


@pytest.mark.parametrize(("words", "place"), GIVEN)
def test_what_the_text_part_leaves_out_is_named(words: str, place: str) -> None:
    def drop(text: str) -> str:
        return re.sub(loosely(words), "", text)

    findings = of_rule(found(make_edition(), MAIN, text=drop), "text-lacks")
    assert findings[0].place.startswith(place)
    assert findings[0].severity == "warning"
    assert findings[0].file == "templates/weekly/letter.txt.j2"


@pytest.mark.parametrize(("words", "place"), GIVEN)
def test_what_the_html_leaves_out_is_named(words: str, place: str) -> None:
    def drop(text: str) -> str:
        return re.sub(loosely(words), "", text)

    findings = of_rule(found(make_edition(), MAIN, html=drop), "html-lacks")
    assert findings[0].place.startswith(place)
    assert findings[0].file == "templates/weekly/letter.mjml.j2"


def test_link_that_only_one_part_has_is_named() -> None:
    link = "https://example.org/recits/4"
    findings = found(make_edition(), text=lambda text: text.replace(link, ""))
    assert link in only(findings, "text-lacks", "warning").message
    findings = found(make_edition(), text=lambda text: f"{text}\n[30] https://example.org/ailleurs")
    assert "ailleurs" in only(findings, "html-lacks", "warning").message


def test_words_that_the_templates_print_in_one_part_only_are_named() -> None:
    added = found(make_edition(), html=lambda text: text.replace("</h1>", " inédite</h1>", 1))
    assert "inedite" in only(added, "text-lacks", "warning").message
    added = found(make_edition(), text=lambda text: f"{text}\nUne postface bavarde.")
    assert "postface" in only(added, "html-lacks", "warning").message


def test_captions_belong_to_pictures_and_are_not_missed(tmp_path: Path) -> None:
    save_picture(tmp_path / "a.jpg")
    edition = with_picture(make_edition(), (1, 3), "a.jpg")
    assert found(edition, folder=tmp_path) == []


@pytest.mark.parametrize("template", ["weekly", "brief", "single"])
def test_our_own_templates_tell_the_same_in_both_parts(template: str) -> None:
    config = sound_config(edition=EditionSettings(template=template))
    findings = found(make_edition(), MAIN, SECOND, PRESENTING, config=config)
    assert of_rule(findings, "text-lacks") == []
    assert of_rule(findings, "html-lacks") == []


def test_sentence_of_a_story_printed_whole_is_missed_in_the_part_that_drops_it() -> None:
    first = make_story(1, body="Le bac repart.\n\n## Une frontière\n\nPersonne ne le retient.")
    edition = dataclasses.replace(make_edition(1, 0, quotation=Quotation()), stories=(first,))
    config = sound_config(edition=EditionSettings(template="single"))
    assert of_rule(found(edition, config=config), "text-lacks") == []
    findings = found(
        edition, config=config, text=lambda text: text.replace("Personne ne le retient.", "")
    )
    finding = of_rule(findings, "text-lacks")[0]
    assert finding.place.startswith("story 1")
    assert "Personne ne le retient." in finding.message


def test_link_with_a_fault_is_not_named_a_second_time() -> None:
    edition = with_story(2, link="https://exa mple.org/a")
    assert [finding.rule for finding in found(edition)] == ["link-scheme"]


@pytest.mark.parametrize(
    "summary",
    [
        "On a vu ce port (https://a.example/x). Puis rien.",
        "https://a.example/x",
        "Il a appelé [lui](https://a.example) hier.",
        "Écrire à mailto:a@a.example, dit-il [1].",
    ],
)
def test_sentence_that_holds_an_address_is_told_by_both(summary: str) -> None:
    assert found(with_story(2, summary=summary)) == []


def test_sentence_with_an_address_that_one_part_lacks_is_still_named() -> None:
    edition = with_story(2, summary="On a vu ce port (https://a.example/x). Puis rien.")
    findings = found(edition, text=lambda text: text.replace("On a vu ce port", ""))
    assert "On a vu ce port" in of_rule(findings, "text-lacks")[0].message

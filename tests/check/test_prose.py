"""Words as a proof-reader sees them: other languages, and marks without a partner."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.check.spoiling import MAIN, found, of_rule, only, sound_config, with_story
from tests.letters import make_edition, make_placement

from digest.check import Locator
from digest.check.prose import prose_findings
from digest.edition.titles import preheader_of
from digest.model.edition import Note

ENGLISH = (
    "The harbour of Sablonne opens its locks again after two years of work, and the boats that "
    "were waiting have gone through."
)
GERMAN = (
    "Der Hafen von Sablonne öffnet nach zwei Jahren seine Schleusen wieder, und die Schiffe, die "
    "gewartet haben, fahren nun hindurch."
)


@pytest.mark.parametrize(("text", "language"), [(ENGLISH, "English"), (GERMAN, "German")])
def test_story_in_another_language_is_seen(text: str, language: str) -> None:
    finding = only(found(with_story(3, summary=text)), "language-mixed", "warning")
    assert finding.place.startswith("story 3")
    assert language in finding.message
    assert "French" in finding.message


def test_headline_in_another_language_is_seen_beside_a_summary_that_is_not() -> None:
    title = "The harbour opens its locks again and the boats that were waiting go through"
    summary = "Le port rouvre ses écluses. Les bateaux qui attendaient depuis deux ans passent."
    finding = only(found(with_story(3, title=title, summary=summary)), "language-mixed", "warning")
    assert finding.place.startswith("story 3")


def test_brief_and_note_and_sponsor_are_read_too() -> None:
    edition = make_edition()
    brief = dataclasses.replace(edition.briefs[0], text=ENGLISH)
    findings = found(dataclasses.replace(edition, briefs=(brief,)))
    assert only(findings, "language-mixed", "warning").place.startswith("brief 1")
    findings = found(make_edition(note=Note(text=ENGLISH)))
    assert only(findings, "language-mixed", "warning").place == "note"
    findings = found(make_edition(), make_placement("main", body=ENGLISH))
    finding = only(findings, "language-mixed", "warning")
    assert finding.place == "slot “main”, Maison Orme"
    assert finding.file == "sponsors/Maison Orme.toml"


@pytest.mark.parametrize("title", ["The New York Times", "Der Spiegel", "Fin de partie à Derry"])
def test_a_few_foreign_words_say_nothing(title: str) -> None:
    assert found(with_story(2, title=title)) == []


def test_letter_in_a_language_that_is_not_told_apart_is_left_alone() -> None:
    edition = with_story(4, summary=ENGLISH)
    where = Locator(edition, sound_config(), Path())
    assert list(prose_findings(edition, [], "br", where)) == []
    assert len(list(prose_findings(edition, [], "fr-CA", where))) == 1


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        ("Il a dit « oui et il est parti.", "«"),
        ("Il a dit oui » et il est parti.", "»"),
        ("Le port (le plus ancien rouvre.", "("),
        ('Il a dit "oui et il est parti.', '"'),
        ("Le port [d’Orient rouvre.", "["),
    ],
)
def test_mark_that_is_alone_is_shown_with_its_words(text: str, mark: str) -> None:
    findings = found(with_story(4, summary=text))
    finding = only(findings, "quotes-unbalanced", "warning")
    assert finding.place.startswith("story 4")
    assert finding.message.startswith(mark)
    assert "`summary`" in finding.hint


def test_marks_are_looked_for_in_every_text_that_is_printed() -> None:
    for edition in (
        make_edition(subject="Les « écluses rouvrent"),
        make_edition(note=Note(text="Une (semaine.")),
        with_story(2, title="Le « phare"),
    ):
        assert of_rule(found(edition), "quotes-unbalanced")
    placement = make_placement("main", headline="Une lampe (et une seule")
    assert of_rule(found(make_edition(), placement), "quotes-unbalanced")


def test_mark_of_a_story_is_told_at_the_story_alone() -> None:
    edition = with_story(2, short_title="À « Korvane")
    drawn = dataclasses.replace(edition, preheader=preheader_of(edition.stories))
    assert "« Korvane" in drawn.preheader
    finding = only(found(drawn), "quotes-unbalanced", "warning")
    assert finding.place.startswith("story 2")
    assert "`short_title`" in finding.hint
    titled = with_story(1, title="Le « phare", short_title="Le « phare")
    titled = dataclasses.replace(
        titled, subject="Le « phare", preheader=preheader_of(titled.stories)
    )
    finding = only(of_rule(found(titled), "quotes-unbalanced"), "quotes-unbalanced", "warning")
    assert "`title`" in finding.hint


def test_marks_that_are_paired_pass() -> None:
    text = "Il a dit : « Oui (enfin, “presque”) », et l’a répété aujourd’hui."
    assert found(with_story(4, summary=text), MAIN) == []


@given(st.lists(st.sampled_from(["« mot »", "(mot)", "“mot”", "mot", "l’eau"]), max_size=12))
def test_however_many_pairs_there_are_none_is_called_alone(words: list[str]) -> None:
    edition = with_story(4, summary="Il dit " + " ".join(words) + ".")
    where = Locator(edition, sound_config(), Path())
    assert list(prose_findings(edition, [], "fr", where)) == []

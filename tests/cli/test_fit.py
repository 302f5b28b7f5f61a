"""`digest build --fit`: a letter that Gmail would cut is made light enough, and stays so."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.cli.conftest import WEEK, Digest

from digest.edition.file import read_edition, write_edition
from digest.edition.fitting import brief_of_story
from digest.model.edition import Story
from digest.pipeline import fitting

Settings = Callable[[str, str], None]


def edition_file(lettre: Path) -> Path:
    return lettre / "editions" / WEEK / "edition.toml"


def shape(digest: Digest, *options: str) -> dict[str, Any]:
    """A build's stories, briefs and what it fitted."""
    ran = digest("build", "--week", WEEK, "--json", *options)
    assert ran.code == 0, ran.err
    told: dict[str, Any] = ran.json
    return told


def urls(told: dict[str, Any], kind: str) -> list[str]:
    return [entry["url"] for entry in told[kind]]


def test_light_letter_is_left_alone(digest: Digest) -> None:
    plain = shape(digest)
    fitted = shape(digest, "--fit")
    assert fitted["fit"]["moved"] == []
    assert fitted["fit"]["bytes_before"] == fitted["fit"]["bytes_after"] > 0
    assert urls(fitted, "stories") == urls(plain, "stories")
    assert "fit" not in plain
    ran = digest("build", "--week", WEEK, "--fit")
    assert "Nothing had to move: " in ran.out


def test_heavy_letter_gets_its_last_stories_told_in_brief(
    digest: Digest, settings: Settings, lettre: Path
) -> None:
    plain = shape(digest)
    settings("", "\n[check]\nwarn_kb = 48\n")
    ran = digest("build", "--week", WEEK, "--fit")
    assert ran.code == 0, ran.err
    assert "Moved to “En bref” (" in ran.out
    assert "48 are allowed" in ran.out
    again = shape(digest, "--fit")
    moved = urls(plain, "stories")[len(urls(again, "stories")) :]
    assert moved
    assert again["fit"]["moved"] == []
    assert again["fit"]["bytes_after"] <= 48_000
    assert urls(again, "stories") + moved == urls(plain, "stories")
    assert urls(again, "briefs") == moved + urls(plain, "briefs")
    assert again["placements"] == plain["placements"]
    checked = digest("check", "--week", WEEK, "--json").json
    assert not {"size", "sponsor-place", "unsubscribe"} & {f["rule"] for f in checked["findings"]}


def test_what_moved_is_told_with_its_sizes(digest: Digest, settings: Settings) -> None:
    settings("", "\n[check]\nwarn_kb = 48\n")
    told = shape(digest, "--fit")["fit"]
    assert told["bytes_before"] > 48_000 >= told["bytes_after"]
    assert all(story["title"] and story["url"] for story in told["moved"])


def test_later_build_keeps_a_fitted_edition_fitted_until_it_starts_over(
    digest: Digest, settings: Settings, lettre: Path
) -> None:
    plain = shape(digest)
    settings("", "\n[check]\nwarn_kb = 48\n")
    fitted = shape(digest, "--fit")
    file = edition_file(lettre).read_text(encoding="utf-8")
    later = shape(digest)
    assert urls(later, "stories") == urls(fitted, "stories")
    assert urls(later, "briefs") == urls(fitted, "briefs")
    assert edition_file(lettre).read_text(encoding="utf-8") == file
    fresh = shape(digest, "--fresh")
    assert urls(fresh, "stories") == urls(plain, "stories")


def test_what_moved_is_one_change_in_what_a_later_build_says(
    digest: Digest, settings: Settings
) -> None:
    settings("", "\n[check]\nwarn_kb = 48\n")
    moved = [story["title"] for story in shape(digest, "--fit")["fit"]["moved"]]
    later = shape(digest)
    assert later["kept"] == []
    assert later["kept_of_fit"] == [
        {"place": f"story “{title}”", "value": "moved to “En bref” by --fit"} for title in moved
    ]
    why = digest("why", moved[0])
    assert "the edition tells it in “En bref”" in why.out
    assert "took it out" not in why.out


def edit(lettre: Path, position: int, **changes: Any) -> Story:
    """An editor's words in one story; the story as it stood before."""
    edition = read_edition(edition_file(lettre).parent)
    assert edition is not None
    stories = list(edition.stories)
    before = stories[position]
    stories[position] = dataclasses.replace(before, **changes)
    write_edition(
        dataclasses.replace(edition, stories=tuple(stories)), edition_file(lettre).parent, {}
    )
    return before


WORDS = {"title": "Titre de la rédaction", "summary": "Un fait. Un deuxième. Un troisième."}


def test_story_an_editor_rewrote_stays_while_others_can_move(
    digest: Digest, settings: Settings, lettre: Path
) -> None:
    shape(digest)
    before = edit(lettre, -1, **WORDS)
    settings("", "\n[check]\nwarn_kb = 48\n")
    told = shape(digest, "--fit")
    assert told["stories"][-1]["title"] == WORDS["title"]
    assert told["fit"]["moved"]
    assert not any(moved["edited"] for moved in told["fit"]["moved"])
    assert [kept["value"] for kept in told["kept"]] == list(WORDS.values())
    assert before.url not in urls(told, "briefs")


def test_editors_words_that_must_move_stand_in_a_copy_of_the_file(
    digest: Digest, settings: Settings, lettre: Path
) -> None:
    shape(digest)
    for position in range(3, 7):
        before = edit(lettre, position, **{**WORDS, "title": f"Titre {position}"})
    as_left = read_edition(edition_file(lettre).parent)
    settings("", "\n[check]\nwarn_kb = 48\n")
    told = shape(digest, "--fit")
    moved = [story["url"] for story in told["fit"]["moved"]]
    assert before.url in moved
    assert all(story["edited"] for story in told["fit"]["moved"])
    [brief] = [brief for brief in told["briefs"] if brief["url"] == before.url]
    assert brief["text"] == "Un fait."
    copy = Path(told["fit"]["file_before"])
    assert copy.name == "edition.before-fit.toml"
    other = copy.parent.parent / "copy" / WEEK
    other.mkdir(parents=True)
    shutil.copy(copy, other / "edition.toml")
    kept = read_edition(other)
    assert kept is not None
    assert as_left is not None
    assert [(story.title, story.summary, story.picture) for story in kept.stories] == [
        (story.title, story.summary, story.picture) for story in as_left.stories
    ]
    assert not any("Titre 6" in kept["value"] for kept in told["kept"])


def test_output_names_the_copy_and_claims_to_keep_nothing_that_moved(
    digest: Digest, settings: Settings, lettre: Path
) -> None:
    shape(digest)
    for position in range(3, 7):
        edit(lettre, position, title=f"Titre {position}")
    settings("", "\n[check]\nwarn_kb = 48\n")
    ran = digest("build", "--week", WEEK, "--fit")
    assert "  Titre 6 (changed by the editor)\n" in ran.out
    assert f"The file as it was before: {edition_file(lettre).parent}/edition.before-fit.toml" in (
        ran.out
    )
    assert ", title: Titre 6" not in ran.out
    assert ", title: Titre 3" in ran.out
    later = digest("build", "--week", WEEK)
    assert "Kept of an earlier fit (" in later.out
    assert "moved to “En bref” by --fit" in later.out


def test_second_fit_leaves_the_first_copy_alone(
    digest: Digest, settings: Settings, lettre: Path
) -> None:
    shape(digest)
    settings("", "\n[check]\nwarn_kb = 48\n")
    first = Path(shape(digest, "--fit")["fit"]["file_before"])
    held = first.read_bytes()
    assert shape(digest, "--fit")["fit"]["file_before"] is None
    settings("warn_kb = 48", "warn_kb = 41")
    second = shape(digest, "--fit")["fit"]
    assert second["moved"]
    assert Path(second["file_before"]).name == "edition.before-fit-2.toml"
    assert first.read_bytes() == held
    assert len(shape(digest)["kept_of_fit"]) > len(second["moved"])


def test_block_copied_back_takes_a_fit_back(
    digest: Digest, settings: Settings, lettre: Path
) -> None:
    shape(digest)
    before = edit(lettre, -1, **WORDS)
    settings("", "\n[check]\nwarn_kb = 44\n")
    copy = Path(shape(digest, "--fit")["fit"]["file_before"])
    edition_file(lettre).write_bytes(copy.read_bytes())
    later = shape(digest)
    assert later["kept_of_fit"] == []
    assert later["stories"][-1]["url"] == before.url
    assert {kept["value"] for kept in later["kept"]} == set(WORDS.values())
    edition = read_edition(edition_file(lettre).parent)
    assert edition is not None
    briefs = (*edition.briefs, brief_of_story(edition.stories[-1]))
    by_hand = dataclasses.replace(edition, stories=edition.stories[:-1], briefs=briefs)
    write_edition(by_hand, edition_file(lettre).parent, {})
    again = shape(digest)
    assert again["kept_of_fit"] == []
    assert [kept["value"] for kept in again["kept"]] == ["moved to “En bref”"]


@pytest.mark.parametrize("killed_after", ["copy", "record", "edition.toml"])
def test_kill_at_any_write_loses_no_word(
    digest: Digest,
    settings: Settings,
    lettre: Path,
    monkeypatch: pytest.MonkeyPatch,
    killed_after: str,
) -> None:
    shape(digest)
    edit(lettre, -1, **WORDS)
    settings("", "\n[check]\nwarn_kb = 44\n")
    shape(digest)
    left = edition_file(lettre).read_bytes()
    wanted = {"copy": "keep_before", "record": "write_fitted", "edition.toml": "write_edition"}
    real = getattr(fitting, wanted[killed_after])

    def then_die(*arguments: object) -> None:
        real(*arguments)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(fitting, wanted[killed_after], then_die)
        assert digest("build", "--week", WEEK, "--fit").code == 130
    copy = edition_file(lettre).with_name("edition.before-fit.toml")
    assert copy.read_bytes() == left
    assert (edition_file(lettre).read_bytes() == left) == (killed_after != "edition.toml")
    told = shape(digest, "--fit")
    assert all(brief["text"] for brief in told["briefs"])
    assert copy.read_bytes() == left
    assert not copy.with_name("edition.before-fit-2.toml").exists()
    assert shape(digest)["kept_of_fit"]


def test_story_added_by_an_editor_can_move_too(
    digest: Digest, settings: Settings, lettre: Path
) -> None:
    shape(digest)
    file = edition_file(lettre)
    added = (
        '\n[[stories]]\nurl = "https://meridien.example/ajout"\norder = 99\nregion = "Nord"\n'
        'title = "Un ajout"\nsummary = "Une phrase ajoutée. Une autre."\n'
    )
    file.write_text(file.read_text(encoding="utf-8") + added, encoding="utf-8")
    for position in range(3, 7):
        edit(lettre, position, title=f"Titre {position}")
    settings("", "\n[check]\nwarn_kb = 48\n")
    told = shape(digest, "--fit")
    [brief] = [brief for brief in told["briefs"] if brief["url"].endswith("/ajout")]
    assert brief["text"] == "Une phrase ajoutée."


def test_nothing_moves_when_no_move_is_enough(digest: Digest, settings: Settings) -> None:
    plain = shape(digest)
    settings("", "\n[check]\nwarn_kb = 5\n")
    ran = digest("build", "--week", WEEK, "--fit")
    assert ran.code == 0
    assert "Nothing was moved:" in ran.err
    assert urls(shape(digest), "stories") == urls(plain, "stories")


def test_template_without_in_brief_has_nowhere_to_move_to(
    digest: Digest, settings: Settings
) -> None:
    settings("", "\n[check]\nwarn_kb = 8\n")
    told = shape(digest, "--template", "brief", "--fit")
    assert told["fit"]["moved"] == []
    assert told["briefs"] == []


@pytest.mark.parametrize("touched", [(), (6,), (5, 6), (3, 4, 5, 6)])
def test_what_the_check_proposes_is_what_the_build_does(
    digest: Digest, settings: Settings, lettre: Path, touched: tuple[int, ...]
) -> None:
    shape(digest)
    for position in touched:
        edit(lettre, position, title=f"Titre {position}")
    settings("", "\n[check]\nwarn_kb = 48\n")
    findings = digest("check", "--week", WEEK, "--json").json["findings"]
    [proposal] = [finding["hint"] for finding in findings if finding["rule"] == "size"]
    moved = shape(digest, "--fit")["fit"]["moved"]
    assert moved
    titles = " and ".join("“" + story["title"] + "”" for story in moved)
    assert proposal.startswith(f"Move {titles} to “En bref”")

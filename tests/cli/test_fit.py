"""`digest build --fit`: a letter that Gmail would cut is made light enough, and stays so."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.cli.conftest import WEEK, Digest

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
    assert shape(digest)["kept"] == [
        {"place": f"story “{title}”", "value": "moved to “En bref”"} for title in moved
    ]
    why = digest("why", moved[0])
    assert "the edition tells it in “En bref”" in why.out
    assert "took it out" not in why.out


def test_editors_words_go_with_the_story(digest: Digest, settings: Settings, lettre: Path) -> None:
    plain = shape(digest)
    last = plain["stories"][-1]
    file = edition_file(lettre)
    text = file.read_text(encoding="utf-8")
    old = f'\ntitle = "{last["title"]}"'
    assert text.count(old) == 1
    file.write_text(text.replace(old, '\ntitle = "Titre de la rédaction"'), encoding="utf-8")
    settings("", "\n[check]\nwarn_kb = 48\n")
    told = shape(digest, "--fit")
    [brief] = [brief for brief in told["briefs"] if brief["url"] == last["url"]]
    assert brief["text"] == "Titre de la rédaction."


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


def test_what_the_check_proposes_is_what_the_build_does(digest: Digest, settings: Settings) -> None:
    shape(digest)
    settings("", "\n[check]\nwarn_kb = 48\n")
    findings = digest("check", "--week", WEEK, "--json").json["findings"]
    [proposal] = [finding["hint"] for finding in findings if finding["rule"] == "size"]
    moved = shape(digest, "--fit")["fit"]["moved"]
    assert moved
    titles = " and ".join("“" + story["title"] + "”" for story in moved)
    assert proposal.startswith(f"Move {titles} to “En bref”")

"""An edition in another template: chosen at a build, kept by the next, changed by an editor."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from tests.cli.conftest import WEEK, Digest

EDITION = f"editions/{WEEK}/edition.toml"


def edition(lettre: Path) -> dict[str, Any]:
    return tomllib.loads((lettre / EDITION).read_text(encoding="utf-8"))


def test_edition_of_the_publications_own_template_names_none(digest: Digest, lettre: Path) -> None:
    assert digest("build").code == 0
    made = edition(lettre)
    assert "template" not in made
    assert not [story for story in made["stories"] if "body" in story or "byline" in story]


def test_single_is_one_story_printed_whole_and_stays_so(digest: Digest, lettre: Path) -> None:
    assert digest("build", "--template", "single").code == 0
    made = edition(lettre)
    [story] = made["stories"]
    assert (made["template"], made.get("briefs"), made["quotation"]["text"]) == ("single", None, "")
    assert story["byline"] == "Par Inès Valdivieso"
    assert story["body"].startswith("À Puerto Nácar, on s’est couché bolivien")
    assert "\n\n## Une ligne à retardement\n\n" in story["body"]
    assert story["summary"].startswith("Une crue a déplacé")
    assert made["preheader"] == "Deux villages ont changé de rive sans bouger d’un pas."

    mine = (lettre / EDITION).read_text(encoding="utf-8").replace("Par Inès", "Récit d’Inès")
    (lettre / EDITION).write_text(mine, encoding="utf-8")
    again = digest("build", "--json").json
    assert [kept["place"].rpartition(" ")[2] for kept in again["kept"]] == ["byline"]
    assert edition(lettre)["template"] == "single"
    assert edition(lettre)["stories"][0]["byline"] == "Récit d’Inès Valdivieso"

    assert digest("build", "--fresh").code == 0
    assert edition(lettre)["template"] == "single"
    assert edition(lettre)["stories"][0]["byline"] == "Par Inès Valdivieso"


def test_pinned_story_is_the_one_that_single_prints(digest: Digest, lettre: Path) -> None:
    digest("build")
    wanted = edition(lettre)["stories"][4]
    for file in (lettre / "articles").rglob("*.md"):
        text = file.read_text(encoding="utf-8")
        file.write_text(text.replace("pinned: true\n", ""), encoding="utf-8")
    assert digest("shortlist", "pin", wanted["url"]).code == 0
    assert digest("build", "--template", "single").code == 0
    assert [story["url"] for story in edition(lettre)["stories"]] == [wanted["url"]]


def test_shortlist_tells_what_the_template_takes(digest: Digest) -> None:
    def stories() -> int:
        listed = digest("shortlist", "--all", "--json").json
        return sum(one["verdict"] == "story" for one in listed["articles"])

    assert stories() == 7
    digest("build", "--template", "single")
    assert stories() == 1


def test_brief_is_up_to_ten_stories_and_fetches_no_picture(digest: Digest, lettre: Path) -> None:
    told = digest("build", "--template", "brief", "--json").json
    made = edition(lettre)
    assert 7 < len(made["stories"]) <= 10
    assert "briefs" not in made
    assert not [story for story in made["stories"] if story["picture"]["file"]]
    assert not (lettre / "editions" / WEEK / "pictures").exists()
    assert [finding for finding in told["findings"] if finding["severity"] == "error"] == []


def test_editor_changes_the_template_in_the_file_and_the_next_build_follows(
    digest: Digest, lettre: Path
) -> None:
    digest("build", "--template", "brief")
    file = lettre / EDITION
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace('"brief"', '"single"', 1), encoding="utf-8")
    told = digest("build", "--json").json
    assert {"place": "template", "value": "single"} in told["kept"]
    [story] = edition(lettre)["stories"]
    assert story["body"]
    assert digest("build", "--template", "weekly", "--json").json["kept"] == []
    assert len(edition(lettre)["stories"]) == 7
    assert edition(lettre)["template"] == "weekly"


def test_every_template_makes_a_letter_and_one_story_carries_one_sponsor(digest: Digest) -> None:
    errors = {}
    for name in ("weekly", "brief", "single"):
        told = digest("build", "--template", name, "--json")
        assert told.code == 0
        errors[name] = [
            (finding["rule"], finding["place"])
            for finding in told.json["findings"]
            if finding["severity"] == "error"
        ]
    second = ("sponsor-place", "slot “secondary”, Thés Barcarolle")
    assert errors == {"weekly": [], "brief": [], "single": [second]}


def test_unknown_template_is_told_before_anything_is_written(digest: Digest, lettre: Path) -> None:
    refused = digest("build", "--template", "singel")
    assert refused.code == 2
    assert "templates/singel: there is no such template" in refused.err
    assert "Did you mean “single”?" in refused.err
    assert not (lettre / EDITION).exists()


def test_sponsor_that_finds_no_place_in_a_short_story_stops_it(
    digest: Digest, lettre: Path
) -> None:
    digest("build", "--template", "single")
    file = lettre / EDITION
    text = file.read_text(encoding="utf-8")
    start = text.index('body = """') + len('body = """')
    file.write_text(
        text[:start] + "\nUn seul paragraphe." + text[text.index('"""', start) :], encoding="utf-8"
    )
    checked = digest("check", "--json")
    assert checked.code == 5
    lost = [f for f in checked.json["findings"] if f["rule"] == "sponsor-place"]
    assert len(lost) == 2
    assert all("between two paragraphs of the body" in finding["message"] for finding in lost)


def test_mistake_in_a_body_is_told_with_its_line_in_the_file(digest: Digest, lettre: Path) -> None:
    digest("build", "--template", "single")
    file = lettre / EDITION
    text = file.read_text(encoding="utf-8").replace("\n## Une ligne", "\n##Une ligne")
    file.write_text(text, encoding="utf-8")
    line = text[: text.index("##Une ligne")].count("\n") + 1
    checked = digest("check")
    assert checked.code == 5
    assert f"edition.toml:{line}: story 1 “Le fleuve" in " ".join(checked.err.split())
    assert "Write an intertitle as `## `" in checked.err


def test_doctor_knows_a_template_without_its_manifest(digest: Digest, lettre: Path) -> None:
    (lettre / "templates/weekly/template.toml").unlink()
    told = {thing["name"]: thing for thing in digest("doctor", "--json").json}["template"]
    assert told["state"] == "error"
    assert told["found"] == "templates/weekly: there is no such template"

"""Why an article is in the edition or not, down to each term and each character."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.cli.conftest import NOW, WEEK, Digest

ISLAND = "Quarante et un États s’accordent sur ce qu’est une île"
DELTA = "Le delta apprend à compter avec le sel"
VANILLA = "La vanille de Madagascar"

Settings = Callable[[str, str], None]


# ---- digest why -----------------------------------------------------------------------------


def test_why_tells_each_term_and_their_sum(digest: Digest) -> None:
    (article,) = digest("why", DELTA, "--json").json["articles"]
    out = digest("why", DELTA).out
    assert f"rank: {article['rank']:.2f}, place {article['place']} in the ranking" in out
    for term in article["terms"]:
        line = next(line for line in out.splitlines() if line.startswith(f"    {term['name']}"))
        assert f"{term['value']:.2f} × {term['weight']:g}" in " ".join(line.split())
        assert line.endswith(f"{term['points']:.2f}")


def test_why_names_section_language_place_topics_and_first_sight(digest: Digest) -> None:
    out = digest("why", ISLAND).out
    for line in (
        "source: redaction",
        "section: International, as printed on it",
        "language: fr (by its words)",
        "about: Suisse, Europe",
        "seen: first 2026-11-16 07:30",
        "inferred: published: from the file's name, at noon",
    ):
        assert line in out
    assert "topics: " in out


def test_why_names_the_articles_it_stands_for_and_how_alike_they_are(digest: Digest) -> None:
    out = digest("why", ISLAND).out
    assert "also told by boussole: https://agence-boussole.example/" in out
    assert "alike" in out
    (article,) = digest("why", ISLAND, "--json").json["articles"]
    (twin,) = article["duplicates"]
    assert "alike" in article["similar"][twin]


def test_why_shows_where_each_sentence_of_the_summary_stands(digest: Digest) -> None:
    out = digest("why", VANILLA).out
    assert "summary: the article's own extract" in out
    assert "(paragraph 1, characters 0–" in out
    (article,) = digest("why", VANILLA, "--json").json["articles"]
    assert article["summary"]["spans"][0]["paragraph"] == 0
    assert article["summary"]["text"].split(". ")[0] in out


def test_article_can_be_named_by_its_place(digest: Digest) -> None:
    (first,) = digest("why", 1, "--json").json["articles"]
    assert first["place"] == 1


def test_why_tells_the_editors_choice_and_who_made_it(
    digest: Digest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("getpass.getuser", lambda: "marie")
    digest("shortlist", "pin", DELTA)
    out = digest("why", DELTA).out
    assert f"choice: pinned for {WEEK}, 2026-11-16 07:30, by marie" in out
    assert "choice: pinned at the head of its text" in digest("why", "Le fleuve").out
    digest("shortlist", "ban", DELTA)
    assert f"choice: banned for {WEEK}" in digest("why", DELTA).out


def test_why_tells_when_an_article_changed(
    digest: Digest, lettre: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest("build")
    file = next((lettre / "articles").glob("*le-delta-et-le-sel.txt"))
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("sel", "gros sel"), encoding="utf-8")
    monkeypatch.setenv("DIGEST_NOW", NOW.replace("07:30", "09:15"))
    out = digest("why", "delta apprend").out
    assert "seen: first 2026-11-16 07:30, changed 2026-11-16 09:15" in out


def test_why_says_that_the_editor_wrote_another_summary(digest: Digest, lettre: Path) -> None:
    digest("build")
    file = lettre / "editions" / WEEK / "edition.toml"
    text = file.read_text(encoding="utf-8")
    own = 'summary = "Un fleuve, deux rives, une frontière."'
    text, count = re.subn(r'(?ms)^summary = (""".*?"""|".*?"$)', own, text, count=1)
    assert count == 1
    file.write_text(text, encoding="utf-8")
    digest("build")
    out = digest("why", "Le fleuve").out
    assert "the edition has the editor's: Un fleuve, deux rives, une frontière." in out


def test_why_of_a_text_without_sentences_says_that_there_is_no_summary(
    digest: Digest, lettre: Path
) -> None:
    (lettre / "articles" / "2026-11-12-court.txt").write_text(
        "International\nOù vont les bateaux de la Ligue\n\nOù vont-ils ?\n\nEt pourquoi ?\n",
        "utf-8",
    )
    assert "summary: none" in digest("why", "bateaux de la Ligue").out


def test_why_names_what_is_not_an_article(digest: Digest, lettre: Path) -> None:
    (lettre / "articles" / "vide.txt").write_text("")
    out = digest("why", "vide.txt").out
    assert "articles/vide.txt" in out
    assert "not an article: is empty" in out


# ---- digest build ---------------------------------------------------------------------------


def test_explain_shows_every_ranked_article_with_every_term(digest: Digest) -> None:
    built = digest("build", "--explain", "--json").json
    assert [one["place"] for one in built["ranked"]] == list(range(1, 18))
    out = digest("build", "--explain").out
    for one in built["ranked"]:
        assert one["title"] in out
        points = "  ".join(f"{term['name']} {term['points']:.2f}" for term in one["terms"])
        assert points in out
        if one["verdict"] not in ("story", "brief"):
            assert one["reason"] in out
    assert "ranked" not in digest("build", "--json").json
    assert "coverage 0.00" not in digest("build").out


def test_build_tells_where_articles_came_from_and_what_was_left_out(
    digest: Digest, lettre: Path
) -> None:
    out = digest("build").out
    assert "3 sources read: 26 articles (26 new, 0 changed, 0 unchanged)." in out
    assert "Left out: 1 duplicate, 5 other section, 2 outside the window" in out
    file = next((lettre / "articles").glob("*le-delta-et-le-sel.txt"))
    file.write_text(file.read_text(encoding="utf-8").replace("sel", "gros sel"), encoding="utf-8")
    assert "26 articles (0 new, 1 changed, 25 unchanged)" in digest("build").out
    built = digest("build", "--json").json
    assert built["verdicts"]["story"] == 7
    assert [source["articles"] for source in built["sources"]] == [13, 4, 9]


def test_offline_build_asks_nobody_and_uses_what_was_kept(
    digest: Digest, settings: Settings
) -> None:
    settings("", '\n[[sources]]\nname = "x"\nkind = "feed"\nurl = "http://127.0.0.1:9/rss"\n')
    built = digest("build")
    assert "Source x failed" in built.err
    assert "3 sources read, 1 failed: 26 articles (26 new, 0 changed, 0 unchanged)." in built.out
    offline = digest("build", "--offline")
    assert offline.code == 0
    assert "failed" not in offline.err
    assert "3 sources read, 1 answered by the store: 26 articles (0 new, " in offline.out

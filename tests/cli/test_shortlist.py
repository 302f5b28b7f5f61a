"""An editor sees the week's candidates and pins or bans some of them; the next build obeys."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.cli.conftest import WEEK, Digest

from digest.config import load_config
from digest.model.content import Decision
from digest.publication import Publication
from digest.store.content.choices import choose

RIVER = "Le fleuve a déménagé, la frontière hésite à le suivre"
DELTA = "Le delta apprend à compter avec le sel"
ICE = "Le brise-glace de l’Arctique livre aussi les romans"

Settings = Callable[[str, str], None]


def place_of(digest: Digest, title: str) -> int:
    """The place that the shortlist gives an article."""
    articles = digest("shortlist", "--json").json["articles"]
    return next(int(a["place"]) for a in articles if a["title"] == title)


def titles(digest: Digest) -> list[str]:
    return [story["title"] for story in digest("build", "--json").json["stories"]]


# ---- Looking --------------------------------------------------------------------------------


def test_shortlist_shows_what_led_to_each_place(digest: Digest, lettre: Path) -> None:
    told = digest("shortlist")
    assert told.code == 0
    line = next(line for line in told.out.splitlines() if DELTA in line)
    for words in ("1.86", "mer. 11", "chapo", "over a cap"):
        assert words in line
    after = told.out[told.out.index(DELTA) :].splitlines()[1]
    about = "redaction · International (printed) · Vietnam, Asie du Sud-Est"
    assert " ".join(after.split()) == about
    assert not (lettre / "editions").exists()


def test_shortlist_counts_the_articles_that_tell_the_same(digest: Digest) -> None:
    line = next(
        line for line in digest("shortlist").out.splitlines() if "Quarante et un États" in line
    )
    assert "×2" in line


def test_shortlist_ends_with_what_to_do_next(digest: Digest) -> None:
    out = digest("shortlist").out
    assert "26 articles: " in out
    assert "7 story" in out
    assert "9 are not shown: --all." in out
    assert "Next: digest shortlist pin 7 (or ban 12), then digest build" in out


def test_all_shows_what_was_refused_and_why(digest: Digest) -> None:
    short, everything = digest("shortlist").out, digest("shortlist", "--all").out
    assert "six lycéens" not in short
    assert "six lycéens" in everything
    for verdict in ("other section", "undated", "duplicate", "outside the window"):
        assert verdict in everything
    assert "not shown" not in everything


def test_only_the_next_candidates_are_shown(
    digest: Digest, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("digest.cli.weekly.shortlisting._NEXT", 2)
    places = [a["place"] for a in digest("shortlist", "--json").json["articles"]]
    assert places == [1, 2, 3, 4, 5, 6, 7, 8, 12, 13, 14, 15, 16]


def test_table_folds_and_loses_nothing_at_eighty_columns(
    digest: Digest, monkeypatch: pytest.MonkeyPatch
) -> None:
    import digest.cli.frame as frame

    monkeypatch.setenv("COLUMNS", "80")
    frame.out.cache_clear()
    try:
        table = digest("shortlist", "--all").out.split("26 articles")[0]
    finally:
        frame.out.cache_clear()
    assert max(map(len, table.splitlines())) <= 80
    assert "…" not in table
    assert "over a cap" in table


def test_json_holds_the_summarys_origin_and_the_choice(digest: Digest) -> None:
    digest("shortlist", "pin", DELTA)
    (delta,) = [a for a in digest("shortlist", "--json").json["articles"] if a["title"] == DELTA]
    assert delta["choice"] == "pin"
    assert delta["summary"]["origin"] == "chapo"
    assert delta["country"] == "VN"
    assert delta["rank"] == pytest.approx(sum(term["points"] for term in delta["terms"]))


def test_another_week_is_named_in_what_to_do_next(digest: Digest) -> None:
    out = digest("shortlist", "--week", "2026-W45").out
    assert "2026-W45, 2026-11-02 to 2026-11-08" in out
    assert "digest build --week 2026-W45" in out


def test_week_without_candidates_says_so(digest: Digest) -> None:
    out = digest("shortlist", "--since", "2026-01-05", "--until", "2026-01-06").out
    assert "outside the window" in out
    assert "Next:" not in out


def test_source_that_failed_is_told_beside_the_table(digest: Digest, settings: Settings) -> None:
    settings("", '\n[[sources]]\nname = "x"\nkind = "feed"\npath = "none.xml"\n')
    ran = digest("shortlist")
    assert ran.code == 0
    assert "Source x failed" in ran.err
    assert RIVER in ran.out


# ---- Pins and bans --------------------------------------------------------------------------


def test_pinned_articles_are_in_the_next_edition(digest: Digest) -> None:
    place = place_of(digest, DELTA)
    assert DELTA not in titles(digest)
    pinned = digest("shortlist", "pin", place, "vanille")
    assert pinned.code == 0, pinned.err
    assert f"▲ pinned  {DELTA}" in pinned.out
    assert "story 2" in pinned.out
    assert "Next: digest build" in pinned.out
    chosen = titles(digest)
    assert chosen[1] == DELTA
    assert "La vanille de Madagascar se vend désormais au parfum" in chosen
    assert "▲ pinned" in digest("shortlist").out


def test_banned_article_stays_out_until_the_ban_is_lifted(digest: Digest) -> None:
    before = titles(digest)
    banned = digest("shortlist", "ban", "brise-glace")
    assert f"✗ banned  {ICE}" in banned.out
    assert ICE not in titles(digest)
    shown = next(line for line in digest("shortlist").out.splitlines() if "brise-glace" in line)
    assert "✗ banned" in shown
    lifted = digest("shortlist", "unpin", "brise-glace")
    assert f"taken back  {ICE}" in lifted.out
    assert titles(digest) == before


def test_article_is_named_by_its_address(digest: Digest) -> None:
    url = "https://meridien.example/articles/vietnam-le-delta-et-le-sel"
    result = digest("shortlist", "pin", f"{url}?utm_source=x", "--json").json
    assert result["edition"] == WEEK
    assert result["choice"] == "pin"
    (pinned,) = result["articles"]
    assert (pinned["url"], pinned["title"], pinned["verdict"]) == (url, DELTA, "story")
    (lifted,) = digest("shortlist", "--json", "unpin", url).json["articles"]
    assert lifted["verdict"] == "over a cap"


def test_choice_made_again_replaces_the_first(digest: Digest) -> None:
    digest("shortlist", "pin", DELTA)
    digest("shortlist", "ban", DELTA)
    digest("shortlist", "pin", DELTA)
    assert "neither" not in digest("shortlist", "unpin", DELTA).out
    assert "neither pinned nor banned" in digest("shortlist", "unpin", DELTA).err


def test_word_that_names_several_lists_them_and_changes_nothing(digest: Digest) -> None:
    refused = digest("shortlist", "pin", "de")
    assert refused.code == 2
    assert "“de” names" in refused.err
    assert ICE in refused.err
    assert "more" in refused.err
    assert "▲ pinned" in digest("shortlist").out  # the sample's own pin
    assert digest("shortlist", "--json").json["articles"][1]["choice"] is None


def test_whole_title_goes_before_longer_ones(digest: Digest, lettre: Path) -> None:
    text = "International\nLe delta\n\nLe delta du Mékong est un pays en soi.\n\nTexte.\n"
    (lettre / "articles" / "2026-11-12-delta.txt").write_text(text, encoding="utf-8")
    assert digest("shortlist", "pin", "le delta", "--json").json["articles"][0]["title"] == (
        "Le delta"
    )


def test_title_of_a_story_told_twice_means_the_one_that_stands_for_it(
    digest: Digest, lettre: Path
) -> None:
    twin = lettre / "articles" / "correspondants" / "2026-11-11-le-delta-bis.txt"
    original = next((lettre / "articles").glob("*le-delta-et-le-sel.txt"))
    twin.write_text(original.read_text(encoding="utf-8"), encoding="utf-8")
    assert len(digest("why", DELTA, "--json").json["articles"]) == 2
    assert digest("shortlist", "pin", DELTA).code == 0


@pytest.mark.parametrize("what", ["zzz-not-there", "999", "https://example.org/none"])
def test_nothing_of_that_name_is_told(digest: Digest, what: str) -> None:
    refused = digest("shortlist", "pin", what)
    assert refused.code == 2
    assert f"“{what}”: none of the 26 articles read" in refused.err


def test_lifting_what_was_never_chosen_names_what_was(digest: Digest) -> None:
    nothing = digest("shortlist", "unpin", "zzz")
    assert nothing.code == 2
    assert "Kept for it: nothing." in nothing.err
    place = place_of(digest, DELTA)
    digest("shortlist", "ban", "brise-glace", "vanille")
    named = digest("shortlist", "unpin", "a")
    assert "names several" in named.err
    assert f"ban “{ICE}”" in named.err
    assert f"“{DELTA}” is neither" in digest("shortlist", "unpin", place - 1).err


def test_pin_at_the_head_of_a_text_is_changed_there(digest: Digest) -> None:
    refused = digest("shortlist", "unpin", 1)
    assert refused.code == 2
    assert "pinned at the head of its text" in refused.err
    assert "le-fleuve-a-demenage.md" in refused.err


def test_edition_that_is_approved_or_gone_cannot_be_changed(digest: Digest) -> None:
    digest("build")
    digest("approve", "--yes")
    refused = digest("shortlist", "pin", DELTA)
    assert refused.code == 5
    assert "reopen" in refused.err
    assert digest("shortlist").code == 0
    digest("editions", "reopen", WEEK)
    assert digest("shortlist", "pin", DELTA).code == 0
    digest("send", "--yes")
    assert digest("shortlist", "unpin", DELTA).code == 5


def test_choices_of_one_week_do_not_touch_another(digest: Digest) -> None:
    digest("shortlist", "--week", "2026-W45", "ban", DELTA)
    assert digest("why", DELTA, "--json").json["articles"][0]["choice"] is None
    before = digest("why", DELTA, "--week", "2026-W45", "--json").json["articles"][0]
    assert before["choice"]["choice"] == "ban"


def test_pin_of_an_article_that_is_gone_is_told(digest: Digest, lettre: Path) -> None:
    digest("shortlist", "pin", DELTA)
    next((lettre / "articles").glob("*le-delta-et-le-sel.txt")).unlink()
    publication = Publication.open(load_config(lettre / "config.toml"))
    with publication.database.write() as connection:
        moment = datetime(2026, 11, 15, tzinfo=UTC)
        choose(connection, WEEK, "https://example.org/x", "Ailleurs", "ban", "marie", moment)
    told = digest("shortlist")
    assert told.code == 0
    assert "Banned, but not among the articles: Ailleurs" in told.err
    assert "taken back" in digest("shortlist", "unpin", "ailleurs").out


def test_without_the_network_the_store_answers(digest: Digest, settings: Settings) -> None:
    settings("", '\n[[sources]]\nname = "x"\nkind = "feed"\nurl = "http://127.0.0.1:9/rss"\n')
    assert "Source x failed" in digest("shortlist").err
    assert "failed" not in digest("shortlist", "--offline").err


def test_place_is_told_even_for_decisions_without_one() -> None:
    from digest.cli.weekly.decision_tables import day_words, place_words, section_words
    from digest.model.content import Article, Verdict

    bare = Decision(Article("a", "https://example.org/a", "Titre"), Verdict.UNDATED, "")
    assert (section_words(bare), place_words(bare, "fr"), day_words(None, "fr")) == ("", "", "–")
    assert day_words(datetime(2026, 11, 12, tzinfo=UTC), "en") == "Thu 12"


@pytest.mark.parametrize("command", [["why"], ["shortlist", "pin"]])
def test_what_was_typed_does_not_steer_the_terminal(digest: Digest, command: list[str]) -> None:
    ran = digest(*command, "\x1b[31m\u202erouge\x9b" + "x" * 50_000)
    assert ran.code == 2
    assert not set("\x1b\u202e\x9b") & set(ran.err)
    assert "[31mrouge" in ran.err
    assert len(ran.err) < 12_000

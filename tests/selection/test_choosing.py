"""Every article gets a verdict, and a reason that an editor understands."""

from __future__ import annotations

import json
import tracemalloc
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.config.settings import SelectionSettings, WeightSettings
from digest.model.content import (
    Article,
    Decision,
    Paragraph,
    Picture,
    Published,
    SectionSignal,
    Verdict,
    Window,
)
from digest.selection import find, select, tally, week_window
from digest.selection.ranking import rank_terms

PARIS = ZoneInfo("Europe/Paris")
REAL_WEEK = Path(__file__).parents[3] / "shared" / "data" / "week_2020-W22.jsonl"
ANY_SECTION: dict[str, Any] = {"sections": ()}


def points(decision: Decision) -> dict[str, float]:
    return {term.name: term.value for term in decision.terms}


# ---- Dates ----------------------------------------------------------------------------------


def test_undated_article_is_left_out_and_said_so(desk: Any) -> None:
    decision = desk.decide_one(desk.article(published=None))
    assert decision.verdict is Verdict.UNDATED
    assert decision.reason == "no date of publication could be read"


@pytest.mark.parametrize(
    ("moment", "verdict", "reason"),
    [
        (
            (2026, 11, 8, 23, 10),
            Verdict.OUTSIDE,
            "published 2026-11-08 23:10, before the window (2026-11-09 to 2026-11-15)",
        ),
        ((2026, 11, 9), Verdict.STORY, None),
        ((2026, 11, 15, 23, 59, 59), Verdict.STORY, None),
        (
            (2026, 11, 16),
            Verdict.OUTSIDE,
            "published 2026-11-16 00:00, after the window (2026-11-09 to 2026-11-15)",
        ),
        (
            (2026, 11, 18, 12),
            Verdict.FUTURE,
            "published 2026-11-18 12:00, more than a day ahead of today (2026-11-16)",
        ),
    ],
)
def test_window_takes_its_own_days_only(
    desk: Any, paris: Any, moment: tuple[int, ...], verdict: Verdict, reason: str | None
) -> None:
    decision = desk.decide_one(desk.article(published=paris(*moment)))
    assert decision.verdict is verdict
    assert reason is None or decision.reason == reason


def test_window_is_compared_in_utc_when_clocks_change(desk: Any) -> None:
    """In the hour that comes twice, the first 02:30 lies before the end, the second after it."""
    end = datetime(2026, 10, 25, 2, 45, tzinfo=PARIS)
    desk.window = Window("2026-W43", end - timedelta(days=7), end)
    first = desk.article("a", published=datetime(2026, 10, 25, 2, 30, tzinfo=PARIS))
    second = desk.article("b", published=datetime(2026, 10, 25, 2, 30, tzinfo=PARIS, fold=1))
    assert desk.decide_one(first).verdict is Verdict.STORY
    assert desk.decide_one(second).verdict is Verdict.OUTSIDE


# ---- Sections -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("signals", "verdict", "origin"),
    [
        ([("feed", "International"), ("printed", "Sport")], Verdict.STORY, "feed"),
        ([("printed", "International"), ("feed", "Sport")], Verdict.SECTION, "feed"),
        ([("url", "monde"), ("metadata", "Culture")], Verdict.SECTION, "metadata"),
        ([("url", "monde"), ("printed", "Sport")], Verdict.STORY, "url"),
        ([("metadata", "Culture"), ("metadata", "MONDE")], Verdict.STORY, "metadata"),
        ([("metadata", "Monde > Asie")], Verdict.STORY, "metadata"),
        ([("printed", "intérnational")], Verdict.STORY, "printed"),
        ([("printed", " "), ("url", "monde")], Verdict.STORY, "url"),
        ([("pin", "International"), ("feed", "Sport")], Verdict.STORY, "pin"),
    ],
)
def test_first_statement_about_the_section_wins(
    desk: Any, signals: list[Any], verdict: Verdict, origin: str
) -> None:
    article = desk.article(sections=tuple(SectionSignal(*signal) for signal in signals))
    decision = desk.decide_one(article)
    assert (decision.verdict, decision.section_origin) == (verdict, origin)
    if verdict is Verdict.STORY:
        assert decision.section == "International"
    else:
        assert "not one of International, Monde, World" in decision.reason


def test_places_suggest_a_section_but_do_not_decide(desk: Any) -> None:
    article = desk.article(section="", title="Au Sénégal, une pirogue")
    decision = desk.decide_one(article)
    assert decision.verdict is Verdict.SECTION
    assert (decision.section, decision.section_origin) == ("International", "gazetteer")
    assert "Sénégal" in decision.reason
    assert "not enough alone" in decision.reason


def test_an_article_without_any_sign_is_left_out(desk: Any) -> None:
    decision = desk.decide_one(desk.article(section="", title="Une pirogue"))
    assert decision.verdict is Verdict.SECTION
    assert decision.reason == "nothing says which section it belongs to"


def test_pin_brings_any_article_in(desk: Any) -> None:
    article = desk.article(section="Sport", language="en", pinned=True)
    decision = desk.decide_one(article)
    assert decision.verdict is Verdict.STORY
    assert (decision.section, decision.section_origin) == ("International", "pin")
    assert "by an editor's pin" in decision.reason


def test_without_wanted_sections_every_section_comes_in(desk: Any) -> None:
    articles = [
        desk.article("a", section="Sport"),
        desk.article("b", section=""),
        desk.article("c", section="Culture", pinned=True),
        desk.article("d", section="", pinned=True),
    ]
    found = {d.article.url[-1]: d for d in desk.decide(articles, **ANY_SECTION)}
    assert {d.verdict for d in found.values()} == {Verdict.STORY}
    assert [found[name].section for name in "abcd"] == ["Sport", "", "Culture", ""]


# ---- Language and memory --------------------------------------------------------------------

ENGLISH = "The harbour council has voted for a breakwater of wood after a debate of nine hours."


@pytest.mark.parametrize(
    ("values", "verdict", "words"),
    [
        ({"language": "en"}, Verdict.LANGUAGE, "its language is en (declared)"),
        ({"language": "FR-ca"}, Verdict.STORY, ""),
        ({"language": "", "title": "Lindoe", "body": ENGLISH}, Verdict.LANGUAGE, "by its words"),
        ({"language": "", "title": "Lindoe"}, Verdict.STORY, ""),
    ],
)
def test_other_languages_are_left_out(
    desk: Any, values: dict[str, Any], verdict: Verdict, words: str
) -> None:
    decision = desk.decide_one(desk.article(**values))
    assert decision.verdict is verdict
    assert words in decision.reason


def test_nothing_is_published_twice(desk: Any) -> None:
    article = desk.article("a", url="https://example.org/a?utm_source=x")
    desk.published = {"https://example.org/a": Published("2026-W45")}
    decision = desk.decide_one(article)
    assert (decision.verdict, decision.published_in) == (Verdict.PUBLISHED, "2026-W45")
    assert decision.reason == "already published in 2026-W45"


def test_an_edition_built_again_keeps_its_stories(desk: Any) -> None:
    desk.published = {"https://example.org/a": Published("2026-W46")}
    assert desk.decide_one(desk.article("a")).verdict is Verdict.STORY


# ---- Ranking --------------------------------------------------------------------------------


def test_rank_is_the_sum_of_what_is_shown(desk: Any) -> None:
    article = desk.article(
        published=desk.window.start + timedelta(days=3, hours=12),
        chapo="Un port.",
        body="x" * 1500,
        picture=Picture("https://example.org/a.jpg"),
    )
    desk.source_weights = {"redaction": 0.9}
    weights = WeightSettings(age=2, coverage=1, source=3, lead=4, picture=5, length=6)
    decision = desk.decide_one(article, weights=weights)
    assert points(decision) == {
        "age": 0.5,
        "coverage": 0.0,
        "source": 0.9,
        "lead": 1.0,
        "picture": 1.0,
        "length": 0.5,
    }
    assert decision.rank == pytest.approx(2 * 0.5 + 3 * 0.9 + 4 + 5 + 6 * 0.5)
    assert f"rank {decision.rank:.2f}, 1 of 1" in decision.reason


def test_a_source_without_weight_counts_half(desk: Any) -> None:
    assert points(desk.decide_one(desk.article()))["source"] == 0.5


def test_stories_then_briefs_then_the_rest(desk: Any) -> None:
    articles = [
        desk.article(f"art{n}", published=desk.window.start + timedelta(days=n)) for n in range(6)
    ]
    decisions = desk.decide(articles, stories=2, briefs=3)
    assert [(d.verdict, d.position) for d in decisions] == [
        (Verdict.STORY, 1),
        (Verdict.STORY, 2),
        (Verdict.BRIEF, 1),
        (Verdict.BRIEF, 2),
        (Verdict.BRIEF, 3),
        (Verdict.RANKED_OUT, 0),
    ]
    assert [d.article for d in decisions] == articles[::-1]
    assert decisions[-1].reason == (
        f"rank {decisions[-1].rank:.2f}, 6 of 6; the edition has room for 2 stories and 3 briefs, "
        f"and “art1 art1” ({decisions[-2].rank:.2f}) is the last that its rank took in"
    )


def test_pinned_articles_come_first_and_keep_their_order(desk: Any) -> None:
    start = desk.window.start
    old = desk.article("old", pinned=True, published=start)
    new = desk.article("new", pinned=True, published=start + timedelta(days=1))
    best = desk.article(
        "best",
        published=start + timedelta(days=6),
        chapo="Un port.",
        body="mot " * 2000,
        picture=Picture("https://example.org/a.jpg"),
    )
    for weights in (WeightSettings(), WeightSettings(age=50, source=-30)):
        decisions = desk.decide([best, old, new], weights=weights)
        assert [d.article for d in decisions] == [new, old, best.light]


def test_an_undated_article_has_no_age(desk: Any) -> None:
    article = desk.article(published=None)
    terms = rank_terms(article, 0, [], desk.window, WeightSettings(), {})
    assert {term.name: term.value for term in terms}["age"] == 0.0


# ---- The whole ------------------------------------------------------------------------------


def test_ranked_article_knows_its_place_country_region_and_topics(desk: Any) -> None:
    english = desk.article("a", title="War returns to Senegal", language="en", pinned=True)
    stated = desk.article("b", title="Séisme en Islande", region="Grand Nord")
    left_out = desk.article("c", title="Guerre au Sénégal", section="Sport")
    first, second, third = desk.decide([stated, left_out, english])
    assert (first.place, first.country, first.region) == (1, "SN", "Afrique de l’Ouest")
    assert [topic.name for topic in first.topics] == ["war"]
    assert (second.place, second.country, second.region) == (2, "IS", "Grand Nord")
    assert [topic.name for topic in second.topics] == ["disaster"]
    assert (third.place, third.country, third.region, third.topics) == (0, "", "", ())


def test_bodies_are_dropped_one_by_one(desk: Any) -> None:
    """Two megabytes of bodies pass through, and hardly one of them is held at a time."""

    def articles(count: int) -> Iterator[Article]:
        for number in range(count):
            yield desk.article(
                f"a{number}", title=f"Port {number}", body=f"{number} digues " * 5_000
            )

    desk.decide(articles(1))  # which loads what selection knows
    tracemalloc.start()
    decisions = desk.decide(articles(40))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(decisions) == 40
    assert peak < 1_500_000


def test_tally_counts_verdicts_in_words(desk: Any) -> None:
    articles = [desk.article("a"), desk.article("b", published=None), desk.article("c", url="x")]
    assert tally(desk.decide(articles)) == "2 story, 1 undated"


def test_find_knows_addresses_titles_and_places(desk: Any) -> None:
    decisions = desk.decide(
        [
            desk.article("a", title="L’Été à Lindoe", location="articles/a.txt"),
            desk.article("b", title="Compter les chouettes"),
        ]
    )
    for query in (
        "https://Example.org/a?utm_source=x#top",
        "ete a lindoe",
        "L'ÉTÉ",
        "articles/a.txt",
    ):
        assert [d.article.url for d in find(decisions, query)] == ["https://example.org/a"]
    assert find(decisions, "https://example.org/none") == []
    assert find(decisions, "introuvable") == []
    assert find(decisions, " ?! ") == []
    assert len(find(iter(decisions), "e")) == 2


ARTICLES = st.builds(
    Article,
    source=st.sampled_from(["redaction", "agence"]),
    url=st.sampled_from([f"https://example.org/{n}" for n in range(8)]),
    title=st.sampled_from(["Port et digue", "Chouettes", "Météo", "Le Sénégal vote", "The sea"]),
    published=st.none() | st.datetimes(
        datetime(2026, 11, 7), datetime(2026, 11, 20), timezones=st.just(PARIS)  # noqa: DTZ001
    ),
    chapo=st.sampled_from(["", "Un port se dote d’une digue de bois."]),
    body=st.lists(st.sampled_from(["Texte un.", "Autre."]).map(Paragraph), max_size=2).map(tuple),
    sections=st.lists(
        st.builds(
            SectionSignal,
            st.sampled_from(["feed", "metadata", "url", "printed"]),
            st.sampled_from(["International", "monde", "Sport"]),
        ),
        max_size=2,
    ).map(tuple),
    language=st.sampled_from(["", "fr", "en"]),
    region=st.sampled_from(["", "Europe"]),
    pinned=st.booleans(),
)  # fmt: skip


@given(
    articles=st.lists(ARTICLES, max_size=15),
    rules=st.builds(
        SelectionSettings,
        sections=st.sampled_from([(), ("International", "Monde")]),
        stories=st.integers(1, 4),
        briefs=st.integers(0, 2),
        per_source=st.integers(0, 2),
        per_region=st.integers(0, 2),
    ),
)
def test_every_article_has_its_decision_and_reason(
    articles: list[Article], rules: SelectionSettings
) -> None:
    window = week_window("2026-W46", PARIS)

    def decide(given_articles: Iterable[Article]) -> list[Decision]:
        return select(
            given_articles,
            window,
            rules,
            language="fr",
            now=window.end,
            source_weights={},
            published={"https://example.org/0": Published("2026-W40")},
            choices={"https://example.org/1": "pin", "https://example.org/2": "ban"},
        )

    decisions = decide(articles)
    pins = [replace(a.light, pinned=a.pinned or a.url.endswith("/1")) for a in articles]
    assert Counter(map(repr, (d.article for d in decisions))) == Counter(map(repr, pins))
    assert decisions == decide(iter(articles))
    assert all(d.reason for d in decisions)
    taken = {verdict: [d for d in decisions if d.verdict is verdict] for verdict in Verdict}
    for verdict, most in ((Verdict.STORY, rules.stories), (Verdict.BRIEF, rules.briefs)):
        assert [d.position for d in taken[verdict]] == list(range(1, len(taken[verdict]) + 1))
        assert len(taken[verdict]) <= most
    standing = {d.article.url for d in decisions if d.terms}
    for duplicate in taken[Verdict.DUPLICATE]:
        assert duplicate.duplicate_of in standing
    assert sum(len(d.duplicates) for d in decisions) == len(taken[Verdict.DUPLICATE])
    ranks = [d.rank for d in [*taken[Verdict.STORY], *taken[Verdict.BRIEF]]]
    assert ranks == sorted(ranks, reverse=True)
    ranked = [d for d in decisions if d.terms]
    assert sorted(d.place for d in ranked) == list(range(1, len(ranked) + 1))
    assert all(d.place == 0 for d in decisions if not d.terms)


@pytest.mark.skipif(not REAL_WEEK.exists(), reason="../shared is absent")
def test_a_real_week_gives_an_international_edition() -> None:
    articles = []
    with REAL_WEEK.open(encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            articles.append(
                Article(
                    "site",
                    row["url"],
                    " ".join(row["title"].split()),
                    datetime.fromisoformat(row["date"]),
                    " ".join(row["chapo"].split()),
                    body=tuple(Paragraph(text) for text in row["body"]),
                    sections=(SectionSignal("url", row["section"]),),
                )
            )
    window = week_window("2020-W22", PARIS)
    decisions = select(
        articles,
        window,
        SelectionSettings(),
        language="fr",
        now=window.end,
        source_weights={},
        published={},
        choices={},
    )
    found = Counter(d.verdict for d in decisions)
    assert (found[Verdict.STORY], found[Verdict.BRIEF]) == (7, 4)
    world = {a.url for a in articles if a.sections[0].value == "monde"}
    assert {d.article.url for d in decisions if d.verdict is not Verdict.SECTION} == world
    assert found[Verdict.RECURRING] > 5
    assert all(d.section_origin == "url" for d in decisions if d.terms)
    assert found[Verdict.DUPLICATE] > 10
    assert all(d.article.body == () for d in decisions)

"""Caps leave room for others, quotas make room, and every reason names names."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.config.settings import QuotaSettings, SelectionSettings
from digest.model.content import Article, Decision, Term, Topic, Verdict
from digest.selection import quota_problem
from digest.selection.limits import matches
from digest.selection.placing import placed

TITLES = ("Lune rousse", "Pirogue neuve", "Forêt lente", "Chouettes comptées", "Pont de corde")


def week(desk: Any, *values: dict[str, Any]) -> list[Article]:
    """Articles of which each ranks before the next."""
    return [
        desk.article(
            f"art{number}",
            **{"title": TITLES[number], "published": desk.window.end - timedelta(hours=number + 1)}
            | given,
        )
        for number, given in enumerate(values)
    ]


def by_title(decisions: Sequence[Decision]) -> dict[str, Decision]:
    return {d.article.title: d for d in decisions}


# ---- Caps -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rules", "values", "words"),
    [
        ({"per_source": 1}, {}, "from redaction"),
        ({"per_region": 1}, {"region": "Europe"}, "about the region Europe"),
        ({"per_region": 1}, {"chapo": "Au Sénégal."}, "about the region Afrique de l’Ouest"),
        ({"per_country": 1}, {"description": "Au Sénégal."}, "about Sénégal"),
        ({"per_topic": 1}, {"chapo": "La guerre."}, "on the topic war"),
    ],
)
def test_cap_leaves_room_for_others(
    desk: Any, rules: dict[str, int], values: dict[str, str], words: str
) -> None:
    articles = week(desk, values, values, values, {"source": "agence"})
    decisions = desk.decide(articles, stories=2, briefs=2, **rules)
    assert [d.verdict for d in decisions] == [Verdict.STORY, Verdict.STORY] + [Verdict.CAPPED] * 2
    assert decisions[1].article == articles[3]
    assert decisions[2].reason == (
        f"rank {decisions[2].rank:.2f}, {decisions[2].place} of 4; at most 1 story {words}, and "
        f"there is already 1, the best “Lune rousse” ({decisions[0].place}st)"
    )


def test_several_stories_under_a_cap_are_counted(desk: Any) -> None:
    (*_, last) = desk.decide(week(desk, {}, {}, {}), per_source=2)
    assert "at most 2 stories from redaction, and there are already 2, the best" in last.reason


def test_reason_names_the_cap_that_was_full_at_its_turn(desk: Any) -> None:
    decisions = desk.decide(
        week(
            desk,
            {"region": "Europe", "source": "a"},
            {"region": "Europe", "source": "b"},
            {"region": "Asie", "source": "b"},
        ),
        per_source=1,
        per_region=1,
        stories=3,
    )
    second = next(d for d in decisions if d.place == 2)
    assert second.verdict is Verdict.CAPPED
    assert "Europe" in second.reason
    assert "from b" not in second.reason


def test_a_story_of_no_country_is_under_no_cap_of_countries(desk: Any) -> None:
    decisions = desk.decide(week(desk, {}, {}), per_country=1, per_region=1, per_topic=1)
    assert {d.verdict for d in decisions} == {Verdict.STORY}


# ---- Quotas ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("of", "name", "values", "words"),
    [
        ("source", "Agence", {"source": "agence"}, "from Agence"),
        ("region", "Afrique", {"chapo": "Au Sénégal."}, "about Afrique"),
        ("region", "Grand Large", {"region": "Grand large"}, "about Grand Large"),
        ("country", "sénégal", {"chapo": "Au Sénégal."}, "about sénégal"),
        ("country", "SN", {"chapo": "Au Sénégal."}, "about SN"),
        ("topic", "war", {"chapo": "La guerre."}, "on the topic war"),
    ],
)
def test_quota_makes_room_for_what_ranks_lower(
    desk: Any, of: str, name: str, values: dict[str, str], words: str
) -> None:
    quota = QuotaSettings(of, name, at_least=1)
    articles = week(desk, {}, {}, {}, values, {})
    weightless = {"weights": SelectionSettings().weights.__class__(lead=0)}
    found = by_title(desk.decide(articles, stories=2, briefs=1, quotas=(quota,), **weightless))
    assert [found[title].verdict for title in TITLES] == [
        Verdict.STORY,
        Verdict.BRIEF,
        Verdict.RANKED_OUT,
        Verdict.STORY,
        Verdict.RANKED_OUT,
    ]
    taken, passed, behind = (found[TITLES[n]] for n in (3, 2, 4))
    assert (taken.position, taken.place) == (2, 4)
    assert taken.reason.endswith(f"counts for the quota: at least 1 story {words}")
    lower = f"“Chouettes comptées” ranks lower and came in for the quota: at least 1 story {words}"
    assert passed.reason.endswith(
        f"“Pirogue neuve” ({found['Pirogue neuve'].rank:.2f}) is the last that its rank took in; "
        + lower
    )
    assert lower not in behind.reason


def test_quota_may_take_the_only_place(desk: Any) -> None:
    quota = QuotaSettings("topic", "war", at_least=1)
    articles = week(desk, {}, {"description": "La guerre."})
    story, passed = desk.decide(articles, stories=1, briefs=0, quotas=(quota,))
    assert (story.article, story.place) == (articles[1], 2)
    assert passed.reason == (
        f"rank {passed.rank:.2f}, 1 of 2; the edition has room for 1 story and 0 briefs; “Pirogue "
        "neuve” ranks lower and came in for the quota: at least 1 story on the topic war"
    )


def test_quota_is_met_by_what_comes_in_anyway(desk: Any) -> None:
    desk.choices = {"https://example.org/art1": "pin"}
    quotas = (
        QuotaSettings("topic", "sport", at_least=1),
        QuotaSettings("topic", "war", at_least=2),
    )
    war = {"chapo": "La guerre."}
    found = by_title(desk.decide(week(desk, {}, war, {}, war, war), stories=3, quotas=quotas))
    stories = {title for title, d in found.items() if d.verdict is Verdict.STORY}
    assert {TITLES[1], TITLES[3]} < stories
    assert "quota" not in found[TITLES[1]].reason


def test_quota_is_under_the_caps_and_the_room(desk: Any) -> None:
    quota = QuotaSettings("source", "agence", at_least=3)
    wire = {"source": "agence"}
    articles = week(desk, {}, wire, wire, wire)
    assert [
        d.article.source
        for d in desk.decide(articles, stories=3, per_source=1, quotas=(quota,))
        if d.verdict is Verdict.STORY
    ] == ["redaction", "agence"]
    taken = desk.decide(articles, stories=2, quotas=(quota,))[:2]
    assert [d.article.source for d in taken] == ["agence", "agence"]


@pytest.mark.parametrize(
    ("most", "words"),
    [
        (0, "no stories on the topic war are wanted"),
        (1, "at most 1 story on the topic war, and there is already 1, the best"),
    ],
)
def test_quota_is_a_cap_too(desk: Any, most: int, words: str) -> None:
    quota = QuotaSettings("topic", "war", at_most=most)
    war = {"chapo": "La guerre."}
    decisions = desk.decide(week(desk, war, war), quotas=(quota,))
    assert decisions[-1].verdict is Verdict.CAPPED
    assert words in decisions[-1].reason


def test_a_quota_without_any_story_harms_nobody(desk: Any) -> None:
    quota = QuotaSettings("region", "Océanie", at_least=2, at_most=1)
    assert {d.verdict for d in desk.decide(week(desk, {}, {}), quotas=(quota,))} == {Verdict.STORY}


@pytest.mark.parametrize(
    ("of", "name", "problem"),
    [
        ("source", "Agence", ""),
        ("country", "Islande", ""),
        ("country", "is", ""),
        ("region", "Afrique", ""),
        ("region", "west-africa", ""),
        ("topic", "war", ""),
        ("topic", "wars", "“wars” is no topic known here. Did you mean “war”?"),
        ("region", "Océanei", "“Océanei” is no region known here. Did you mean “Océanie”?"),
        ("country", "Zzz", "“Zzz” is no country known here."),
    ],
)
def test_quota_with_an_unknown_name_is_told(of: str, name: str, problem: str) -> None:
    assert quota_problem(QuotaSettings(of, name), ["agence"]) == problem


def test_country_of_a_quota_needs_a_country() -> None:
    decision = Decision(Article("a", "https://example.org/a", "A"), Verdict.STORY, "")
    assert not matches(QuotaSettings("country", "nulle part"), decision)
    assert not matches(QuotaSettings("region", "Afrique"), decision)


# ---- The whole ------------------------------------------------------------------------------

RANKED = st.builds(
    lambda source, country, topic, rank, pinned, number: Decision(
        Article(source, f"https://example.org/{number}", f"T{number}", pinned=pinned),
        Verdict.RANKED_OUT,
        "",
        terms=(Term("age", rank, 1.0),),
        country=country,
        topics=(Topic(topic, (topic,)),) if topic else (),
    ),
    st.sampled_from(["a", "b"]),
    st.sampled_from(["", "SN", "IS"]),
    st.sampled_from(["", "war", "sport"]),
    st.integers(0, 9),
    st.booleans(),
    st.integers(0, 999),
)
QUOTAS = st.builds(
    QuotaSettings,
    st.just("topic"),
    st.sampled_from(["war", "sport"]),
    st.integers(0, 3),
    st.integers(0, 30),
)


@given(
    st.lists(RANKED, max_size=20),
    st.builds(
        SelectionSettings,
        stories=st.integers(1, 6),
        briefs=st.integers(0, 3),
        per_source=st.integers(0, 3),
        per_country=st.integers(0, 3),
        per_topic=st.integers(0, 3),
        quotas=st.lists(QUOTAS, max_size=2).map(tuple),
    ),
)
def test_caps_always_hold_and_room_is_used(
    ranked: list[Decision], rules: SelectionSettings
) -> None:
    decisions = placed(ranked, rules, "fr")
    assert sorted(d.place for d in decisions) == list(range(1, len(ranked) + 1))
    stories = [d for d in decisions if d.verdict is Verdict.STORY]
    free = [d for d in stories if not d.article.pinned]
    for source in ("a", "b"):
        inside = sum(d.article.source == source for d in free)
        assert not rules.per_source or inside <= rules.per_source
    for country in ("SN", "IS"):
        inside = sum(d.country == country for d in free)
        assert not rules.per_country or inside <= rules.per_country
    pins = sum(d.article.pinned for d in ranked)
    assert sum(d.article.pinned for d in stories) == min(pins, rules.stories)
    if any(d.verdict is Verdict.RANKED_OUT for d in decisions):
        assert len(stories) == rules.stories
    assert [d.place for d in stories] == sorted(d.place for d in stories)
    assert all(d.reason for d in decisions)

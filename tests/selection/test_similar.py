"""One article a story: the same text, and the same news told elsewhere, come in once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.model.content import Article, Paragraph, Verdict
from digest.selection.similar import Merged, merge_similar
from digest.selection.traces import Vocabulary, trace
from digest.text.addresses import address_of

PORT = (
    "Le conseil du port de Lindoe a voté hier soir la construction d’une digue de bois, la "
    "première depuis un siècle, après neuf heures de débat et deux pannes de chauffage. Les "
    "pêcheurs l’attendaient, les baigneurs la redoutent, et le budget l’ignore encore."
)
FOREST = (
    "Dans la forêt de Maravel, les gardes comptent les chouettes à l’oreille depuis que les "
    "caméras ont été vendues. Le registre tient en trois cahiers, et personne n’a jamais trouvé "
    "d’erreur dans le deuxième, celui que tient la plus jeune des gardes."
)


def merge(articles: list[Article], language: str = "fr") -> dict[int, Merged]:
    vocabulary = Vocabulary(language)
    traces = [trace(article, address_of(article), vocabulary.note(article)) for article in articles]
    return merge_similar(traces, vocabulary)


def verdicts(desk: Any, articles: list[Article], **rules: Any) -> dict[str, Any]:
    return {d.article.url.rpartition("/")[2]: d for d in desk.decide(articles, **rules)}


def test_republished_text_is_merged_under_the_longer(desk: Any) -> None:
    wire = desk.article("a", source="agence", title="Une digue votée", body=PORT)
    own = desk.article("b", title="Lindoe choisit le bois", body=f"{PORT} {FOREST}")
    found = verdicts(desk, [wire, own])
    assert found["b"].verdict is Verdict.STORY
    assert found["b"].duplicates == (wire.light,)
    assert found["a"].verdict is Verdict.DUPLICATE
    assert found["a"].duplicate_of == own.url
    assert "the same text (100% shared) as “Lindoe choisit le bois”" in found["a"].reason


def test_its_own_chapo_decides_between_texts_of_about_one_length(desk: Any) -> None:
    bare = desk.article("a", source="agence", title="Une digue votée", body=PORT + " Fin.")
    with_lead = desk.article("b", title="Lindoe choisit", body=PORT, chapo="Le port vote.")
    assert verdicts(desk, [bare, with_lead])["a"].duplicate_of == with_lead.url


def test_pinned_article_stands_for_the_others(desk: Any) -> None:
    pinned = desk.article("a", title="Une digue votée", body=PORT, pinned=True)
    longer = desk.article("b", title="Lindoe choisit le bois", body=f"{PORT} {FOREST}", chapo="X.")
    assert verdicts(desk, [longer, pinned])["b"].duplicate_of == pinned.url


def test_other_text_is_not_merged(desk: Any) -> None:
    found = verdicts(
        desk,
        [
            desk.article("a", title="Une digue votée", body=PORT),
            desk.article("b", title="Compter les chouettes", body=FOREST),
        ],
    )
    assert {d.verdict for d in found.values()} == {Verdict.STORY}


def test_the_same_title_within_four_days_is_one_article(desk: Any) -> None:
    start = desk.window.start
    first = desk.article("a", title="Port : la digue en débat", body=PORT, published=start)
    second = desk.article(
        "b", title="Port: la digue en débat", body=FOREST, published=start + timedelta(days=4)
    )
    third = desk.article(
        "c",
        title="PORT, LA DIGUE EN DÉBAT",
        body="Autre chose.",
        published=start + timedelta(days=6),
    )
    found = verdicts(desk, [first, second])
    assert [d.verdict for d in found.values()].count(Verdict.DUPLICATE) == 1
    assert "the same title within four days" in str([d.reason for d in found.values()])
    merged = merge([first, third])
    assert "the same story" in merged[1].reason


def test_weather_reports_of_two_days_are_two_articles(desk: Any) -> None:
    start = desk.window.start
    days = [
        desk.article(f"d{n}", title="Météo du jour", published=start + timedelta(days=n), body=body)
        for n, body in enumerate([PORT, FOREST])
    ]
    assert merge(days) == {}
    same = desk.article("d3", title="Météo du jour", body=PORT, published=start)
    assert "the same text" in merge([*days, same])[2].reason


def test_the_same_news_told_elsewhere_raises_the_rank(desk: Any) -> None:
    ours = desk.article(
        "a",
        title="Lindoe vote une digue de bois pour son port",
        chapo="Le conseil du port de Lindoe a choisi le bois pour sa digue.",
        body=PORT,
    )
    theirs = desk.article(
        "b",
        source="agence",
        title="Une digue de bois votée à Lindoe",
        chapo="Le port de Lindoe aura une digue de bois, a décidé son conseil.",
    )
    other = desk.article("c", title="Compter les chouettes de Maravel", chapo="Une forêt écoute.")
    found = verdicts(desk, [ours, theirs, other])
    assert found["b"].verdict is Verdict.DUPLICATE
    assert found["b"].reason.startswith("the same story (0.")
    coverage = {name: d.terms for name, d in found.items() if d.terms}
    assert {t.name: t.value for t in coverage["a"]}["coverage"] == 0.5
    assert {t.name: t.value for t in coverage["c"]}["coverage"] == 0.0


def test_two_pinned_articles_of_one_story_both_stay(desk: Any) -> None:
    title = "Lindoe vote une digue de bois pour son port"
    articles = [
        desk.article("a", title=title, pinned=True),
        desk.article("b", title=f"{title}, enfin", pinned=True),
        desk.article("c", title=f"{title}, dit-on"),
    ]
    found = verdicts(desk, articles)
    assert found["a"].verdict is found["b"].verdict is Verdict.STORY
    assert found["c"].verdict is Verdict.DUPLICATE


def test_dates_alone_make_no_story(desk: Any) -> None:
    articles = [
        desk.article("a", title="Lundi 9 novembre 2026 : la digue"),
        desk.article("b", title="Lundi 9 novembre 2026 : la chouette"),
    ]
    assert merge(articles) == {}


def test_the_same_address_from_two_sources_is_one_article(desk: Any) -> None:
    one = desk.article("a", title="Une digue", source="fil")
    other = desk.article("a", title="Compter les chouettes", source="agence", body=FOREST)
    other_link = desk.article("a", url=f"{one.url}?utm_source=x", title="Pont", source="rss")
    first, second, third = desk.decide([one, other, other_link])
    assert first.article == other.light
    assert second.verdict is third.verdict is Verdict.DUPLICATE
    assert "the same address as" in second.reason


def test_one_story_does_not_swallow_its_neighbours(desk: Any) -> None:
    """Each links to the next, but the ends have nothing in common: no chain is built."""
    words = [f"{a}{b}" for a in ("bado", "cifu", "demi", "gola") for b in ("ra", "ne", "tu", "so")]
    chain = [
        desk.article(f"c{n}", title=" ".join(words[n * 2 : n * 2 + 5]), body="") for n in range(5)
    ]
    merged = merge(chain)
    for index, found in merged.items():
        shared = set(chain[index].title.split()) & set(chain[found.leader].title.split())
        assert shared
        assert found.leader not in merged


def test_a_group_hangs_together_across_the_steps(desk: Any) -> None:
    """A stands for B by its text, C for A by its story: all name C."""
    title = "Lindoe vote une digue de bois pour son port de pêche"
    brief = desk.article("b", title="Bref", body=PORT)
    text = desk.article("a", title=title, body=PORT + " Fin.")
    best = desk.article("c", title=f"{title} du nord", body=FOREST * 3, chapo="X.")
    found = verdicts(desk, [brief, text, best])
    assert found["a"].duplicate_of == found["b"].duplicate_of == best.url
    assert set(found["c"].duplicates) == {brief.light, text.light}


WORDS = ["port", "digue", "bois", "vote", "forêt", "chouette", "mer"]
TITLES = st.lists(st.sampled_from(WORDS), min_size=1)


@given(
    st.lists(
        st.tuples(TITLES.map(" ".join), st.sampled_from(["", PORT, FOREST, PORT + FOREST])),
        max_size=12,
    )
)
def test_leaders_have_no_leader(parts: list[tuple[str, str]]) -> None:
    articles = [
        Article("redaction", f"https://example.org/{n}", title, body=(Paragraph(body),))
        for n, (title, body) in enumerate(parts)
    ]
    merged = merge(articles)
    for index, found in merged.items():
        assert found.leader not in merged
        assert found.leader != index
    assert merged == merge(articles)


@pytest.mark.parametrize("language", ["fr", "en", "xx"])
def test_an_unknown_language_is_no_obstacle(desk: Any, language: str) -> None:
    articles = [desk.article("a", title="Lindoe harbour"), desk.article("b", title="Maravel owls")]
    assert merge(articles, language) == {}

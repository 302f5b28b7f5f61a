"""A summary is the article's own words, in whole sentences, within the limit."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.model.content import Article, Paragraph, ParagraphRole, Summary, SummaryOrigin
from digest.summary import broken_rules, summarise
from digest.summary.candidates import candidates
from digest.summary.summarising import text_of

SHARED = Path(__file__).parents[2].parent / "shared"
REAL = SHARED / "data" / "week_2020-W22.jsonl"

CHAPO = (
    "La Ligue des îles a signé jeudi un traité sans précédent. "
    "Ses douze ports auront une seule capitainerie et un seul registre."
)
DESCRIPTION = "Les douze ports de la Ligue des îles partagent désormais une capitainerie."
BODY = (
    "Réunis à Port-Ansel, les ministres ont signé le traité des ports de la Ligue.",
    "Il entre en vigueur lundi. Les armateurs y gagnent trois jours d’escale.",
    "Le traité prévoit une seule capitainerie pour les douze ports de la Ligue.",
)


def article(
    *, chapo: str = "", description: str = "", body: tuple[str | Paragraph, ...] = ()
) -> Article:
    return Article(
        source="redaction",
        url="https://meridien.example/ports",
        title="Douze ports de la Ligue, une capitainerie",
        chapo=chapo,
        description=description,
        body=tuple(p if isinstance(p, Paragraph) else Paragraph(p) for p in body),
        language="fr",
    )


def is_verbatim(summary: Summary, source: Article) -> bool:
    return " ".join(text_of(source, span) for span in summary.spans) == summary.text


def test_newsrooms_own_lead_wins() -> None:
    source = article(chapo=CHAPO, description=DESCRIPTION, body=BODY)
    summary = summarise(source)
    assert (summary.text, summary.origin) == (CHAPO, SummaryOrigin.CHAPO)
    assert is_verbatim(summary, source)


def test_long_lead_is_cut_after_a_whole_sentence() -> None:
    first = "La Ligue des îles a signé jeudi à Port-Ansel un traité sans précédent."
    assert summarise(article(chapo=f"{first} {CHAPO}"), 100).text == first


@pytest.mark.parametrize(
    "chapo",
    [
        "28 mai",
        "- Plus de 6 millions de cas -",
        "Un port ferme.",
        "x" * 80,
        CHAPO[:90],
        "a" * 500 + ".",
    ],
)
def test_label_or_fragment_is_no_lead(chapo: str) -> None:
    summary = summarise(article(chapo=chapo, description=DESCRIPTION), 80)
    assert (summary.text, summary.origin) == (DESCRIPTION, SummaryOrigin.DESCRIPTION)


@pytest.mark.parametrize(
    "tail", [" Le reste…", " Le reste […]", " Le reste [...]", " Lire la suite", " Read more »"]
)
def test_cut_off_description_gives_way_to_the_text(tail: str) -> None:
    source = article(description=DESCRIPTION + tail, body=BODY)
    assert summarise(source).origin is SummaryOrigin.EXTRACT


def test_cut_off_description_is_better_than_nothing_in_its_whole_sentences() -> None:
    summary = summarise(article(description=f"{DESCRIPTION} Le traité, qui […]"))
    assert (summary.text, summary.origin) == (DESCRIPTION, SummaryOrigin.DESCRIPTION)


def test_what_a_blog_appends_is_not_part_of_the_summary() -> None:
    appended = " L’article Douze ports est apparu en premier sur Méridien."
    assert summarise(article(description=DESCRIPTION + appended)).text == DESCRIPTION


def test_extract_follows_the_order_of_the_text_and_answers_the_title() -> None:
    source = article(body=BODY)
    summary = summarise(source, 160)
    assert summary.origin is SummaryOrigin.EXTRACT
    assert summary.text == f"{BODY[0]} {BODY[2]}"
    assert list(summary.spans) == sorted(summary.spans, key=lambda s: (s.paragraph, s.start))
    assert is_verbatim(summary, source)


def test_pronoun_comes_with_the_sentence_it_refers_to_or_not_at_all() -> None:
    body = (
        "Le traité entre enfin en vigueur.",
        "Il donne une capitainerie aux douze ports de la Ligue.",
    )
    assert summarise(article(body=body)).text == " ".join(body)
    assert summarise(article(body=body[1:])).origin is SummaryOrigin.NONE
    subhead = Paragraph("Une capitainerie", "subhead")
    assert summarise(article(body=(body[0], subhead, body[1]))).text == body[0]


@pytest.mark.parametrize("roles", [("quote", "attribution"), ("subhead", "subhead")])
def test_partys_claim_never_becomes_the_papers_voice(
    roles: tuple[ParagraphRole, ParagraphRole],
) -> None:
    claim = Paragraph("La Ligue viole les traités des douze ports de la capitainerie.", roles[0])
    speaker = Paragraph("Jonas Sterling, secrétaire général de la Ligue des douze ports.", roles[1])
    source = article(body=(BODY[0], claim, speaker, BODY[2]))
    summary = summarise(source)
    assert {source.body[span.paragraph].role for span in summary.spans} == {"text"}
    assert summarise(article(body=(claim, speaker))) == Summary("", SummaryOrigin.NONE)


@pytest.mark.parametrize(
    "sentence",
    [
        "« Les douze ports de la Ligue auront une capitainerie. »",
        "Qui dirigera la capitainerie des douze ports de la Ligue ?",
        "Les douze ports de la Ligue « auront une capitainerie.",
        "Les douze ports de la Ligue auront une capitainerie :",
        "Les douze ports de la Ligue auront une capitainerie",
        "Lire aussi : douze ports de la Ligue, une capitainerie.",
        "Pour parler des douze ports de la Ligue, contactez-nous.",
        "Douze ports, une Ligue.",
    ],
)
def test_sentence_that_cannot_stand_alone_is_left_out(sentence: str) -> None:
    assert summarise(article(body=(sentence,))).origin is SummaryOrigin.NONE
    assert summarise(article(body=(sentence, BODY[0]))).text == BODY[0]


def test_nothing_fits_says_so() -> None:
    assert summarise(article(chapo=CHAPO, body=BODY), 20) == Summary("", SummaryOrigin.NONE)
    assert summarise(article()) == Summary("", SummaryOrigin.NONE)


def test_long_article_is_summarised_from_its_beginning() -> None:
    body = tuple(f"Le bateau numéro {number} de la flotte est rentré." for number in range(200))
    assert summarise(article(body=body)).spans[-1].paragraph < 10


SENTENCES = st.sampled_from(
    (
        *(
            "Le port ferme lundi matin.",
            "Il rouvrira.",
            "« Nous partons », dit Ada Brun.",
            "Qui paie ?",
        ),
        *(
            "« Nous partons. »",
            "Mais rien n'est dit.",
            "Les douze ports de la Ligue signent.",
            "28 mai",
        ),
        *("M. Arnoux a vu Mme Sorel", "«", '"', "…", "[…]", "Lire la suite", "(", "\n", "  "),
    )
)
PROSE = st.lists(SENTENCES, max_size=8).map(" ".join) | st.text(max_size=120)
ROLES: st.SearchStrategy[ParagraphRole] = st.sampled_from(
    ("text", "text", "subhead", "quote", "attribution")
)
ARTICLES = st.builds(
    Article,
    source=st.just("s"),
    url=st.just("https://example.org/"),
    title=PROSE,
    chapo=PROSE,
    description=PROSE,
    body=st.lists(st.builds(Paragraph, PROSE, ROLES), max_size=5).map(tuple),
    language=st.sampled_from(("", "fr", "en")),
)


@given(ARTICLES, st.integers(0, 500))
def test_with_a_lead_the_body_changes_nothing(source: Article, limit: int) -> None:
    alone = summarise(source.light, limit)
    if alone.origin is SummaryOrigin.CHAPO:
        assert summarise(source, limit) == alone
    else:
        assert summarise(source, limit).origin is not SummaryOrigin.CHAPO


@given(ARTICLES, st.integers(0, 500))
def test_any_summary_is_verbatim_and_within_the_limit(source: Article, limit: int) -> None:
    summary = summarise(source, limit)
    assert len(summary.text) <= limit
    assert is_verbatim(summary, source)
    assert bool(summary.text) == bool(summary.spans) == (summary.origin is not SummaryOrigin.NONE)
    if summary.origin is SummaryOrigin.EXTRACT:
        assert len(summary.spans) <= 3
        assert {source.body[span.paragraph].role for span in summary.spans} == {"text"}
        assert broken_rules(summary.text, limit) == []


@pytest.fixture(scope="module")
def real_week() -> list[tuple[Article, Summary]]:
    """A week's articles without their leads, and their extracts."""
    rows = [json.loads(line) for line in REAL.read_text(encoding="utf-8").splitlines()]
    sources = [
        Article(
            "s", row["url"], row["title"], body=tuple(map(Paragraph, row["body"])), language="fr"
        )
        for row in rows
    ]
    return [(source, summarise(source, 400)) for source in sources]


@pytest.mark.skipif(not REAL.is_file(), reason="../shared/data/week_2020-W22.jsonl is absent")
def test_no_extract_of_a_real_week_breaks_a_rule(real_week: list[tuple[Article, Summary]]) -> None:
    for source, summary in real_week:
        assert broken_rules(summary.text, 400) == [], source.url
        assert is_verbatim(summary, source)
    empty = sum(not summary.text for _, summary in real_week)
    assert empty <= len(real_week) // 50


@pytest.mark.skipif(not REAL.is_file(), reason="../shared/data/week_2020-W22.jsonl is absent")
def test_leaning_sentence_of_a_real_week_follows_what_it_leans_on(
    real_week: list[tuple[Article, Summary]],
) -> None:
    for source, summary in real_week:
        offered = {found.span: found for found in candidates(source)}
        taken = [offered[span] for span in summary.spans]
        numbers = {found.number for found in taken}
        assert all(found.number - 1 in numbers for found in taken if found.leans), source.url


@pytest.mark.skipif(not REAL.is_file(), reason="../shared/data/week_2020-W22.jsonl is absent")
def test_leads_of_a_real_week_are_used_as_they_were_written() -> None:
    rows = [json.loads(line) for line in REAL.read_text(encoding="utf-8").splitlines()]
    full = [row for row in rows if len(row["chapo"]) >= 60 and row["chapo"].rstrip().endswith(".")]
    used = sum(
        summarise(Article("s", row["url"], row["title"], chapo=row["chapo"])).origin
        is SummaryOrigin.CHAPO
        for row in full
    )
    assert used >= 0.95 * len(full)

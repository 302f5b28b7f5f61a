"""One sentence tells an article's news, or none does and the title has to."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from digest.model.content import Article, Paragraph, Span, SummaryOrigin
from digest.summary.one_liner import one_liner
from digest.summary.rules import broken_rules
from digest.summary.summarising import text_of

REAL = Path(__file__).parents[2].parent / "shared" / "data" / "week_2020-W22.jsonl"

FIRST = "La Ligue des îles a signé jeudi à Port-Ansel un traité sans précédent."
LATER = "Le traité donne une seule capitainerie aux douze ports de la Ligue."


def article(
    *body: str | Paragraph, chapo: str = "", description: str = "", title: str = ""
) -> Article:
    return Article(
        source="redaction",
        url="https://meridien.example/ports",
        title=title or "Douze ports de la Ligue, une capitainerie",
        chapo=chapo,
        description=description,
        body=tuple(p if isinstance(p, Paragraph) else Paragraph(p) for p in body),
        language="fr",
    )


def test_first_sentence_of_the_newsrooms_lead_wins() -> None:
    found = one_liner(article(LATER, chapo=f"{FIRST} Ses ports fêtent l'accord."))
    assert (found.text, found.origin) == (FIRST, SummaryOrigin.CHAPO)
    assert found.spans == (Span("chapo", 0, 0, len(FIRST)),)


def test_description_comes_next() -> None:
    found = one_liner(article(LATER, chapo="28 mai", description=FIRST))
    assert (found.text, found.origin) == (FIRST, SummaryOrigin.DESCRIPTION)


def test_dateline_is_left_out() -> None:
    source = article(chapo=f"PORT-ANSEL (AFP) – {FIRST}")
    found = one_liner(source)
    assert found.text == FIRST
    assert text_of(source, found.spans[0]) == FIRST


def test_sentence_of_the_body_that_shares_most_with_the_title_is_taken() -> None:
    source = article("Port-Ansel dort sous la pluie ce jeudi de novembre.", f"{FIRST} {LATER}")
    found = one_liner(source)
    assert (found.text, found.origin) == (LATER, SummaryOrigin.EXTRACT)
    assert found.spans == (Span("body", 1, len(FIRST) + 1, len(FIRST) + 1 + len(LATER)),)


@pytest.mark.parametrize(
    "sentence",
    [
        "Le traité donnait une seule capitainerie aux douze ports de la Ligue.",
        "En échange, la Ligue donne une capitainerie aux douze ports.",
        "M. Arnoux donne une seule capitainerie aux douze ports de la Ligue.",
        "Les deux ports de la Ligue ont désormais une capitainerie.",
        "Cette Ligue donne une seule capitainerie aux douze ports.",
        "La Ligue donne à ces douze ports une seule capitainerie.",
        "La Ligue donne également une capitainerie aux douze ports.",
        "« La Ligue donne une seule capitainerie aux douze ports », dit Ana Reul.",
        "Que donne la Ligue aux douze ports sinon une capitainerie ?",
        "Il donne une seule capitainerie aux douze ports de la Ligue.",
        "La Ligue donne aux douze ports une seule capitainerie…",
        "la Ligue donne aux douze ports une seule capitainerie.",
        "Une capitainerie pour la Ligue.",
        "Le vent souffle du nord sur les quais déserts de Port-Ansel.",
        "À lire aussi : La Ligue donne une capitainerie aux douze ports.",
        LATER[:-1] + ", et cela vaut pour tous les navires, tous les quais, tous les pilotes, tous"
        " les chenaux et toutes les bouées de la mer du Nord.",
    ],
)
def test_no_sentence_is_better_than_one_that_needs_another(sentence: str) -> None:
    found = one_liner(article(sentence))
    assert (found.text, found.origin, found.spans) == ("", SummaryOrigin.NONE, ())


def test_only_running_text_near_the_beginning_is_read() -> None:
    aside = Paragraph(LATER, "subhead")
    far = ["Le vent souffle. La pluie tombe. Le quai est vide. Le port dort."] * 2
    assert not one_liner(article(aside, *far, LATER)).text
    assert one_liner(article(aside, *far[:1], LATER)).text == LATER


def test_limit_is_kept() -> None:
    assert not one_liner(article(LATER), len(LATER) - 1).text
    assert one_liner(article(LATER), len(LATER)).text == LATER


def test_article_whose_title_has_no_word_of_its_own_gives_none() -> None:
    assert not one_liner(article(LATER, title="…")).text


@pytest.mark.skipif(not REAL.is_file(), reason="../shared/data/week_2020-W22.jsonl is absent")
@pytest.mark.parametrize("limit", [120, 160, 220])
def test_one_liners_of_a_real_week_break_no_rule(limit: int) -> None:
    told = 0
    for line in REAL.read_text(encoding="utf-8").splitlines():
        data = json.loads(line)
        source = article(*data["body"], chapo=data["chapo"], title=data["title"])
        found = one_liner(source, limit)
        told += bool(found.text)
        assert broken_rules(found.text, limit) == []
        assert [text_of(source, span) for span in found.spans] == [found.text] * bool(found.text)
    assert told >= 50

"""A summary answers the title, says things once, and has a lead's length."""

from __future__ import annotations

import itertools
import math
import tomllib
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.model.content import Article, Paragraph
from digest.summary.candidates import candidates
from digest.summary.extracting import MOST, THE_SAME, choices, extract
from digest.summary.scoring import (
    CHOICE_TERMS,
    SENTENCE_TERMS,
    Weighed,
    choice_terms,
    weigh,
    weights_of,
    worth_of,
)

TITLE = "Le barrage de Karsa menace la vallée"
BODY = (
    "Le barrage de Karsa menace de céder, a annoncé jeudi le ministère de l’Intérieur.",
    "Le barrage de Karsa menace toujours de céder, a confirmé le ministère vendredi.",
    "Les habitants de la vallée ont été évacués par la route du nord avec leurs bêtes.",
    "Plus haut, très peu de gens ont peut-être aussi quelques autres bêtes à sauver.",
)


def article(*body: str, title: str = TITLE) -> Article:
    paragraphs = tuple(map(Paragraph, body))
    return Article("s", "https://example.org/", title, body=paragraphs, language="fr")


def weighed(*body: str, title: str = TITLE) -> list[Weighed]:
    source = article(*body, title=title)
    return weigh(candidates(source), source)


def extracted(*body: str, limit: int) -> list[int]:
    return [span.paragraph for span in extract(article(*body), limit)]


def test_every_term_has_a_weight_and_every_weight_its_reason() -> None:
    written = files("digest.summary").joinpath("weights.toml").read_text("utf-8")
    tables = tomllib.loads(written)
    assert tuple(tables["sentence"]) == SENTENCE_TERMS
    assert tuple(tables["choice"]) == CHOICE_TERMS
    lines = written.splitlines()
    for before, line in itertools.pairwise(lines):
        assert "=" not in line or line.startswith("#") or before.startswith("# ")
    assert weights_of("sentence") == tuple(tables["sentence"].values())


def test_sentence_terms_say_what_they_mean() -> None:
    first, second = weighed(
        "« Le barrage », dit Ada Brun de Karsa, est très vieux.", "Le barrage ferme de suite."
    )
    terms = dict(zip(SENTENCE_TERMS, first.terms, strict=True))
    assert (terms["early"], terms["depth"], terms["opens_quoted"]) == (1.0, 0.0, 1.0)
    assert terms["title"] == pytest.approx(2 / 4)  # barrage, Karsa of menace, vallée too
    assert terms["names"] == pytest.approx(3 / 5)
    assert terms["nuanced"] > 0 == dict(zip(SENTENCE_TERMS, second.terms, strict=True))["nuanced"]
    assert second.terms[SENTENCE_TERMS.index("early")] == pytest.approx(2 / 3)
    assert first.answers.bit_count() == 2
    assert first.asked == 4


def test_words_that_come_back_count_more_than_words_said_once() -> None:
    first, second, _ = weighed(
        "La rivière monte sans bruit.",
        "La forêt brûle toute la nuit.",
        "La rivière monte, elle monte.",
    )
    place = SENTENCE_TERMS.index("recurring")
    assert first.terms[place] == pytest.approx(2 * math.log(2) / 10)
    assert second.terms[place] == 0.0


def test_choice_terms_say_what_they_mean() -> None:
    first, again, valley, _ = weighed(*BODY)
    apart = dict(zip(CHOICE_TERMS, choice_terms((first, valley)), strict=True))
    assert apart["answered"] == 1.0
    assert (apart["adjacent"], apart["third"], apart["spread"]) == (0.0, 0.0, 0.2)
    together = dict(zip(CHOICE_TERMS, choice_terms((first, again, valley)), strict=True))
    assert (together["adjacent"], together["third"]) == (2.0, 1.0)
    assert together["repeated"] > apart["repeated"]
    assert together["excess"] > 0


def test_worth_is_the_sum_of_the_terms() -> None:
    first, _, valley, _ = weighed(*BODY)
    of_choice = zip(weights_of("choice"), choice_terms((first, valley)), strict=True)
    expected = first.own + valley.own + sum(weight * term for weight, term in of_choice)
    assert worth_of((first, valley)) == pytest.approx(expected)


def test_article_without_a_title_can_be_summarised() -> None:
    assert choice_terms(weighed(BODY[0], title=""))[-1] == 0.0
    assert extract(article(BODY[0], title=""), 200)


def test_news_are_told_once_and_the_title_is_answered() -> None:
    assert extracted(*BODY, limit=170) == [0, 2]
    assert extracted(BODY[0], BODY[0], limit=170) == [0]


def test_detail_gives_way_to_news_although_there_is_room() -> None:
    assert 3 not in extracted(*BODY, limit=1000)


def test_extract_keeps_a_leads_length_whatever_the_limit() -> None:
    long = tuple(f"{' '.join([f'mot{n}{m}' for m in range(30)])}." for n in range(6))
    assert len(extracted(*long, limit=5000)) < MOST


@given(
    st.lists(st.sampled_from([*BODY, "Il cède aussi vite que prévu."]), max_size=6),
    st.integers(0, 400),
)
def test_every_choice_that_keeps_the_rules_is_weighed(body: list[str], limit: int) -> None:
    offered = weighed(*body)
    expected = set()
    for size in range(1, MOST + 1):
        for choice in itertools.combinations(offered, size):
            numbers = {sentence.candidate.number for sentence in choice}
            text = " ".join(sentence.candidate.text for sentence in choice)
            leaning = [sentence.candidate for sentence in choice if sentence.candidate.leans]
            pairs = itertools.combinations([sentence.stems for sentence in choice], 2)
            twice = any(len(a & b) > THE_SAME * min(len(a), len(b)) for a, b in pairs)
            whole = all(c.number - 1 in numbers for c in leaning)
            if len(text) <= limit and whole and not twice:
                expected.add(tuple(sorted(numbers)))
    found = [tuple(sentence.candidate.number for sentence in c) for c in choices(offered, limit)]
    assert len(found) == len(set(found))
    assert set(found) == expected

"""Only sentences that can do without their text are offered for a summary."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.model.content import Article, Paragraph
from digest.summary.candidates import HORIZON, candidates
from digest.summary.speech import LONGEST, speeches

PORT = "Le port de Cetara ferme lundi pour travaux."
TREATY = "La Ligue a signé un traité avec les armateurs."


def offered(*body: str | Paragraph) -> list[str]:
    paragraphs = tuple(p if isinstance(p, Paragraph) else Paragraph(p) for p in body)
    source = Article("s", "https://example.org/", "Le port ferme", body=paragraphs)
    found = candidates(source)
    for candidate in found:
        text = source.body[candidate.span.paragraph].text
        assert text[candidate.span.start : candidate.span.end] == candidate.text
        assert 0 <= candidate.depth < 1
    return [candidate.text for candidate in found]


@pytest.mark.parametrize(
    "around",
    [
        "À lire aussi : Le port de Cetara rouvre.",
        "Abonnez-vous à notre lettre pour suivre le port de Cetara.",
        "- Le port de Cetara ferme lundi pour travaux.",
        "• Le port de Cetara ferme lundi pour travaux.",
        "Je ferme le port de Cetara lundi pour travaux.",
    ],
)
def test_what_is_no_prose_is_not_offered(around: str) -> None:
    assert offered(TREATY, around) == [TREATY]
    assert offered(f"{TREATY} {around}")[:1] == [TREATY]


def test_dateline_is_not_part_of_the_sentence() -> None:
    assert offered(f"CETARA (AFP) – {PORT}") == [PORT]


def test_call_at_the_end_of_a_paragraph_is_left_out() -> None:
    assert offered(f"{PORT} {TREATY} Lire aussi : Le port de Cetara rouvre.") == [PORT, TREATY]


def test_speech_over_several_paragraphs_is_never_the_papers_voice() -> None:
    body = (
        "Ada Brun, pour la Ligue, répond : « Le port doit fermer.",
        "Les armateurs ont trahi la parole donnée.",
        "Le traité est mort. » La séance est levée à minuit.",
        PORT,
    )
    assert offered(*body) == ["La séance est levée à minuit.", PORT]


def test_forgotten_mark_does_not_silence_the_whole_article() -> None:
    assert offered("Ada Brun répond : « Le port doit fermer. Il est usé.", PORT) == [PORT]
    between = [PORT] * (LONGEST + 1)
    found = offered("Ada Brun répond : « Le port doit fermer.", *between, "Enfin la paix. »")
    assert found == between


@pytest.mark.parametrize(
    ("paragraphs", "expected"),
    [
        (["Rien.", "« Tout » est dit."], [(0, 0), (0, 0)]),
        (['Elle dit : "Partons. Vite.', 'Bien." Il part.'], [(11, 26), (0, 6)]),
        (["Voilà. » Fin.", "Rien."], [(0, 8), (0, 0)]),
        (["« Un.", "« Deux.", "« Trois. » Fin."], [(0, 5), (0, 7), (0, 0)]),
        (["a » b « c", "d » e"], [(0, 9), (0, 3)]),
    ],
)
def test_extent_of_a_speech(paragraphs: list[str], expected: list[tuple[int, int]]) -> None:
    assert speeches(paragraphs) == expected


@given(st.lists(st.text(alphabet='«»“”" aZ.', max_size=12), max_size=8))
def test_speech_stays_within_its_paragraph(paragraphs: list[str]) -> None:
    found = speeches(paragraphs)
    assert len(found) == len(paragraphs)
    for (start, end), text in zip(found, paragraphs, strict=True):
        assert 0 <= start <= end <= len(text)


def test_pronoun_leans_on_the_sentence_before_it_and_not_across_a_subhead() -> None:
    body = (Paragraph(PORT), Paragraph("Travaux", "subhead"), Paragraph(f"Il est usé. {TREATY}"))
    numbers = [c.number for c in candidates(Article("s", "", "", body=body))]
    assert numbers == [0, 3]


def test_end_of_a_long_article_is_not_looked_at() -> None:
    assert len(offered(*[PORT] * (2 * HORIZON))) == HORIZON

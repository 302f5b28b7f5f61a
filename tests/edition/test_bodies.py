"""A draft of a story printed whole: the article word for word, and nothing that it does not say."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tests.letters import make_story

from digest.edition.bodies import body_of, byline_of
from digest.edition.body import read_body
from digest.model.content import Article, Paragraph
from digest.text.wording import wording

SAYING = (
    "« Personne ne doit avoir peur de la mer, mais tout le monde doit savoir la lire avant de "
    "partir », a déclaré l’éclusière Ana Reul à Sablonne."
)


def article(*body: Paragraph, **changes: Any) -> Article:
    made = Article("redaction", "https://example.org/a", "Titre", body=body)
    return replace(made, **changes)


def texts(*paragraphs: str) -> list[Paragraph]:
    return [Paragraph(text) for text in paragraphs]


def read(body: str) -> list[tuple[str, str]]:
    return [(part.kind, part.text) for part in read_body(make_story(1, body=body))]


def test_paragraphs_and_intertitles_stand_word_for_word() -> None:
    body = body_of(article(*texts("Un deux."), Paragraph("Trois", "subhead"), *texts("Quatre.")))
    assert body == "Un deux.\n\n## Trois\n\nQuatre."


def test_article_without_a_body_has_none() -> None:
    assert body_of(article()) == ""


def test_pull_quote_stands_where_the_newsroom_set_it_with_its_speaker() -> None:
    quote = Paragraph("« Nous tiendrons. »", "quote")
    by = Paragraph("— Ana Sorel, maire de Port-Clair", "attribution")
    body = body_of(article(*texts("Un."), quote, by, *texts("Deux.")))
    assert body == "Un.\n\n> Nous tiendrons.\n> — Ana Sorel, maire de Port-Clair\n\nDeux."


def test_pull_quote_without_a_speaker_is_left_out() -> None:
    quote, by = Paragraph("Nous tiendrons.", "quote"), Paragraph("—", "attribution")
    assert body_of(article(*texts("Un."), quote, *texts("Deux."))) == "Un.\n\nDeux."
    assert body_of(article(*texts("Un."), quote, by)) == "Un."
    assert body_of(article(*texts("Un."), by)) == "Un."


def test_saying_of_the_text_is_set_apart_from_its_own_paragraph() -> None:
    body = body_of(article(*texts("Un.", SAYING, "Trois.", "Quatre.", "Cinq.")))
    kinds = [kind for kind, _ in read(body)]
    assert kinds == ["paragraph"] * 3 + ["quotation"] + ["paragraph"] * 2
    assert "> Personne ne doit avoir peur de la mer, mais" in body
    assert "partir\n> — Ana Reul, éclusière" in body


def test_saying_without_a_place_of_its_own_is_not_repeated() -> None:
    assert body_of(article(*texts(SAYING, "Deux."))) == f"{SAYING}\n\nDeux."


def test_furniture_of_a_page_is_no_part_of_the_story() -> None:
    assert (
        body_of(article(*texts("Un.", "Lire aussi : un autre article", "Deux."))) == "Un.\n\nDeux."
    )


@given(
    st.lists(
        st.sampled_from(["## ", "> ", "![a](b)", "\\", "# ", ""]).flatmap(
            lambda mark: st.sampled_from(["Le bac repart.", "12 °C", "a\nb"]).map(mark.__add__)
        ),
        max_size=6,
    )
)
def test_what_is_written_is_read_as_paragraphs_again(paragraphs: list[str]) -> None:
    written = body_of(article(*texts(*paragraphs)))
    assert read(written) == [("paragraph", " ".join(text.split())) for text in paragraphs]


def test_byline_names_the_author_and_nobody_else() -> None:
    assert byline_of(article(author="Ida Brun"), wording("fr")) == "Par Ida Brun"
    assert byline_of(article(author="par Ida  Brun"), wording("fr")) == "Par Ida Brun"
    assert byline_of(article(author="By Ida Brun"), wording("en")) == "By Ida Brun"
    assert byline_of(article(author="Parveen Brun"), wording("fr")) == "Par Parveen Brun"
    assert byline_of(article(), wording("fr")) == ""

"""What editors wrote is set by French rules; names of files and people are left alone."""

from __future__ import annotations

from digest.edition.body import BodyPart
from digest.render.typeset import typeset_part
from digest.text.typography import french


def test_intertitles_and_quotations_are_set_as_headlines_and_paragraphs_are_not() -> None:
    words, tied = "On vend le chant du phare", "On\u00a0vend le\u00a0chant du\u00a0phare"
    assert typeset_part(BodyPart("intertitle", words), french).text == tied
    assert typeset_part(BodyPart("quotation", words), french).text == tied
    paragraph = typeset_part(BodyPart("paragraph", words), french).text
    assert paragraph == "On vend le chant du\u00a0phare"


def test_typography_reaches_the_words_and_not_the_file() -> None:
    picture = BodyPart("picture", "Le quai : ici", file="a:b.jpg", alt="Un quai !")
    assert typeset_part(picture, french) == BodyPart(
        "picture", "Le quai\u00a0:\u00a0ici", file="a:b.jpg", alt="Un quai\u202f!"
    )

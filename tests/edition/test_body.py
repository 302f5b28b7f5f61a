"""A whole story as an editor writes it: six marks, and mistakes that name story and line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.letters import make_story

from digest.edition.body import BodyPart, byline_parts, read_body
from digest.errors import EditionFileError

WHOLE = """
À l’aube, le bac repart.
Il est plein.

Personne ne descend.
## Une frontière en retard
Elle viendra.

> « Rien ne presse, sauf la marée. »
>
> — Ana Reul, éclusière, à Sablonne

![Un quai vide](pictures/quai.jpg "Le quai : au matin.")
![Une île](ile.png)
"""


def parts(body: str) -> tuple[BodyPart, ...]:
    return read_body(make_story(2, body=body))


def test_every_mark_is_read_and_lines_are_counted() -> None:
    assert parts(WHOLE) == (
        BodyPart("paragraph", "À l’aube, le bac repart. Il est plein.", 2),
        BodyPart("paragraph", "Personne ne descend.", 5),
        BodyPart("intertitle", "Une frontière en retard", 6),
        BodyPart("paragraph", "Elle viendra.", 7),
        BodyPart(
            "quotation",
            "Rien ne presse, sauf la marée.",
            9,
            name="Ana Reul",
            role="éclusière, à Sablonne",
        ),
        BodyPart(
            "picture", "Le quai : au matin.", 13, file="pictures/quai.jpg", alt="Un quai vide"
        ),
        BodyPart("picture", "", 14, file="ile.png", alt="Une île"),
    )


def test_story_without_a_body_has_no_pieces() -> None:
    assert parts("") == parts("\n \n") == ()


def test_backslash_takes_a_mark_away() -> None:
    said = [part.text for part in parts("\\## 1, rue du Port\n\n\\> 3 °C\n\n\\\\o/\n\n\\")]
    assert said == ["## 1, rue du Port", "> 3 °C", "\\o/", "\\"]


@pytest.mark.parametrize("text", ["#MeToo", "<b>gras</b>", "*un* _deux_", "1. premier", "— Oui."])
def test_nothing_else_is_mark_up(text: str) -> None:
    assert parts(text) == (BodyPart("paragraph", text, 1),)


@pytest.mark.parametrize(
    ("body", "line", "hint"),
    [
        ("Oui.\n\n##Collé", 3, "## "),
        ("## ", 1, "## "),
        ("### Trop", 1, "## "),
        ("> Sans personne.", 1, "— Name, role"),
        ("> — Ana Reul", 1, "— Name, role"),
        ("> Mot.\n> — ", 1, "— Name, role"),
        ("> Mot.\n> — Ana\n> Encore.\n> — Bo", 2, "— Name, role"),
        (">", 1, "— Name, role"),
        ("Oui.\n![Un quai]", 2, "![what it shows]"),
        ("![Un quai](a b.jpg)", 1, "![what it shows]"),
        ("![](quai.jpg)", 1, "what the picture shows"),
        ("![Un quai](https://example.org/a.jpg)", 1, "`pictures` folder"),
        ("![Un quai](/etc/passwd)", 1, "`pictures` folder"),
        ("![Un quai](pictures/../../secret.jpg)", 1, "`pictures` folder"),
        ("![Un quai](C:\\quai.jpg)", 1, "`pictures` folder"),
    ],
)
def test_mistake_names_story_line_and_what_to_write(body: str, line: int, hint: str) -> None:
    with pytest.raises(EditionFileError) as caught:
        parts(body)
    assert f"story 2 “{make_story(2).title}”: body, line {line}:" in caught.value.message
    assert hint in caught.value.hint


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]) | st.just("\n")))
def test_any_text_is_read_in_order_or_refused(body: str) -> None:
    try:
        found = parts(body)
    except EditionFileError:
        return
    assert all(part.text or part.kind == "picture" for part in found)
    assert [part.line for part in found] == sorted(part.line for part in found)


@pytest.mark.parametrize(
    ("byline", "shown"),
    [
        ("Par Ida Brun, à Brest", ("Par ", "Ida Brun", ", à Brest")),
        ("Par Ida Brun", ("Par ", "Ida Brun", "")),
        ("De notre envoyée", ("De notre envoyée", "", "")),
        ("", ("", "", "")),
    ],
)
def test_name_is_told_from_what_surrounds_it(byline: str, shown: tuple[str, str, str]) -> None:
    assert byline_parts(byline, "Par {author}") == shown

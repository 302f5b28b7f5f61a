"""The check in French: all of it has French words, with the same things in them."""

from __future__ import annotations

import ast
import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

from digest.check import RULES
from digest.check.french import about_in_french, french_words, in_french
from digest.text.saying import Said, say

SOURCE = Path(__file__).parents[2] / "src" / "digest"
CHECK = SOURCE / "check"
FRENCH = french_words()["said"]


def said_in_code() -> Iterator[tuple[str, bool]]:
    """Every template of `say` and `say_all`, and whether it has words."""
    for file in SOURCE.rglob("*.py"):
        text = file.read_text(encoding="utf-8")
        if "digest.text.saying import" not in text:
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                if node.func.id == "say":
                    yield ast.literal_eval(node.args[0]), bool(node.keywords)
                elif node.func.id == "say_all":
                    yield ast.literal_eval(node.args[0]), True


def said_in_tables() -> Iterator[str]:
    spam = tomllib.loads((CHECK / "spam.toml").read_text(encoding="utf-8"))
    yield from (form["why"] for form in spam["forms"])
    graceful = tomllib.loads((CHECK / "graceful.toml").read_text(encoding="utf-8"))
    yield from graceful["graceful"].values()


TEMPLATES = {**dict.fromkeys(said_in_tables(), False), **dict(said_in_code())}


def places(template: str) -> list[tuple[str, str | None]]:
    """What a template wants, and how it is written."""
    return sorted((name, how) for _, name, how, _ in Formatter().parse(template) if name)


def forms_of(template: str) -> list[str]:
    french = FRENCH[template]
    return [french] if isinstance(french, str) else list(french.values())


def test_everything_that_is_said_has_its_french_and_none_is_left_over() -> None:
    features = json.loads((CHECK / "caniemail.json").read_text(encoding="utf-8"))["features"]
    named = {feature["title"] for feature in features.values()}
    assert len(TEMPLATES) > 200
    assert set(TEMPLATES) - set(FRENCH) == set()
    assert set(FRENCH) - set(TEMPLATES) - named == set()


@pytest.mark.parametrize("template", [name for name, has_words in TEMPLATES.items() if has_words])
def test_french_tells_the_same_things(template: str) -> None:
    for french in forms_of(template):
        assert places(french) == places(template)
    if not isinstance(FRENCH[template], str):
        assert FRENCH[template].keys() == {"one", "other"}
        assert ("count", "") in places(template)


def test_every_rule_says_in_french_what_it_is_for() -> None:
    assert list(french_words()["rules"]) == list(RULES)
    for rule in RULES:
        said = about_in_french(rule)
        assert re.fullmatch(r"[A-ZÀÉ][^.]+\.", said), said
        assert said != RULES[rule].about


def test_french_is_set_as_french() -> None:
    texts = [french for template in FRENCH for french in forms_of(template)]
    for text in [*texts, *french_words()["rules"].values()]:
        assert "\u00a0" not in text, "the spaces are set when it is read"
        assert "'" not in text
        assert not re.search(r"\w[;?!»]|«\w|(?<![\w\"]):\w", re.sub(r"\S*[{/]\S*", "", text)), text
    assert about_in_french("a11y-text-size") == "Aucun texte ne fait moins de 14\u00a0px."
    assert about_in_french("picture-small").startswith("Aucune image n’est floue\u00a0: ")
    assert in_french(say("Did you mean %%{{{name}}}%%?", name="edition")) == (
        "Vouliez-vous écrire %%{edition}%%\u202f?"
    )
    assert in_french(say("story {number} “{title}”", number=3, title="Le port")) == (
        "Récit 3 «\u00a0Le port\u00a0»"
    )


def test_numbers_plurals_and_what_stands_inside_are_french_too() -> None:
    template = "its week ended {count} days ago, more than {limit}"
    one, many = (in_french(say(template, count=count, limit=0)) for count in (1, 9))
    assert one == "sa semaine a fini il y a 1 jour, plus de 0"
    assert many == "sa semaine a fini il y a 9 jours, plus de 0"
    said = "the HTML has {size:.1f} kB; Gmail cuts at {clip}; `{setting}` is {limit}"
    heavy = say(said, size=84.26, clip=102, setting="check.warn_kb", limit=45)
    assert in_french(heavy) == (
        "84,3\u00a0ko\u202f; Gmail coupe à 102\u00a0ko\u202f; `check.warn_kb` vaut 45"
    )
    place = say("{part}, “{words}”", part=say("footer"), words="Se désabonner")
    assert in_french(place) == "Pied, «\u00a0Se désabonner\u00a0»"


def test_words_of_others_stay_what_they_are() -> None:
    assert in_french("publication.public_url") is None
    assert in_french(Said("what nobody translated")) is None
    assert in_french(say("{url}: {said}", url="https://a.example/", said="broken")) == (
        "https://a.example/\u00a0: broken"
    )

"""Texts that can be told in another language are ordinary texts otherwise."""

from __future__ import annotations

import copy
import json
import pickle

from babel import Locale
from hypothesis import given
from hypothesis import strategies as st

from digest.text.saying import Catalogue, Said, say, say_all

GERMAN = Catalogue(
    Locale("de"),
    {
        "story {number}": "Bericht {number}",
        "{place}: {size:.1f} kB": "{place}: {size:.1f} kB",
        "{one} and {other}": "{one} und {other}",
        "{count} links": {"one": "{count} Link", "other": "{count} Links"},
        "written in {language}": "geschrieben auf {language}",
        "as {{ it }} stands": "wie {{ es }} steht",
    },
)


def test_said_is_the_english_text() -> None:
    said = say("story {number}", number=3)
    assert said == "story 3"
    assert hash(said) == hash("story 3")
    assert json.dumps({"place": said}) == '{"place": "story 3"}'
    assert {"story 3": 1}[said] == 1
    assert say("written in {language}", language=Locale("fr")) == "written in French"


def test_other_language_tells_the_same_words() -> None:
    place = say("story {number}", number=3)
    assert GERMAN.tell(place) == "Bericht 3"
    said = say("{place}: {size:.1f} kB", place=place, size=84.26)
    assert said == "story 3: 84.3 kB"
    assert GERMAN.tell(said) == "Bericht 3: 84,3 kB"
    language = say("written in {language}", language=Locale("fr"))
    assert GERMAN.tell(language) == "geschrieben auf Französisch"


def test_plural_form_is_the_languages() -> None:
    told = [GERMAN.tell(say("{count} links", count=count)) for count in (0, 1, 2)]
    assert told == ["0 Links", "1 Link", "2 Links"]


def test_parts_are_joined_in_every_language() -> None:
    parts = ["a", say("story {number}", number=2), "c"]
    said = say_all("{one} and {other}", parts)
    assert said == "a and story 2 and c"
    assert GERMAN.tell(said) == "a und Bericht 2 und c"
    assert say_all("{one} and {other}", ["a"]) == "a"


def test_template_without_words_stands_as_it_is() -> None:
    said = say("as {{ it }} stands")
    assert said == "as {{ it }} stands"
    assert GERMAN.tell(said) == "wie {{ es }} steht"


def test_what_is_not_known_is_not_told() -> None:
    assert GERMAN.tell("story 3") is None
    assert GERMAN.tell(say("no such template")) is None


@given(st.text())
def test_words_come_through_whatever_they_hold(text: str) -> None:
    said = say("{one} and {other}", one=text, other=text)
    assert said == f"{text} and {text}"
    assert GERMAN.tell(said) == f"{text} und {text}"


def test_copy_can_still_be_told() -> None:
    said = say("story {number}", number=3)
    for copied in (copy.deepcopy(said), pickle.loads(pickle.dumps(said))):
        assert isinstance(copied, Said)
        assert GERMAN.tell(copied) == "Bericht 3"

"""The text part reads well in a terminal: short lines, whole links, numbers that lead somewhere."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from digest.render.textual import WIDTH, NumberedLinks, beside, wrap

words = st.lists(st.text("abcdéàœ’\u00a0-", min_size=1, max_size=20), min_size=1, max_size=80)


@given(words=words)
def test_lines_are_short_and_no_word_is_lost(words: list[str]) -> None:
    wrapped = wrap(" ".join(words))
    assert all(len(line) <= WIDTH for line in wrapped.splitlines())
    assert wrapped.split() == " ".join(words).split()


def test_token_stays_whole_and_is_measured_as_what_it_becomes() -> None:
    text = "mot " * 10 + "%%{since|| depuis le *}%% " + "mot " * 20
    wrapped = wrap(text.strip())
    assert "%%{since|| depuis le *}%%" in wrapped
    filled = wrapped.replace("%%{since|| depuis le *}%%", " depuis le 12 février 2026")
    assert all(len(line) <= WIDTH + 4 for line in filled.splitlines())


def test_two_tokens_side_by_side_come_back_in_order() -> None:
    assert (
        wrap("%%{name}%%%%{address}%% %%{name|a b}%%") == "%%{name}%%%%{address}%% %%{name|a b}%%"
    )


def test_private_signs_of_the_text_survive() -> None:
    assert wrap("a \ue005\ue005 b") == "a \ue005\ue005 b"


def test_paragraphs_stay_apart() -> None:
    assert wrap("un\n\ndeux") == "un\n\ndeux"


def test_long_link_is_never_broken() -> None:
    url = "https://example.org/" + "a-b" * 60
    assert url in wrap(f"mot {url} mot").splitlines()


def test_two_texts_share_a_line_where_they_fit() -> None:
    assert beside("un", "deux", 10) == "un    deux"
    assert beside("un", "") == "un"
    left, right = beside("trop long", "deux", 12).splitlines()
    assert (left, right) == ("trop long", "        deux")


def test_links_are_numbered_through_and_listed_once() -> None:
    links = NumberedLinks()
    assert links.add("https://a.example") == "[1]"
    assert links.add("https://b.example") == "[2]"
    assert links.flush() == "[1] https://a.example\n[2] https://b.example"
    assert links.flush() == ""
    assert links.add("https://c.example") == "[3]"
    assert links.flush() == "[3] https://c.example"

"""Texts that share half of what they say are found by marks of one kilobyte at most."""

from __future__ import annotations

import random
import subprocess
import sys
from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.selection.sketches import FEWEST, KEPT, Index, shared, sketch

SHORT = "la digue de bois que le port de Lindoe a votée hier soir attend ses pieux"


def prose(words: int, seed: int) -> str:
    chance = random.Random(seed)
    return " ".join(str(chance.randrange(100_000)) for _ in range(words))


def test_the_same_text_shares_everything() -> None:
    for text in (SHORT, prose(200, 1), prose(5_000, 2)):
        assert shared(sketch(text), sketch(text.upper())) == 1.0
        assert len(sketch(text)) <= KEPT


def test_too_short_a_text_is_not_compared() -> None:
    assert sketch("trois mots seulement") == array("I")
    assert shared(sketch("une digue"), sketch("une digue")) == 0.0


@pytest.mark.parametrize("common", [0.2, 0.5, 0.8])
def test_short_texts_are_compared_exactly(common: float) -> None:
    half = int(120 * common)
    one = f"{prose(half, 3)} {prose(120 - half, 4)}"
    other = f"{prose(half, 3)} {prose(120 - half, 5)}"
    assert shared(sketch(one), sketch(other)) == pytest.approx((half - 2) / 118)


@pytest.mark.parametrize(
    ("words", "longer"), [(500, 500), (500, 1_500), (100, 900), (3_000, 3_000)]
)
def test_long_texts_are_compared_by_a_sample(words: int, longer: int) -> None:
    for seed in range(20):
        half = words // 2
        one = f"{prose(half, seed)} {prose(words - half, seed + 100)}"
        other = f"{prose(half, seed)} {prose(longer - half, seed + 200)}"
        assert shared(sketch(one), sketch(other)) == pytest.approx(0.5, abs=0.2)


def test_a_brief_is_nothing_beside_a_book() -> None:
    """Too little of the brief is in the sample of the book to say anything."""
    brief = sketch(prose(15, 1))
    assert len(brief) >= FEWEST
    assert shared(brief, sketch(prose(15, 1) + " " + prose(40_000, 2))) == 0.0


def test_index_leads_to_every_text_that_shares_half() -> None:
    chance = random.Random(7)
    sketches = []
    for number in range(60):
        length = chance.choice([40, 200, 600, 1_500])
        sketches += [
            sketch(prose(length, number)),
            sketch(f"{prose(int(length * 0.6), number)} {prose(int(length * 0.4), number + 999)}"),
        ]
    index = Index(sketches)
    for number in range(60):
        assert 2 * number + 1 in index.near(2 * number)
        assert 2 * number in index.near(2 * number + 1)
        assert 2 * number not in index.near(2 * number)
        assert len(index.near(2 * number)) < 5


def test_text_printed_by_hundreds_is_still_found() -> None:
    sketches = [sketch(f"{prose(400, 1)} {prose(40, number + 2)}") for number in range(1_100)]
    assert len(Index(sketches).near(1_099)) > 1_000


def test_empty_index_leads_nowhere() -> None:
    index = Index([sketch(""), sketch(SHORT)])
    assert index.near(0) == index.near(1) == []


@given(st.text(max_size=400), st.text(max_size=400))
def test_what_is_shared_is_the_same_from_both_sides(one: str, other: str) -> None:
    part = shared(sketch(one), sketch(other))
    assert 0.0 <= part <= 1.0
    assert part == shared(sketch(other), sketch(one))


def test_marks_are_the_same_in_every_process() -> None:
    script = f"from digest.selection.sketches import sketch; print(list(sketch({SHORT!r})))"
    printed = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONHASHSEED": "12", "PYTHONUTF8": "1"},
    ).stdout
    assert printed.strip() == str(list(sketch(SHORT)))

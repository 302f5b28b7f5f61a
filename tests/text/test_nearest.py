"""Whoever mistypes a word is told the one that was meant."""

from __future__ import annotations

from digest.text.nearest import did_you_mean, nearest, nearest_word


def test_mistyped_word_is_told_the_nearest() -> None:
    assert nearest_word("Weekley", ["monthly", "weekly"]) == "weekly"
    assert did_you_mean("Weekley", ["monthly", "weekly"]) == " Did you mean “weekly”?"
    assert nearest("Weekley", ["monthly", "weekly"]) == "Did you mean “weekly”?"


def test_word_near_none_is_told_them_all() -> None:
    assert did_you_mean("xxxx", ["monthly", "weekly"]) == ""
    assert nearest("xxxx", ["monthly", "weekly"]) == "Known here: monthly, weekly."
    assert nearest("xxxx", []) == "Known here: nothing."

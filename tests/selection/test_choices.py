"""What an editor pins and bans, and what earlier editions published."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from digest.model.content import Published, Verdict
from digest.text.fingerprint import fingerprint

URL = "https://example.org/digue"


def test_banned_article_is_left_out(desk: Any) -> None:
    desk.choices = {"https://Example.org/digue?utm_source=x": "ban"}
    decision = desk.decide_one(desk.article(pinned=True))
    assert (decision.verdict, decision.reason) == (Verdict.BANNED, "banned by an editor")


def test_what_a_banned_article_stood_for_comes_in_its_place(desk: Any) -> None:
    title = "Lindoe vote une digue de bois pour son port"
    best = desk.article("digue", title=title, chapo="Une digue.", body="mot " * 800)
    other = desk.article("autre", title=f"{title} de pêche", source="agence")
    assert [d.verdict for d in desk.decide([best, other])] == [Verdict.STORY, Verdict.DUPLICATE]
    desk.choices = {URL: "ban"}
    story, banned = desk.decide([best, other])
    assert (story.article.url, story.verdict) == (other.url, Verdict.STORY)
    assert banned.verdict is Verdict.BANNED


def test_pin_takes_in_another_section_language_and_column(desk: Any) -> None:
    desk.choices = {URL: "pin"}
    article = desk.article(section="Sport", language="en", title="Horoscope du jour")
    decision = desk.decide_one(article)
    assert decision.verdict is Verdict.STORY
    assert decision.article.pinned
    assert decision.reason.endswith("by an editor's pin; pinned by an editor")


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (-3, "before the window (2026-11-09 to 2026-11-15)"),
        (7.5, "after the window (2026-11-09 to 2026-11-15)"),
        (12, "more than a day ahead of today (2026-11-16)"),
        (None, "no date of publication could be read"),
    ],
)
def test_pin_for_this_edition_takes_in_any_date_and_says_so(
    desk: Any, days: float | None, words: str
) -> None:
    moment = None if days is None else desk.window.start + timedelta(days=days)
    carried = desk.decide_one(desk.article(published=moment, pinned=True))
    assert carried.verdict in (Verdict.OUTSIDE, Verdict.UNDATED, Verdict.FUTURE)
    desk.choices = {URL: "pin"}
    decision = desk.decide_one(desk.article(published=moment))
    assert decision.verdict is Verdict.STORY
    assert "pinned for this edition although" in decision.reason
    assert words in decision.reason


def test_pins_come_first_and_are_under_no_cap(desk: Any) -> None:
    articles = [
        desk.article("a", chapo="Un port.", body="mot " * 900),
        desk.article("b", title="Chouettes"),
        desk.article("c", title="Ponts", published=desk.window.start),
    ]
    desk.choices = {"https://example.org/c": "pin", "https://example.org/b": "pin"}
    decisions = desk.decide(articles, per_source=1)
    assert [d.article.url[-1] for d in decisions] == ["b", "c", "a"]
    assert [d.verdict for d in decisions] == [Verdict.STORY, Verdict.STORY, Verdict.CAPPED]


# ---- Memory ---------------------------------------------------------------------------------


def test_unchanged_article_stays_out_even_when_pinned(desk: Any) -> None:
    article = desk.article(body="La digue tient.")
    desk.published = {URL: Published("2026-W44", fingerprint(article))}
    assert desk.decide_one(article).reason == "already published in 2026-W44"
    desk.choices = {URL: "pin"}
    decision = desk.decide_one(article)
    assert (decision.verdict, decision.published_in) == (Verdict.PUBLISHED, "2026-W44")
    assert decision.reason == "pinned, but unchanged since 2026-W44, which published it"


def test_changed_article_comes_again_only_when_pinned(desk: Any) -> None:
    before = desk.article(body="La digue tient.")
    desk.published = {URL: Published("2026-W44", fingerprint(before))}
    after = desk.article(body="La digue a cédé.")
    decision = desk.decide_one(after)
    assert decision.verdict is Verdict.PUBLISHED
    assert decision.reason == (
        "already published in 2026-W44; it changed since: pin it to publish it again"
    )
    desk.choices = {URL: "pin"}
    again = desk.decide_one(after)
    assert again.verdict is Verdict.STORY
    assert again.reason.endswith("; pinned by an editor; changed since 2026-W44")


def test_nobody_knows_whether_an_article_changed_without_its_mark(desk: Any) -> None:
    desk.published = {URL: Published("2026-W44")}
    decision = desk.decide_one(desk.article(pinned=True))
    assert decision.verdict is Verdict.PUBLISHED
    assert decision.reason == (
        "pinned, but already published in 2026-W44, and whether it changed since is not known"
    )

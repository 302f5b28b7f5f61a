"""Articles of a fictional week, and the selection with the settings a test names."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from digest.config.settings import SelectionSettings
from digest.model.content import (
    Article,
    Choice,
    Decision,
    Paragraph,
    Published,
    SectionSignal,
    Window,
)
from digest.selection import select, week_window

PARIS = ZoneInfo("Europe/Paris")
WEEK = week_window("2026-W46", PARIS)


@dataclass
class Desk:
    """Makes articles and decides about them."""

    window: Window = WEEK
    language: str = "fr"
    source_weights: dict[str, float] = field(default_factory=dict)
    published: dict[str, Published] = field(default_factory=dict)
    choices: dict[str, Choice] = field(default_factory=dict)
    now: datetime | None = None

    def article(self, name: str = "digue", **values: Any) -> Article:
        """An article that passes every step, unless a value says otherwise."""
        body = values.pop("body", "")
        section = values.pop("section", "International")
        return Article(
            **{
                "source": "redaction",
                "url": f"https://example.org/{name}",
                "title": f"{name} {name}",
                "published": self.window.start + timedelta(days=2),
                "language": "fr",
                "body": (Paragraph(body),) if body else (),
                "sections": (SectionSignal("printed", section),) if section else (),
                **values,
            }
        )

    def decide(self, articles: Iterable[Article], **rules: Any) -> list[Decision]:
        return select(
            articles,
            self.window,
            SelectionSettings(**rules),
            language=self.language,
            now=self.now or self.window.end,
            source_weights=self.source_weights,
            published=self.published,
            choices=self.choices,
        )

    def decide_one(self, article: Article, **rules: Any) -> Decision:
        (decision,) = self.decide([article], **rules)
        return decision


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def paris() -> Callable[..., datetime]:
    """A moment on the clocks of Paris."""

    def moment(*parts: int) -> datetime:
        return datetime(*parts, tzinfo=PARIS)  # type: ignore[misc,arg-type]

    return moment

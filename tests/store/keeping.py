"""Articles as tests keep and read them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from digest.model.content import Article, Paragraph, Picture, SectionSignal, Window
from digest.store.content import articles as store
from digest.store.content.articles import Counts
from digest.store.database import Database
from digest.store.tables import articles as table

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
WEEK = Window("2026-W47", datetime(2026, 11, 16, tzinfo=UTC), datetime(2026, 11, 23, tzinfo=UTC))
FULL = Article(
    "gazette",
    "https://gazette.example/monde/pont",
    "Le pont de Vauxrive rouvre",
    published=datetime(2026, 11, 18, 7, 5, 30, tzinfo=ZoneInfo("Europe/Paris")),
    chapo="Après deux ans de travaux.",
    description="Une description.",
    body=(
        Paragraph("Le pont a rouvert."),
        Paragraph("Une attente", "subhead"),
        Paragraph("Enfin !", "quote"),
        Paragraph("Ana Roc, riveraine", "attribution"),
    ),
    sections=(SectionSignal("url", "monde"), SectionSignal("printed", "International")),
    categories=("ponts", "travaux"),
    author="Léo Sand",
    language="fr",
    region="Europe",
    picture=Picture("https://gazette.example/p.jpg", "Un pont", "Le pont", "L. Sand", 800, 600),
    pinned=True,
    inferred=("published: from the file's name",),
    location="articles/pont.md",
)


def article(name: str, day: int | None = 18, source: str = "gazette", **more: Any) -> Article:
    published = None if day is None else datetime(2026, 11, day, 8, tzinfo=UTC)
    url = f"https://{source}.example/{name}"
    return replace(Article(source, url, f"Titre {name}", published), **more)


def keep(database: Database, *found: Article, now: datetime = NOW) -> Counts:
    with database.write() as connection:
        counted = store.keep(connection, found, now).values()
        return Counts(*map(sum, zip(Counts(), *counted, strict=True)))


def stored(database: Database, source: str | None = None, window: Window = WEEK) -> list[Article]:
    with database.read() as connection:
        return list(store.stored(connection, source=source, window=window))


def row(database: Database, url: str) -> dict[str, object]:
    with database.read() as connection:
        found = connection.execute(select(table).where(table.c.url == url)).mappings().one()
        return dict(found)

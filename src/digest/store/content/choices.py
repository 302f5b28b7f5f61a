"""Queries on what editors said of single articles: pinned to an edition, or banned from it.

What a pin or a ban does is decided in `digest.selection`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import cast

from sqlalchemy import Connection, delete, select

from digest.model.content import Choice
from digest.store.tables import choices, insert_into


@dataclass(frozen=True, slots=True)
class ChoiceRecord:
    """One choice: the article's address and title, what was said, by whom and when."""

    url: str
    title: str
    choice: Choice
    by: str
    at: datetime


def choices_for(connection: Connection, edition: str) -> dict[str, Choice]:
    """URL → pin or ban."""
    rows = connection.execute(
        select(choices.c.url, choices.c.choice).where(choices.c.edition == edition)
    )
    return {row.url: cast(Choice, row.choice) for row in rows}


def listing(connection: Connection, edition: str) -> list[ChoiceRecord]:
    """Every choice made for an edition, in the order in which they were made."""
    rows = connection.execute(
        select(choices.c.url, choices.c.title, choices.c.choice, choices.c.by, choices.c.at)
        .where(choices.c.edition == edition)
        .order_by(choices.c.at, choices.c.url)
    )
    return [ChoiceRecord(*row) for row in rows]


def choose(
    connection: Connection,
    edition: str,
    url: str,
    title: str,
    choice: Choice,
    by: str,
    now: datetime,
) -> None:
    """Keep a choice; the one made before for this article is replaced."""
    said = {"title": title, "choice": choice, "by": by, "at": now}
    connection.execute(
        insert_into(connection, choices)
        .values(edition=edition, url=url, **said)
        .on_conflict_do_update(index_elements=["edition", "url"], set_=said)
    )


def unchoose(connection: Connection, edition: str, url: str) -> bool:
    """Take a choice back; returns whether there was one."""
    found = connection.execute(
        delete(choices).where(choices.c.edition == edition, choices.c.url == url)
    )
    return found.rowcount > 0

"""A publication at work: its settings, its store, its slots, and the week it speaks of."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from digest import __version__
from digest.config import Config
from digest.config.secrets import read_secret
from digest.errors import UsageError
from digest.model.content import Window
from digest.model.sponsorship import Slot
from digest.net import Fetcher, History, Web
from digest.selection import current_week, custom_window, last_week, week_window
from digest.store.database import Database, Durability
from digest.text.wording import wording


@dataclass(frozen=True)
class Publication:
    """A publication at work: its settings, its store and its words."""

    config: Config
    database: Database

    @classmethod
    def open(cls, config: Config, *, migrate: bool = False) -> Publication:
        """Open the store that the settings name.

        Raises:
            StoreError: it cannot be opened or needs a migration.
        """
        store = config.store
        url = store.url
        if url.startswith("sqlite:///"):
            url = f"sqlite:///{config.path(url.removeprefix('sqlite:///'))}"
        password = ""
        if store.password_env:
            password = read_secret(store.password_env, "the store's password")
        durability: Durability = "process" if store.durability == "process" else "power"
        database = Database(url, password=password, migrate=migrate, durability=durability)
        return cls(config, database)

    def folder(self, edition: str) -> Path:
        """Where an edition is kept."""
        return self.config.path(self.config.edition.directory) / edition


def slots_of(config: Config) -> tuple[Slot, ...]:
    """The template's positions that can carry a sponsor, labels filled in."""
    words = wording(config.publication.language)
    positions = ("presenting", "main", "secondary", "classified")
    return config.model_slots({name: words[f"label_{name}"] for name in positions})


def window_for(
    config: Config,
    now: datetime,
    *,
    week: str = "",
    since: date | None = None,
    until: date | None = None,
) -> Window:
    """The window that the command line and `[edition] week` ask for.

    Raises:
        UsageError: the week does not exist, or the dates do not make a window.
    """
    if since or until:
        last = until or now.astimezone(config.zone).date()
        try:
            window = custom_window(since or last, last, config.zone)
        except ValueError as error:
            raise UsageError(str(error), "Give --since a day that is not after --until.") from None
        if week:
            return dataclasses.replace(window, edition=window_for(config, now, week=week).edition)
        return window
    wanted = week or config.edition.week
    if wanted == "last":
        wanted = last_week(now, config.zone)
    elif wanted == "current":
        wanted = current_week(now, config.zone)
    try:
        return week_window(wanted, config.zone)
    except ValueError as error:
        raise UsageError(str(error), "Allowed: a week such as 2024-W25, last or current.") from None


def web_for(config: Config, now: datetime, history: History | None = None) -> Web:
    """The network with manners; with a `history`, what did not change is not fetched again."""
    return Web(
        fetcher_for(config),
        history=history,
        clock=lambda: now,
        per_host=config.fetch.per_host,
    )


def fetcher_for(config: Config) -> Fetcher:
    """The one guarded way to the network."""
    return Fetcher(config.fetch, version=__version__)

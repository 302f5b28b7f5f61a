"""Whether a frozen edition may still leave by itself: not when it is old, and not from a copy.

A schedule that was forgotten, or a store put back from a backup, would otherwise fire an edition
that is over. How old is too old: `[delivery] max_age_hours`. Both are for a person to decide.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from digest.config import Config
from digest.delivery.ledger.departure import shown_in
from digest.delivery.ledger.records import Dispatch
from digest.errors import ContentError, StoreError
from digest.store.database import Database
from digest.store.ledger.dispatches import last_frozen
from digest.store.place.copies import copied_at, forget_copy
from digest.store.place.homes import notice_restored

#: How far machines' clocks may be apart.
_CLOCKS_APART = timedelta(hours=1)


def require_fresh(config: Config, dispatch: Dispatch, now: datetime, *, late: bool) -> None:
    """Go on with an edition only if it is not old, or somebody said that it may be.

    Its age counts from when it was frozen, or from when it was to leave if that is later.

    Raises:
        ContentError: it is too old, or the clock is wrong, and `late` is False.
    """
    since = max(dispatch.frozen_at, dispatch.send_at or dispatch.frozen_at)
    hours = config.delivery.max_age_hours
    if late:
        return
    _require_past(config, dispatch.edition, dispatch.frozen_at, now)
    if now - since <= timedelta(hours=hours):
        return
    word = "was to leave" if dispatch.send_at and since == dispatch.send_at else "was frozen"
    raise ContentError(
        f"{dispatch.edition} {word} on {shown_in(config.zone, since)}, more than {hours:g} hours "
        "ago; what is pending does not leave by itself any more",
        "`digest send --late` sends it all the same; `digest cancel` calls it off; "
        "[delivery] max_age_hours sets the age.",
    )


def require_clock(config: Config, database: Database, now: datetime, *, late: bool) -> None:
    """Freeze nothing by a clock that is behind what the store knows: it may be another week.

    Raises:
        ContentError: an edition was frozen in the future, and `late` is False.
    """
    with database.read() as connection:
        last = last_frozen(connection)
    if last is not None and not late:
        edition, frozen_at = last
        _require_past(config, edition, frozen_at, now)


def _require_past(config: Config, edition: str, frozen_at: datetime, now: datetime) -> None:
    if now < frozen_at - _CLOCKS_APART:
        raise ContentError(
            f"{edition} was frozen on {shown_in(config.zone, frozen_at)}, in the "
            f"future by this machine's clock ({shown_in(config.zone, now)})",
            "Set the clock right; `digest send --late` sends all the same.",
        )


def require_original(database: Database, now: datetime, zone: ZoneInfo) -> None:
    """Go on only with a store that is no copy, or was declared the one in use.

    Args:
        zone: the publication's, in which people read when that was.

    Raises:
        StoreError: it was restored from a backup or left behind by `digest db copy`.
    """
    moment = notice_copy(database, now)
    if moment is not None:
        raise StoreError(
            f"{database.name}: this store is a copy, made or noticed on {shown_in(zone, moment)}; "
            "what left since it was made still stands as not sent in it",
            "If this one is in use from now on, say so with `digest send --restored`; look at "
            "`digest status` first.",
        )


def notice_copy(database: Database, now: datetime) -> datetime | None:
    """As `copy_made_at`; a store that was restored since it was last asked is a copy from now on.

    Raises:
        StoreError: the store cannot be written to.
    """
    notice_restored(database, now)
    return copy_made_at(database)


def declare_original(database: Database) -> None:
    """A person says that this store is the one in use from now on."""
    with database.write() as connection:
        forget_copy(connection)


def copy_made_at(database: Database) -> datetime | None:
    """When the store was copied, or that was noticed; None when it is in use as it always was."""
    with database.read() as connection:
        return copied_at(connection)

"""Every table, as SQLAlchemy Core. Migrations stand in `migrations/versions`; a test holds the
two against each other.

Moments are stored as UTC ISO 8601 text with microseconds (`2026-11-16T08:00:00.000000+00:00`):
the same on both databases, ordered as text.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Column,
    Connection,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.types import TypeDecorator

from digest.errors import StoreError

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Moment(TypeDecorator[datetime]):
    """An aware datetime, kept as UTC text."""

    impl = String(32)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        """To the database."""
        return None if value is None else moment_text(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """From the database.

        Raises:
            StoreError: it is no moment.
        """
        try:
            return None if value is None else datetime.fromisoformat(value)
        except (TypeError, ValueError):
            raise StoreError(
                f"the store is damaged: where a moment should stand, it has “{value}”",
                "Restore a backup (`digest backup` makes them).",
            ) from None


def moment_text(moment: datetime) -> str:
    """How a moment stands in the store; for queries that go past SQLAlchemy.

    Raises:
        ValueError: the moment is naive.
    """
    if moment.tzinfo is None:
        raise ValueError("the store keeps aware datetimes only")
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def insert_into(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """An INSERT that can say what to do on a conflict."""
    if connection.dialect.name == "sqlite":
        return sqlite.insert(table)
    return postgresql.insert(table)


#: Small facts about the store itself, e.g. the key that hashes forgotten addresses.
facts = Table(
    "facts",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("value", Text, nullable=False),
)

#: A person's address, normalised and unique.
subscribers = Table(
    "subscribers",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("email", String(320), nullable=False, unique=True),
    Column("name", Text, nullable=False, server_default=""),
    Column("language", String(16), nullable=False, server_default=""),
    Column("created_at", Moment, nullable=False),
    sqlite_autoincrement=True,
)

#: A subscriber's state on one list, the evidence of consent, and the token of the way out.
subscriptions = Table(
    "subscriptions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("subscriber_id", ForeignKey("subscribers.id", ondelete="CASCADE"), nullable=False),
    Column("list", String(64), nullable=False),
    Column("status", String(16), nullable=False),
    Column("token", String(43), nullable=False, unique=True),
    Column("consent_at", Moment),
    Column("consent_source", Text, nullable=False, server_default=""),
    Column("changed_at", Moment, nullable=False),
    UniqueConstraint("subscriber_id", "list"),
    CheckConstraint("status IN ('pending', 'active', 'unsubscribed')", name="status"),
    Index(None, "list", "status"),
    sqlite_autoincrement=True,
)

#: Addresses that must not be written to, by keyed hash; the address itself goes when forgotten.
suppressions = Table(
    "suppressions",
    metadata,
    Column("address_hash", String(64), primary_key=True),
    Column("email", String(320), index=True),
    Column("reason", String(16), nullable=False),
    Column("note", Text, nullable=False, server_default=""),
    Column("added_at", Moment, nullable=False),
)

#: Dated numbers. `number` is the N°, released when a week is skipped.
editions = Table(
    "editions",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("number", Integer, unique=True),
    Column("state", String(16), nullable=False),
    Column("approved_hash", String(64)),
    Column("approved_parts", Text),
    Column("approved_at", Moment),
    Column("approved_by", Text, nullable=False, server_default=""),
    Column("built_at", Moment),
    Column("dispatched_at", Moment),
    CheckConstraint(
        "state IN ('built', 'approved', 'dispatching', 'dispatched', 'skipped')", name="state"
    ),
)

#: What an edition published, so that nothing is published twice.
published = Table(
    "published",
    metadata,
    Column("edition", ForeignKey("editions.id"), primary_key=True),
    Column("url", Text, primary_key=True),
    Column("title", Text, nullable=False),
    Column("fingerprint", String(64), nullable=False, server_default=""),
    Index(None, "url"),
)

#: Articles as they were last seen. `content` is what the source gave, `completed` the same with
#: what the article's own page added, NULL until that was read; both are packed. `published` and
#: `title` are those of the completed article where there is one.
articles = Table(
    "articles",
    metadata,
    Column("source", Text, primary_key=True),
    Column("url", Text, primary_key=True),
    Column("published", Moment),
    Column("title", Text, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("completed", LargeBinary),
    Column("first_seen", Moment, nullable=False),
    Column("last_seen", Moment, nullable=False),
    Column("changed_at", Moment, nullable=False),
    Column("gone_at", Moment),
    Index(None, "source", "published"),
    Index(None, "url"),
)

#: The last answer of each address, so that it is asked for again only if it changed. `made_for`
#: says what the answer was read for.
fetches = Table(
    "fetches",
    metadata,
    Column("url", Text, primary_key=True),
    Column("made_for", Text, nullable=False, server_default=""),
    Column("etag", Text, nullable=False, server_default=""),
    Column("last_modified", Text, nullable=False, server_default=""),
    Column("status", Integer, nullable=False),
    Column("fetched_at", Moment, nullable=False),
)

#: What an editor said of an article for one edition, by its address; the edition may not have
#: been built yet.
choices = Table(
    "choices",
    metadata,
    Column("edition", String(16), primary_key=True),
    Column("url", Text, primary_key=True),
    Column("title", Text, nullable=False, server_default=""),
    Column("choice", String(8), nullable=False),
    Column("by", Text, nullable=False, server_default=""),
    Column("at", Moment, nullable=False),
    CheckConstraint("choice IN ('pin', 'ban')", name="choice"),
)

#: The frozen letter of one dispatch: `ledger` is `main`, or `rehearsal` which blocks nothing.
#: `provider_batch` is the provider's name for what is still to be handed over; `called_back` are
#: those it was asked to forget, with a space between.
dispatches = Table(
    "dispatches",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("edition", ForeignKey("editions.id"), nullable=False),
    Column("ledger", String(16), nullable=False),
    Column("provider", Text, nullable=False),
    Column("letter", LargeBinary, nullable=False),
    Column("letter_hash", String(64), nullable=False),
    Column("frozen_at", Moment, nullable=False),
    Column("send_at", Moment),
    Column("provider_batch", Text, nullable=False, server_default=""),
    Column("cancelled_at", Moment),
    Column("called_back", Text, nullable=False, server_default=""),
    UniqueConstraint("edition", "ledger"),
    CheckConstraint("ledger IN ('main', 'rehearsal')", name="ledger"),
    sqlite_autoincrement=True,
)

#: The lists whose audience is frozen in a dispatch; `size` is the number of deliveries a list
#: brought in, so that a row that disappears is noticed.
audiences = Table(
    "audiences",
    metadata,
    Column("dispatch_id", ForeignKey("dispatches.id", ondelete="CASCADE"), primary_key=True),
    Column("list", String(64), primary_key=True),
    Column("size", Integer, nullable=False, server_default="0"),
    Column("frozen_at", Moment, nullable=False),
)

#: One edition to one address, whichever lists the address is on. `run` is the process that
#: claimed it, empty when nobody did.
deliveries = Table(
    "deliveries",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("dispatch_id", ForeignKey("dispatches.id"), nullable=False),
    Column("email", String(320), nullable=False),
    Column("name", Text, nullable=False, server_default=""),
    Column("language", String(16), nullable=False, server_default=""),
    Column("list", String(64), nullable=False),
    Column("token", String(43), nullable=False, server_default=""),
    Column("subscribed_at", Moment),
    Column("state", String(16), nullable=False),
    Column("detail", Text, nullable=False, server_default=""),
    Column("provider_id", Text, nullable=False, server_default=""),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("run", String(32), nullable=False, server_default=""),
    Column("changed_at", Moment, nullable=False),
    UniqueConstraint("dispatch_id", "email"),
    CheckConstraint(
        "state IN ('pending', 'submitting', 'accepted', 'refused', 'unknown', 'excluded')",
        name="state",
    ),
    # Only rows that somebody looks for stand in an index, and a query uses one only where the
    # state stands in its text, not in a parameter. On SQLite, where one run is at work, a start
    # and an outcome touch none; looking through a dispatch once a run costs less. On PostgreSQL
    # many runs look, and write the other indexes with every change anyway.
    Index(
        "ix_deliveries_free", "dispatch_id", sqlite_where=text("state = 'pending' AND run = ''")
    ).ddl_if(dialect="sqlite"),
    Index(
        "ix_deliveries_pending",
        "dispatch_id",
        "run",
        postgresql_where=text("state = 'pending'"),
    ).ddl_if(dialect="postgresql"),
    Index(
        "ix_deliveries_submitting",
        "dispatch_id",
        postgresql_where=text("state = 'submitting'"),
    ).ddl_if(dialect="postgresql"),
    Index(
        "ix_deliveries_unknown",
        "dispatch_id",
        sqlite_where=text("state = 'unknown'"),
        postgresql_where=text("state = 'unknown'"),
    ),
)

#: Processes at work on a dispatch. `lease_until` is in seconds since 1970 by the database's own
#: clock: a run that lets it pass has lost what it claimed.
runs = Table(
    "runs",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("dispatch_id", ForeignKey("dispatches.id", ondelete="CASCADE"), nullable=False),
    Column("provider", Text, nullable=False),
    Column("host", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("lease_until", Float, nullable=False),
    Index(None, "dispatch_id"),
)

#: What providers reported later, once each: `source` with the source's own `event_id`. Clicks and
#: opens are kept without the delivery, so that no reader is followed; `accepted` is kept only while
#: the ledger knows no outcome yet.
events = Table(
    "events",
    metadata,
    Column("source", String(32), primary_key=True),
    Column("event_id", String(128), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("dispatch_id", ForeignKey("dispatches.id", ondelete="CASCADE"), nullable=False),
    Column("delivery_id", String(32)),
    Column("at", Moment, nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("detail", Text, nullable=False, server_default=""),
    Column("url", Text, nullable=False, server_default=""),
    CheckConstraint(
        "kind IN ('accepted', 'delivered', 'deferred', 'bounced', 'complained', 'opened', "
        "'clicked', 'unsubscribed')",
        name="kind",
    ),
    Index(None, "delivery_id"),
    Index(None, "dispatch_id", "kind"),
)

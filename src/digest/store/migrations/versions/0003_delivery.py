"""Runs with leases, events of providers, editions that leave later; an index less on deliveries."""

import sqlalchemy as sa
from alembic import op

from digest.store.tables import Moment

revision = "0003"
down_revision = "0002"

_FREE = sa.text("state = 'pending' AND run = ''")
_SUBMITTING = sa.text("state = 'submitting'")


def upgrade() -> None:
    op.add_column("dispatches", sa.Column("send_at", Moment(length=32), nullable=True))
    op.add_column(
        "dispatches", sa.Column("provider_batch", sa.Text(), server_default="", nullable=False)
    )
    op.add_column("dispatches", sa.Column("cancelled_at", Moment(length=32), nullable=True))
    op.drop_index(op.f("ix_deliveries_dispatch_id_state_run"), table_name="deliveries")
    op.create_index(
        "ix_deliveries_free",
        "deliveries",
        ["dispatch_id"],
        sqlite_where=_FREE,
        postgresql_where=_FREE,
    )
    op.create_index(
        "ix_deliveries_submitting",
        "deliveries",
        ["dispatch_id"],
        sqlite_where=_SUBMITTING,
        postgresql_where=_SUBMITTING,
    )
    op.create_table(
        "runs",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("dispatch_id", sa.Integer(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("started_at", Moment(length=32), nullable=False),
        sa.Column("lease_until", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(
            ["dispatch_id"],
            ["dispatches.id"],
            name=op.f("fk_runs_dispatch_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_runs")),
    )
    op.create_index(op.f("ix_runs_dispatch_id"), "runs", ["dispatch_id"])
    op.create_table(
        "events",
        sa.Column("source", sa.String(length=32), nullable=False),
        sa.Column("event_id", sa.String(length=128), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("dispatch_id", sa.Integer(), nullable=False),
        sa.Column("delivery_id", sa.String(length=32), nullable=True),
        sa.Column("at", Moment(length=32), nullable=False),
        sa.Column("received_at", Moment(length=32), nullable=False),
        sa.Column("detail", sa.Text(), server_default="", nullable=False),
        sa.Column("url", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint(
            "kind IN ('delivered', 'deferred', 'bounced', 'complained', 'opened', 'clicked', "
            "'unsubscribed')",
            name=op.f("ck_events_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["dispatch_id"],
            ["dispatches.id"],
            name=op.f("fk_events_dispatch_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("source", "event_id", name=op.f("pk_events")),
    )
    op.create_index(op.f("ix_events_delivery_id"), "events", ["delivery_id"])
    op.create_index(op.f("ix_events_dispatch_id_kind"), "events", ["dispatch_id", "kind"])

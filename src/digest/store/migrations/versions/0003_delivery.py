"""Runs with leases, events of providers, editions that leave later; an index less on deliveries."""

import sqlalchemy as sa
from alembic import op

from digest.store.tables import Moment

revision = "0003"
down_revision = "0002"

#: What stands in the indexes of either database; see `digest.store.tables`.
_SQLITE = {"free": ("state = 'pending' AND run = ''", ["dispatch_id"])}
_POSTGRESQL = {
    "pending": ("state = 'pending'", ["dispatch_id", "run"]),
    "submitting": ("state = 'submitting'", ["dispatch_id"]),
}
_BOTH = {"unknown": ("state = 'unknown'", ["dispatch_id"])}


def upgrade() -> None:
    op.add_column("dispatches", sa.Column("send_at", Moment(length=32), nullable=True))
    op.add_column(
        "dispatches", sa.Column("provider_batch", sa.Text(), server_default="", nullable=False)
    )
    op.add_column("dispatches", sa.Column("cancelled_at", Moment(length=32), nullable=True))
    op.drop_index(op.f("ix_deliveries_dispatch_id_state_run"), table_name="deliveries")
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for name, (rows, columns) in {**(_SQLITE if is_sqlite else _POSTGRESQL), **_BOTH}.items():
        op.create_index(
            f"ix_deliveries_{name}",
            "deliveries",
            columns,
            sqlite_where=sa.text(rows),
            postgresql_where=sa.text(rows),
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

"""Names under which a provider was asked to forget letters; that a provider took a delivery."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_KINDS = (
    "kind IN ('accepted', 'delivered', 'deferred', 'bounced', 'complained', 'opened', 'clicked', "
    "'unsubscribed')"
)


def upgrade() -> None:
    op.add_column(
        "dispatches", sa.Column("called_back", sa.Text(), server_default="", nullable=False)
    )
    # The provider was asked about what was cancelled, or may have been.
    op.execute(
        "UPDATE dispatches SET called_back = provider_batch, provider_batch = '' "
        "WHERE cancelled_at IS NOT NULL"
    )
    with op.batch_alter_table("events") as events:
        events.drop_constraint(op.f("ck_events_kind"), type_="check")
        events.create_check_constraint(op.f("ck_events_kind"), _KINDS)

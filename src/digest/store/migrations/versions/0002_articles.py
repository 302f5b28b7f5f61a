"""Articles as they were last seen, the answers of addresses, editors' choices; and the
fingerprint of what was published."""

import sqlalchemy as sa
from alembic import op

from digest.store.tables import Moment

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column(
        "published",
        sa.Column("fingerprint", sa.String(length=64), server_default="", nullable=False),
    )
    op.create_table(
        "articles",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("published", Moment(length=32), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("completed", sa.LargeBinary(), nullable=True),
        sa.Column("first_seen", Moment(length=32), nullable=False),
        sa.Column("last_seen", Moment(length=32), nullable=False),
        sa.Column("changed_at", Moment(length=32), nullable=False),
        sa.Column("gone_at", Moment(length=32), nullable=True),
        sa.PrimaryKeyConstraint("source", "url", name=op.f("pk_articles")),
    )
    op.create_index(op.f("ix_articles_source_published"), "articles", ["source", "published"])
    op.create_index(op.f("ix_articles_url"), "articles", ["url"])
    op.create_table(
        "fetches",
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("made_for", sa.Text(), server_default="", nullable=False),
        sa.Column("etag", sa.Text(), server_default="", nullable=False),
        sa.Column("last_modified", sa.Text(), server_default="", nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("fetched_at", Moment(length=32), nullable=False),
        sa.PrimaryKeyConstraint("url", name=op.f("pk_fetches")),
    )
    op.create_table(
        "choices",
        sa.Column("edition", sa.String(length=16), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), server_default="", nullable=False),
        sa.Column("choice", sa.String(length=8), nullable=False),
        sa.Column("by", sa.Text(), server_default="", nullable=False),
        sa.Column("at", Moment(length=32), nullable=False),
        sa.CheckConstraint("choice IN ('pin', 'ban')", name=op.f("ck_choices_choice")),
        sa.PrimaryKeyConstraint("edition", "url", name=op.f("pk_choices")),
    )

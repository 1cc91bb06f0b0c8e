"""Sides and looks, as SQLite files had them before there were migrations: those are taken over as they are."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create what is not there."""
    there = sa.inspect(op.get_bind())
    if not there.has_table("sides"):
        op.create_table(
            "sides",
            sa.Column("recipe", sa.Text, primary_key=True),
            sa.Column("row_id", sa.Text, primary_key=True),
            sa.Column("label", sa.Text, nullable=False),
            sa.Column("side", sa.Text, nullable=False),
            sa.Column("first_run", sa.Text, nullable=False),
            sa.Column("first_seen", sa.Text, nullable=False),
            sa.CheckConstraint("side IN ('train', 'validation', 'holdout')", name="side_is_one"),
        )
    if not there.has_table("looks"):
        op.create_table(
            "looks",
            sa.Column("recipe", sa.Text, primary_key=True),
            sa.Column("row_id", sa.Text, primary_key=True),
            sa.Column("key", sa.Text, primary_key=True),
            sa.Column("links", sa.Text, nullable=False),
            sa.Column("sender", sa.Text, nullable=False),
            sa.Column("signature", sa.LargeBinary, nullable=False),
        )

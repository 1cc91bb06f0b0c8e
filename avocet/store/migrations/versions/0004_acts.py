"""Skips and discards among the label events, and rows in the order in which they came."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add a column, as both databases write it in one go, and an index."""
    op.execute("ALTER TABLE labels ADD COLUMN act TEXT CONSTRAINT act_is_one CHECK (act IN ('skip', 'discard'))")
    op.create_index("rows_by_arrival", "rows", ["collection", "imported_at", "id"])

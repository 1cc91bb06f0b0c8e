"""Rows and label events."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create both tables."""
    op.create_table(
        "rows",
        sa.Column("collection", sa.Text, primary_key=True),
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("fields", sa.Text, nullable=False),
        sa.Column("headers", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("imported_at", sa.Text, nullable=False),
    )
    op.create_table(
        "labels",
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("collection", sa.Text, nullable=False),
        sa.Column("row_id", sa.Text, nullable=False),
        sa.Column("label", sa.Text),
        sa.Column("undoes", sa.Integer, unique=True),
        sa.Column("labeled_at", sa.Text, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("predicted", sa.Text),
        sa.Column("confidence", sa.Float),
        sa.Column("version", sa.Text),
        sa.ForeignKeyConstraint(["collection", "row_id"], ["rows.collection", "rows.id"], name="labels_of_a_row"),
        sqlite_autoincrement=True,
    )
    op.create_index("labels_by_row", "labels", ["collection", "row_id", "seq"])

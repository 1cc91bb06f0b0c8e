"""Runs, settings, and mailboxes to fetch from."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Create the three tables."""
    op.create_table(
        "runs",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("run", sa.Text, nullable=False, unique=True),
        sa.Column("recipe", sa.Text, nullable=False),
        sa.Column("created_at", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("num_training_examples", sa.Integer),
        sa.Column("num_validation_examples", sa.Integer),
        sa.Column("num_test_examples", sa.Integer),
        sa.Column("training_config", sa.Text, nullable=False),
        sa.Column("results", sa.Text),
        sa.Column("model_path", sa.Text),
        sa.Column("improvement_over_baseline", sa.Float),
        sa.Column("completed_at", sa.Text),
        sa.Column("sentence", sa.Text),
        sa.CheckConstraint(
            "status IN ('preparing', 'training', 'evaluating', 'completed', 'failed')", name="status_is_one"
        ),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "settings",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("changed_at", sa.Text, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
    )
    op.create_table(
        "accounts",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("collection", sa.Text, nullable=False),
        sa.Column("host", sa.Text, nullable=False),
        sa.Column("port", sa.Integer, nullable=False),
        sa.Column("security", sa.Text, nullable=False),
        sa.Column("username", sa.Text, nullable=False),
        sa.Column("folder", sa.Text, nullable=False),
        sa.Column("uidvalidity", sa.BigInteger),
        sa.Column("last_uid", sa.BigInteger),
        sa.Column("fetched_at", sa.Text),
        sa.CheckConstraint("security IN ('tls', 'starttls', 'none')", name="security_is_one"),
    )

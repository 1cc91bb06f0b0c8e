"""The tables of the store. A change here needs a migration (migrations/versions/); a test compares the two."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Float,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
)

metadata = MetaData()

# On which side a row was first seen, for life (avocet/splits.py).
sides = Table(
    "sides",
    metadata,
    Column("recipe", Text, primary_key=True),
    Column("row_id", Text, primary_key=True),
    Column("label", Text, nullable=False),
    Column("side", Text, nullable=False),
    Column("first_run", Text, nullable=False),
    Column("first_seen", Text, nullable=False),
    CheckConstraint("side IN ('train', 'validation', 'holdout')", name="side_is_one"),
)

# What each row looked like whenever it was seen: an edited row has one look more.
looks = Table(
    "looks",
    metadata,
    Column("recipe", Text, primary_key=True),
    Column("row_id", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("links", Text, nullable=False),
    Column("sender", Text, nullable=False),
    Column("signature", LargeBinary, nullable=False),
)

# Mails as they came in, whole: the cut happens in the template. `fields` and `headers` are JSON objects of texts.
rows = Table(
    "rows",
    metadata,
    Column("collection", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("key", Text, nullable=False),
    Column("fields", Text, nullable=False),
    Column("headers", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("imported_at", Text, nullable=False),
    Index("rows_by_arrival", "collection", "imported_at", "id"),
)

# What people and imports said, in the order in which they said it; no line is ever changed or removed.
# `label` is null where a label was taken away, `undoes` names the event that this one takes back, `act` says what was
# done with the row instead.
labels = Table(
    "labels",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("collection", Text, nullable=False),
    Column("row_id", Text, nullable=False),
    Column("label", Text),
    Column("undoes", Integer, unique=True),
    Column("labeled_at", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("predicted", Text),
    Column("confidence", Float),
    Column("version", Text),
    Column("act", Text),
    CheckConstraint("act IN ('skip', 'discard')", name="act_is_one"),
    ForeignKeyConstraint(["collection", "row_id"], ["rows.collection", "rows.id"], name="labels_of_a_row"),
    Index("labels_by_row", "collection", "row_id", "seq"),
    sqlite_autoincrement=True,
)

# Each run of the flow, under the names of document 1's FineTuningRun. Which version is in use is not kept here: the
# champion pointer says so. `training_config` and `results` are JSON, `run` names the folder under data/runs/.
runs = Table(
    "runs",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("run", Text, nullable=False, unique=True),
    Column("recipe", Text, nullable=False),
    Column("created_at", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("num_training_examples", Integer),
    Column("num_validation_examples", Integer),
    Column("num_test_examples", Integer),
    Column("training_config", Text, nullable=False),
    Column("results", Text),
    Column("model_path", Text),
    Column("improvement_over_baseline", Float),
    Column("completed_at", Text),
    Column("sentence", Text),
    CheckConstraint("status IN ('preparing', 'training', 'evaluating', 'completed', 'failed')", name="status_is_one"),
    sqlite_autoincrement=True,
)

# What a person switched, by name; `value` is JSON.
settings = Table(
    "settings",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
    Column("changed_at", Text, nullable=False),
    Column("who", Text, nullable=False),
)

# Mailboxes to fetch from, without their passwords, and how far each was read: UIDs count within a UIDVALIDITY.
accounts = Table(
    "accounts",
    metadata,
    Column("name", Text, primary_key=True),
    Column("collection", Text, nullable=False),
    Column("host", Text, nullable=False),
    Column("port", Integer, nullable=False),
    Column("security", Text, nullable=False),
    Column("username", Text, nullable=False),
    Column("folder", Text, nullable=False),
    Column("uidvalidity", BigInteger),
    Column("last_uid", BigInteger),
    Column("fetched_at", Text),
    CheckConstraint("security IN ('tls', 'starttls', 'none')", name="security_is_one"),
)

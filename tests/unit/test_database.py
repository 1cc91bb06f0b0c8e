"""The store's database: brought up to date once, closed to what is none, written for a power cut."""

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from avocet.errors import StoreError, WrongUseError
from avocet.home import Home
from avocet.store import database as module
from avocet.store.database import HEAD, Database, on_sqlite, store_of
from avocet.store.labels import Incoming, Labels, StoredRow
from avocet.store.ledger import SideLedger
from avocet.store.runs import RunLedger
from avocet.store.schema import metadata

# As SQLite files were made before there were migrations.
OLD = """
CREATE TABLE sides (recipe TEXT NOT NULL, row_id TEXT NOT NULL, label TEXT NOT NULL,
    side TEXT NOT NULL CHECK (side IN ('train', 'validation', 'holdout')),
    first_run TEXT NOT NULL, first_seen TEXT NOT NULL, PRIMARY KEY (recipe, row_id)) WITHOUT ROWID;
CREATE TABLE looks (recipe TEXT NOT NULL, row_id TEXT NOT NULL, key TEXT NOT NULL, links TEXT NOT NULL,
    sender TEXT NOT NULL, signature BLOB NOT NULL, PRIMARY KEY (recipe, row_id, key)) WITHOUT ROWID;
INSERT INTO sides VALUES ('tiny', 'a', 'x', 'holdout', 'run-1', '2026-11-01T02:00:00Z');
"""
# As the third migration left it.
LABELS_0003 = """
CREATE TABLE labels (seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, collection TEXT NOT NULL, row_id TEXT NOT NULL,
    label TEXT, undoes INTEGER UNIQUE, labeled_at TEXT NOT NULL, who TEXT NOT NULL, predicted TEXT, confidence FLOAT,
    version TEXT, CONSTRAINT labels_of_a_row FOREIGN KEY(collection, row_id) REFERENCES rows (collection, id))
"""


def test_the_migrations_make_the_tables_that_the_code_means(database: Database) -> None:
    """On both kinds; the newest migration is the one that readers ask for."""
    assert ScriptDirectory(str(module._MIGRATIONS)).get_current_head() == HEAD
    with database.reading() as db:
        assert compare_metadata(MigrationContext.configure(db), metadata) == []


def test_a_ledger_from_before_the_migrations_is_taken_over(tmp_path: Path) -> None:
    """A side is for life, also through an update of Avocet."""
    path = tmp_path / "avocet.db"
    with sqlite3.connect(path) as old:
        old.executescript(OLD)
    assert SideLedger(on_sqlite(path)).rows("tiny") == {"a": "holdout"}
    with on_sqlite(path).reading() as db:
        assert db.execute(text("SELECT version_num FROM alembic_version")).scalar() == HEAD


def test_labels_from_before_there_were_skips_stay_as_they_are(database: Database) -> None:
    """The column is added to what is there, on both kinds."""
    labels = Labels(database, "tiny")
    labels.add([Incoming(StoredRow("a", {"text": "t"}, "f:1"), "x")])
    with database.writing() as db:
        db.execute(text("DROP INDEX rows_by_arrival"))
        if db.dialect.name == "sqlite":  # which drops no column that a constraint names
            db.execute(text("CREATE TABLE old AS SELECT * FROM labels"))
            db.execute(text("DROP TABLE labels"))
            db.execute(text(LABELS_0003))
            db.execute(
                text(
                    "INSERT INTO labels SELECT seq, collection, row_id, label, undoes, labeled_at, who, predicted, confidence, version FROM old"
                )
            )
            db.execute(text("DROP TABLE old"))
            db.execute(text("CREATE INDEX labels_by_row ON labels (collection, row_id, seq)"))
        else:
            db.execute(text("ALTER TABLE labels DROP COLUMN act"))
        db.execute(text("UPDATE alembic_version SET version_num = '0003'"))
    labels.do("a", "skip", "ann")
    assert [(s.kind, s.label) for s in labels.history()] == [("skip", None), ("label", "x")]
    assert {row.id: said.label for row, said in labels.labelled()} == {"a": "x"}
    with database.reading() as db:
        assert compare_metadata(MigrationContext.configure(db), metadata) == []


def test_processes_that_open_a_new_store_at_once_bring_it_up_to_date_once(database: Database) -> None:
    """The others wait and find it done."""
    code = (
        "import sys; from avocet.store.database import Database; from avocet.store.ledger import SideLedger\n"
        "print(SideLedger(Database(sys.argv[1])).rows('tiny'))"
    )
    words = [sys.executable, "-c", code, database.url]
    children = [subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(4)]
    told = [child.communicate(timeout=120) for child in children]
    assert [out for out, _ in told] == ["{}\n"] * 4, told


def test_a_store_of_a_newer_avocet_is_refused(database: Database) -> None:
    """An old program would write what the new one does not understand."""
    with database.writing() as db:
        db.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreError, match=r"written by a newer Avocet \(its version is 9999"), database.reading():
        pass


def test_what_fails_within_a_transaction_leaves_nothing(database: Database) -> None:
    """All or none."""
    with pytest.raises(KeyError), database.writing() as db:
        db.execute(text("INSERT INTO sides VALUES ('tiny', 'a', 'x', 'train', 'r', 't')"))
        raise KeyError
    assert SideLedger(database).rows("tiny") == {}


def test_one_reading_sees_one_moment(database: Database) -> None:
    """What another process writes between two of its queries is not seen by the second one alone."""
    ledger = RunLedger(database)
    ledger.begin("first", "tiny", {})
    if database.url.startswith("sqlite"):
        pytest.skip("on SQLite a writer waits until the reader is done")
    with database.reading() as db:
        before = db.execute(text("SELECT count(*) FROM runs")).scalar()
        ledger.begin("second", "tiny", {})
        assert (before, db.execute(text("SELECT count(*) FROM runs")).scalar()) == (1, 1)
    assert len(ledger.latest()) == 2


def test_the_file_is_written_for_a_power_cut_and_for_two_writers(tmp_path: Path) -> None:
    """A whole journal, synced to the folder's entry (EXTRA is 3), and a minute of patience with another writer."""
    with on_sqlite(tmp_path / "avocet.db").reading() as db:
        found = [db.execute(text(f"PRAGMA {p}")).scalar() for p in ("journal_mode", "synchronous", "busy_timeout")]
    assert found == ["delete", 3, 60_000]


def test_a_damaged_file_is_one_line(tmp_path: Path) -> None:
    """And it stays as it is, for whoever can mend it."""
    path = tmp_path / "avocet.db"
    path.write_bytes(b"x" * 4096)
    with pytest.raises(StoreError, match="cannot be used: file is not a database"):
        SideLedger(on_sqlite(path)).rows("tiny")
    assert path.read_bytes() == b"x" * 4096


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("no url", "is no URL like postgresql://"),
        ("mysql://u@h/d", "is a mysql database; it can be postgresql or sqlite"),
        ("postgresql://u@h:port/d", "is no URL like postgresql://"),
    ],
)
def test_a_url_that_is_none_is_wrong_use(url: str, why: str, place: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """In one line that names the variable."""
    monkeypatch.setenv("AVOCET_DATABASE", url)
    with pytest.raises(WrongUseError, match=why):
        SideLedger(store_of(place)).rows("tiny")


def test_a_server_that_does_not_answer_is_one_line_without_the_password() -> None:
    """Secrets come from the environment, and go nowhere from there."""
    with pytest.raises(StoreError, match=r"postgresql://me:\*\*\*@127\.0\.0\.1:1/db cannot be used: ") as caught:
        SideLedger(Database("postgresql://me:secret@127.0.0.1:1/db")).rows("tiny")
    assert "secret" not in str(caught.value) and "\n" not in str(caught.value)
    assert "secret" not in Database("postgresql+asyncpg://me@127.0.0.1:1/db?password=secret").shown


def test_the_file_is_for_its_owner_only(tmp_path: Path) -> None:
    """It holds mail."""
    SideLedger(on_sqlite(tmp_path / "data" / "avocet.db")).rows("tiny")
    assert (tmp_path / "data" / "avocet.db").stat().st_mode & 0o777 == 0o600

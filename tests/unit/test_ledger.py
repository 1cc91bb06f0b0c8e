"""The ledger of sides: what was seen first stays, for every recipe and every process."""

import subprocess
import sys

import pytest

from avocet.errors import StoreError
from avocet.looks import Look
from avocet.splits import Member
from avocet.store.database import Database
from avocet.store.ledger import SideLedger

A, B = Member("a", "ga", "x"), Member("b", "gb", "x")


def look(key: str) -> Look:
    return Look(key, (f"words {key}", "thread t"), "s", b"\x00" * 256)


LA, LB = look("ka"), look("kb")


@pytest.fixture
def ledger(database: Database) -> SideLedger:
    return SideLedger(database)


def test_an_empty_ledger_knows_nothing(ledger: SideLedger) -> None:
    """Its file and folder are made on the way."""
    assert (ledger.rows("tiny"), ledger.seen("tiny", [])) == ({}, [])


def test_a_row_that_has_a_side_keeps_it(ledger: SideLedger) -> None:
    """The first writer wins; only new rows are counted."""
    assert ledger.record("tiny", "run-1", [A], {"a": "holdout"}, [LA]) == 1
    assert ledger.record("tiny", "run-2", [A, B], {"a": "train", "b": "train"}, [LA, LB]) == 1
    assert ledger.rows("tiny") == {"a": "holdout", "b": "train"}


def test_a_look_comes_back_as_it_was_with_its_rows_side(ledger: SideLedger) -> None:
    """Those of tonight's rows are left out: they are at hand."""
    ledger.record("tiny", "run-1", [A, B], {"a": "holdout", "b": "train"}, [LA, LB])
    assert ledger.seen("tiny", [("a", "ka")]) == [(LB, "train")]
    assert ledger.seen("tiny", [("a", "ka"), ("b", "kb")]) == []


def test_an_edited_row_is_remembered_as_both(ledger: SideLedger) -> None:
    """What it was once learned from as stays known, on the side that its row has for life."""
    ledger.record("tiny", "run-1", [A], {"a": "train"}, [LA])
    ledger.record("tiny", "run-2", [A], {"a": "holdout"}, [LB])
    assert ledger.seen("tiny", [("a", "kb")]) == [(LA, "train")]


def test_recipes_have_rows_of_their_own_and_looks_in_common(ledger: SideLedger) -> None:
    """A mail that another recipe judges on is not learned from here."""
    ledger.record("tiny", "run-1", [A], {"a": "holdout"}, [LA])
    ledger.record("other", "run-2", [B], {"b": "train"}, [LB])
    assert (ledger.rows("tiny"), ledger.rows("other")) == ({"a": "holdout"}, {"b": "train"})
    assert ledger.seen("tiny", [("a", "ka")]) == [(LB, "train")]
    assert ledger.seen("third", [("a", "ka")]) == [(LB, "train"), (LA, "holdout")]


def test_all_rows_of_a_run_are_written_or_none(ledger: SideLedger) -> None:
    """A side that does not exist takes the whole night back."""
    with pytest.raises(StoreError, match="side_is_one"):
        ledger.record("tiny", "run-1", [A, B], {"a": "train", "b": "aside"}, [LA, LB])  # type: ignore[dict-item]
    assert (ledger.rows("tiny"), ledger.seen("tiny", [])) == ({}, [])


def test_two_processes_cannot_disagree(ledger: SideLedger) -> None:
    """Both record the same 300 rows with other sides: each row has one side, told to both."""
    code = (
        "import sys; from pathlib import Path; from avocet.looks import Look; from avocet.splits import Member\n"
        "from avocet.store.database import Database; from avocet.store.ledger import SideLedger\n"
        "rows = [Member(f'r{i}', f'g{i}', 'x') for i in range(300)]\n"
        "ledger = SideLedger(Database(sys.argv[1]))\n"
        "print(sum(ledger.record('tiny', sys.argv[2], rows[i:i + 30], {m.row_id: sys.argv[2] for m in rows}, [Look('k', (), '', b'')] * 30) "
        "for i in range(0, 300, 30)))"
    )
    children = [
        subprocess.Popen([sys.executable, "-c", code, ledger.database.url, side], stdout=subprocess.PIPE, text=True)
        for side in ("train", "holdout")
    ]
    told = [int(child.communicate(timeout=60)[0]) for child in children]
    found = list(ledger.rows("tiny").values())
    assert told == [found.count("train"), found.count("holdout")]
    assert sum(told) == 300

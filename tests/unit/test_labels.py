"""Rows and what was said about them: nothing is lost, nothing counts twice, everything can be undone."""

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import event

from avocet.errors import ChangedMeanwhileError, NotFoundError, NotTheLastError
from avocet.store.database import Database, _engine, on_sqlite
from avocet.store.labels import Added, Incoming, Labels, Prediction, StoredRow
from avocet.store.settings import change
from avocet.store.statistics import statistics


def row(name: str, body: str = "") -> StoredRow:
    return StoredRow(
        name, {"subject": f"about {name}", "body": body or f"Dear {name}"}, "mails.jsonl:1", {"from": "a@b.example"}
    )


@pytest.fixture
def store(database: Database) -> Labels:
    return Labels(database, "tiny")


def standing(store: Labels) -> dict[str, str | None]:
    return {its.id: said.label for its, said in store.labelled()}


def test_importing_the_same_thing_twice_adds_nothing(store: Labels) -> None:
    """Rows without a label are kept too; a row comes back as it went in, also with what PostgreSQL's texts refuse."""
    odd = row("odd", "a NUL \x00, a quote ' and ю")
    incoming = [Incoming(row("a"), "x"), Incoming(row("b")), Incoming(odd, "y", "2026-11-01T10:00:00Z")]
    assert store.add(incoming) == Added(n_new=3, n_labelled=2)
    assert store.add(incoming) == Added(n_known=3)
    assert (store.count(), standing(store), store.row("odd")) == (3, {"a": "x", "odd": "y"}, odd)
    assert Labels(store.database, "other").count() == 0, "a collection has rows of its own"


def test_of_two_imported_labels_the_later_one_counts(store: Labels) -> None:
    """One that is older, or that does not say when, changes nothing and is told."""
    store.add([Incoming(row("a"), "x", "2026-11-02T10:00:00Z")])
    assert store.add([Incoming(row("a"), "y", "2026-11-01")]) == Added(n_known=1, n_other=1)
    assert store.add([Incoming(row("a"), "y")]) == Added(n_known=1, n_other=1)
    assert store.add([Incoming(row("a"), "z", "2026-11-02T12:00:00+01:00")]) == Added(n_known=1, n_labelled=1)
    assert standing(store) == {"a": "z"}


def test_an_id_of_another_mail_takes_no_label_over(store: Labels) -> None:
    """Two files may both count from 1: the label of the one is no word on the mail of the other."""
    store.add([Incoming(row("1"), "x")])
    assert store.add([Incoming(row("1", "quite another mail"), "y", "2099-01-01")]) == Added(n_known=1)
    assert (standing(store), store.row("1")) == ({"1": "x"}, row("1"))


def test_two_importers_of_the_same_rows_double_nothing(store: Labels) -> None:
    """In opposite order, at once: each row once, each label once, no deadlock."""
    code = (
        "import sys; from avocet.store.database import Database\n"
        "from avocet.store.labels import Incoming, Labels, StoredRow\n"
        "store, step = Labels(Database(sys.argv[1]), 'tiny'), int(sys.argv[2])\n"
        "rows = [Incoming(StoredRow(f'r{i}', {'text': f'mail {i}'}, 'f'), 'x') for i in range(400)][::step]\n"
        "for at in range(0, 400, 50): store.add(rows[at:at + 50])"
    )
    words = [sys.executable, "-c", code, store.database.url]
    children = [subprocess.Popen([*words, step], stderr=subprocess.PIPE) for step in ("1", "-1", "1")]
    told = [child.communicate(timeout=120)[1] for child in children]
    assert all(child.returncode == 0 for child in children), told
    assert (store.count(), len(store.history(n=10_000))) == (400, 400)


def test_a_person_corrects_confirms_and_takes_away(store: Labels) -> None:
    """Each is an event with what the model had said; the last word counts."""
    store.add([Incoming(row("a"), "x"), Incoming(row("b"))])
    seen = Prediction("x", 0.75, "head-1")
    assert store.put("a", "x", "ann", seen).kind == "confirmation"
    assert store.put("a", "y", "ann", seen).kind == "correction"
    assert store.put("b", "y", "ann").kind == "label"
    assert store.take_away("b", "ann").kind == "deletion"
    assert standing(store) == {"a": "y"}
    told = [(s.kind, s.row_id, s.who, s.confidence) for s in store.history()]
    assert told == [
        ("deletion", "b", "ann", None),
        ("label", "b", "ann", None),
        ("correction", "a", "ann", 0.75),
        ("confirmation", "a", "ann", 0.75),
        ("label", "a", "import", None),
    ]
    with pytest.raises(NotFoundError, match="there is no row 'c' in tiny"):
        store.put("c", "x", "ann")
    with pytest.raises(NotFoundError, match="b has no label"):
        store.take_away("b", "ann")


def test_undo_takes_back_ones_own_last_word_again_and_again(store: Labels) -> None:
    """Others' words and imports stay; what was deleted comes back; in the end nothing is left to undo."""
    store.add([Incoming(row("a"), "x")])
    store.put("a", "y", "ann")
    store.put("a", "z", "bob")
    store.take_away("a", "ann")
    assert standing(store) == {}
    assert store.undo("ann").kind == "undo" and standing(store) == {"a": "z"}
    assert store.undo("bob").undoes is not None and standing(store) == {"a": "y"}
    store.undo("ann")
    assert standing(store) == {"a": "x"}
    with pytest.raises(NotFoundError, match="ann has said nothing in tiny that could be undone"):
        store.undo("ann")
    assert [s.kind for s in store.history(who="ann")] == ["undo", "undo", "deletion", "label"]


def test_a_skip_says_nothing_and_a_discard_ends_the_asking(store: Labels) -> None:
    """A skipped row keeps its label or waits; a discarded one neither waits nor counts, also against a later file."""
    store.add([Incoming(row("a"), "x", "2026-11-01"), Incoming(row("b")), Incoming(row("c"), "x", "2026-11-01")])
    for name in ("a", "b"):
        assert store.do(name, "skip", "ann").kind == "skip"
    assert store.do("c", "discard", "ann").kind == "discard"
    states = store.states(["a", "b", "c"])
    assert {name: (its.label, its.skipped, its.discarded, its.waits) for name, its in states.items()} == {
        "a": ("x", False, False, False),
        "b": (None, True, False, True),
        "c": (None, False, True, False),
    }
    assert standing(store) == {"a": "x"}
    assert [its.id for its, _ in store.page(9, unlabelled=True)] == ["b"]
    assert {its.id: said is not None for its, said in store.page(9)} == {"a": True, "b": False, "c": False}
    assert store.add([Incoming(row("c"), "y", "2099-01-01")]) == Added(n_known=1, n_other=1)
    assert (store.put_all(["b", "c", "nobody", "b"], "y", "bob"), standing(store)) == (1, {"a": "x", "b": "y"})
    assert store.put("c", "y", "ann").kind == "label" and standing(store)["c"] == "y"
    found = store.take_back("ann")
    assert (found.kind, found.label, found.row_id, found.n) == ("label", "y", "c", 1)
    assert (store.take_back("ann").kind, standing(store)["c"]) == ("discard", "x")
    assert (store.take_back("ann").kind, store.take_back("ann").kind) == ("skip", "skip")
    with pytest.raises(NotFoundError, match="there is no row 'd'"):
        store.do("d", "skip", "ann")


def test_what_stands_is_not_said_twice_by_the_same_person(store: Labels) -> None:
    """A key that bounces, or a request that is sent again, adds no event; another person's word does."""
    store.add([Incoming(row("a"), "x")])
    first = store.put("a", "y", "ann")
    assert store.put("a", "y", "ann", base=0) == first, "sent again, with what was seen before the first time"
    assert store.put("a", "y", "bob").seq > first.seq
    gone = store.do("a", "discard", "bob")
    assert store.do("a", "discard", "bob") == gone
    assert [s.kind for s in store.history()] == ["discard", "label", "label", "label"]


def test_who_saw_another_state_is_told_and_changes_nothing(store: Labels) -> None:
    """Of two people at the same mail, the second one looks again."""
    store.add([Incoming(row("a"))])
    seen = store.states(["a"])["a"].version
    said = store.put("a", "x", "ann", base=seen)
    assert seen == 0 and store.states(["a"])["a"].version == said.seq
    match = rf"row 'a' changed meanwhile \(ann said label x\): it is at version {said.seq}, not 0"
    with pytest.raises(ChangedMeanwhileError, match=match):
        store.put("a", "y", "bob", base=seen)
    with pytest.raises(ChangedMeanwhileError):
        store.take_away("a", "bob", base=seen)
    with pytest.raises(ChangedMeanwhileError):
        store.do("a", "discard", "bob", base=seen)
    store.undo("ann")
    with pytest.raises(ChangedMeanwhileError, match=r"\(it was undone\)"):
        store.put("a", "y", "bob", base=said.seq)
    assert (len(store.history()), standing(store)) == (2, {})


def test_only_the_last_word_is_undone_by_its_number(store: Labels) -> None:
    """Who names an event means that one; labels that were given at once go at once, whichever of them is named."""
    store.add([Incoming(row(name)) for name in "abc"])
    first = store.put("a", "x", "ann")
    assert store.put_all(["b", "c"], "y", "ann") == 2
    last = store.history(2)
    with pytest.raises(
        NotTheLastError, match=f"event {first.seq} is not what ann said last: that is event {last[0].seq}"
    ):
        store.take_back("ann", first.seq)
    found = store.take_back("ann", last[1].seq)
    assert (found.event, found.n, found.label, standing(store)) == (last[0].seq, 2, "y", {"a": "x"})
    assert store.take_back("ann", first.seq).n == 1


def test_statistics_count_what_stands(store: Labels) -> None:
    """Copies by their words, conflicts among them, and what was taken back is not there."""
    same = {"subject": "s", "body": "the same words"}
    rows = [StoredRow(name, same, "f") for name in ("a", "b", "c")] + [row("d"), row("e")]
    store.add([Incoming(one, "x") for one in rows[:4]] + [Incoming(rows[4])])
    seen = Prediction("x", 0.9, "v")
    store.put("a", "y", "ann", seen)
    store.put("d", "x", "ann", seen)
    store.put("e", "y", "ann", seen)
    store.undo("ann")
    assert not statistics(store).ready
    change(store.database, "ann", min_training_examples=4)
    found = statistics(store)
    assert (found.n_rows, found.n_labelled, found.by_label) == (5, 4, {"x": 3, "y": 1})
    assert (found.corrections, found.confirmations, found.copies, found.conflicts) == (1, 1, 2, 3)
    assert (found.ready, found.least, found.used) == (True, 4, 0)


N_WRITERS, N_EACH = 8, 400


@pytest.mark.parametrize("n_each", [40, pytest.param(N_EACH, marks=pytest.mark.slow)])
def test_writers_at_once_lose_no_label(n_each: int, store: Labels) -> None:
    """Eight processes, each its own labels on rows that all have in common; undo of one is not undo of another."""
    store.add([Incoming(row(f"r{i}")) for i in range(50)])
    code = (
        "import sys; from avocet.store.database import Database; from avocet.store.labels import Labels\n"
        "store, who = Labels(Database(sys.argv[1]), 'tiny'), sys.argv[2]\n"
        "for i in range(int(sys.argv[3])): store.put(f'r{i % 50}', f'{who}-{i}', who)\n"
        "store.undo(who)"
    )
    children = [
        subprocess.Popen([sys.executable, "-c", code, store.database.url, f"w{k}", str(n_each)], stderr=subprocess.PIPE)
        for k in range(N_WRITERS)
    ]
    told = [child.communicate(timeout=280)[1] for child in children]
    assert all(child.returncode == 0 for child in children), told
    said = store.history(n=10 * N_WRITERS * n_each)
    for k in range(N_WRITERS):
        its = [s for s in reversed(said) if s.who == f"w{k}"]
        assert [s.label for s in its] == [*(f"w{k}-{i}" for i in range(n_each)), None]
        assert its[-1].undoes == its[-2].seq
    assert len(said) == N_WRITERS * (n_each + 1)


def test_a_batch_asks_for_its_own_labels_only(tmp_path: Path) -> None:
    """Else each batch of an import reads all labels there are, and a million mails take a thousand times 500 of them."""
    database, asked = on_sqlite(tmp_path / "avocet.db"), []
    store = Labels(database, "tiny")
    store.add([Incoming(row("a"), "x")])
    event.listen(_engine(database.url), "before_cursor_execute", lambda *call: asked.append(call[2:4]))
    store.add([Incoming(row("a"), "x"), Incoming(row("b"), "x")])
    ((statement, values),) = [(sql, values) for sql, values in asked if "row_number" in sql]
    with sqlite3.connect(tmp_path / "avocet.db") as db:
        plan = [step[3] for step in db.execute(f"EXPLAIN QUERY PLAN {statement}", values)]
    assert "SEARCH labels USING INDEX labels_by_row (collection=? AND row_id=?)" in plan

"""Mails with what stands of them, found by words, label, kind, state, time and use: the same on both databases."""

from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import insert

from avocet.errors import NotFoundError, WrongUseError
from avocet.store import schema
from avocet.store.database import Database
from avocet.store.labels import Incoming, Labels, Prediction, StoredRow
from avocet.store.mails import Mail, Wanted, mail, mails_of, search
from avocet.store.past_words import events
from avocet.store.runs import RunLedger

SEEN = Prediction("digest", 0.75, "head-1")


def row(name: str, subject: str = "s", body: str = "b", **more: str) -> StoredRow:
    return StoredRow(name, {"subject": subject, "body": body, **more}, "mails.mbox:1", {"from": f"{name}@x.example"})


@pytest.fixture
def store(database: Database) -> Labels:
    return Labels(database, "tiny")


def ids(store: Labels, **wanted: Any) -> list[str]:
    """Which mails are found, by name; the total says so, too."""
    found = search(store, Wanted(**wanted), 50)
    assert found.total == len(found.items) and found.next_cursor is None
    return sorted(one.id for one in found.items)


def test_a_mail_is_told_with_all_that_stands_of_it(store: Labels) -> None:
    """Times in UTC, whatever an import brought; what was undone is as if it had never been said."""
    store.add([Incoming(row("a"), "x", "2026-11-01T12:00:00+02:00"), Incoming(row("b"), "x"), Incoming(row("c"))])
    its = mail(store, "a")
    assert its == Mail(
        "a", {"subject": "s", "body": "b"}, {"from": "a@x.example"}, "mails.mbox:1", its.imported_at, "x",
        "2026-11-01T10:00:00.000000Z", "import", "label", None, None, its.version, False, False, None,
    )  # fmt: skip
    assert its.imported_at.endswith("Z") and its.version > 0
    assert (mail(store, "b").labeled_at, mail(store, "c").version, mail(store, "c").kind) == (None, 0, None)
    said = store.put("c", "x", "ann", SEEN)
    its = mail(store, "c")
    assert (its.kind, its.predicted, its.confidence, its.who, its.version) == (
        "correction", "digest", 0.75, "ann", said.seq,
    )  # fmt: skip
    store.undo("ann")
    assert (mail(store, "c").label, mail(store, "c").version) == (None, 0)
    store.do("c", "skip", "ann")
    assert (mail(store, "c").skipped, mail(store, "c").discarded) == (True, False)
    store.do("c", "discard", "ann")
    assert (mail(store, "c").skipped, mail(store, "c").discarded, mail(store, "c").label) == (False, True, None)
    assert [one.id for one in mails_of(store, ["c", "nobody", "a\x00", "a"])] == ["c", "a"]
    with pytest.raises(NotFoundError, match="there is no row 'd' in tiny"):
        mail(store, "d")


def test_mails_are_found_by_what_was_said_of_them(store: Labels) -> None:
    """State, label and kind; what was discarded is found only by who asks for it."""
    store.add([Incoming(row(name), "x" if name in "ab" else None, "2026-11-01") for name in "abcdefg"])
    store.put("b", "digest", "ann", SEEN)
    store.put("c", "x", "ann", SEEN)
    store.put("d", "x", "ann")
    store.do("e", "discard", "ann")
    store.do("f", "skip", "ann")
    store.do("g", "discard", "ann")
    store.put("g", "x", "ann")
    store.undo("ann")
    store.take_away("d", "ann")
    assert ids(store) == ["a", "b", "c", "d", "f"]
    assert ids(store, state="all") == list("abcdefg")
    assert ids(store, state="discarded") == ["e", "g"]
    assert ids(store, state="labelled") == ["a", "b", "c"]
    assert ids(store, state="unlabelled") == ["d", "f"]
    assert (ids(store, label="x"), ids(store, label="digest"), ids(store, label="y")) == (["a", "c"], ["b"], [])
    kinds = {kind: ids(store, kind=kind) for kind in ("label", "confirmation", "correction")}
    assert kinds == {"label": ["a"], "confirmation": ["b"], "correction": ["c"]}
    assert ids(Labels(store.database, "other")) == []


def test_since_and_until_are_of_the_label_or_else_of_the_arrival(store: Labels) -> None:
    """A date is its whole day; a label of unknown time is as old as its mail's arrival."""
    given = {"a": "2026-11-01T10:00:00Z", "b": "2026-11-03T23:59:59+00:00", "c": "2026-11-04T23:30:00+00:00"}
    store.add(
        [Incoming(row(name), "x", at) for name, at in given.items()] + [Incoming(row("d"), "x"), Incoming(row("e"))]
    )
    assert ids(store, until="2026-11-03") == ["a", "b"]
    assert ids(store, since="2026-11-01T10:00:00Z", until="2026-11-04T23:30:00Z") == ["a", "b", "c"]
    assert ids(store, since="2026-11-01T10:00:01Z", until="2026-11-04T23:29:59Z") == ["b"]
    assert ids(store, since="0001-01-01", until="9999-12-31") == list("abcde")
    with pytest.raises(WrongUseError, match="since: 'yesterday' is no time"):
        search(store, Wanted(since="yesterday"), 5)


WORDS: Sequence[tuple[str, list[str]]] = (
    ("INTERVIEW", ["a"]),
    ("interview monday", ["a"]),
    ("interview tuesday", []),
    ("ärger", ["b"]),
    ("ÄRGER", ["b"]),
    ("привет", ["b"]),
    ("subject", ["c"]),  # a field's name in every row
    ("body", []),
    ('"quoted"', ["c"]),
    ("100%", ["d"]),
    ("100_", []),
    ("back\\slash", ["d"]),
    ("2026", []),  # how JSON writes three dots
    ("new", []),  # \new line
    ("ew", ["a", "b"]),
    ("a@x.example", ["a"]),
    ("[(.*", ["d"]),
    ("🦜", ["d"]),
    ("!", []),
)


def test_words_are_found_in_any_case_and_never_in_the_names_of_fields(store: Labels) -> None:
    """All of them must be in it; signs that mean something to a database mean themselves."""
    store.add([Incoming(one) for one in (
        row("a", "An Interview", "on Monday"),
        row("b", "Ärger…", "Привет\new"),
        row("c", "the subject is", 'she said "quoted": or so', text="x"),
        row("d", "100% sure", "a back\\slash and [(.*) 🦜"),
    )])  # fmt: skip
    assert [(words, ids(store, words=words)) for words, _ in WORDS] == list(WORDS)


def test_pages_follow_each_other_without_a_gap(store: Labels) -> None:
    """Newest first; what comes in meanwhile is not on them, and the total is that of the first."""
    store.add([Incoming(row(f"r{i:02}")) for i in range(7)])
    store.add([Incoming(row(f"s{i:02}")) for i in range(4)])
    found, cursor, totals = [], None, set()
    while True:
        page = search(store, Wanted(), 3, cursor)
        store.add([Incoming(row(f"later-{len(found)}"))])
        found += [one.id for one in page.items]
        totals.add(page.total)
        cursor = page.next_cursor
        if cursor is None:
            break
    assert found == [f"s{i:02}" for i in (3, 2, 1, 0)] + [f"r{i:02}" for i in (6, 5, 4, 3, 2, 1, 0)]
    assert totals == {11}
    for bad in ("nonsense", "e30", "WzEsMl0", "x" * 5000, "é"):
        with pytest.raises(WrongUseError, match="the cursor is none that a page has given"):
            search(store, Wanted(), 3, bad)


def test_mails_that_a_run_learned_from_are_found(store: Labels) -> None:
    """As `that_used` says it: not those of the holdout, not a label that was given since."""
    store.add([Incoming(row(name), "x", "2026-11-01") for name in "abcd"])
    runs = RunLedger(store.database)
    number = runs.begin("night-1", "tiny", {"rows": ["store:tiny"]})
    sides = {"a": "train", "b": "validation", "c": "holdout"}
    with store.database.writing() as db:
        db.execute(insert(schema.sides), [
            {"recipe": "tiny", "row_id": name, "label": "x", "side": side, "first_run": "night-1", "first_seen": "2026"}
            for name, side in sides.items()
        ])  # fmt: skip
    assert ids(store, used=True) == []
    runs.move("night-1", "completed", model_path="models/x")
    assert (ids(store, used=True), ids(store, used=False)) == (["a", "b"], ["c", "d"])
    assert {one.id: one.used_in_run for one in mails_of(store, list("abc"))} == {"a": number, "b": number, "c": None}
    store.put("a", "y", "ann")
    assert (ids(store, used=True), mail(store, "a").used_in_run) == (["b"], None)


def test_the_past_is_told_newest_first_with_what_was_taken_back(store: Labels) -> None:
    """With the mail's title; labels that came with a file only where they are asked for."""
    store.add([Incoming(row("a", "  About\n you "), "x"), Incoming(row("b", "", "How it\tbegins"))])
    store.put("a", "digest", "ann", SEEN)
    store.do("b", "skip", "ann")
    store.undo("ann")
    found = events(store, 10)
    assert [(one.kind, one.row_id, one.title, one.label, one.undone) for one in found.items] == [
        ("undo", "b", "How it begins", None, False),
        ("skip", "b", "How it begins", None, True),
        ("confirmation", "a", "About you", "digest", False),
    ]
    assert (found.total, found.next_cursor, events(store, 10, imports=True).total) == (3, None, 4)
    first = events(store, 2)
    assert [one.kind for one in events(store, 2, first.next_cursor).items] == ["confirmation"]
    with pytest.raises(WrongUseError, match="the cursor is none"):
        events(store, 2, "WyJhIl0")

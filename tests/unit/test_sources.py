"""Rows of files and of the store together: each mail once, with the label that was given later."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from avocet.errors import RecipeError, RowsNotFoundError
from avocet.home import Home
from avocet.recipe import load
from avocet.rows import Reading
from avocet.sources import rows_of
from avocet.store.database import Database
from avocet.store.labels import Incoming, Labels, StoredRow

LINE = {"id": "a", "subject": "s", "body": "b", "label": "digest", "labeled_at": "2026-11-02T10:00:00Z"}


def stored(name: str, **fields: str) -> StoredRow:
    return StoredRow(name, {"subject": "s", "body": "b" if name == "a" else f"mail {name}", **fields}, "box.mbox:1")


@pytest.fixture
def labels(database: Database, place: Home, monkeypatch: pytest.MonkeyPatch) -> Labels:
    """The collection `tiny`, in the store that this process uses."""
    monkeypatch.setenv("AVOCET_DATABASE", database.url)
    return Labels(database, "tiny")


@pytest.fixture
def reading(place: Home, make_recipe: Callable[..., str]) -> Callable[..., Reading]:
    def read(lines: list[dict[str, Any]], sources: list[str] | None = None) -> Reading:
        name = make_recipe(lines, {"tfidf": {"method": "tfidf"}})
        path = place.root / "recipes" / "tiny.yaml"
        recipe = json.loads(path.read_text())
        path.write_text(json.dumps({**recipe, "rows": sources or [recipe["rows"], "store:tiny"]}))
        return rows_of(place, load(place, name))

    return read


def told(found: Reading) -> dict[str, str]:
    return {row.id: row.label for row in found.rows}


@pytest.mark.parametrize(
    ("in_file", "in_store", "wanted"),
    [
        ("2026-11-02", "2026-11-03", "neutral"),
        ("2026-11-03", "2026-11-02", "digest"),
        ("2026-11-02", "2026-11-02", "neutral"),
        (None, "2026-11-02", "neutral"),
        ("2026-11-01T23:30:00-02:00", "2026-11-02T01:00:00Z", "digest"),
    ],
)
def test_the_later_label_counts(
    in_file: str | None, in_store: str, wanted: str, labels: Labels, reading: Callable[..., Reading]
) -> None:
    """Where the file does not say when, or says the same, the store's does; the mail is one row either way."""
    labels.add([Incoming(stored("a"), "neutral", in_store), Incoming(stored("b"), "rejected", in_store)])
    found = reading([{**LINE, "labeled_at": in_file}])
    assert (told(found), found.n_lines, found.unusable) == ({"a": wanted, "b": "rejected"}, 2, ())


def test_the_same_words_under_another_id_are_the_same_mail(labels: Labels, reading: Callable[..., Reading]) -> None:
    """It counts once, with the later label, under the id by which its side is known."""
    labels.add([Incoming(StoredRow("m1@example.org", {"subject": "s", "body": "b"}, "x"), "neutral", "2026-11-03")])
    found = reading([LINE])
    assert (told(found), found.n_lines) == ({"a": "neutral"}, 1)
    labels.take_away("m1@example.org", "ann")
    assert told(reading([LINE])) == {}


def test_an_imported_label_of_unknown_time_yields_to_any_known_one(
    labels: Labels, reading: Callable[..., Reading]
) -> None:
    """It is as old as can be, not as young as its import; a row of it says no time either."""
    labels.add([Incoming(stored("a"), "neutral"), Incoming(stored("b"), "neutral")])
    found = reading([LINE])
    assert told(found) == {"a": "digest", "b": "neutral"}
    assert {row.id: row.labeled_at for row in found.rows}["b"] is None
    labels.add([Incoming(stored("b"), "digest", "2001-01-01")])
    assert told(reading([LINE]))["b"] == "digest"


def test_what_a_person_says_or_takes_away_counts(labels: Labels, reading: Callable[..., Reading]) -> None:
    """A label that was taken away is set aside with its reason, though a file still gives one; undone, it is back."""
    labels.add([Incoming(stored("a"), "neutral", "2026-11-03")])
    assert told(reading([LINE])) == {"a": "neutral"}
    labels.take_away("a", "ann")
    found = reading([LINE])
    assert (found.rows, [(u.file, u.id, u.reason) for u in found.unusable], found.n_lines) == (
        (), [("store:tiny", "a", "its label was taken away in the store")], 1,
    )  # fmt: skip
    labels.undo("ann")
    assert told(reading([LINE])) == {"a": "neutral"}


def test_what_was_discarded_is_no_row(labels: Labels, reading: Callable[..., Reading]) -> None:
    """A file that gives it a later label is told so; what is in no file is gone without a word, as it never was one."""
    labels.add([Incoming(stored("a")), Incoming(stored("b"), "neutral"), Incoming(stored("c"), "digest")])
    for name in ("a", "b"):
        labels.do(name, "discard", "ann")
    labels.do("c", "skip", "ann")
    found = reading([{**LINE, "labeled_at": "2099-01-01"}])
    assert (told(found), [(u.id, u.reason) for u in found.unusable], found.n_lines) == (
        {"c": "digest"}, [("a", "it was discarded in the store")], 2,
    )  # fmt: skip
    for _ in range(3):
        labels.undo("ann")
    assert told(reading([LINE])) == {"a": "digest", "b": "neutral", "c": "digest"}


def test_what_one_collection_discarded_is_no_row_by_another(labels: Labels, reading: Callable[..., Reading]) -> None:
    """In whichever order the recipe names them."""
    other = Labels(labels.database, "other")
    for one in (labels, other):
        one.add([Incoming(stored("b"), "neutral"), Incoming(stored("c"), "digest")])
    labels.do("b", "discard", "ann")
    for sources in (["store:tiny", "store:other"], ["store:other", "store:tiny"]):
        found = reading([], sources)
        assert told(found) == {"c": "digest"}
        assert ([u.id for u in found.unusable], found.n_lines) == (["b"], 2)


def test_a_stored_row_without_the_templates_field_is_told(labels: Labels, reading: Callable[..., Reading]) -> None:
    """Like a line of a file; a row without a label waits."""
    labels.add([Incoming(StoredRow("c", {"text": "t"}, "x.csv:2"), "digest"), Incoming(stored("d"))])
    found = reading([], ["store:tiny"])
    assert (told(found), [(u.id, u.reason) for u in found.unusable], found.n_lines) == (
        {},
        [("c", "no field 'subject'")],
        1,
    )


def test_what_the_store_holds_can_be_written_and_read_as_a_file(
    labels: Labels, reading: Callable[..., Reading], place: Home
) -> None:
    """The same rows, whichever way a recipe reads them."""
    row = StoredRow("e", {"subject": "s\x00", "body": "b", "note": "ю"}, "x.csv:2", {"thread_id": "t"})
    labels.add([Incoming(row, "digest", "2026-11-02"), Incoming(stored("f"))])
    from_store = reading([], ["store:tiny"])
    (place.root / "out.jsonl").write_bytes(labels.as_lines())
    from_file = reading([], ["out.jsonl"])
    assert [(r.id, r.label, r.fields, r.headers, r.labeled_at) for r in from_store.rows] == [
        (r.id, r.label, r.fields, r.headers, r.labeled_at) for r in from_file.rows
    ]
    assert len(from_store.rows) == 1


def test_an_empty_collection_says_how_to_fill_it(labels: Labels, reading: Callable[..., Reading]) -> None:
    """And one whose name is none is a fault of the recipe."""
    with pytest.raises(RowsNotFoundError, match=r"reads store:tiny, and nothing is in there yet: `avocet import"):
        reading([], ["store:tiny"])
    with pytest.raises(RecipeError, match="names no collection"):
        reading([], ["store:../x"])


def test_a_source_that_may_be_missing_is_read_where_it_is_there(
    labels: Labels, place: Home, reading: Callable[..., Reading]
) -> None:
    """The file alone, the collection alone, both; with neither there are no rows, and the recipe says how to get some."""
    both, row = ["data/mine.jsonl?", "store:tiny?"], {"subject": "s", "body": "b", "label": "digest"}
    with pytest.raises(RowsNotFoundError, match=r"no rows for recipe tiny in data/mine.jsonl\? or store:tiny\?"):
        reading([], both)
    file = place.data / "mine.jsonl"
    file.write_text(json.dumps({**row, "id": "f"}))
    assert told(reading([], both)) == {"f": "digest"}
    labels.add([Incoming(stored("a"), "neutral"), Incoming(stored("b"), "neutral")])
    assert told(reading([], both)) == {"f": "digest", "b": "neutral"} | {"f": told(reading([], both))["f"]}
    file.unlink()
    assert told(reading([], both)) == {"a": "neutral", "b": "neutral"}

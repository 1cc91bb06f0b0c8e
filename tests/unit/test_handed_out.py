"""Labelled mails as files for other programs: read back, they are the same; a spreadsheet runs nothing of them."""

import csv
import io
import json
from pathlib import Path

import pytest

from avocet.home import Home
from avocet.records import Naming, records
from avocet.rows import read
from avocet.store.database import store_of
from avocet.store.handed_out import Form, handed_out
from avocet.store.labels import Incoming, Labels, StoredRow


@pytest.fixture
def labels(place: Home) -> Labels:
    """Two labelled mails, one that waits and one that was discarded."""
    found = Labels(store_of(place), "tiny")
    odd = {"subject": "=HYPERLINK(1)", "body": 'a "quote", ю\nand more', "note": "-1"}
    rows = [
        StoredRow("a", odd, "f:1", {"from": "@x"}),
        *(StoredRow(n, {"subject": n, "body": "b"}, "f") for n in "bcd"),
    ]
    found.add([Incoming(row, "neutral", "2026-11-01T10:00:00Z") for row in rows[:2]] + [Incoming(r) for r in rows[2:]])
    found.put("d", "neutral", "ann")
    found.do("d", "discard", "ann")
    return found


@pytest.mark.parametrize("form", ["jsonl", "csv", "parquet"])
def test_what_was_handed_out_is_read_again(form: Form, labels: Labels, place: Home, tmp_path: Path) -> None:
    """By the reader of imports and recipes; nothing is left of what was written in between."""
    path = tmp_path / f"labels.{form}"
    path.write_bytes(b"".join(handed_out(labels, form, place.data)))
    found = read([(path, path.name)], ["subject"], Naming())
    assert [(row.id, row.label, row.labeled_at) for row in found.rows] == [
        ("a", "neutral", "2026-11-01T10:00:00Z"), ("b", "neutral", "2026-11-01T10:00:00Z"),
    ]  # fmt: skip
    (first, *_) = (record for _, record in records(path))
    assert isinstance(first, dict) and first["body"] == 'a "quote", ю\nand more'
    assert [p.name for p in place.data.iterdir() if p.name != "avocet.db"] == []


def test_no_cell_of_a_csv_is_a_formula(labels: Labels, place: Home) -> None:
    """Strangers write subjects, addresses and whole columns."""
    lines = list(csv.reader(io.StringIO(b"".join(handed_out(labels, "csv", place.data)).decode())))
    assert lines[0] == ["id", "label", "labeled_at", "from", "subject", "body", "note"]
    assert lines[1][3:5] + lines[1][6:] == ["'@x", "'=HYPERLINK(1)", "'-1"]


def test_no_column_of_a_csv_is_a_formula(labels: Labels, place: Home) -> None:
    """Strangers name the columns of what is imported, too."""
    odd = StoredRow("z", {"subject": "\n=1", "body": "b", "=HYPERLINK(1)": "x"}, "x.csv:1")
    labels.add([Incoming(odd, "digest")])
    lines = list(csv.reader(io.StringIO(b"".join(handed_out(labels, "csv", place.data)).decode(), newline="")))
    assert "'=HYPERLINK(1)" in lines[0] and "=HYPERLINK(1)" not in lines[0]
    assert "'\n=1" in lines[-1]


def test_an_empty_collection_is_an_empty_file(place: Home) -> None:
    """With the columns that every file has, where it names columns."""
    nothing = Labels(store_of(place), "nothing")
    assert b"".join(handed_out(nothing, "jsonl", place.data)) == b""
    assert b"".join(handed_out(nothing, "csv", place.data)) == b'"id","label","labeled_at"\n'


def test_many_rows_come_in_pieces(place: Home) -> None:
    """No piece holds them all, and people go on labelling between two of them."""
    labels = Labels(store_of(place), "tiny")
    labels.add([Incoming(StoredRow(f"r{i:04}", {"text": f"t {i}"}, "f"), "x") for i in range(1200)])
    pieces = handed_out(labels, "jsonl", place.data)
    first = next(pieces)
    labels.put("r0000", "y", "ann")
    lines = [json.loads(line) for line in (first + b"".join(pieces)).splitlines()]
    assert (first.count(b"\n"), len(lines), len({line["id"] for line in lines})) == (500, 1200, 1200)

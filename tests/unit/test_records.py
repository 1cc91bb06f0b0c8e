"""Records of CSV and Parquet files, under our names; and a recipe that remembers what they are called."""

import csv
import gzip
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow
import pytest
from click.testing import CliRunner
from pyarrow import parquet as pq

from app.cli import main
from avocet import recipe as recipes
from avocet import records
from avocet.errors import RecipeError, RowsUnreadableError, WrongUseError
from avocet.home import Home
from avocet.recipe_file import remember
from avocet.records import BadRecordError, Naming
from avocet.rows import read
from avocet.sources import rows_of
from avocet.store.database import store_of
from avocet.store.labels import Labels

MAILS = [
    {"message": f"words of mail {i}", "class": label, "no": i, "at": datetime(2026, 11, 1, i, tzinfo=UTC)}
    for i, label in enumerate(["No", "digest", "No"])
]


def write_parquet(path: Path, rows: list[dict[str, Any]] = MAILS) -> Path:
    pq.write_table(pyarrow.Table.from_pylist(rows), path)
    return path


def test_parquet_rows_come_in_order_and_nulls_are_not_there(tmp_path: Path) -> None:
    """Also across groups of rows; a time is one that rows can carry."""
    path = tmp_path / "a.parquet"
    rows = [{"text": f"t{i}", "label": None if i % 2 else "x", "at": MAILS[0]["at"]} for i in range(1201)]
    pq.write_table(pyarrow.Table.from_pylist(rows), path, row_group_size=300)
    found = list(records.parquet(path))
    assert [place for place, _ in found] == list(range(1, 1202))
    assert found[0][1] == {"text": "t0", "label": "x", "at": "2026-11-01T00:00:00+00:00"}
    assert found[1][1] == {"text": "t1", "at": "2026-11-01T00:00:00+00:00"}


def test_a_parquet_row_that_is_no_text_costs_itself_alone(tmp_path: Path) -> None:
    """A column can claim to be text and hold other bytes."""
    raw = pyarrow.array([b"good", b"\xff\xfe bad", b"fine"])
    text = pyarrow.Array.from_buffers(pyarrow.string(), 3, raw.buffers())
    pq.write_table(pyarrow.table({"text": text}), tmp_path / "a.parquet")
    assert list(records.parquet(tmp_path / "a.parquet")) == [
        (1, {"text": "good"}), (2, "not UTF-8"), (3, {"text": "fine"}),
    ]  # fmt: skip


def test_a_parquet_file_that_is_none_or_lacks_a_column_is_one_line(tmp_path: Path) -> None:
    """Cut off, or another file by that name."""
    path = write_parquet(tmp_path / "a.parquet")
    with pytest.raises(WrongUseError, match="has no column 'body'"):
        list(records.parquet(path, ["body"]))
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(RowsUnreadableError, match="cannot be read as Parquet"):
        list(records.parquet(path))


def test_names_of_a_file_become_ours_once() -> None:
    """A column called as ours is another one where the meant one is named; two labels may change places."""
    naming = Naming({"text": "message", "label": "class"}, {"a": "b", "b": "a"})
    assert naming.ours({"message": "m", "text": "other", "class": " a ", "id": 1}) == {
        "text": "m", "label": "b", "id": 1,
    }  # fmt: skip
    assert naming.ours({"text": "m", "class": "c"}) == {"text": "m", "label": "c"}, "another file of the same recipe"
    with pytest.raises(BadRecordError, match="no column 'class'"):
        Naming({"label": "class"}, needed=frozenset(["class"])).ours({"message": "m"})


@pytest.mark.parametrize("kind", ["jsonl", "csv", "csv.gz", "parquet"])
def test_a_recipe_reads_files_that_call_things_otherwise(
    kind: str, place: Home, make_recipe: Callable[..., str]
) -> None:
    """Any of the three, with its columns and labels."""
    path = place.data / f"mails.{kind}"
    if kind == "parquet":
        write_parquet(path)
    elif kind == "jsonl":
        path.write_text("".join(json.dumps(m, default=str) + "\n" for m in MAILS))
    else:
        with gzip.open(path, "wt", newline="") if kind == "csv.gz" else path.open("w", newline="") as out:
            table = csv.DictWriter(out, list(MAILS[0]))
            table.writeheader()
            table.writerows(MAILS)
    make_recipe(
        [], {"tfidf": {"method": "tfidf"}}, text="{text}", columns={"text": "message", "label": "class"},
        label_map={"No": "rejected"},
    )  # fmt: skip
    recipe = recipes.load(place, "tiny").model_copy(update={"rows": (f"data/mails.{kind}",)})
    found = rows_of(place, recipe)
    assert [(r.fields["text"], r.label) for r in found.rows] == [
        ("words of mail 0", "rejected"), ("words of mail 1", "digest"), ("words of mail 2", "rejected"),
    ]  # fmt: skip
    assert read([(path, path.name)], ["text"]).unusable[0].reason == "no field 'text'"


def test_an_import_is_remembered_in_the_recipe(place: Home, make_recipe: Callable[..., str]) -> None:
    """Comments stay; the second time nothing has to be said; a dry run writes nothing."""
    make_recipe([], {"tfidf": {"method": "tfidf"}})
    path = place.root / "recipes" / "tiny.yaml"
    path.write_text(
        "# what I want\nname: tiny\nrows: data/tiny.jsonl # mine\ntext: '{text}'\nlabels: [rejected, digest]\n"
        "candidates:\n  tfidf: {method: tfidf}\n"
    )
    before = path.read_text()
    write_parquet(place.data / "a.parquet")
    write_parquet(place.data / "b.parquet", [{**MAILS[0], "message": "more words of another"}])

    def imports(name: str, *words: str) -> Any:
        return CliRunner().invoke(main, ["import", str(place.data / name), "--for", "tiny", *words])

    said = ["--column", "text=message", "--column", "label=class", "--label-map", "No=rejected"]
    assert "would take in 3 of 3" in imports("a.parquet", *said, "--dry-run").output
    assert path.read_text() == before
    assert "took in 3 of 3: 3 with a label" in imports("a.parquet", *said).output
    recipe = recipes.load(place, "tiny")
    assert (recipe.columns, recipe.label_map) == ({"text": "message", "label": "class"}, {"No": "rejected"})
    assert path.read_text().startswith("# what I want\n") and "# mine" in path.read_text()
    assert "took in 1 of 1: 1 with a label" in imports("b.parquet").output
    assert {said.label for _, said in Labels(store_of(place), "tiny").labelled()} == {"rejected", "digest"}
    assert remember(place, recipe, Naming({"text": "message"})) is None


def test_what_one_file_is_told_does_not_take_the_words_of_another(
    place: Home, make_recipe: Callable[..., str], few_rows: list[dict[str, Any]]
) -> None:
    """A recipe's own file goes on as it was when an import into its collection is remembered."""
    name = make_recipe(
        few_rows, {"tfidf": {"method": "tfidf"}}, text="{subject}", columns={"subject": "title", "label": "class"}
    )
    recipe = recipes.load(place, name)
    found = rows_of(place, recipe)
    assert (len(found.rows), found.unusable) == (len(few_rows), ())
    assert found.rows[0].fields["subject"] == few_rows[0]["subject"]


def test_what_would_break_the_recipe_is_refused(place: Home, make_recipe: Callable[..., str]) -> None:
    """A label that it does not list; the file stays."""
    make_recipe([], {"tfidf": {"method": "tfidf"}})
    before = (place.root / "recipes" / "tiny.yaml").read_text()
    with pytest.raises(RecipeError, match="label_map: offers is not listed under labels"):
        remember(place, recipes.load(place, "tiny"), Naming({}, {"Yes": "offers"}))
    assert (place.root / "recipes" / "tiny.yaml").read_text() == before

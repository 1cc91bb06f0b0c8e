"""A night's rows for other programs: each side in its file, as text and label, and what is read back is what was there."""

import csv
import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import CliRunner

from app.cli import main
from avocet.dataset import as_files, last_divided
from avocet.errors import NotFoundError
from avocet.home import Home
from avocet.recipe import Recipe
from avocet.runs import Run, begin
from avocet.store.database import store_of
from avocet.store.runs import RunLedger

ODD = 'He said: "=1+1"; ok?\r\nyes,\tno \u2028 \x00 é'


def divided(run: Run, *sides: str) -> Run:
    lines = [
        {"id": f"r{i}", "label": "digest", "fields": {"subject": f"s{i}", "body": ODD}, "side": side}
        for i, side in enumerate(sides)
    ]
    run.rows.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return run


def row(i: int) -> dict[str, str]:
    return {"id": f"r{i}", "text": f"s{i} [SEP] {ODD}", "label": "digest"}


def test_each_side_is_a_file_and_comes_back_as_it_was(place: Home, recipe_of: Callable[..., Recipe]) -> None:
    """What cleaning left out, and what may not be judged, is in none."""
    run = divided(begin(place, recipe_of()), "train", "holdout", "left_out", "validation", "aside", "train")
    lines = as_files(run, "jsonl")
    wanted = {"train": [row(0), row(5)], "validation": [row(3)], "test": [row(1)]}
    assert {n: [json.loads(x) for x in raw.split(b"\n")[:-1]] for n, raw in lines.items()} == {
        f"{name}.jsonl": its for name, its in wanted.items()
    }
    tables = as_files(run, "csv")
    assert {n: list(csv.DictReader(io.StringIO(raw.decode(), newline=""))) for n, raw in tables.items()} == {
        f"{name}.csv": its for name, its in wanted.items()
    }


def test_the_text_is_that_nights_whatever_the_recipe_says_since(place: Home, recipe_of: Callable[..., Recipe]) -> None:
    """Its models saw no other."""
    run = divided(begin(place, recipe_of(text="{subject}")), "train")
    RunLedger(store_of(place)).begin(run.id, "tiny", {"text": "{subject}"})
    now = Run(run.id, place, recipe_of(text="{subject} {body} {more}"))
    assert json.loads(as_files(now, "jsonl")["train.jsonl"])["text"] == "s0"
    unknown = Run(divided(begin(place, recipe_of()), "train").id, place, now.recipe)
    with pytest.raises(NotFoundError, match="is not known any more"):
        as_files(unknown, "jsonl")


def test_the_newest_divided_night_of_the_recipe_is_taken(place: Home, recipe_of: Callable[..., Recipe]) -> None:
    """Not one that stopped before the split, nor one of a recipe with a similar name."""
    recipe = recipe_of()
    with pytest.raises(NotFoundError, match="`avocet train tiny` runs one"):
        last_divided(place, recipe)

    def night(name: str, **line: Any) -> None:
        folder = place.runs / name
        folder.mkdir(parents=True)
        (folder / "rows.jsonl").write_text(json.dumps({"id": "a", **line}) + "\n")

    night("20261101t020000z-tiny-aaaa", side="train")
    night("20261102t020000z-tiny-bbbb", side="train")
    night("20261103t020000z-tiny-cccc")
    night("20261104t020000z-not-tiny-dddd", side="train")
    night("20261104t020000z-tiny-too-eeee", side="train")
    assert last_divided(place, recipe).id == "20261102t020000z-tiny-bbbb"


def test_the_terminal_writes_them_for_their_owner(
    place: Home, make_recipe: Callable[..., str], recipe_of: Callable[..., Recipe]
) -> None:
    """Folder and files are not for others, since mail is in them; files of that name are replaced, each in one move."""
    make_recipe([], {"tfidf": {"method": "tfidf"}})
    divided(begin(place, recipe_of()), "train", "holdout")
    folder = place.root / "out"
    done = CliRunner().invoke(main, ["data", "export", "tiny", str(folder), "--format", "csv"])
    assert (done.exit_code, done.output.split("\n")[0]) == (0, str(folder / "tiny_train.csv"))
    assert sorted(p.name for p in folder.iterdir()) == ["tiny_test.csv", "tiny_train.csv", "tiny_validation.csv"]
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {p.stat().st_mode & 0o777 for p in folder.iterdir()} == {0o600}
    train = folder / "tiny_train.csv"
    whole = train.read_bytes()
    train.write_text("an older one")
    train.chmod(0o644)
    with train.open() as before:
        assert CliRunner().invoke(main, ["data", "export", "tiny", str(folder), "--format", "csv"]).exit_code == 0
        assert before.read() == "an older one"
    assert (train.read_bytes(), train.stat().st_mode & 0o777, len(list(folder.iterdir()))) == (whole, 0o600, 3)


def test_a_folder_that_cannot_be_written_is_told_as_such(
    place: Home, make_recipe: Callable[..., str], recipe_of: Callable[..., Recipe]
) -> None:
    """In one line; a file stands where the folder should be, or a folder where a file should be."""
    make_recipe([], {"tfidf": {"method": "tfidf"}})
    divided(begin(place, recipe_of()), "train", "holdout")
    (place.root / "file").write_text("x")
    (place.root / "out" / "tiny_train.csv").mkdir(parents=True)
    for folder in (place.root / "file", place.root / "out"):
        done = CliRunner().invoke(main, ["data", "export", "tiny", str(folder), "--format", "csv"])
        assert done.exit_code == 1 and f"the rows cannot be written to {folder}: " in str(done.output) + str(
            done.exception
        )
        assert "published" not in str(done.output) + str(done.exception)
    assert [p.name for p in (place.root / "out").iterdir()] == ["tiny_train.csv"]

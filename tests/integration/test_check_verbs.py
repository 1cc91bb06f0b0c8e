"""`avocet expectations` and `avocet check`: rules as people read them, tried on tonight's rows without a run."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from fastapi.testclient import TestClient

from app.cli import main
from avocet import recipe as recipes
from avocet.home import Home
from expectations.own import own_rules, parse
from expectations.suite import for_recipe
from expectations.written import EXAMPLE, as_file

CANARY = "canary2716word"
OWN = """\
rules:
  - {name: only short ids, table: rows, expectation: ExpectColumnValueLengthsToBeBetween,
     settings: {column: id, max_value: 3}, outcome: stop, message: "{n} ids are long"}
"""


@pytest.fixture
def tiny(place: Home, make_recipe: Callable[..., str], few_rows: list[dict[str, Any]]) -> Callable[..., str]:
    """The recipe `tiny` with the demo's rows, each of which holds the canary, and a few odd ones."""

    def make(**settings: Any) -> str:
        rows = [{**row, "body": f"{row['body']} {CANARY}"} for row in few_rows]
        odd = [
            {**rows[0], "id": "copy", "label": "digest"},
            {"id": "spam", "label": "spam", "subject": CANARY, "body": CANARY},
            {"id": "lost", "label": "digest", "subject": f"{CANARY} \ufffd", "body": CANARY},
            {"id": "long", "label": "digest", "subject": "x", "body": f"{CANARY} " * 900},
            {"id": "bad", "label": "digest", "subject": CANARY},
        ]
        return make_recipe([*rows, *odd], {"tfidf": {"method": "tfidf"}}, expect={"text_chars": [1, 9000]}, **settings)

    return make


def avocet(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_each_rule_is_shown_with_its_severity_and_what_happens(tiny: Callable[..., str], place: Home) -> None:
    """Those of the recipe, then one's own."""
    its = recipes.load(place, tiny())
    assert [(r["rule"], r["from"]) for r in json.loads(avocet("expectations", "tiny", "--json").stdout)] == [
        (rule.name, "recipe") for rule in for_recipe(its)
    ]
    rules = place.root / "recipes" / "expectations"
    rules.mkdir()
    (rules / "tiny.yaml").write_text(OWN)
    said = json.loads(avocet("expectations", "tiny", "--json").stdout)
    assert said[-1] == {
        "rule": "only short ids", "table": "rows", "expectation": "ExpectColumnValueLengthsToBeBetween",
        "settings": {"column": "id", "max_value": 3}, "severity": "critical", "outcome": "stop",
        "message": "{n} ids are long", "from": "own",
    }  # fmt: skip
    by_outcome = {r["outcome"]: r["severity"] for r in said}
    assert by_outcome == {
        "stop": "critical", "drop-label": "warning", "quarantine": "warning", "warn": "warning", "note": "info",
    }  # fmt: skip
    lines = avocet("expectations", "tiny").stdout.splitlines()
    assert lines[0].split()[:4] == ["rule", "table", "severity", "what"] and len(lines) == len(said) + 1


def test_the_written_file_says_all_rules_and_holds_none_yet(tiny: Callable[..., str], place: Home) -> None:
    """It is read as it is; its examples are rules; what a person wrote there is not written over."""
    its = recipes.load(place, tiny())
    done = avocet("expectations", "tiny", "--write")
    path = place.root / "recipes" / "expectations" / "tiny.yaml"
    assert done.exit_code == 0 and "recipes/expectations/tiny.yaml" in done.stderr
    assert path.read_text() == as_file(its)
    assert [rule.name for rule in for_recipe(its) if f"#   {rule.name}: {rule.table}, " not in path.read_text()] == []
    assert own_rules(place, its) == []
    assert [rule.name for rule in parse(EXAMPLE.encode(), "f", its)] == ["mails of a usual length", "no mail is a book"]
    path.write_text(OWN)
    again = avocet("expectations", "tiny", "--write")
    assert (again.exit_code, path.read_text()) == (3, OWN) and "is there already" in again.stderr


def test_check_says_what_a_night_would_and_writes_nothing(
    tiny: Callable[..., str], place: Home, client: TestClient
) -> None:
    """Counts that add up, and each finding, by id; over HTTP the same."""
    tiny()
    before = files(place.root)
    done = avocet("check", "tiny", "--json")
    said = json.loads(done.stdout)
    assert (done.exit_code, said["stopped"], files(place.root)) == (0, False, before)
    assert [said[k] for k in ("n_lines", "n_kept", "n_unusable", "n_other_label", "n_quarantined")] == [
        125,
        122,
        1,
        1,
        1,
    ]
    found = {(f["severity"], f["outcome"], f["rule"], f["n"]) for f in said["findings"]}
    assert found >= {
        ("warning", "drop-label", "labels are listed", 1),
        ("warning", "quarantine", "text length", 1),
        ("warning", "warn", "decoded cleanly", 1),
    }
    assert client.get("/api/checks?recipe=tiny").json() == said
    told = avocet("check", "tiny")
    assert told.exit_code == 0 and "125 lines read, 122 kept, 3 set aside" in told.stdout
    assert CANARY not in done.output + told.output


def test_rows_that_would_stop_a_night_are_exit_code_4(tiny: Callable[..., str], place: Home) -> None:
    """By the recipe's own rule here; a mistyped one is 2, and a recipe without rows 3."""
    tiny(shares={"holdout": 0.3})
    rules = place.root / "recipes" / "expectations"
    rules.mkdir()
    (rules / "tiny.yaml").write_text(OWN)
    done = avocet("check", "tiny")
    assert done.exit_code == 4 and "would stop here" in done.stderr
    first = next(line for line in done.stdout.splitlines() if line.startswith("critical"))
    assert first.split()[1:5] == ["stop", "only", "short", "ids"] and "ids are long" in first
    assert json.loads(avocet("check", "tiny", "--json").stdout)["stopped"] is True
    (rules / "tiny.yaml").write_text(OWN.replace("stop", "stopp"))
    done = avocet("check", "tiny")
    assert (done.exit_code, done.stdout) == (2, "") and "tiny.yaml, line 3: rule 1: there is no outcome" in done.stderr
    (rules / "tiny.yaml").unlink()
    (place.root / "data" / "tiny.jsonl").unlink()
    assert avocet("check", "tiny").exit_code == 3


def test_the_pages_name_rules_and_ids_and_hold_no_text(tiny: Callable[..., str], tmp_path: Path, place: Home) -> None:
    """A word of every body is on none of them, whichever rule a mail breaks; nothing is written elsewhere."""
    tiny()
    before, folder = files(place.root), tmp_path / "new" / "pages"
    done = avocet("check", "tiny", "--docs", str(folder))
    assert done.exit_code == 0 and str(folder / "index.html") in done.stdout
    pages = [path for path in folder.rglob("*") if path.is_file()]
    assert [path for path in pages if CANARY.encode() in path.read_bytes()] == []
    html = "".join(path.read_text() for path in pages if path.suffix == ".html")
    assert len([path for path in pages if path.parent.name == "expectations"]) == 4
    assert "long" in html and "text length (quarantine)" in html
    assert (files(place.root), [path.name for path in folder.parent.iterdir()]) == (before, ["pages"])
    assert (folder.stat().st_mode & 0o077) == 0


def test_pages_are_not_written_over_what_is_there(tiny: Callable[..., str], tmp_path: Path) -> None:
    """An empty folder is fine."""
    tiny()
    folder = tmp_path / "pages"
    folder.mkdir()
    (folder / "mine.txt").write_text("mine")
    done = avocet("check", "tiny", "--docs", str(folder))
    assert (done.exit_code, files(folder)) == (2, {"mine.txt"}) and "name a new folder" in done.stderr
    (folder / "mine.txt").unlink()
    assert avocet("check", "tiny", "--docs", str(folder)).exit_code == 0

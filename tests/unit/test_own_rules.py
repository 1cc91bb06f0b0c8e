"""Rules of one's own: what they find, and that each mistake in their file is one line that names file and line."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from avocet import runs
from avocet.errors import RecipeError
from avocet.findings import Finding
from avocet.home import Home
from avocet.recipe import Recipe
from avocet.runs import Run
from expectations.own import own_rules, parse
from expectations.suite import Rule
from expectations.validation import validate_rows

GOOD = """\
rules:
  - name: few long mails
    table: rows
    expectation: ExpectColumnValuesToBeBetween
    settings: {column: n_chars, max_value: 9}
    outcome: quarantine
    message: "{n} mails are longer than 9"
  - name: not only digests
    table: labels
    expectation: ExpectColumnMaxToBeBetween
    settings: {column: n_rows, max_value: 3}
    outcome: warn
"""


def test_rules_are_what_the_file_says(recipe_of: Callable[..., Recipe]) -> None:
    """With a message of its own where none is given."""
    assert parse(GOOD.encode(), "f.yaml", recipe_of()) == [
        Rule("few long mails", "rows", "ExpectColumnValuesToBeBetween", {"column": "n_chars", "max_value": 9},
             "quarantine", "{n} mails are longer than 9"),
        Rule("not only digests", "labels", "ExpectColumnMaxToBeBetween", {"column": "n_rows", "max_value": 3},
             "warn", "the rule 'not only digests' does not hold ({n} of labels)"),
    ]  # fmt: skip


MISTAKES = {
    "expectation: ExpectColumnValuesToBeBetween|expectation: ExpectColumnValuesToBeBetwen": (
        4, "Great Expectations has no 'ExpectColumnValuesToBeBetwen'; did you mean ExpectColumnValuesToBeBetween?"),
    "{column: n_chars, max|{column: n_char, max": (5, "table rows has no column 'n_char'; did you mean n_chars?"),
    "max_value: 9|max_valeu: 9": (
        5, "ExpectColumnValuesToBeBetween has no setting 'max_valeu'; did you mean max_value?"),
    "max_value: 9|max_value: nine": (5, "max_value: value is not a valid float"),
    "max_value: 9|max_value: 2026-01-01": (5, "settings hold something that is neither text nor number"),
    "outcome: quarantine|outcome: quarantin": (6, "there is no outcome 'quarantin'; did you mean quarantine?"),
    "table: rows|table: mails": (3, "there is no table 'mails'; one of rows, kept, labels, learnable"),
    "table: rows|table: kept": (6, "quarantine is for a rule over each line of table rows"),
    "    outcome: quarantine\n|": (2, "it has no outcome"),
    "message: \"|mesage: \"": (7, "a rule has no 'mesage'; did you mean message?"),
    "few long mails|text length": (2, "there is a rule 'text length' already"),
    "not only digests|few long mails": (8, "there is a rule 'few long mails' already"),
    "outcome: warn|outcome: drop-label": (12, "drop-label is for a rule over each line of table labels"),
    "ExpectColumnMaxToBeBetween|ExpectColumnValuesToMatchRegex": (
        11, "ExpectColumnValuesToMatchRegex has no setting 'max_value'"),
    "{column: n_rows, max_value: 3}|{column: label, max_value: 3}": (
        11, "ExpectColumnMaxToBeBetween cannot be evaluated with these settings over table labels"),
    "name: few long mails|name: 7": (2, "name is not a line of text"),
    "{column: n_rows, max_value: 3}|[n_rows]": (11, "settings are a mapping"),
    "rules:|rulez:": (1, "a file of rules is `rules:` and a list"),
    "rules:\n|more: 1\nrules:\n": (1, "'more' is nothing that a file of rules holds"),
    "outcome: warn|outcome: [warn": (13, "expected ',' or ']'"),
    "name: few long mails|name: few long mails\n    name: twice": (3, "found duplicate key \"name\""),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
def test_each_mistake_is_one_line_with_file_and_line(
    mistake: str, recipe_of: Callable[..., Recipe], caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing is skipped with a line in a log, as Great Expectations' own suite files are."""
    old, new = mistake.split("|", 1)
    assert old in GOOD
    line, says = MISTAKES[mistake]
    with pytest.raises(RecipeError) as told:
        parse(GOOD.replace(old, new, 1).encode(), "f.yaml", recipe_of())
    assert str(told.value).startswith(f"f.yaml, line {line}: ") and says in str(told.value), str(told.value)
    assert "\n" not in str(told.value) and caplog.text == ""


LINES = [{"id": f"r{i}", "label": ("rejected", "digest")[i % 2], "subject": "abc", "body": "d" * i} for i in range(12)]


def write_rules(place: Home, text: str = GOOD) -> Path:
    path = place.root / "recipes" / "expectations" / "tiny.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_a_night_obeys_them(recipe_of: Callable[..., Recipe], make_run: Callable[..., Run], place: Home) -> None:
    """Rows are set aside by name of the rule; a rule over a whole table is told as well."""
    plain = validate_rows(make_run(recipe_of(), LINES))
    write_rules(place)
    run = make_run(recipe_of(), LINES)
    report = validate_rows(run)
    long = tuple(f"r{i}" for i in range(7, 12))
    assert [f for f in report.findings if f.rule in ("few long mails", "not only digests")] == [
        Finding("few long mails", "quarantine", "5 mails are longer than 9", 5, long),
        Finding("not only digests", "warn", "the rule 'not only digests' does not hold (0 of labels)", 0),
    ]
    assert (report.n_kept, report.n_quarantined, report.n_rules) == (7, 5, plain.n_rules + 2)
    aside = [json.loads(x) for x in run.quarantine.read_text().splitlines()]
    assert {(x["id"], x["reason"]) for x in aside} == {(x, "few long mails") for x in long}


def test_a_mistyped_rule_stops_the_night_before_it_reads_rows(
    recipe_of: Callable[..., Recipe], make_run: Callable[..., Run], place: Home
) -> None:
    """By the file's name as a person would type it."""
    run = make_run(recipe_of(), LINES)
    (place.root / "data" / "tiny.jsonl").unlink()
    write_rules(place, GOOD.replace("n_chars", "n_char"))
    with pytest.raises(
        RecipeError, match=r"^recipes/expectations/tiny\.yaml, line 5: rule 1: table rows has no column"
    ):
        validate_rows(run)


def test_a_changed_rule_makes_the_night_new(recipe_of: Callable[..., Recipe], place: Home) -> None:
    """As another setting of the recipe does; the same file does not."""
    keys = [runs.run_key(recipe_of(), "d", place)]
    for text in (GOOD, GOOD, GOOD.replace("9", "8")):
        write_rules(place, text)
        keys.append(runs.run_key(recipe_of(), "d", place))
    assert keys[1] == keys[2] and len(set(keys)) == 3


def test_without_a_file_there_are_none(recipe_of: Callable[..., Recipe], place: Home) -> None:
    """And an empty list is none."""
    assert own_rules(place, recipe_of()) == []
    write_rules(place, "rules: []\n")
    assert own_rules(place, recipe_of()) == []


def test_rows_that_hold_words_are_no_table_for_rules(recipe_of: Callable[..., Recipe]) -> None:
    """Rules see lengths, digests and flags; a rule over a subject is refused."""
    text: Any = GOOD.replace("column: n_chars, max_value: 9", "column: subject, max_value: 9")
    with pytest.raises(RecipeError, match="table rows has no column 'subject'; one of id, label, n_chars"):
        parse(text.encode(), "f.yaml", recipe_of())

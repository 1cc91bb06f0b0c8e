"""Validation: each rule is broken by small rows, is told with counts, and lets everything else through."""

import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from avocet import artifacts
from avocet.errors import DataStoppedError, RowsNotFoundError
from avocet.findings import DataReport, Finding
from avocet.recipe import Recipe
from avocet.rows import Reading, Row, Unusable
from avocet.runs import Run
from expectations import runner, validation
from expectations.suite import LABEL_COLUMNS, ROW_COLUMNS, Rule, for_recipe
from expectations.tables import label_table, row_facts
from expectations.validation import check, validate_rows

N_RULES = 18
QUIET = {"rows_wanted": 1}
UNLISTED, LENGTH = "its label is not in the recipe", "its text is too short or too long"


def mails(label: str, n: int, word: str = "", **changes: Any) -> list[Row]:
    """`n` different mails of one label; their ids say which."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    return [
        replace(
            Row(f"{label}{word}-{i}", label, {"subject": f"{label} {letters[i % 26]}", "body": f"{word} {letters[i // 26]}"}, "r", i + 1),
            **changes,
        )
        for i in range(n)
    ]  # fmt: skip


def reading(*rows: Row, unusable: Sequence[Unusable] = ()) -> Reading:
    return Reading(rows, tuple(unusable), len(rows) + len(unusable))


ENOUGH = [*mails("rejected", 12), *mails("digest", 12), *mails("neutral", 12)]


@pytest.fixture
def checked(recipe_of: Callable[..., Recipe]) -> Callable[..., tuple[DataReport, list[Row], list[Unusable]]]:
    """What the suite says of rows, with `expect` of the test's choice."""

    def run(
        *rows: Row, unusable: Sequence[Unusable] = (), **expect: Any
    ) -> tuple[DataReport, list[Row], list[Unusable]]:
        return check(recipe_of(expect={**QUIET, **expect}), reading(*rows, unusable=unusable))

    return run


Checked = Callable[..., tuple[DataReport, list[Row], list[Unusable]]]


def test_good_rows_break_no_rule(checked: Checked) -> None:
    """All are kept, and the report says how many rules looked at them."""
    report, kept, aside = checked(*ENOUGH)
    assert (kept, aside) == (ENOUGH, [])
    assert report == DataReport(
        n_lines=36, n_unusable=0, n_quarantined=0, n_other_label=0, n_kept=36, other_labels={},
        label_counts={"rejected": 12, "digest": 12, "neutral": 12}, dropped_labels=(), n_rules=N_RULES,
    )  # fmt: skip


def test_labels_outside_the_recipe_are_dropped_with_a_count_each(checked: Checked) -> None:
    """One finding a label, with all its ids; long ones are cut."""
    long = "x" * 60
    report, kept, aside = checked(*ENOUGH, *mails("spam", 3), *mails("Rejected", 1, "other"), *mails(long, 1))
    assert kept == ENOUGH
    assert report.other_labels == {"Rejected": 1, "spam": 3, "x" * 40: 1}
    assert report.findings == (
        Finding(
            "labels are listed",
            "drop-label",
            "label 'Rejected' is not in the recipe: 1 row set aside",
            1,
            ("Rejectedother-0",),
        ),
        Finding(
            "labels are listed",
            "drop-label",
            "label 'spam' is not in the recipe: 3 rows set aside",
            3,
            ("spam-0", "spam-1", "spam-2"),
        ),
        Finding(
            "labels are listed",
            "drop-label",
            f"label '{'x' * 40}' is not in the recipe: 1 row set aside",
            1,
            (f"{long}-0",),
        ),
    )
    assert (report.n_other_label, report.n_quarantined, report.n_kept, report.dropped_labels) == (5, 0, 36, ())
    assert report.reasons == {UNLISTED: 5}
    assert aside[0] == Unusable("r", 1, UNLISTED, "spam-0")


@pytest.mark.parametrize(
    ("n", "told"),
    [
        (0, Finding("labels have rows", "drop-label", "label neutral has 0 rows and is dropped", 1, ("neutral",))),
        (
            1,
            Finding(
                "labels can be learned",
                "drop-label",
                "label neutral has 1 of the 2 rows it needs and is dropped",
                1,
                ("neutral",),
            ),
        ),
    ],
)
def test_a_label_with_too_few_rows_is_dropped_by_name_and_count(n: int, told: Finding, checked: Checked) -> None:
    """Told once, not by every rule that it breaks; its rows are kept, to be judged as misses."""
    report, kept, _ = checked(*ENOUGH[:24], *mails("neutral", n))
    drops = [f for f in report.findings if f.outcome == "drop-label"]
    assert drops == [told]
    assert (report.dropped_labels, report.label_counts["neutral"], len(kept)) == (("neutral",), n, 24 + n)
    assert [f.where for f in report.findings if f.rule == "labels have training rows"] == []


def test_a_label_with_few_training_rows_is_kept_with_a_warning(checked: Checked) -> None:
    """Four rows: one is judged on, one is stopped on, two are learned from."""
    report, _, _ = checked(*ENOUGH[:24], *mails("neutral", 4))
    told = "label neutral will have about 2 training rows, fewer than 5: its F1 will be unreliable"
    assert report.findings == (Finding("labels have training rows", "warn", told, 1, ("neutral",)),)
    assert report.dropped_labels == ()


def test_copies_are_noted_and_kept(checked: Checked) -> None:
    """Every copy but the first, also where only case, space and numbers differ."""
    first = ENOUGH[0]
    copies = [
        replace(first, id="copy-1", line=90),
        replace(first, id="copy-2", line=91, fields={"subject": "REJECTED  a", "body": " A"}),
    ]
    report, kept, _ = checked(*ENOUGH, *copies)
    assert report.findings == (
        Finding(
            "exact duplicates",
            "note",
            "2 rows repeat the text of an earlier one; copies stay on one side",
            2,
            ("copy-1", "copy-2"),
        ),
    )
    assert len(kept) == 38


def test_copies_with_another_label_are_a_conflict(checked: Checked) -> None:
    """Both are named: nobody knows which one is wrong."""
    report, kept, _ = checked(*ENOUGH, replace(ENOUGH[0], id="other", label="digest"))
    told = "2 rows have the same text as a row with another label; one of the two labels is wrong"
    assert Finding("labels agree", "warn", told, 2, ("rejected-0", "other")) in report.findings
    assert len(kept) == 37


def test_rare_labels_are_told_from_the_largest(checked: Checked) -> None:
    """More than five times rarer (document 1) is a warning, five times is none."""
    large = mails("rejected", 50)
    report, _, _ = checked(*large, *mails("digest", 10), *mails("neutral", 9))
    assert report.findings == (
        Finding("balance", "warn", "label neutral is more than 5 times rarer than the largest", 1, ("neutral",)),
    )


def test_texts_that_are_too_short_or_too_long_are_set_aside(checked: Checked) -> None:
    """White space is no text; the limits themselves are within."""
    texts = {"empty": "", "blank": " \n\t", "short": "abc", "least": "abcd", "most": "x" * 50, "long": "x" * 51}
    rows = [
        replace(row, id=name, fields={"subject": "", "body": text})
        for row, (name, text) in zip(mails("neutral", 6), texts.items(), strict=True)
    ]
    report, kept, aside = checked(*ENOUGH, *rows, text_chars=(4, 50))
    told = "4 texts have fewer than 4 or more than 50 characters"
    assert Finding("text length", "quarantine", told, 4, ("empty", "blank", "short", "long")) in report.findings
    assert [u.id for u in aside] == ["empty", "blank", "short", "long"]
    assert [row.id for row in kept[36:]] == ["least", "most"]
    assert (report.n_quarantined, report.reasons) == (4, {LENGTH: 4})


def test_a_date_in_the_future_or_none_at_all_is_a_warning(checked: Checked) -> None:
    """A row without one is fine."""
    dates = {
        "none": None,
        "past": "2020-01-01T00:00:00Z",
        "day": "2020-01-01",
        "future": "2999-01-01T00:00:00Z",
        "word": "yesterday",
    }
    rows = [
        replace(row, id=name, labeled_at=at) for row, (name, at) in zip(mails("neutral", 5), dates.items(), strict=True)
    ]
    report, _, _ = checked(*ENOUGH[:24], *rows, train_rows_per_label=1)
    told = "2 rows have a labeled_at that is no date or lies in the future"
    assert report.findings == (Finding("labelled in the past", "warn", told, 2, ("future", "word")),)


def test_characters_lost_in_decoding_are_a_warning(checked: Checked) -> None:
    """U+FFFD in either field."""
    rows = [replace(ENOUGH[0], id="lost", fields={"subject": "caf\ufffd", "body": "\ufffd\ufffd"})]
    report, _, _ = checked(*ENOUGH, *rows)
    told = "1 texts hold U+FFFD, the mark of a character that was lost in decoding"
    assert report.findings == (Finding("decoded cleanly", "warn", told, 1, ("lost",)),)


def test_too_few_usable_rows_stop_the_run(checked: Checked) -> None:
    """Rows that are set aside do not count; one more would have been enough."""
    rows = [*ENOUGH, *mails("spam", 5)]
    told = "fewer than 37 usable rows; label more mails, or point the recipe's rows at another file"
    assert checked(*rows, rows=37)[0].stopped == (Finding("enough rows", "stop", told, 0),)
    assert checked(*rows, rows=36)[0].stopped == ()


def test_fewer_rows_than_wanted_are_a_warning(checked: Checked) -> None:
    """The run goes on."""
    report, _, _ = checked(*ENOUGH, rows_wanted=37)
    told = "fewer than 37 usable rows: scores will move a lot from night to night"
    assert report.findings == (Finding("a good number of rows", "warn", told, 0),)


@pytest.mark.parametrize("rows", [mails("rejected", 30), [*mails("rejected", 30), *mails("digest", 1)]])
def test_fewer_than_two_learnable_labels_stop_the_run(rows: list[Row], checked: Checked) -> None:
    """There is nothing to tell apart."""
    told = "fewer than 2 labels have 2 usable rows, so there is nothing to tell apart"
    assert checked(*rows)[0].stopped == (Finding("two labels to tell apart", "stop", told, 0),)


def test_an_empty_file_stops_the_run(recipe_of: Callable[..., Recipe], make_run: Callable[..., Run]) -> None:
    """No rows, and no labels to tell apart; every label is named."""
    report = validate_rows(make_run(recipe_of()))
    assert [f.rule for f in report.stopped] == ["enough rows", "two labels to tell apart"]
    assert (report.n_lines, report.n_kept, report.dropped_labels) == (0, 0, ("rejected", "digest", "neutral"))


def test_rows_that_are_not_there_are_told_with_how_to_get_them(
    recipe_of: Callable[..., Recipe], make_run: Callable[..., Run]
) -> None:
    """The recipe's own words."""
    run = make_run(recipe_of(rows_help="Ask\n  Robin."))
    (run.home.root / "data" / "tiny.jsonl").unlink()
    with pytest.raises(
        RowsNotFoundError, match=r"^recipe tiny reads data/tiny\.jsonl, which is not in .*home\. Ask Robin\.$"
    ):
        validate_rows(run)


BROKEN = {
    "no such column": Rule("broken", "rows", "ExpectColumnValuesToBeBetween", {"column": "nope", "min_value": 1}, "note", ""),
    "a pattern that is none": Rule("broken", "rows", "ExpectColumnValuesToMatchRegex", {"column": "label", "regex": "("}, "note", ""),
    "text against a number": Rule("broken", "labels", "ExpectColumnValuesToBeBetween", {"column": "label", "min_value": 1}, "note", ""),
    "among the kept": Rule("broken", "kept", "ExpectColumnValuesToNotBeNull", {"column": "nope"}, "note", ""),
    "among the learnable": Rule("broken", "learnable", "ExpectColumnMaxToBeBetween", {"column": "nope"}, "note", ""),
}  # fmt: skip


@pytest.mark.parametrize("what", BROKEN)
def test_a_rule_that_crashes_stops_the_run(what: str, checked: Checked, monkeypatch: pytest.MonkeyPatch) -> None:
    """Great Expectations alone would say nothing: nothing is trained on rows that were not checked."""
    monkeypatch.setattr(validation, "for_recipe", lambda recipe: [*for_recipe(recipe), BROKEN[what]])
    logging.getLogger("great_expectations").setLevel(logging.CRITICAL)
    with pytest.raises(DataStoppedError, match="rule 'broken' could not be evaluated"):
        checked(*ENOUGH)


def test_the_counts_add_up_over_everything_at_once(checked: Checked) -> None:
    """A row that breaks two rules is counted once, with the first."""
    unusable = [Unusable("r", 77, "no field 'body'"), Unusable("r", 78, "no field 'body'")]
    both = replace(mails("spam", 1)[0], id="both", fields={"subject": "", "body": ""})
    empty = replace(mails("neutral", 1)[0], id="empty", fields={"subject": "", "body": ""})
    report, kept, aside = checked(*ENOUGH, *mails("spam", 4), both, empty, unusable=unusable)
    assert (report.n_lines, report.n_unusable, report.n_other_label, report.n_quarantined, report.n_kept) == (
        44,
        2,
        5,
        1,
        36,
    )
    assert report.reasons == {UNLISTED: 5, "no field 'body'": 2, LENGTH: 1}
    assert (len(kept), len(aside)) == (36, 6)
    assert sum(report.reasons.values()) + report.n_kept == report.n_lines


def test_what_is_written_is_what_was_told(recipe_of: Callable[..., Recipe], make_run: Callable[..., Run]) -> None:
    """Kept rows in rows.jsonl, the others by file and line in quarantine, the report beside the rows."""
    lines = [{"id": row.id, "label": row.label, **row.fields} for row in [*ENOUGH, *mails("spam", 1)]]
    run = make_run(recipe_of(), [*lines, {"label": "digest"}])
    report = validate_rows(run)
    kept = [json.loads(line) for line in run.rows.read_text().splitlines()]
    told = ("id", "label", "fields")  # and what look-alikes are found by
    assert [{k: row[k] for k in told} for row in kept] == [
        {"id": row.id, "label": row.label, "fields": dict(row.fields)} for row in ENOUGH
    ]
    assert [json.loads(line) for line in run.quarantine.read_text().splitlines()] == [
        {"file": "data/tiny.jsonl", "line": 38, "reason": "no field 'subject'", "id": None},
        {"file": "data/tiny.jsonl", "line": 37, "reason": UNLISTED, "id": "spam-0"},
    ]
    written = json.loads((run.folder / "data_report.json").read_text())
    assert (written["n_lines"], written["n_kept"], written["rows_digest"]) == (38, 36, report.rows_digest)
    assert [f["rule"] for f in written["findings"]] == [f.rule for f in report.findings]


CANARY = "canary-2716"


def test_no_text_is_in_the_report_the_files_or_the_log(
    recipe_of: Callable[..., Recipe],
    make_run: Callable[..., Run],
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """A mail that breaks any rule is named by its id."""
    caplog.set_level(logging.DEBUG)
    text = {"subject": f"{CANARY} offer", "body": f"{CANARY} secret \ufffd"}
    lines = [
        *(
            {"id": row.id, "label": row.label, "subject": f"{CANARY} {row.id}", "body": row.fields["subject"]}
            for row in mails("rejected", 15)
        ),
        {"id": "copy-1", "label": "digest", **text},
        {"id": "copy-2", "label": "neutral", **text, "labeled_at": "2999-01-01"},
        {"id": "other", "label": "spam", **text},
        {"id": "long", "label": "digest", "subject": CANARY, "body": f"{CANARY} " * 40},
        {"id": "copy-1", "label": "digest", **text},
        {"id": "null", "label": "digest", "subject": CANARY, "body": None},
        {"id": "wrong date", "label": "digest", **text, "labeled_at": f"{CANARY}"},
        {"label": "digest", **text},
        {"subject": CANARY, "body": CANARY},
    ]
    run = make_run(recipe_of(expect={"text_chars": (1, 300)}), lines)
    rows = run.home.root / "data" / "tiny.jsonl"
    broken = f'{{"subject": "{CANARY}", "body"\n{CANARY}\n"{CANARY}"\n{{"{CANARY}": 1, "{CANARY}": 2}}\n{{"n": NaN, "s": "{CANARY}"}}\n'
    rows.write_text(rows.read_text() + broken)
    report = validate_rows(run)
    assert CANARY in run.rows.read_text(), "the kept rows do hold it"
    assert {f.rule for f in report.findings} >= {"labels are listed", "text length", "exact duplicates", "labels agree"}
    assert report.n_unusable == 8
    told = [
        repr(report),
        artifacts.data_report(run, report),
        artifacts.data_sentence(report),
        caplog.text,
        *capfd.readouterr(),
    ]
    told += [(run.folder / "data_report.json").read_text(), run.quarantine.read_text()]
    assert [CANARY in text for text in told] == [False] * len(told)


def test_a_result_of_great_expectations_holds_keys_and_no_values(recipe_of: Callable[..., Recipe]) -> None:
    """A rule over a column of texts could otherwise quote a whole mail into a log."""
    table = row_facts(recipe_of(), mails(CANARY, 2, "x"))
    table["id"] = ["m1", "m2"]
    rules = [rule for rule in for_recipe(recipe_of()) if rule.name == "labels are listed"]
    found = runner._validated(rules, table, "id")
    assert "m1" in repr(found) and "m2" in repr(found)
    assert CANARY not in repr(found)


def test_facts_of_rows_hold_no_text(recipe_of: Callable[..., Recipe]) -> None:
    """What Great Expectations sees of a mail: lengths, digests and flags."""
    now = datetime(2026, 1, 2, tzinfo=UTC)
    row = Row("m1", "digest", {"subject": f" {CANARY} ", "body": "b"}, "r", 1, "2026-01-02T00:00:00")
    late = Row("m2", "digest", {"subject": CANARY, "body": "B"}, "r", 2, "2026-01-02T00:00:01+00:00")
    facts = row_facts(recipe_of(), [row, late], now)
    assert tuple(facts.columns) == ROW_COLUMNS
    lines = [[str(x) for x in line] for line in facts.itertuples(index=False)]
    key = lines[0][3]
    assert lines == [
        ["m1", "digest", "12", key, "True", "True", "0", "True"],
        ["m2", "digest", "12", key, "False", "True", "0", "False"],
    ]
    assert CANARY not in facts.to_csv()


def test_the_label_table_has_a_line_for_each_canonical_label(recipe_of: Callable[..., Recipe]) -> None:
    """Rows, expected training rows, and how many times the largest it is."""
    table = label_table(recipe_of(), ["digest"] * 20 + ["neutral"] * 4 + ["spam"])
    assert tuple(table.columns) == LABEL_COLUMNS
    assert table.to_numpy().tolist() == [["rejected", 0, 0, 1.0], ["digest", 20, 13, 1.0], ["neutral", 4, 2, 5.0]]


def test_every_rule_names_itself_once_and_fits_its_table(recipe_of: Callable[..., Recipe]) -> None:
    """A finding is looked up by its rule's name."""
    rules = for_recipe(recipe_of())
    assert len(rules) == len({r.name for r in rules}) == N_RULES
    columns = {"rows": ROW_COLUMNS, "kept": ROW_COLUMNS, "labels": LABEL_COLUMNS, "learnable": LABEL_COLUMNS}
    assert [r.name for r in rules if "column" in r.settings and r.settings["column"] not in columns[r.table]] == []

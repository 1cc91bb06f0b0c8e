"""The suite of a recipe: what its rows must be like, as Great Expectations rules with an outcome each.

Rules read two small tables: `rows` (facts of each row: id, label, length, digests; no text) and `labels` (one
row for each canonical label: counts and ratio), so that a report can name ids and labels and nothing else.
In a message, {n} is how many rows broke the rule, {where} a label and {count} its rows.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from avocet.findings import SEVERITY, Outcome, Severity
from avocet.recipe import Recipe

ROW_COLUMNS = (
    "id",
    "label",
    "n_chars",
    "text_key",
    "first_of_text",
    "labels_agree",
    "replaced_chars",
    "labeled_at_ok",
)
LABEL_COLUMNS = ("label", "n_rows", "n_train", "times_largest")


LABELS_LISTED = "labels are listed"  # validation tells of this rule label by label
# rows: all that were read; kept: those that no row rule set aside; labels: one line a canonical label;
# learnable: the labels with enough kept rows; domains (of pairs): one line a domain.
Table = Literal["rows", "kept", "labels", "learnable", "domains"]
# Of rows with labels; a person's own rules read these.
COLUMNS: Mapping[Table, tuple[str, ...]] = {
    "rows": ROW_COLUMNS, "kept": ROW_COLUMNS, "labels": LABEL_COLUMNS, "learnable": LABEL_COLUMNS,
}  # fmt: skip


@dataclass(frozen=True)
class Rule:
    """One expectation, the table it reads, and what happens where it does not hold."""

    name: str
    table: Table
    expectation: str  # class name in great_expectations.expectations
    settings: Mapping[str, Any]
    outcome: Outcome
    message: str  # what a person reads

    @property
    def severity(self) -> Severity:
        """What Great Expectations calls the outcome."""
        return SEVERITY[self.outcome]


def for_recipe(recipe: Recipe) -> list[Rule]:
    """All rules for `recipe`, structure first."""
    return [*_structure(recipe), *_row_rules(recipe), *_label_rules(recipe)]


def _structure(recipe: Recipe) -> list[Rule]:
    least, most = recipe.expect.rows, recipe.expect.rows_wanted
    return [
        Rule("row columns", "rows", "ExpectTableColumnsToMatchSet", {"column_set": list(ROW_COLUMNS), "exact_match": True},
             "stop", "the facts of the rows have other columns than this version of Avocet writes"),
        Rule("label columns", "labels", "ExpectTableColumnsToMatchSet", {"column_set": list(LABEL_COLUMNS), "exact_match": True},
             "stop", "the label table has other columns than this version of Avocet writes"),
        Rule("ids are there", "rows", "ExpectColumnValuesToNotBeNull", {"column": "id"}, "stop", "{n} rows have no id"),
        Rule("ids are unique", "rows", "ExpectColumnValuesToBeUnique", {"column": "id"}, "stop", "{n} rows share an id"),
        Rule("labels are text", "rows", "ExpectColumnValuesToNotBeNull", {"column": "label"}, "stop", "{n} rows have no label"),
        Rule("enough rows", "kept", "ExpectTableRowCountToBeBetween", {"min_value": least},
             "stop", f"fewer than {least} usable rows; label more mails, or point the recipe's rows at another file"),
        Rule("a good number of rows", "kept", "ExpectTableRowCountToBeBetween", {"min_value": most},
             "warn", f"fewer than {most} usable rows: scores will move a lot from night to night"),
    ]  # fmt: skip


def _row_rules(recipe: Recipe) -> list[Rule]:
    shortest, longest = recipe.expect.text_chars
    return [
        Rule(LABELS_LISTED, "rows", "ExpectColumnValuesToBeInSet", {"column": "label", "value_set": list(recipe.labels)},
             "drop-label", "{n} rows have a label that the recipe does not list"),
        Rule("text length", "rows", "ExpectColumnValuesToBeBetween",
             {"column": "n_chars", "min_value": shortest, "max_value": longest},
             "quarantine", f"{{n}} texts have fewer than {shortest} or more than {longest} characters"),
        Rule("exact duplicates", "rows", "ExpectColumnValuesToBeInSet", {"column": "first_of_text", "value_set": [True]},
             "note", "{n} rows repeat the text of an earlier one; copies stay on one side"),
        Rule("labels agree", "rows", "ExpectColumnValuesToBeInSet", {"column": "labels_agree", "value_set": [True]},
             "warn", "{n} rows have the same text as a row with another label; one of the two labels is wrong"),
        Rule("decoded cleanly", "rows", "ExpectColumnValuesToBeInSet", {"column": "replaced_chars", "value_set": [0]},
             "warn", "{n} texts hold U+FFFD, the mark of a character that was lost in decoding"),
        Rule("labelled in the past", "rows", "ExpectColumnValuesToBeInSet", {"column": "labeled_at_ok", "value_set": [True]},
             "warn", "{n} rows have a labeled_at that is no date or lies in the future"),
    ]  # fmt: skip


def _label_rules(recipe: Recipe) -> list[Rule]:
    expect = recipe.expect
    return [
        Rule("labels have rows", "labels", "ExpectColumnValuesToBeBetween", {"column": "n_rows", "min_value": 1},
             "drop-label", "label {where} has 0 rows and is dropped"),
        Rule("labels can be learned", "labels", "ExpectColumnValuesToBeBetween",
             {"column": "n_rows", "min_value": expect.rows_per_label},
             "drop-label", f"label {{where}} has {{count}} of the {expect.rows_per_label} rows it needs and is dropped"),
        Rule("labels have training rows", "labels", "ExpectColumnValuesToBeBetween",
             {"column": "n_train", "min_value": expect.train_rows_per_label},
             "warn", f"label {{where}} will have about {{count}} training rows, fewer than {expect.train_rows_per_label}: "
                     "its F1 will be unreliable"),
        Rule("two labels to tell apart", "learnable", "ExpectTableRowCountToBeBetween", {"min_value": 2},
             "stop", f"fewer than 2 labels have {expect.rows_per_label} usable rows, so there is nothing to tell apart"),
        Rule("balance", "labels", "ExpectColumnValuesToBeBetween", {"column": "times_largest", "max_value": expect.imbalance},
             "warn", f"label {{where}} is more than {expect.imbalance:g} times rarer than the largest"),
    ]  # fmt: skip

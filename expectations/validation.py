"""Validate a run's rows: read, check by the recipe's suite, set aside what must not be learned from, count all."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from avocet.findings import DataReport, Finding
from avocet.looked import looks_of
from avocet.recipe import Recipe
from avocet.rows import Reading, Row, Unusable, write_unusable
from avocet.runs import Run, as_json, write_json, write_rows
from avocet.sources import rows_of
from expectations.own import own_rules
from expectations.runner import run_rules
from expectations.sifting import set_aside
from expectations.suite import LABELS_LISTED, Rule, Table, for_recipe
from expectations.tables import label_table, row_facts

if TYPE_CHECKING:
    import pandas as pd

_REASONS = {LABELS_LISTED: "its label is not in the recipe", "text length": "its text is too short or too long"}
_SHOWN_CHARS = 40  # of a label that the recipe does not list: it comes from a file and may be anything


def validate_rows(run: Run) -> DataReport:
    """Read and check the recipe's rows; kept rows go to the run's folder, the others to quarantine with a reason.

    The report may hold findings that stop the run: the caller decides to raise. Raises RowsNotFoundError
    where a file is missing, DataStoppedError where a rule could not be evaluated, RecipeError where one is mistyped.
    """
    own = own_rules(run.home, run.recipe)  # first: a rule that is mistyped should not wait for a million rows
    reading = rows_of(run.home, run.recipe)
    texts, keys = _keys(run, reading.rows)
    found = checked(run.recipe, reading, texts, own)
    write_unusable(run.quarantine, [*reading.unusable, *found.aside])
    digest = write_rows(run.rows, found.kept, keys, timed=run.recipe.clean.suspects < 1)
    report = replace(found.report, rows_digest=digest)
    write_json(run.folder / "data_report.json", as_json(report))
    return report


def _keys(run: Run, rows: Sequence[Row]) -> tuple[list[str], dict[str, str]]:
    """(the key of each row's text, row id -> key of the row): of all that a night makes of a mail, made once for good."""
    lines = ({"fields": dict(row.fields), "more": dict(row.more), "headers": dict(row.headers)} for row in rows)
    texts, keys = [], {}
    for row, look in zip(rows, looks_of(lines, run.recipe.text, run.home.kept), strict=True):
        texts.append(look.text_key)
        keys[row.id] = look.key
    return texts, keys


def check(recipe: Recipe, reading: Reading) -> tuple[DataReport, list[Row], list[Unusable]]:
    """(report, kept rows, rows set aside) for what was read, by the recipe's settings alone; nothing is written."""
    found = checked(recipe, reading)
    return found.report, found.kept, found.aside


@dataclass(frozen=True)
class Checked:
    """What the suite said of rows, and by which rules over which tables."""

    report: DataReport
    kept: list[Row]
    aside: list[Unusable]
    rules: tuple[Rule, ...]
    tables: "Mapping[Table, pd.DataFrame]"


def checked(recipe: Recipe, reading: Reading, keys: Sequence[str] | None = None, own: Sequence[Rule] = ()) -> Checked:
    """Check what was read; nothing is written. `keys`: see row_facts. Raises DataStoppedError for a rule that crashed."""
    rules = (*for_recipe(recipe), *own)
    facts = row_facts(recipe, reading.rows, keys=keys)
    findings = run_rules([r for r in rules if r.table == "rows"], facts)
    aside = set_aside(findings)
    kept = [row for row in reading.rows if row.id not in aside]
    findings = [f for found in findings for f in _by_other_label(found, reading.rows, recipe.clean.labels_to_filter)]

    counts = Counter(row.label for row in kept)
    labels = label_table(recipe, [row.label for row in kept])
    tables: dict[Table, pd.DataFrame] = {
        "kept": facts[~facts["id"].isin(list(aside))],
        "labels": labels,
        "learnable": labels[labels["n_rows"] >= recipe.expect.rows_per_label],
    }
    for name, table in tables.items():
        found = run_rules([r for r in rules if r.table == name], table)
        findings += _by_label(found, labels) if name == "labels" else found

    out = [
        Unusable(r.file, r.line, _REASONS.get(aside[r.id], aside[r.id]), r.id) for r in reading.rows if r.id in aside
    ]
    report = _report(recipe, reading, counts, out, findings, len(rules))
    return Checked(report, kept, out, rules, {"rows": facts, **tables})


def _by_other_label(finding: Finding, rows: Sequence[Row], filtered: Sequence[str]) -> list[Finding]:
    """The finding about labels outside the recipe as one finding a label, a note where it was asked for; any other as it is."""
    if finding.rule != LABELS_LISTED:
        return [finding]
    hit = set(finding.where)
    by_label: dict[str, list[str]] = {}
    for row in rows:
        if row.id in hit:
            by_label.setdefault(row.label, []).append(row.id)
    return [
        replace(
            finding,
            n=len(ids),
            where=tuple(ids),
            outcome="note" if label in filtered else finding.outcome,
            message=f"label {label[:_SHOWN_CHARS]!r} is {'filtered by' if label in filtered else 'not in'} the recipe: "
            f"{_rows(len(ids))} set aside",
        )
        for label, ids in sorted(by_label.items())
    ]


def _by_label(findings: Sequence[Finding], labels: "pd.DataFrame") -> list[Finding]:
    """One finding a label; a label that a rule has dropped is not spoken of again."""
    table = labels.set_index("label")
    told: list[Finding] = []
    gone: set[str] = set()
    for finding in findings:
        if not finding.where:  # it speaks of the whole table
            told.append(finding)
        fresh = [label for label in finding.where if label not in gone]
        counts = table["n_train" if finding.rule == "labels have training rows" else "n_rows"]
        for label in fresh:
            message = finding.message.replace("{where}", label).replace("{count}", str(counts[label]))
            told.append(replace(finding, message=message, n=1, where=(label,)))
        if finding.outcome == "drop-label":
            gone |= set(fresh)
    return told


def _report(
    recipe: Recipe,
    reading: Reading,
    counts: Mapping[str, int],
    out: Sequence[Unusable],
    findings: list[Finding],
    n_rules: int,
) -> DataReport:
    other = sum(f.n for f in findings if f.rule == LABELS_LISTED)
    gone = {label for f in findings if f.outcome == "drop-label" and f.rule != LABELS_LISTED for label in f.where}
    report = DataReport(
        n_lines=reading.n_lines,
        n_unusable=len(reading.unusable),
        n_quarantined=len(out) - other,
        n_other_label=other,
        n_kept=sum(counts.values()),
        other_labels=dict(sorted(_other_labels(recipe, reading).items())),
        label_counts={label: counts.get(label, 0) for label in recipe.labels},
        dropped_labels=tuple(label for label in recipe.labels if label in gone),
        n_rules=n_rules,
        reasons=dict(Counter(u.reason for u in [*reading.unusable, *out]).most_common()),
        findings=tuple(findings),
    )
    if report.n_lines != report.n_unusable + report.n_quarantined + report.n_other_label + report.n_kept:
        raise AssertionError(f"rows were lost in validation: {report.n_lines} read, {report.n_kept} kept")
    return report


def _other_labels(recipe: Recipe, reading: Reading) -> Counter[str]:
    return Counter(row.label[:_SHOWN_CHARS] for row in reading.rows if row.label not in recipe.labels)


def _rows(n: int) -> str:
    return f"{n} row{'' if n == 1 else 's'}"

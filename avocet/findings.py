"""What `validate` found: one finding a rule, and a report whose counts add up to every row that was read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

# What a broken rule does, strongest first. The rule says which; Great Expectations only says whether it held.
Outcome = Literal["stop", "drop-label", "quarantine", "warn", "note"]
OUTCOMES: tuple[Outcome, ...] = ("stop", "drop-label", "quarantine", "warn", "note")
# How Great Expectations' pages and other tools call it; what is done about it is the outcome's to say.
Severity = Literal["critical", "warning", "info"]
SEVERITY: Mapping[Outcome, Severity] = {
    "stop": "critical", "drop-label": "warning", "quarantine": "warning", "warn": "warning", "note": "info",
}  # fmt: skip


@dataclass(frozen=True)
class Finding:
    """One rule that did not hold: what it does about it, how often, where (row ids or labels, never texts)."""

    rule: str
    outcome: Outcome
    message: str
    n: int
    where: tuple[str, ...] = ()


@dataclass(frozen=True)
class DataReport:
    """The rows of one run after validation: n_lines == n_unusable + n_other_label + n_quarantined + n_kept."""

    n_lines: int
    n_unusable: int  # lines that are no rows
    n_quarantined: int  # rows that a rule set aside
    n_other_label: int  # rows with a label that the recipe does not have
    n_kept: int
    other_labels: Mapping[str, int]
    label_counts: Mapping[str, int]  # kept rows of each of the recipe's labels
    dropped_labels: tuple[str, ...]  # canonical, but with too few rows to learn from
    n_rules: int
    rows_digest: str = ""
    reasons: Mapping[str, int] = field(default_factory=dict)  # why lines and rows were set aside, with counts
    findings: tuple[Finding, ...] = ()

    @property
    def stopped(self) -> tuple[Finding, ...]:
        """Findings that stop the run."""
        return tuple(f for f in self.findings if f.outcome == "stop")

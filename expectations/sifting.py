"""Rules over rows that are no mails with a label: pairs and plain texts are sifted by the same runner and outcomes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from avocet.findings import Finding
from avocet.rows import Unusable
from expectations.runner import run_rules
from expectations.suite import Rule, Table

if TYPE_CHECKING:
    import pandas as pd


class Placed(Protocol):
    """What can be set aside: it has an id, and a place in a file."""

    @property
    def id(self) -> str:
        """Stands for it in reports."""
        ...

    @property
    def file(self) -> str:
        """Where it was read."""
        ...

    @property
    def line(self) -> int:
        """And on which line."""
        ...


T = TypeVar("T", bound=Placed)


@dataclass(frozen=True)
class Sifted(Generic[T]):
    """What rules left of rows: `len(kept) + len(aside)` is how many there were. Findings name ids, never texts."""

    kept: tuple[T, ...]
    aside: tuple[Unusable, ...]
    findings: tuple[Finding, ...]
    n_rules: int

    @property
    def stopped(self) -> tuple[Finding, ...]:
        """Findings that stop the run."""
        return tuple(f for f in self.findings if f.outcome == "stop")


def sift(
    items: Sequence[T],
    facts: "pd.DataFrame",
    rules: Sequence[Rule],
    of_kept: "Callable[[pd.DataFrame], Mapping[Table, pd.DataFrame]]" = lambda kept: {},
) -> Sifted[T]:
    """Apply the rules over `rows` to the facts of all items, then those over `kept` and over the tables made of these.

    Raises DataStoppedError for a rule that crashed.
    """
    findings = run_rules([rule for rule in rules if rule.table == "rows"], facts)
    why = set_aside(findings)
    kept = facts[~facts["id"].isin(list(why))]
    tables: dict[Table, pd.DataFrame] = {"kept": kept, **of_kept(kept)}
    for name, table in tables.items():
        findings += run_rules([rule for rule in rules if rule.table == name], table)
    aside = tuple(Unusable(x.file, x.line, why[x.id], x.id) for x in items if x.id in why)
    return Sifted(tuple(x for x in items if x.id not in why), aside, tuple(findings), len(rules))


def set_aside(findings: Sequence[Finding]) -> dict[str, str]:
    """Row id -> the first rule that keeps the row from being learned from."""
    aside: dict[str, str] = {}
    for finding in findings:
        if finding.outcome in ("drop-label", "quarantine"):
            for row_id in finding.where:
                aside.setdefault(row_id, finding.rule)
    return aside

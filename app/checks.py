"""Tonight's rows checked as a night would, for the terminal and for HTTP: one shape, and nothing is changed."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from threading import Lock
from typing import TYPE_CHECKING

from avocet.findings import SEVERITY, DataReport, Outcome, Severity
from avocet.home import Home
from avocet.recipe import Recipe

if TYPE_CHECKING:
    from expectations.validation import Checked

_ONE_AT_A_TIME = Lock()  # Great Expectations has one context a process


@dataclass(frozen=True)
class Found:
    """One rule that did not hold; `where`: ids of rows, or labels."""

    severity: Severity
    rule: str
    outcome: Outcome
    message: str
    n: int
    where: tuple[str, ...]


@dataclass(frozen=True)
class Checks:
    """What a night would find: n_lines == n_unusable + n_other_label + n_quarantined + n_kept; `stopped`: and stop at."""

    n_lines: int
    n_unusable: int
    n_quarantined: int
    n_other_label: int
    n_kept: int
    other_labels: Mapping[str, int]
    label_counts: Mapping[str, int]
    dropped_labels: tuple[str, ...]
    n_rules: int
    rows_digest: str
    reasons: Mapping[str, int]
    findings: tuple[Found, ...]
    stopped: bool


def checked_now(place: Home, recipe: Recipe) -> "Checked":
    """The rows that there are now, after every rule. Raises RowsNotFoundError, RowsUnreadableError, StoreError."""
    from avocet.sources import rows_of
    from expectations.own import own_rules
    from expectations.validation import checked

    own = own_rules(place, recipe)
    with _ONE_AT_A_TIME:
        return checked(recipe, rows_of(place, recipe), own=own)


def told(report: DataReport) -> Checks:
    """The report as it is said."""
    its = {**asdict(report), "findings": tuple(Found(SEVERITY[f.outcome], **asdict(f)) for f in report.findings)}
    return Checks(**its, stopped=bool(report.stopped))

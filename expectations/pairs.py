"""The suite for pairs of a query and the text that answers it, by domain: what an embedding is trained on."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from avocet.cleaning import group_key
from avocet.findings import Outcome
from expectations.sifting import Sifted, sift
from expectations.suite import Rule

if TYPE_CHECKING:
    import pandas as pd

PAIR_COLUMNS = (
    "id", "n_query", "n_positive", "both_there", "differ", "domain", "domain_known", "first_of_pair",
    "queries_of_positive", "replaced_chars",
)  # fmt: skip
DOMAIN_COLUMNS = ("domain", "n_rows")
_DOMAIN_CHARS = 80


@dataclass(frozen=True, slots=True)
class Pair:
    """A query, the text that answers it, and what both are about."""

    id: str
    query: str
    positive: str
    domain: str
    file: str = ""
    line: int = 0


@dataclass(frozen=True)
class PairSettings:
    """What pairs must be like; without `domains` any short name is one."""

    query_chars: tuple[int, int] = (1, 10_000)
    positive_chars: tuple[int, int] = (1, 100_000)
    domains: tuple[str, ...] = ()
    rows: int = 1  # fewer usable pairs stop the run
    rows_per_domain: int = 1  # fewer are a warning


def check_pairs(pairs: Sequence[Pair], settings: PairSettings) -> Sifted[Pair]:
    """What may be learned from, what is set aside, and why. Raises DataStoppedError for a rule that crashed."""
    facts = pair_facts(pairs, settings)
    return sift(pairs, facts, for_pairs(settings), lambda kept: {"domains": domain_table(kept, settings)})


def for_pairs(settings: PairSettings) -> list[Rule]:
    """All rules for pairs, structure first."""
    least = settings.rows_per_domain
    return [
        Rule("pair columns", "rows", "ExpectTableColumnsToMatchSet", {"column_set": list(PAIR_COLUMNS), "exact_match": True},
             "stop", "the facts of the pairs have other columns than this version of Avocet writes"),
        Rule("ids are unique", "rows", "ExpectColumnValuesToBeUnique", {"column": "id"}, "stop", "{n} pairs share an id"),
        _flag("both texts are there", "both_there", "quarantine", "{n} pairs lack their query or their positive"),
        _flag("texts differ", "differ", "quarantine", "{n} pairs have a query that is its own answer"),
        _length("query length", "n_query", settings.query_chars, "queries"),
        _length("positive length", "n_positive", settings.positive_chars, "positives"),
        _flag("domain known", "domain_known", "quarantine", "{n} pairs have a domain that is not listed, or none"),
        _flag("exact duplicates", "first_of_pair", "note", "{n} pairs repeat an earlier one"),
        Rule("positives serve one query", "rows", "ExpectColumnValuesToBeBetween",
             {"column": "queries_of_positive", "max_value": 1},
             "note", "{n} pairs share their positive with another query; in one batch each would be the other's negative"),
        Rule("decoded cleanly", "rows", "ExpectColumnValuesToBeInSet", {"column": "replaced_chars", "value_set": [0]},
             "warn", "{n} pairs hold U+FFFD, the mark of a character that was lost in decoding"),
        Rule("enough pairs", "kept", "ExpectTableRowCountToBeBetween", {"min_value": settings.rows},
             "stop", f"fewer than {settings.rows} usable pairs"),
        Rule("domains have pairs", "domains", "ExpectColumnValuesToBeBetween", {"column": "n_rows", "min_value": least},
             "warn", f"{{n}} domains have fewer than {least} usable pairs"),
    ]  # fmt: skip


def pair_facts(pairs: Sequence[Pair], settings: PairSettings) -> "pd.DataFrame":
    """One line a pair, columns PAIR_COLUMNS; no text."""
    import pandas as pd

    keys = [(group_key(pair.query), group_key(pair.positive)) for pair in pairs]
    first: dict[tuple[str, str], str] = {}
    queries: dict[str, set[str]] = defaultdict(set)
    for pair, (query, positive) in zip(pairs, keys, strict=True):
        first.setdefault((query, positive), pair.id)
        queries[positive].add(query)
    lines = [
        [
            pair.id, _n_chars(pair.query), _n_chars(pair.positive),
            bool(pair.query.strip() and pair.positive.strip()),
            key[0] != key[1] or not pair.query.strip(),  # where both are empty, another rule speaks
            pair.domain[:_DOMAIN_CHARS], _known(pair.domain, settings),
            first[key] == pair.id, len(queries[key[1]]), (pair.query + pair.positive).count("\ufffd"),
        ]
        for pair, key in zip(pairs, keys, strict=True)
    ]  # fmt: skip
    return pd.DataFrame(lines, columns=list(PAIR_COLUMNS))


def domain_table(kept: "pd.DataFrame", settings: PairSettings) -> "pd.DataFrame":
    """One line for each domain that is listed or has pairs, columns DOMAIN_COLUMNS."""
    import pandas as pd

    counts = Counter(kept["domain"])
    names = dict.fromkeys([*settings.domains, *sorted(counts)])
    return pd.DataFrame([[name, counts[name]] for name in names], columns=list(DOMAIN_COLUMNS))


def _flag(name: str, column: str, outcome: Outcome, message: str) -> Rule:
    """A rule over a column that must be True."""
    return Rule(name, "rows", "ExpectColumnValuesToBeInSet", {"column": column, "value_set": [True]}, outcome, message)


def _length(name: str, column: str, chars: tuple[int, int], what: str) -> Rule:
    settings = {"column": column, "min_value": chars[0], "max_value": chars[1]}
    message = f"{{n}} {what} have fewer than {chars[0]} or more than {chars[1]} characters"
    return Rule(name, "rows", "ExpectColumnValuesToBeBetween", settings, "quarantine", message)


def _n_chars(text: str) -> float:
    """NaN for an empty one, which no rule about lengths sees: another rule speaks of it."""
    return len(text.strip()) or float("nan")


def _known(domain: str, settings: PairSettings) -> bool:
    return domain in settings.domains if settings.domains else bool(domain.strip()) and len(domain) <= _DOMAIN_CHARS

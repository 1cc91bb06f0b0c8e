"""What a person should look at in a night's rows: conflicting labels, suspects of the models, odd lengths."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from statistics import median, quantiles
from typing import Any

from avocet import recipe as recipes
from avocet.dataset import text_of
from avocet.decision import Decision
from avocet.errors import NotFoundError
from avocet.home import Home
from avocet.methods.job import read_rows
from avocet.runs import Run
from avocet.suspects import Suspect, judged_suspects, learned_suspects
from avocet.template import build

FAR = 4.0  # robust standard deviations of the log length: one normal mail in 16,000
_LEAST_SPREAD = 0.25  # in log length; texts that are all alike make no odd one of one that is a little longer
_LEAST_ROWS = 20
Lines = Sequence[Mapping[str, Any]]


def to_look_at(home: Home, found: Decision) -> list[Suspect]:
    """Of one decided run, the surest first. Raises NotFoundError where its rows or its version are gone."""
    challenger = found.verdict.challenger
    run = Run(found.run, home, recipes.load(home, found.recipe))
    if not run.rows.exists():
        raise NotFoundError(f"the rows of run {found.run} are not there any more; run another night")
    if challenger and not (home.models / challenger).is_dir():
        raise NotFoundError(f"version {challenger}, which answered these rows, was removed; run another night")
    lines = read_rows(run.rows)
    learned = learned_suspects(lines, home.models / challenger) if challenger else []
    return [*conflicts(lines), *learned, *judged_suspects(found), *odd_lengths(lines, text_of(run))]


def conflicts(lines: Lines) -> list[Suspect]:
    """Rows whose words (but for numbers, case, space) also stand under another label; those of the rarer label first."""
    by_key: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for line in lines:
        by_key[line["key"]].append(line)
    found = [(n, one) for its in by_key.values() if len(its) > 1 for n, one in _torn(its)]
    return [one for _, one in sorted(found, key=lambda pair: (pair[0], pair[1].row_id))]


def _torn(its: Lines) -> Iterator[tuple[int, Suspect]]:
    """(rows of these that have its label, the suspect), where copies of one mail have several labels."""
    counts = Counter(str(line["label"]) for line in its)
    if len(counts) == 1:
        return
    for line in its:
        others = [other for other in its if other["label"] != line["label"]]
        likely = max(others, key=lambda other: (counts[other["label"]], str(other["label"])))
        reason = f"the same words as {likely['id']}, which is labelled {likely['label']}"
        yield counts[line["label"]], Suspect(line["id"], line["label"], str(likely["label"]), line["side"], reason)


def odd_lengths(lines: Lines, template: str) -> list[Suspect]:
    """Rows whose text is far shorter or longer than the others' (median and MAD of the log length), the farthest first."""
    if len(lines) < _LEAST_ROWS:
        return []
    n_chars = [len(build(template, line["fields"])) for line in lines]
    logs = [math.log1p(n) for n in n_chars]
    middle = median(logs)
    spread = max(1.4826 * median(abs(x - middle) for x in logs), _LEAST_SPREAD)  # 1.4826: as a normal's deviation
    low, _, high = quantiles(n_chars, n=4)
    far = sorted(
        (i for i, x in enumerate(logs) if abs(x - middle) > FAR * spread), key=lambda i: -abs(logs[i] - middle)
    )
    usual = f"where half of all have {low:.0f} to {high:.0f}"
    return [
        Suspect(lines[i]["id"], lines[i]["label"], "", lines[i]["side"], f"a text of {n_chars[i]} characters, {usual}")
        for i in far
    ]

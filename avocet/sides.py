"""Tonight's sides: the ledger is asked, new rows are placed, and rows.jsonl says for each row where it stands."""

import hashlib
import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from avocet import registry
from avocet.errors import DamagedVersionError, StoreError
from avocet.looked import looks_of
from avocet.looks import Look, group
from avocet.recipe import digest
from avocet.runs import Run
from avocet.selection import LEFT_OUT, Placed, Selection, select
from avocet.splits import SIDES, Member, Split, assign, strongest
from avocet.store.database import store_of
from avocet.store.ledger import SideLedger
from avocet.suspects import learned_suspects
from avocet.template import build
from avocet.times import moment

_TURNS = 5
_as_text = json.JSONEncoder(sort_keys=True).encode
ASIDE = "aside"  # in rows.jsonl: a holdout row that has a look-alike among what was learned from


@dataclass(frozen=True)
class Sides:
    """How tonight's rows are divided; `digest` names rows and sides together."""

    digest: str
    counts: dict[str, dict[str, int]]  # label -> side -> rows
    trained_labels: tuple[str, ...]  # that have a training row and were not dropped
    n_new: int
    n_groups: int
    largest_group: int  # rows
    n_set_aside: int
    warnings: tuple[str, ...]
    left_out: dict[str, int] = field(default_factory=dict)  # why -> rows of the train side
    n_doubted: int = 0  # rows that count less

    def total(self, side: str) -> int:
        """Rows on `side`."""
        return sum(by_side[side] for by_side in self.counts.values())


def divide(run: Run, dropped: tuple[str, ...]) -> Sides:
    """Give each row of the run its side for life, write group and side into rows.jsonl, remember new rows.

    `dropped` labels have too few rows to train; their holdout rows are judged all the same, as misses.
    """
    recipe = run.recipe
    rows: list[_Row] = []
    tonight = list(looks_of(_read(run, rows), recipe.text, run.home.kept))
    members, split = _placed(run, rows, tonight)
    at = [ASIDE if m.row_id in split.set_aside else split.side_of[m.row_id] for m in members]
    chosen = _chosen(run, rows, members, at)
    at = [LEFT_OUT if m.row_id in chosen.left_out else side for m, side in zip(members, at, strict=True)]
    _write(run, members, at, chosen.weights)

    sizes = Counter(m.group for m in members)
    found = Counter(zip((row.label for row in rows), at, strict=True))
    counts: dict[str, dict[str, int]] = {label: {side: found[label, side] for side in SIDES} for label in recipe.labels}
    trained = tuple(x for x in recipe.labels if counts[x]["train"] and x not in dropped)
    return Sides(
        digest(
            sorted(
                f"{row.mark} {side} {chosen.weights.get(row.id, '')}".strip()
                for row, side in zip(rows, at, strict=True)
            )
        ),
        counts,
        trained,
        split.n_new,
        len(sizes),
        max(sizes.values(), default=0),
        len(split.set_aside),
        _warnings(run, counts, trained, dropped, len(split.set_aside)),
        chosen.reasons,
        len(chosen.weights),
    )


@dataclass(frozen=True, slots=True)
class _Row:
    """What is in memory of a row while all of them are divided; its texts are not."""

    id: str
    label: str
    key: str
    mark: str  # digest of id, label and fields
    labeled_at: str | None


def _read(run: Run, rows: list[_Row]) -> Iterator[dict[str, Any]]:
    """Each row of the run, one after another; what is needed later of it is added to `rows`."""
    with run.rows.open(encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            same = _as_text([row["id"], row["label"], row["fields"]])
            mark = hashlib.sha256(same.encode()).hexdigest()
            rows.append(_Row(row["id"], row["label"], row["key"], mark, row.get("labeled_at")))
            yield row


def _write(run: Run, members: Sequence[Member], sides: Sequence[str], weights: Mapping[str, float]) -> None:
    """Add group, side, and the weight of a row that has one, to each line of rows.jsonl, in one move."""
    new = run.rows.with_suffix(".new")
    with run.rows.open(encoding="utf-8") as lines, new.open("w", encoding="utf-8") as out:
        for line, member, side in zip(lines, members, sides, strict=True):
            more = f', "weight": {weights[member.row_id]}' if member.row_id in weights else ""
            # Its end is written anew and its texts are not. Of a row that was divided before, the last words count.
            out.write(f'{line.rstrip()[:-1]}, "group": {json.dumps(member.group)}, "side": "{side}"{more}}}\n')
    new.replace(run.rows)


def _placed(run: Run, rows: Sequence[_Row], tonight: list[Look]) -> tuple[list[Member], Split]:
    """Tonight's rows with their groups and sides, as the ledger now has them.

    Another machine on the same store may place the same rows at this moment: whoever writes first has decided, and the
    other one divides again. Raises StoreError.
    """
    recipe, ledger = run.recipe, SideLedger(store_of(run.home))
    keys = _learned_from(run)
    for _ in range(_TURNS):
        seen = ledger.seen(recipe.name, [(row.id, row.key) for row in rows])
        every = [*tonight, *(look for look, _ in seen)]
        groups = group(every)
        members = [Member(row.id, its, row.label) for row, its in zip(rows, groups, strict=False)]
        claims = strongest(zip(groups[len(rows) :], (side for _, side in seen), strict=True))
        learned = {its for its, look in zip(groups, every, strict=True) if look.key in keys}
        split = assign(members, ledger.rows(recipe.name), claims, recipe.shares, recipe.seed, learned)
        ledger.record(recipe.name, run.id, members, split.side_of, tonight)
        written = ledger.rows(recipe.name)
        if all(written[row_id] == side for row_id, side in split.side_of.items()):
            return members, split
    raise StoreError("other nights place the same rows all the time; nothing was trained, try again")


def _learned_from(run: Run) -> frozenset[str]:
    """Keys of rows that any version of this recipe has learned from, as the versions themselves remember it."""
    keys: set[str] = set()
    for version in registry.versions(run.home.models):
        if version.info.get("recipe") == run.recipe.name:
            try:
                keys |= registry.learned_from(version.folder)
            except DamagedVersionError:
                continue  # it cannot be loaded, so it can neither be judged nor promoted
    return frozenset(keys)


def _chosen(run: Run, rows: Sequence[_Row], members: Sequence[Member], at: Sequence[str]) -> Selection:
    """What the recipe's `clean` leaves out of tonight's lessons, and what counts less there."""
    placed = [Placed(m.row_id, m.label, m.group) for m, side in zip(members, at, strict=True) if side == "train"]
    doubted = _doubted(run, rows, at) if run.recipe.clean.suspects < 1 else frozenset()
    return select(run.recipe, placed, partial(_texts, run), doubted)


def _texts(run: Run, ids: Collection[str]) -> dict[str, str]:
    """Row id -> the text that a model sees, of these rows."""
    with run.rows.open(encoding="utf-8") as lines:
        rows = (json.loads(line) for line in lines)
        return {row["id"]: build(run.recipe.text, row["fields"]) for row in rows if row["id"] in ids}


def _doubted(run: Run, rows: Sequence[_Row], at: Sequence[str]) -> frozenset[str]:
    """Rows whose label is likely wrong, as the champion answered them on its own night, out of fold.

    A label that was given, or confirmed, since then stands: somebody has looked.
    """
    champion = registry.champion(run.home.models, run.recipe.name)
    if champion is None:
        return frozenset()
    trained = moment(champion.info["timestamp"])
    since = {row.id for row in rows if (given := moment(row.labeled_at)) and trained and given > trained}
    lines = [{"id": row.id, "label": row.label, "side": side} for row, side in zip(rows, at, strict=True)]
    return frozenset(one.row_id for one in learned_suspects(lines, champion.folder)) - since


def _warnings(
    run: Run, counts: dict[str, dict[str, int]], trained: tuple[str, ...], dropped: tuple[str, ...], n_aside: int
) -> tuple[str, ...]:
    wanted = run.recipe.expect.train_rows_per_label
    found = [
        f"label {label} has {counts[label]['train']} training rows (fewer than {wanted}): its F1 is unreliable"
        for label in trained
        if counts[label]["train"] < wanted
    ]
    found += [
        f"label {label} has no training row left, so it cannot be learned; its judged rows count as misses"
        for label in run.recipe.labels
        if any(counts[label].values()) and not counts[label]["train"] and label not in dropped
    ]
    judged = sum(by_side["holdout"] for by_side in counts.values())
    if judged < run.recipe.gate.holdout_rows:
        found.append(
            f"too few rows for an honest holdout: {judged} judged, the gate asks for {run.recipe.gate.holdout_rows}; "
            "the run trains and promotes nothing"
        )
    if n_aside:
        found.append(f"{n_aside} holdout rows look like rows that were learned from and are not judged")
    return tuple(found)

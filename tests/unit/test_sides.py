"""Tonight's sides: the ledger is obeyed, the versions are asked what they learned from, and the rows say where they stand."""

import json
import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from avocet import runs
from avocet.cleaning import group_key
from avocet.methods.job import read_rows
from avocet.recipe import Recipe
from avocet.registry import Version
from avocet.rows import Row
from avocet.rows import _row as parse_row
from avocet.runs import Run
from avocet.sides import ASIDE, Sides, divide
from avocet.splits import SIDES
from avocet.store.database import store_of
from avocet.store.ledger import SideLedger


def text_of(i: int) -> str:
    """A text of its own for each number, with no digits in it."""
    return "".join(chr(ord("a") + int(digit)) for digit in f"{i:04}")


def rows(n: int, first: int = 0) -> list[Row]:
    labels = ("rejected", "digest", "neutral")
    return [Row(f"r{i}", labels[i % 3], {"subject": text_of(i), "body": "b"}, "f", i) for i in range(first, first + n)]


Night = Callable[..., tuple[Run, Sides]]


@pytest.fixture
def night(make_run: Callable[..., Run], recipe_of: Callable[..., Recipe]) -> Night:
    """One run over these rows, divided."""

    def go(these: list[Row], dropped: tuple[str, ...] = (), **settings: Any) -> tuple[Run, Sides]:
        run = make_run(recipe_of(**settings))
        runs.write_rows(run.rows, these)
        return run, divide(run, dropped)

    return go


def placed(run: Run) -> dict[str, str]:
    return {row["id"]: row["side"] for row in read_rows(run.rows)}


def test_each_row_says_its_group_and_side_and_the_counts_add_up(night: Night) -> None:
    """Nothing else of a row changes."""
    these = rows(60)
    run, sides = night(these)
    written = read_rows(run.rows)
    for row, r in zip(written, these, strict=True):
        key = group_key(f"b\n{r.fields['subject']}")
        whole = {"id": r.id, "label": r.label, "fields": dict(r.fields), "key": key, "more": {}, "headers": {}}
        assert row == {**whole, "group": key, "side": row["side"]}
    found = Counter((row["label"], row["side"]) for row in written)
    assert sides.counts == {x: {side: found[x, side] for side in SIDES} for x in ("rejected", "digest", "neutral")}
    assert sides.counts["digest"] == {"train": 13, "validation": 3, "holdout": 4}
    assert [sides.total(side) for side in SIDES] == [39, 9, 12]
    assert (sides.trained_labels, sides.n_new, sides.n_groups, sides.n_set_aside) == (
        ("rejected", "digest", "neutral"),
        60,
        60,
        0,
    )


def test_the_ledger_remembers_what_the_rows_say(night: Night) -> None:
    """Row by row and look by look."""
    run, _ = night(rows(60))
    ledger = SideLedger(store_of(run.home))
    assert ledger.rows("tiny") == placed(run)
    assert {look.key: side for look, side in ledger.seen("tiny", [])} == {
        row["key"]: row["side"] for row in read_rows(run.rows)
    }


def test_the_next_night_moves_no_row(night: Night) -> None:
    """Whatever the order, and however many are new."""
    first, sides = night(rows(60))
    shuffled = random.Random(1).sample(rows(60), 60)
    second, again = night(shuffled)
    assert (placed(second), again.digest, again.n_new) == (placed(first), sides.digest, 0)
    third, more = night([*shuffled, *rows(40, first=60)])
    assert {k: v for k, v in placed(third).items() if k in placed(first)} == placed(first)
    assert (more.n_new, more.digest == sides.digest) == (40, False)


@pytest.mark.parametrize("change", ["label", "body", "side"])
def test_the_digest_knows_label_text_and_side(change: str, night: Night) -> None:
    """Each of them trains another model."""
    these = rows(60)
    run, sides = night(these)
    row = these[0]
    if change == "label":
        these[0] = Row(row.id, "neutral", row.fields, row.file, row.line)
    elif change == "body":
        these[0] = Row(row.id, row.label, {**row.fields, "body": "B"}, row.file, row.line)
    else:
        run.home.store.unlink()
    assert night(these, **({"seed": 99} if change == "side" else {}))[1].digest != sides.digest


def test_a_dropped_label_is_judged_and_not_learned(night: Night) -> None:
    """Its rows have sides like any other, so they count as misses."""
    _, sides = night(rows(60), ("digest",))
    assert sides.trained_labels == ("rejected", "neutral")
    assert sides.counts["digest"]["holdout"] == 4


def test_a_lost_ledger_cannot_bring_learned_rows_into_the_holdout(
    night: Night, published: Callable[..., Version]
) -> None:
    """The versions themselves remember what they learned from."""
    run, _ = night(rows(200))
    learned = [row["key"] for row in read_rows(run.rows) if row["side"] != "holdout"]
    published(run.home.models, "tfidf-1", learned)
    run.home.store.unlink()
    again, sides = night(rows(200), seed=99)
    holdout = {row["key"] for row in read_rows(again.rows) if row["side"] == "holdout"}
    assert holdout and not holdout & set(learned)
    assert (sides.n_new, sides.n_set_aside) == (200, 0)


def test_without_such_a_version_another_seed_would_mix_them(night: Night) -> None:
    """The test above can fail."""
    run, _ = night(rows(200))
    learned = {row["key"] for row in read_rows(run.rows) if row["side"] != "holdout"}
    run.home.store.unlink()
    again, _ = night(rows(200), seed=99)
    assert {row["key"] for row in read_rows(again.rows) if row["side"] == "holdout"} & learned


def test_a_version_of_another_recipe_or_a_damaged_one_changes_nothing(
    night: Night, published: Callable[..., Version]
) -> None:
    """It is not judged on these rows, or cannot be."""
    run, _ = night(rows(60))
    groups = [row["key"] for row in read_rows(run.rows)]
    published(run.home.models, "other-1", groups, recipe="other")
    damaged = published(run.home.models, "tfidf-1", groups)
    (damaged.folder / "learned_from.json").write_text("{")
    again, sides = night(rows(60))
    assert (placed(again), sides.n_set_aside) == (placed(run), 0)


def test_a_holdout_row_that_came_to_equal_a_training_row_is_set_aside(night: Night) -> None:
    """It stands aside tonight, is counted nowhere, and is told; its side for life does not change."""
    these = rows(60)
    first, _ = night(these)
    at = placed(first)
    trains = next(r for r in these if at[r.id] == "train")
    edited = next(i for i, r in enumerate(these) if at[r.id] == "holdout" and r.label == trains.label)
    these[edited] = Row(these[edited].id, trains.label, trains.fields, "f", edited)
    second, sides = night(these)
    assert placed(second) == {**at, these[edited].id: ASIDE}
    assert (sides.n_set_aside, sides.n_groups, sum(sides.total(side) for side in SIDES)) == (1, 59, 59)
    assert "1 holdout rows look like rows that were learned from and are not judged" in sides.warnings
    assert SideLedger(store_of(second.home)).rows("tiny") == at


def test_a_template_that_reads_more_moves_no_row(night: Night) -> None:
    """Rows without ids of their own stay the rows they are: before, all were new and learned rows got judged."""
    mails = [{"subject": text_of(i), "body": "b", "from": f"{i}@x", "label": "digest"} for i in range(60)]

    def read_with(template: str) -> tuple[Run, Sides]:
        fields = ("subject", "body", "from") if "from" in template else ("subject", "body")
        found = [parse_row(mail, fields, "f", i) for i, mail in enumerate(mails)]
        return night(found, text=template)

    before, _ = read_with("{subject} [SEP] {body:.400}")
    after, sides = read_with("{from} {subject} {body}")
    assert (placed(after), sides.n_new) == (placed(before), 0)


def test_a_near_copy_joins_the_side_of_a_row_that_is_gone(night: Night) -> None:
    """The ledger keeps the look of every row it has seen, so a deleted mail's copy is not judged on either."""
    words = "we are sorry to tell you that the position was given to somebody else this time good luck"
    mail = Row("gone", "rejected", {"subject": "news", "body": f"Dear Ann {words}"}, "f", 1)
    copy = Row("copy", "rejected", {"subject": "news", "body": f"Dear Bob {words}"}, "f", 1)
    for n in range(3, 12):  # whichever side it got
        first, _ = night([mail, *rows(n, first=100 * n)])
        second, _ = night([copy, *rows(n, first=100 * n)])
        assert placed(second)["copy"] == placed(first)["gone"]
        first.home.store.unlink()


def test_the_gate_would_not_believe_a_small_holdout_and_the_run_says_so(night: Night) -> None:
    """Beforehand, with both numbers."""
    _, sides = night(rows(60))
    assert sides.warnings == (
        "too few rows for an honest holdout: 12 judged, the gate asks for 30; the run trains and promotes nothing",
    )
    assert night(rows(60), gate={"holdout_rows": 12})[1].warnings == ()


def test_labels_with_few_training_rows_are_told(night: Night) -> None:
    """By name and number; a dropped label is not spoken of again."""
    _, sides = night(rows(12), ("rejected",), gate={"holdout_rows": 1})
    assert sides.warnings == (
        "label digest has 2 training rows (fewer than 5): its F1 is unreliable",
        "label neutral has 2 training rows (fewer than 5): its F1 is unreliable",
    )


def test_a_label_whose_last_training_row_is_gone_is_told(night: Night) -> None:
    """Its judged rows stay, so the model misses them all: that must not happen in silence."""
    these = rows(60)
    first, _ = night(these)
    at = placed(first)
    left = [r for r in these if r.label != "digest" or at[r.id] != "train"]
    _, sides = night(left, gate={"holdout_rows": 10})
    assert sides.trained_labels == ("rejected", "neutral")
    assert sides.warnings == (
        "label digest has no training row left, so it cannot be learned; its judged rows count as misses",
    )
    assert night(left, ("digest",), gate={"holdout_rows": 10})[1].warnings == ()


def test_what_is_said_of_sides_holds_no_text(night: Night) -> None:
    """Counts and digests."""
    _, sides = night(
        [Row(r.id, r.label, {"subject": f"canary {r.fields['subject']}", "body": "canary"}, "f", 1) for r in rows(12)]
    )
    assert "canary" not in json.dumps(runs.as_json(sides))


def test_another_machine_that_places_the_same_rows_first_has_decided(
    night: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run's rows say what the ledger says, though it had divided them otherwise a moment before."""
    record, others = SideLedger.record, []

    def after_another(ledger: SideLedger, recipe: str, run: str, members: Any, side_of: Any, looks: Any) -> int:
        if not others:
            others.extend(m.row_id for m in members if side_of[m.row_id] == "train")
            turned = {**side_of, **dict.fromkeys(others[:5], "holdout")}
            record(ledger, recipe, "another", members, turned, looks)
        return record(ledger, recipe, run, members, side_of, looks)

    monkeypatch.setattr(SideLedger, "record", after_another)
    run, _ = night(rows(60))
    assert placed(run) == SideLedger(store_of(run.home)).rows("tiny")
    assert {placed(run)[row_id] for row_id in others[:5]} == {"holdout"}


def test_what_cleaning_leaves_out_keeps_its_side_and_is_told(night: Night) -> None:
    """It is not learned from tonight and never judged; the digest of what is learned from is another."""
    these = [*rows(60), *rows(60, 100)[::3]]  # rejected is twice as frequent
    run, sides = night(these)
    before = placed(run)
    run, cleaned = night(these, clean={"reduce_majority_to": 0.5})
    after = placed(run)
    gone = {row for row, side in after.items() if side == "left_out"}
    assert cleaned.left_out == {"the largest label was reduced": len(gone)} and len(gone) >= 8
    assert {before[row] for row in gone} == {"train"}
    assert {row: side for row, side in before.items() if row not in gone} == {
        row: side for row, side in after.items() if row not in gone
    }
    assert sides.total("train") - cleaned.total("train") == len(gone)
    assert sides.digest != cleaned.digest and sides.left_out == {}
    assert set(SideLedger(store_of(run.home)).rows("tiny").values()) == {"train", "validation", "holdout"}

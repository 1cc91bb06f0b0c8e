"""Cross-fitted judging: nobody answers a row whose group it has learned from, and both ways of training are re-lived."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from avocet import crossfit as fitting
from avocet import registry
from avocet.benchmark import _crossfitted, _unless_it_fails
from avocet.crossfit import crossfit, leak_gap
from avocet.folds import grouped_folds
from avocet.methods.answers import write_answers
from avocet.methods.lessons import Answered, Lessons
from avocet.recipe import Recipe

WORDS = {
    "rejected": "sorry other people no luck",
    "digest": "news of the week read more",
    "neutral": "your parcel came",
}


def rows(n: int, noise: int = 0) -> list[dict[str, Any]]:
    """Three labels with words of their own; every sixth row has a look-alike beside it."""
    found = []
    for i in range(n):
        label = list(WORDS)[i % 3]
        text = f"{WORDS[label]} {chr(97 + i % 26)}{chr(97 + i // 26)}"
        side = ("train", "train", "train", "validation", "holdout")[i % 5]
        more = {"key": f"k{i}", "group": f"g{i - i % 6 % 2 * 3}", "side": side, "more": {}, "headers": {}}
        found.append({"id": f"r{i}", "label": label, "fields": {"subject": text, "body": "b" * (noise > i)}, **more})
    return found


@pytest.fixture
def version(tmp_path: Path) -> Callable[..., Path]:
    """A folder that says how it was trained and what it knows; nothing else of it is read."""

    def make(name: str, known: list[str], **changes: Any) -> Path:
        folder = tmp_path / name
        folder.mkdir()
        settings = {"method": "tfidf", "inverse_penalty": 10.0, **changes.pop("settings", {})}
        info = {"method": "tfidf", "settings": settings, "text": "{subject} {body}", "seed": 1, **changes}
        registry.write_info(folder, info)
        registry.write_learned_from(folder, {"train": known, "validation": []})
        return folder

    return make


def test_folds_keep_look_alikes_together_and_judge_each_row_once() -> None:
    """And spread the labels evenly."""
    these = rows(120)
    folds = grouped_folds([r["group"] for r in these], [r["label"] for r in these], 5, 1)
    assert folds is not None
    assert sorted(i for _, judged in folds for i in judged) == list(range(120))
    for learn, judged in folds:
        assert not {these[i]["group"] for i in learn} & {these[i]["group"] for i in judged}
        assert {sum(these[i]["label"] == label for i in judged) for label in WORDS} <= {6, 7, 8, 9, 10}


@pytest.mark.parametrize("few", [rows(5), [r for r in rows(60) if r["label"] == "digest"], []])
def test_too_few_groups_or_labels_give_no_folds(few: list[dict[str, Any]]) -> None:
    """There is nothing to spread."""
    assert grouped_folds([r["group"] for r in few], [r["label"] for r in few], 5, 1) is None


def test_a_label_that_is_one_group_of_two_labels_gives_no_folds() -> None:
    """The fold that judges it would have a single label to learn from."""
    groups, labels = [*map(str, range(40)), *["template"] * 5], ["a"] * 40 + ["b"] * 5
    assert grouped_folds(groups, labels, 5, 1) is None
    assert grouped_folds(groups, [*labels[:20], *["c"] * 20, *labels[40:]], 5, 1) is not None


def test_the_better_way_of_training_is_seen_on_all_rows(
    version: Callable[..., Path], recipe_of: Callable[..., Recipe], tmp_path: Path
) -> None:
    """A champion whose penalty lets it learn next to nothing is worse out of fold, and by how much a fold."""
    these = rows(90)
    keys = [r["key"] for r in these if r["side"] != "holdout"]
    old, new = version("old", keys, settings={"inverse_penalty": 1e-9}, text="{body}"), version("new", keys)
    found = crossfit(these, recipe_of(), old, new, tmp_path)
    assert found.why_not is None and found.macro_f1 is not None
    assert found.macro_f1[1] > 0.95 > 0.6 > found.macro_f1[0]
    assert (len(found.true), len(found.fold_accuracy), len(found.fold_macro_f1)) == (90, 5, 5)
    assert {p.name for p in tmp_path.iterdir()} == {"old", "new"}, "temporary files hold mail and are gone"


def test_the_same_training_on_the_same_rows_ties(
    version: Callable[..., Path], recipe_of: Callable[..., Recipe], tmp_path: Path
) -> None:
    """Then the holdout alone decides."""
    keys = [r["key"] for r in rows(90)]
    found = crossfit(rows(90), recipe_of(), version("old", keys), version("new", keys), tmp_path)
    assert found.macro_f1 is not None and found.macro_f1[0] == found.macro_f1[1]
    assert found.champion == found.challenger


def test_rows_that_came_since_count_for_the_challenger_only(
    version: Callable[..., Path], recipe_of: Callable[..., Recipe], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The champion is re-lived with what it knew, and with the rows that both are judged on."""
    these = rows(90)
    seen: list[set[str]] = []
    real = fitting._answers
    monkeypatch.setattr(
        "avocet.crossfit._answers", lambda learn, *rest: seen.append({r["key"] for r in learn}) or real(learn, *rest)
    )
    known = {r["key"] for r in these[:45]}
    crossfit(these, recipe_of(), version("old", sorted(known)), version("new", []), tmp_path)
    holdout = {r["key"] for r in these if r["side"] == "holdout"}
    assert all(keys <= known | holdout for keys in seen[:5])
    assert set().union(*seen[5:]) == {r["key"] for r in these}


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (
            {"method": "full"},
            "full would be trained 5 times (gate.crossfit.methods), and what the champion answered was not kept",
        ),
        ({"settings": None}, "the champion does not say how it was trained"),
    ],
)
def test_why_there_is_none_is_told(
    changes: dict[str, Any], told: str, version: Callable[..., Path], recipe_of: Callable[..., Recipe], tmp_path: Path
) -> None:
    """No evidence is not evidence of anything."""
    old = version("old", [])
    info = {**registry.read_info(old), **changes}
    registry.write_info(old, {k: v for k, v in info.items() if v is not None})
    assert crossfit(rows(90), recipe_of(), old, version("new", []), tmp_path).why_not == told
    few = crossfit(rows(6), recipe_of(), version("older", []), version("newer", []), tmp_path)
    assert few.why_not == "too few groups for 5 folds"


def test_the_leak_gap_is_what_torn_look_alikes_seem_to_gain(recipe_of: Callable[..., Recipe], tmp_path: Path) -> None:
    """Copies of mails whose words say nothing of their label: known by heart when torn apart, unknown together."""
    texts = [f"{chr(97 + i)}{chr(98 + i)}{chr(99 + i)} {chr(100 + i)}{chr(101 + i)}" for i in range(18)]
    these = [
        {
            "id": f"{i}-{copy}", "label": list(WORDS)[i * 7 % 3], "fields": {"subject": text, "body": ""}, "group": f"g{i}",
            "key": f"{i}-{copy}", "side": "train", "more": {}, "headers": {},
        }
        for i, text in enumerate(texts)
        for copy in range(5)
    ]  # fmt: skip
    gap = leak_gap(these, recipe_of(), tmp_path)
    assert gap is not None and gap.n == 90
    assert gap.ungrouped > 0.95 and gap.grouped < 0.6
    honest = leak_gap(rows(90), recipe_of(), tmp_path)
    assert honest is not None and abs(honest.ungrouped - honest.grouped) < 0.1
    assert leak_gap(rows(4), recipe_of(), tmp_path) is None


def test_a_champion_whose_template_reads_what_rows_have_not_is_no_crash(
    version: Callable[..., Path], recipe_of: Callable[..., Recipe], tmp_path: Path
) -> None:
    """The card says that it could not be scored; the evidence says why there is none."""
    folders = {"champion": version("old", [], text="{from}"), "challenger": version("new", [])}
    found = _crossfitted(True, rows(90), recipe_of(), folders, tmp_path)
    assert found.why_not == "KeyError while training anew"


def test_what_fails_while_training_anew_costs_the_evidence_and_not_the_night(
    version: Callable[..., Path], recipe_of: Callable[..., Recipe], tmp_path: Path
) -> None:
    """Settings that are none any more, told by their type; a label that is one single group has no folds."""
    folders = {"champion": version("old", [], settings={"gone": 1}), "challenger": version("new", [])}
    assert _crossfitted(True, rows(90), recipe_of(), folders, tmp_path).why_not == "ValidationError while training anew"
    two = [
        {**r, "group": "one template" if r["label"] == "digest" else r["group"]}
        for r in rows(90)
        if r["label"] != "neutral"
    ]
    assert leak_gap(two, recipe_of(), tmp_path) is None
    with pytest.raises(MemoryError):
        _unless_it_fails(_out_of_memory)


def _out_of_memory() -> None:
    raise MemoryError


def test_a_champion_that_learned_elsewhere_is_not_relived(
    version: Callable[..., Path], recipe_of: Callable[..., Recipe], tmp_path: Path
) -> None:
    """Most of its rows are not here, so the folds would only show that it was starved."""
    old = version("old", [f"elsewhere {i}" for i in range(100)])
    found = crossfit(rows(90), recipe_of(), old, version("new", []), tmp_path)
    assert found.why_not == "the champion has learned from rows that are not here"


def test_a_member_of_a_blend_is_as_sure_in_a_fold_as_that_night(
    recipe_of: Callable[..., Recipe], tmp_path: Path
) -> None:
    """Its weight was found for answers that were sharpened out of fold, which a fold cannot do."""
    these, recipe = rows(60), recipe_of()
    info = {"method": "tfidf", "settings": {"method": "tfidf"}, "text": "{subject}", "seed": 1}
    labels = tuple(WORDS)

    def scores(name: str, **more: Any) -> Any:
        (tmp_path / name).mkdir()
        return fitting._scores(these[:45], these[45:], labels, {**info, **more}, recipe, tmp_path / name)

    usual, night = scores("usual"), scores("night", sharpened=8.0)
    assert (usual.argmax(axis=1) == night.argmax(axis=1)).all()
    twice = usual**2 / (usual**2).sum(axis=1, keepdims=True)  # a ridge in a fold is sharpened by 4
    assert night == pytest.approx(twice, abs=1e-4)


def answers(folder: Path, these: list[dict[str, Any]], wrong: int) -> Path:
    """`folder`, which answered these rows out of fold, the first `wrong` of them falsely."""
    labels = list(WORDS)
    ys = [labels.index(r["label"]) for r in these]
    lessons = Lessons([""] * len(ys), ys, [r["id"] for r in these], [], 3, [], False)
    said = np.eye(3)[[(y + (i < wrong)) % 3 for i, y in enumerate(ys)]]
    write_answers(folder, lessons, labels, Answered(list(range(len(ys))), said))
    return folder


def test_what_is_too_dear_stands_by_what_it_answered_on_its_night(
    version: Callable[..., Path], recipe_of: Callable[..., Recipe], tmp_path: Path
) -> None:
    """On the rows that both answered: neither those that came since, nor the holdout's."""
    these = rows(120)
    learned = [r for r in these if r["side"] != "holdout"]
    old = answers(version("old", [], method="lpft"), learned[:70], wrong=7)
    new = answers(version("new", [], method="lpft"), learned, wrong=20)
    found = crossfit(these, recipe_of(), old, new, tmp_path)
    assert (found.why_not, found.as_answered, len(found.true), len(found.fold_macro_f1)) == (None, True, 70, 5)
    assert [
        sum(t != s for t, s in zip(found.true, said, strict=True)) for said in (found.champion, found.challenger)
    ] == [7, 20]
    assert found.macro_f1 is not None and found.macro_f1[1] < found.macro_f1[0] < 1
    few = answers(version("few", [], method="lpft"), learned[:20], wrong=0)
    why = crossfit(these, recipe_of(), few, new, tmp_path).why_not or ""
    assert why.endswith("and the 20 rows that both answered out of fold are too few")

"""Two versions side by side: stored scores are shown, and compared only where one run judged both."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from avocet.errors import NotFoundError, WrongUseError
from avocet.home import Home
from avocet.registry import Version
from avocet.views.comparison import compare
from avocet.views.judged import scores
from tests.nights import night, said

Make = Callable[..., Version]


@pytest.fixture
def two(place: Home, published: Make) -> tuple[str, str]:
    published(place.models, "a", val_macro_f1=0.5, labels=["x", "y"], label_counts={"x": 3, "y": 4}, method="tfidf")
    published(place.models, "b", val_macro_f1=0.6, labels=["x", "z"], label_counts={"x": 5, "z": 6}, method="head")
    return "a", "b"


def judged(place: Home, run: str, **macro_f1: Any) -> Path:
    folder = place.runs / run
    folder.mkdir(parents=True)
    cards = [{"name": name, "macro_f1": score, "accuracy": 0.9} for name, score in macro_f1.items()]
    (folder / "decision.json").write_text(json.dumps({"board": {"cards": cards, "true": ["x"] * 20}}))
    return folder / "decision.json"


def test_lines_stand_side_by_side(place: Home, two: tuple[str, str]) -> None:
    """Method, scores of their nights, sizes, and the rows of each label of either."""
    lines = {line.what: (line.a, line.b) for line in compare(place, *two).lines}
    assert lines["method"] == ("tfidf", "head") and lines["val_macro_f1"] == (0.5, 0.6)
    assert (lines["rows of x"], lines["rows of y"], lines["rows of z"]) == ((3, 5), (4, 0), (0, 6))
    assert lines["size_mb"] == (0.0, 0.0)


def test_scores_of_different_nights_are_not_compared(place: Home, two: tuple[str, str]) -> None:
    """Each was judged, but never on the same rows."""
    judged(place, "run-1", a=0.5)
    judged(place, "run-2", b=0.6)
    found = compare(place, *two)
    assert found.together is None and "different rows and must not be compared" in found.sentence


@pytest.mark.parametrize(
    ("a", "b", "says"), [(0.5, 0.6, "b is better"), (0.6, 0.5, "a is better"), (0.5, 0.5, "equal")]
)
def test_the_last_run_that_judged_both_decides(
    a: float, b: float, says: str, place: Home, two: tuple[str, str]
) -> None:
    """On its rows, in its numbers."""
    judged(place, "run-1", a=0.9, b=0.1)
    judged(place, "run-2", a=a, b=b)
    judged(place, "run-3", a=0.1)
    sentence = compare(place, *two).sentence
    assert sentence == f"run run-2 judged both on the same 20 rows: macro-F1 {a:.3f} against {b:.3f}, {says}"


def test_a_decision_that_cannot_be_read_is_passed_over(place: Home, two: tuple[str, str]) -> None:
    """Half a file, another shape, a card without a score: the other runs still count."""
    for i, text in enumerate(["{", "[]", '{"board": 3}', '{"board": {"cards": [3], "true": []}}', "null"]):
        judged(place, f"run-{i}").write_text(text)
    judged(place, "run-7", a=None)
    judged(place, "run-8", a=0.5)
    assert [(s.run, s.n_rows, s.macro_f1, s.accuracy) for s in scores(place, "a")] == [("run-8", 20, 0.5, 0.9)]


def test_a_version_is_not_compared_with_itself(place: Home, two: tuple[str, str]) -> None:
    """Nor by its alias; nor with one that is not there."""
    with pytest.raises(WrongUseError, match="are the same version"):
        compare(place, "b", "avocet-tfidf")
    with pytest.raises(NotFoundError):
        compare(place, "a", "nope")


def test_the_mails_that_changed_are_named_with_their_subjects(place: Home, two: tuple[str, str]) -> None:
    """Fixed is what b has right and a wrong; the difference is b minus a, and comes with an interval."""
    night(place, "run-1", {"b": said(1, 2), "a": said(2, 3, 4)})
    found = compare(place, "a", "b")
    assert [(m.id, m.title, m.true, m.a, m.b) for m in found.broken] == [
        ("m01", "Mail 1 of <b>somebody</b>", "digest", "digest", "neutral")
    ]
    assert [(m.id, m.a, m.b) for m in found.fixed] == [("m03", "digest", "rejected"), ("m04", "neutral", "digest")]
    its = found.difference
    assert its is not None and its.lo < 0 < its.macro_f1 < its.hi and 0.5 < its.p_better < 1
    back = compare(place, "b", "a")
    assert (back.fixed[0].id, back.broken[0].id, back.difference is not None) == ("m01", "m03", True)


def test_mails_whose_words_are_gone_are_named_by_their_ids(place: Home, two: tuple[str, str]) -> None:
    """Rows may be removed; what was decided on them stands."""
    run = night(place, "run-1", {"b": said(1), "a": said(3)})
    lines = run.rows.read_bytes().split(b"\n")
    run.rows.write_bytes(b"\n".join([*lines[:3], lines[3][:-9], b'{"id": broken', *lines[4:]]))
    found = compare(place, "a", "b")
    assert [(m.id, m.title) for m in (*found.broken, *found.fixed)] == [
        ("m01", "Mail 1 of <b>somebody</b>"), ("m03", None),
    ]  # fmt: skip
    run.rows.unlink()
    assert [m.title for m in compare(place, "a", "b").broken] == [None]


def test_cards_of_other_rows_are_not_laid_side_by_side(place: Home, two: tuple[str, str]) -> None:
    """A decision that says something else than its board has scores, and no mails."""
    run = night(place, "run-1", {"b": said(1), "a": said(3)})
    story = json.loads(run.decision.read_text())
    story["board"]["cards"][0]["predictions"] = ["digest"]
    run.decision.write_text(json.dumps(story))
    found = compare(place, "a", "b")
    assert found.together is not None and (found.difference, found.fixed, found.broken) == (None, (), ())

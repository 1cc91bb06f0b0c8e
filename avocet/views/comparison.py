"""Two versions side by side: line by line, and by the last run that judged both, with the mails that changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from avocet import evidence, registry
from avocet.errors import DamagedDecisionError, NotFoundError, WrongUseError
from avocet.home import Home, checked_name
from avocet.registry import Version
from avocet.views.behind import title, words
from avocet.views.cards import judged, scored
from avocet.views.judged import Score, scores


@dataclass(frozen=True)
class Line:
    """One thing known of both, such as the method."""

    what: str
    a: Any
    b: Any


@dataclass(frozen=True)
class Difference:
    """Macro-F1 of b minus that of a on the same rows, its 95 % interval, and how sure it is that b is better."""

    macro_f1: float
    lo: float
    hi: float
    p_better: float


@dataclass(frozen=True)
class Changed:
    """A mail that one of the two answers rightly and the other wrongly; `title` is null where its words are gone."""

    id: str
    title: str | None
    true: str
    a: str
    b: str


@dataclass(frozen=True)
class Comparison:
    """Two versions: line by line, and by the last run that judged both on the same rows (if there is one).

    `fixed`: mails that a has wrong and b right; `broken`: the other way round.
    """

    a: str
    b: str
    lines: Sequence[Line]
    together: tuple[Score, Score] | None
    sentence: str
    difference: Difference | None = None
    fixed: Sequence[Changed] = ()
    broken: Sequence[Changed] = ()


_LINES = (
    "recipe", "candidate", "method", "base_model_id", "base_revision", "timestamp", "sample_count",
    "train_sample_count", "epochs_run", "val_macro_f1", "val_accuracy", "holdout_macro_f1", "max_tokens", "train_s",
)  # fmt: skip


def compare(place: Home, a: str, b: str) -> Comparison:
    """`a` and `b` side by side. Raises NotFoundError, DamagedVersionError, WrongUseError for one with itself."""
    one, two = (registry.open_version(place.models / checked_name(name, "version")) for name in (a, b))
    if one.id == two.id:
        raise WrongUseError(f"{a} and {b} are the same version")
    lines = [Line(key, one.info.get(key), two.info.get(key)) for key in _LINES]
    lines.append(Line("size_mb", _size_mb(one), _size_mb(two)))
    lines += [Line(f"rows of {label}", *_rows(one, two, label)) for label in _labels(one.info, two.info)]
    together = _together(place, one.id, two.id)
    found = Comparison(one.id, two.id, tuple(lines), together, _sentence(one.id, two.id, together))
    return _with_mails(place, found) if together else found


def _sentence(a: str, b: str, together: tuple[Score, Score] | None) -> str:
    if together is None:
        return "no run judged both: their stored scores stand on different rows and must not be compared"
    one, two = together
    better = a if one.macro_f1 > two.macro_f1 else b
    told = f"{one.macro_f1:.3f} against {two.macro_f1:.3f}"
    same = "equal" if one.macro_f1 == two.macro_f1 else f"{better} is better"
    return f"run {one.run} judged both on the same {one.n_rows} rows: macro-F1 {told}, {same}"


def _together(place: Home, a: str, b: str) -> tuple[Score, Score] | None:
    of_b = {score.run: score for score in scores(place, b)}
    pairs = [(score, of_b[score.run]) for score in scores(place, a) if score.run in of_b]
    return pairs[-1] if pairs else None


def _with_mails(place: Home, found: Comparison) -> Comparison:
    """With the difference and the mails that changed; without where the run's decision is not whole any more."""
    assert found.together is not None  # noqa: S101 - narrows the type
    run = found.together[0].run
    try:
        decision, _ = judged(place, run)
        a, b = (scored(decision.board, name).predictions for name in (found.a, found.b))
    except (DamagedDecisionError, NotFoundError):
        return found
    board = decision.board
    its = evidence.compare(board.row_ids, board.true, a, b, board.labels, decision.seed)
    apart = round(found.together[1].macro_f1 - found.together[0].macro_f1, 4)
    known = words(place, run, {*its.fixed, *its.broken})
    said = {i: (t, x, y) for i, t, x, y in zip(board.row_ids, board.true, a, b, strict=True)}

    def changed(ids: Sequence[str]) -> tuple[Changed, ...]:
        return tuple(Changed(i, title(known[i]) if i in known else None, *said[i]) for i in ids)

    difference = Difference(apart, *its.interval, its.p_better)
    return Comparison(
        found.a, found.b, found.lines, found.together, found.sentence, difference, changed(its.fixed),
        changed(its.broken),
    )  # fmt: skip


def _labels(*infos: Mapping[str, Any]) -> list[str]:
    return list(dict.fromkeys(label for info in infos for label in info.get("labels", [])))


def _rows(one: Version, two: Version, label: str) -> tuple[Any, Any]:
    a, b = (version.info.get("label_counts", {}).get(label, 0) for version in (one, two))
    return a, b


def _size_mb(version: Version) -> float:
    return round(sum(p.stat().st_size for p in version.folder.rglob("*") if p.is_file()) / 1e6, 1)

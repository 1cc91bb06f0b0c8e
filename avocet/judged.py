"""What runs have measured of a version: its cards in their decision.json, and two versions side by side."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from avocet import registry
from avocet.errors import WrongUseError
from avocet.home import Home, checked_name
from avocet.registry import Version


@dataclass(frozen=True)
class Score:
    """What one run said of one version on its holdout."""

    run: str
    n_rows: int
    macro_f1: float
    accuracy: float | None


@dataclass(frozen=True)
class Comparison:
    """Two versions: line by line, and by the last run that judged both on the same rows (if there is one)."""

    a: str
    b: str
    lines: tuple[tuple[str, Any, Any], ...]
    together: tuple[Score, Score] | None
    sentence: str


def scores(place: Home, version: str) -> list[Score]:
    """Every run's score of `version`, oldest first; runs whose decision cannot be read are passed over."""
    found = []
    for path in sorted(place.runs.glob("*/decision.json")):
        for score in _cards(path, version):
            found.append(score)
    return found


def _cards(path: Path, version: str) -> Iterator[Score]:
    try:
        story = json.loads(path.read_bytes())
        board = story.get("board", story)
        n_rows = len(board.get("true") or board["holdout"]["true"])
        for card in board["cards"]:
            if card.get("name") == version and isinstance(card.get("macro_f1"), float):
                yield Score(path.parent.name, n_rows, card["macro_f1"], card.get("accuracy"))
                return
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return


_LINES = (
    "recipe", "candidate", "method", "base_model_id", "base_revision", "timestamp", "sample_count",
    "train_sample_count", "epochs_run", "val_macro_f1", "val_accuracy", "holdout_macro_f1", "max_tokens", "train_s",
)  # fmt: skip


def compare(place: Home, a: str, b: str) -> Comparison:
    """`a` and `b` side by side. Raises NotFoundError, DamagedVersionError, WrongUseError for one with itself."""
    one, two = (registry.open_version(place.models / checked_name(name, "version")) for name in (a, b))
    if one.id == two.id:
        raise WrongUseError(f"{a} and {b} are the same version")
    lines = [(key, one.info.get(key), two.info.get(key)) for key in _LINES]
    lines.append(("size_mb", _size_mb(one), _size_mb(two)))
    lines += [(f"rows of {label}", *_rows(one, two, label)) for label in _labels(one.info, two.info)]
    together = _together(place, one.id, two.id)
    return Comparison(one.id, two.id, tuple(lines), together, _sentence(one.id, two.id, together))


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


def _labels(*infos: Mapping[str, Any]) -> list[str]:
    return list(dict.fromkeys(label for info in infos for label in info.get("labels", [])))


def _rows(one: Version, two: Version, label: str) -> tuple[Any, Any]:
    a, b = (version.info.get("label_counts", {}).get(label, 0) for version in (one, two))
    return a, b


def _size_mb(version: Version) -> float:
    return round(sum(p.stat().st_size for p in version.folder.rglob("*") if p.is_file()) / 1e6, 1)

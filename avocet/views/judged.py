"""What runs have measured of a version: its scores in their decision.json."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from avocet.home import Home


@dataclass(frozen=True)
class Score:
    """What one run said of one version on its holdout."""

    run: str
    n_rows: int
    macro_f1: float
    accuracy: float | None


def scores(place: Home, version: str) -> list[Score]:
    """Every run's score of `version`, oldest first; runs whose decision cannot be read are passed over."""
    told = (_told(path) for path in sorted(place.runs.glob("*/decision.json")))
    return [scores[version] for scores in told if version in scores]


def _told(path: Path) -> Mapping[str, Score]:
    """What one run said of each contestant."""
    try:
        its = path.stat()
    except OSError:
        return {}
    return _parsed(path, (its.st_mtime_ns, its.st_size))


@lru_cache(maxsize=4096)  # a night each: a page that shows a model asks for ten years of them
def _parsed(path: Path, mark: tuple[int, int]) -> Mapping[str, Score]:
    found: dict[str, Score] = {}
    try:
        story = json.loads(path.read_bytes())
        board = story.get("board", story)
        n_rows = len(board.get("true") or board["holdout"]["true"])
        for card in board["cards"]:
            score, right = card.get("macro_f1"), card.get("accuracy")
            if isinstance(score, float):
                right = right if isinstance(right, float) else None
                found.setdefault(str(card["name"]), Score(path.parent.name, n_rows, score, right))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return found
    return found

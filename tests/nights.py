"""A night's end without its training: rows, cards and the gate's decision for versions whose answers a test invents."""

import json
from collections.abc import Mapping, Sequence

from avocet.home import Home
from avocet.promotion import decide
from avocet.recipe import Recipe
from avocet.rows import Row
from avocet.runs import Run, write_rows
from avocet.scorecard import Role, Scoreboard, Scorecard, scorecard

LABELS = ("rejected", "digest", "neutral")
TRUE = tuple(LABELS[i % 3] for i in range(60))


def said(*wrong: int) -> list[str]:
    """The right answer to each of the 60 mails but for those, which get the next label."""
    return [LABELS[(LABELS.index(t) + (i in wrong)) % 3] for i, t in enumerate(TRUE)]


def night(
    place: Home, run: str, answers: Mapping[str, Sequence[str]], champion: str | None = None, recipe: str = "tiny"
) -> Run:
    """The first version of `answers` that is not the champion was tonight's challenger (else it); the gate decides.

    Its 60 mails m00..m59 lie in rows.jsonl, each with a subject of its own.
    """
    its = Recipe.model_validate(
        {
            "name": recipe,
            "rows": f"data/{recipe}.jsonl",
            "text": "{subject} [SEP] {body:.400}",
            "labels": list(LABELS),
            "candidates": {"tfidf": {"method": "tfidf"}},
        }
    )
    tonight = Run(run, place, its)
    tonight.folder.mkdir(parents=True, mode=0o700)
    rows = [
        Row(f"m{i:02}", label, {"subject": f"Mail {i} of <b>somebody</b>", "body": f"body of {i}"}, "tiny.jsonl", i)
        for i, label in enumerate(TRUE)
    ]
    write_rows(tonight.rows, rows)
    lines = [json.loads(line) for line in tonight.rows.read_text().splitlines()]
    lines += [{**lines[0], "id": f"t{i}", "side": side} for i, side in enumerate(("train", "train", "validation"))]
    sided = [{"group": row["id"], "side": "holdout", **row} for row in lines]
    tonight.rows.write_text("".join(json.dumps({"id": row["id"], **row}) + "\n" for row in sided))
    cards = _cards(answers, champion)
    board = Scoreboard(cards, tuple(row.id for row in rows), TRUE, LABELS, "h", text=its.text)
    decide(tonight, board, f"key of {run}")
    return tonight


def _cards(answers: Mapping[str, Sequence[str]], champion: str | None) -> tuple[Scorecard, ...]:
    found, challenger = [], next((v for v in answers if v != champion), champion)
    for name, labels in {**answers, "majority": ["rejected"] * len(TRUE)}.items():
        its: list[Role] = ["champion"] if name == champion else []
        its += ["baseline"] if name == "majority" else ["challenger"] if name == challenger else []
        ranked = [[label, *(other for other in LABELS if other != label)] for label in labels]
        sure = [] if name == "majority" else [0.9] * len(TRUE)
        for role in its or ["candidate"]:
            found.append(scorecard(name, name, role, "h", TRUE, ranked, LABELS, 1.5, LABELS, 0, 1000, None, sure))
    return tuple(found)

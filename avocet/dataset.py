"""The rows of a recipe's last night as a data set for other programs: train, validation and test, as text and label."""

import csv
import io
import json
import re
from collections.abc import Mapping
from typing import Any, Literal

from avocet.errors import NotFoundError
from avocet.home import Home
from avocet.methods.job import read_rows
from avocet.recipe import Recipe
from avocet.runs import Run
from avocet.store.database import store_of
from avocet.store.runs import RunLedger
from avocet.template import build

Format = Literal["jsonl", "csv"]
NAMES = {"train": "train", "validation": "validation", "holdout": "test"}  # side -> what others call it
_RUN = re.compile(r"\d{8}t\d{6}z-(?P<recipe>.+)-[0-9a-f]{4}")


def last_divided(home: Home, recipe: Recipe) -> Run:
    """The newest run of the recipe whose rows have their sides. Raises NotFoundError."""
    for path in sorted(home.runs.glob("*/rows.jsonl"), reverse=True):  # ids begin with the time
        run = Run(path.parent.name, home, recipe)
        named = _RUN.fullmatch(run.id)
        if named and named["recipe"] == recipe.name[:40] and all("side" in row for row in read_rows(path)[:1]):
            return run
    raise NotFoundError(f"no night has divided the rows of {recipe.name} yet: `avocet train {recipe.name}` runs one")


def as_files(run: Run, kind: Format) -> dict[str, bytes]:
    """train, validation and test as files of `id`, `text` (the template's) and `label`: these are mails.

    What cleaning left out, and what may not be judged, is in none of them.
    """
    rows = read_rows(run.rows)
    template = text_of(run)
    found = {}
    for side, name in NAMES.items():
        its = [_line(template, row) for row in rows if row["side"] == side]
        found[f"{name}.{kind}"] = _csv(its) if kind == "csv" else _jsonl(its)
    return found


def text_of(run: Run) -> str:
    """The template of that night, whatever the recipe says since. Raises NotFoundError where nobody knows it any more."""
    try:
        return str(RunLedger(store_of(run.home)).get(run.id).training_config["text"])
    except NotFoundError:
        if all(name in row["fields"] for row in read_rows(run.rows)[:1] for name in run.recipe.fields):
            return run.recipe.text  # a run from before runs stood in the store
        raise NotFoundError(f"the template of run {run.id} is not known any more; run another night") from None


def _line(template: str, row: Mapping[str, Any]) -> dict[str, str]:
    return {"id": row["id"], "text": build(template, row["fields"]), "label": row["label"]}


def _jsonl(lines: list[dict[str, str]]) -> bytes:
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines).encode()


def _csv(lines: list[dict[str, str]]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, ["id", "text", "label"], quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writeheader()
    writer.writerows(lines)
    return out.getvalue().encode()

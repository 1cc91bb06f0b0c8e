"""What a training child is asked to do: one JSON file that names rows, labels, base, rung and staging folder."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Self

from pydantic import TypeAdapter

from avocet.methods.ladder import Rung
from avocet.recipe import Candidate


@dataclass(frozen=True)
class BaseAtHand:
    """A pretrained model on this machine: where it lies and what it is."""

    id: str
    path: str
    revision: str
    digest: str
    n_parameters: int
    pooled: bool  # a sentence-transformers folder: the classifier starts from its pooled embedding


@dataclass(frozen=True)
class Job:
    """One candidate, one attempt."""

    candidate: str
    settings: dict[str, Any]
    rows: str  # the run's rows.jsonl: id, label, fields, group, side
    text: str
    labels: tuple[str, ...]  # that can be trained, in canonical order
    seed: int
    staging: str
    rung: Rung
    base: BaseAtHand | None = None
    info: dict[str, Any] = field(default_factory=dict)  # what training_info.json says beside the results

    @property
    def method(self) -> Any:
        """The candidate's settings as the recipe's model of them."""
        return TypeAdapter(Candidate).validate_python(self.settings)

    def texts(self, side: str) -> tuple[list[str], list[int]]:
        """(texts, label indices) of the rows on `side` whose label is trained."""
        texts: list[str] = []
        ys: list[int] = []
        place = {label: i for i, label in enumerate(self.labels)}
        for row in read_rows(Path(self.rows)):
            if row["side"] == side and row["label"] in place:
                texts.append(self.text.format(**row["fields"]))
                ys.append(place[row["label"]])
        return texts, ys

    def all_texts(self, side: str) -> tuple[list[str], list[str]]:
        """(texts, labels) of the rows on `side`, those of dropped labels included: they count as misses."""
        rows = [row for row in read_rows(Path(self.rows)) if row["side"] == side]
        return [self.text.format(**row["fields"]) for row in rows], [row["label"] for row in rows]

    def at(self, base: BaseAtHand | None, rung: Rung) -> Self:
        """The same job with this base, at this rung."""
        return replace(self, base=base, rung=rung)

    def write_rows(self, lines: Sequence[Mapping[str, Any]]) -> None:
        """Write the rows that the job learns from, where it has none of a run's."""
        Path(self.rows).write_text("".join(json.dumps(r, ensure_ascii=True) + "\n" for r in lines), encoding="utf-8")

    def write(self, path: Path) -> None:
        """Write the job where the child reads it."""
        path.write_text(json.dumps(asdict(self), ensure_ascii=True), encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> Self:
        """The job in `path`."""
        raw = json.loads(path.read_text(encoding="utf-8"))
        raw["rung"] = Rung(**raw["rung"])
        raw["base"] = BaseAtHand(**raw["base"]) if raw["base"] else None
        raw["labels"] = tuple(raw["labels"])
        return cls(**raw)


def read_rows(path: Path) -> list[dict[str, Any]]:
    """The rows of a run, as `validate` and `split` wrote them (ours, hence trusted)."""
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]

"""Tonight's judging, in a child process: champion, challengers and baselines on the same holdout rows.

`python -m avocet.benchmark JOB.json` scores; `score` starts it and turns what comes back into scorecards.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from pydantic import TypeAdapter

from avocet import registry
from avocet.candidates import Head
from avocet.crossfit import crossfit, leak_gap
from avocet.errors import AvocetError, NotAtHandError, NotFoundError
from avocet.events import Emit, Event, is_out_of_memory, run_as_child
from avocet.home import home
from avocet.methods.job import read_rows
from avocet.methods.memory import forgetting, remembering
from avocet.metrics import checked_scores, median_ms
from avocet.process import run_child
from avocet.recipe import Recipe, digest
from avocet.runs import Run
from avocet.scorecard import CrossFitted, LeakGap, Role, Scoreboard, Scorecard, scorecard
from avocet.template import build

if TYPE_CHECKING:
    from avocet.engines.choice import Choice

BASELINES = {
    "majority": "the majority label",
    "tfidf": "TF-IDF + logistic regression",
    "zero-shot": "zero-shot",
}
Ranked = list[list[str]]
T = TypeVar("T")


@dataclass(frozen=True)
class Contestant:
    """Who is judged: a version's folder, or a baseline by its name (majority, tfidf, zero-shot)."""

    name: str
    candidate: str
    role: Role
    folder: str | None


def contestants(run: Run, trained: Mapping[str, str], challenger: str | None) -> list[Contestant]:
    """Tonight's versions (`trained`: candidate -> version id), the champion, and the baselines they must beat.

    Versions of other nights are found by their training_info.json and shown with their stored score by
    `avocet models`; only what is scored tonight is compared.
    """
    models = run.home.models
    champion = registry.champion_id(models, run.recipe.name)
    known = {v.id: v for v in registry.versions(models)}
    found = []
    if champion is not None:
        info: Mapping[str, Any] = known[champion].info if champion in known else {}
        found.append(Contestant(champion, str(info.get("candidate", "champion")), "champion", str(models / champion)))
    for candidate, version in trained.items():
        role: Role = "challenger" if version == challenger else "candidate"
        if version != champion or role == "challenger":
            found.append(Contestant(version, candidate, role, str(models / version)))
    found += [Contestant(name, BASELINES[name], "baseline", None) for name in _baselines(run.recipe, trained)]
    return found


def _baselines(recipe: Recipe, trained: Mapping[str, str]) -> list[str]:
    """A tfidf that was trained tonight is judged as a candidate, and not again beside another baseline."""
    learned = any(c in recipe.candidates and recipe.candidates[c].method == "tfidf" for c in trained)
    wanted: list[str] = list(recipe.baselines)
    others = [b for b in wanted if b != "tfidf"]
    return others if learned and others else wanted


def score(run: Run, judged: Sequence[Contestant], on_event: Callable[[Event], None]) -> Scoreboard:
    """Score all contestants on the run's holdout in one child. Raises what run_child raises."""
    rows = [r for r in read_rows(run.rows) if r["side"] == "holdout"]
    mark = digest([[(r["id"], r["label"]) for r in rows], list(run.recipe.labels)])
    ids, true = tuple(r["id"] for r in rows), tuple(r["label"] for r in rows)
    if not rows:
        cards = tuple(Scorecard(c.name, c.candidate, c.role, mark, error="the holdout is empty") for c in judged)
        return Scoreboard(cards, ids, true, run.recipe.labels, mark, text=run.recipe.text)
    job, out = run.folder / "benchmark.json", run.folder / "scores.json"
    job.write_text(
        json.dumps(
            {
                "rows": str(run.rows),
                "recipe": run.recipe.model_dump(mode="json"),
                "contestants": [asdict(c) for c in judged],
                "crossfit": len(rows) < run.recipe.gate.crossfit.below,
                "out": str(out),
            }
        ),
        encoding="utf-8",
    )
    run_child("avocet.benchmark", job, run.folder / "benchmark.log", on_event)
    raw = json.loads(out.read_text(encoding="utf-8"))
    keys = _keys_behind(run)
    cards = tuple(
        _card(c, raw[f"{c.role}/{c.name}"], mark, true, run.recipe, keys) for c in judged if f"{c.role}/{c.name}" in raw
    )
    return Scoreboard(
        cards,
        ids,
        true,
        run.recipe.labels,
        mark,
        TypeAdapter(CrossFitted).validate_python(raw["crossfit"]),
        TypeAdapter(LeakGap | None).validate_python(raw["leak"]),
        run.recipe.text,
    )


def _keys_behind(run: Run) -> list[Set[str]]:
    """For each judged row the keys of all rows in its group: who has learned from one of them has seen it."""
    rows = read_rows(run.rows)
    keys: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        keys[row["group"]].add(row["key"])
    return [keys[row["group"]] for row in rows if row["side"] == "holdout"]


def _card(
    who: Contestant, raw: Mapping[str, Any], mark: str, true: Sequence[str], recipe: Recipe, keys: Sequence[Set[str]]
) -> Scorecard:
    if raw.get("error"):
        return Scorecard(who.name, who.candidate, who.role, mark, error=raw["error"])
    learned = registry.learned_from(Path(who.folder)) if who.folder else frozenset()
    overlap = sum(not learned.isdisjoint(its) for its in keys)
    return scorecard(
        who.name,
        who.candidate,
        who.role,
        mark,
        true,
        raw["ranked"],
        recipe.labels,
        raw["ms"],
        raw["labels"],
        overlap,
        raw.get("size_bytes"),
        raw.get("text"),
        raw.get("confidences", ()),
        tuple(raw["engine"]) if raw.get("engine") else None,
    )


# ---- in the child -------------------------------------------------------------------------------------


def work(path: Path, emit: Emit) -> Event:
    """Score each contestant; one that fails is an error on its own card and never a label."""
    with remembering(home().kept):
        return _work(path, emit)


def _work(path: Path, emit: Emit) -> Event:
    job = json.loads(path.read_text(encoding="utf-8"))
    recipe = Recipe.model_validate(job["recipe"])
    rows = read_rows(Path(job["rows"]))
    found: dict[str, Any] = {}
    for i, raw in enumerate(job["contestants"]):
        who = Contestant(**raw)
        emit({"type": "progress", "step": i, "of": len(job["contestants"]), "message": who.candidate})
        try:
            found[f"{who.role}/{who.name}"] = _judged(who, recipe, rows, emit)
        except NotAtHandError as e:
            if who.role != "baseline":  # a champion that cannot be scored must not look like none
                found[f"{who.role}/{who.name}"] = {"error": str(e)}
            emit({"type": "note", "message": f"{who.candidate}: {e}"})
        except (AvocetError, KeyError) as e:
            reason = str(e) if isinstance(e, AvocetError) else "a row has not the fields that its template reads"
            found[f"{who.role}/{who.name}"] = {"error": reason}
        except Exception as e:  # a version from elsewhere can fail in any way; it is refused by its card
            if is_out_of_memory(e):
                raise
            found[f"{who.role}/{who.name}"] = {"error": f"{type(e).__name__} while scoring"}
    folders = {c["role"]: Path(c["folder"]) for c in job["contestants"] if c["folder"]}
    found["crossfit"] = asdict(_crossfitted(job["crossfit"], rows, recipe, folders, path.parent))
    gap, why = _unless_it_fails(lambda: leak_gap(rows, recipe, path.parent))
    found["leak"] = asdict(gap) if gap else None
    if why:
        emit({"type": "note", "message": f"the leak gap: {why}"})
    Path(job["out"]).write_text(json.dumps(found, allow_nan=False), encoding="utf-8")
    return {"scored": len(found)}


def _crossfitted(
    asked: bool, rows: list[dict[str, Any]], recipe: Recipe, folders: Mapping[str, Path], room: Path
) -> CrossFitted:
    """Champion and challenger out of fold, or why not; what fails here costs the evidence and not the night."""
    if not asked:
        return CrossFitted(why_not="the holdout is large enough")
    if not {"champion", "challenger"} <= set(folders) or folders["champion"] == folders["challenger"]:
        return CrossFitted(why_not="there are no two versions to compare")
    found, why = _unless_it_fails(lambda: crossfit(rows, recipe, folders["champion"], folders["challenger"], room))
    return found or CrossFitted(why_not=why)


def _unless_it_fails(work: Callable[[], T]) -> tuple[T | None, str]:
    """What `work` returns, or why it failed, without what a message may quote; running out of memory is let out."""
    try:
        return work(), ""
    except AvocetError as e:
        return None, str(e)
    except Exception as e:  # a version from elsewhere can fail in any way; it must not cost the night
        if is_out_of_memory(e):
            raise
        return None, f"{type(e).__name__} while training anew"


def _judged(who: Contestant, recipe: Recipe, rows: list[dict[str, Any]], emit: Emit) -> dict[str, Any]:
    """Rankings and milliseconds of one contestant over the holdout rows."""
    holdout = [r["fields"] for r in rows if r["side"] == "holdout"]
    if who.folder is not None:
        return _version(who, Path(who.folder), recipe, [r for r in rows if r["side"] == "holdout"], emit)
    train = [
        (build(recipe.text, r["fields"]), r["label"])
        for r in rows
        if r["side"] == "train" and r["label"] in recipe.labels
    ]
    if not train:
        raise NotFoundError("no training rows for a baseline")
    if who.name == "majority":
        return _majority(train, recipe, holdout)
    return (_zero_shot if who.name == "zero-shot" else _tfidf)(train, recipe, holdout)


def _version(who: Contestant, folder: Path, recipe: Recipe, judged: list[dict[str, Any]], emit: Emit) -> dict[str, Any]:
    """A version's answers, by the engine that serves it, or would."""
    from avocet.classifier import load

    holdout, why = [r["fields"] for r in judged], ""
    if who.role in ("champion", "challenger"):
        choice, failed = _unless_it_fails(lambda: _tried(folder, recipe, judged, emit))
        why = choice.why if choice else f"torch-fp32 serves: the others could not be tried ({failed})"
    classifier = load(folder)
    predictions = classifier.classify_fields(holdout)
    with forgetting():
        ms = median_ms(classifier.classify_fields, holdout)
    return {
        "ranked": [[name for name, _ in p.ranked] for p in predictions],
        "confidences": [p.confidence for p in predictions],
        "ms": ms,
        "labels": list(classifier.labels),
        "size_bytes": registry.size_bytes(folder),
        "text": classifier.version.info["text"],
        "engine": [classifier.engine, why],
    }


def _tried(folder: Path, recipe: Recipe, judged: list[dict[str, Any]], emit: Emit) -> "Choice":
    """Which engine serves a version here; what was found on another night holds."""
    from avocet.classifier import load
    from avocet.engines import REFERENCE
    from avocet.engines.trial import prepare

    torch = load(folder, REFERENCE)
    template = str(torch.version.info["text"])
    rows = [build(template, r["fields"]) for r in judged], [r["label"] for r in judged]

    def say(name: str) -> None:
        emit({"type": "trial", "message": f"{folder.name} by {name}"})

    return prepare(folder, torch.scorer, rows, torch.labels, recipe.serve, say)


def _timed(
    rank: Callable[[list[dict[str, str]]], Ranked], rows: list[dict[str, str]], labels: Sequence[str]
) -> dict[str, Any]:
    """Rank all rows, then the first few one by one for the median milliseconds of a single mail."""
    ranked = rank(rows)
    with forgetting():
        return {"ranked": ranked, "ms": median_ms(rank, rows), "labels": list(labels)}


def _majority(train: list[tuple[str, str]], recipe: Recipe, holdout: list[dict[str, str]]) -> dict[str, Any]:
    counts = Counter(label for _, label in train)
    order = sorted(recipe.labels, key=lambda label: -counts[label])
    return _timed(lambda some: [order for _ in some], holdout, order)


def _tfidf(train: list[tuple[str, str]], recipe: Recipe, holdout: list[dict[str, str]]) -> dict[str, Any]:
    from avocet.methods.tfidf import fit

    labels = [label for label in recipe.labels if any(label == its for _, its in train)]
    if len(labels) < 2:
        raise NotFoundError("fewer than two labels have training rows")
    scorer = fit([text for text, _ in train], [labels.index(label) for _, label in train], len(labels), 10.0)
    return _timed(lambda some: _ranked(scorer.scores([build(recipe.text, r) for r in some]), labels), holdout, labels)


def _zero_shot(train: list[tuple[str, str]], recipe: Recipe, holdout: list[dict[str, str]]) -> dict[str, Any]:
    """The label whose name lies nearest to the text in the embedded base's space; no row is learned from."""
    from avocet.methods.bases import EMBEDDED, at_hand
    from avocet.methods.encoder import Encoder

    base = at_hand(Head(method="head", base=EMBEDDED), home())
    encoder = Encoder.open(Path(base.path), 256, base.digest)
    names = encoder.embed([label.replace("_", " ") for label in recipe.labels])
    return _timed(
        lambda some: _ranked(encoder.embed([build(recipe.text, r) for r in some]) @ names.T, recipe.labels),
        holdout,
        recipe.labels,
    )


def _ranked(scores: Any, labels: Sequence[str]) -> Ranked:
    found = checked_scores(scores, len(scores), len(labels))
    return [[labels[i] for i in np.argsort(-row, kind="stable")] for row in found]


if __name__ == "__main__":
    run_as_child(work)

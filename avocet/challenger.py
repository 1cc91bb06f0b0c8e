"""Who challenges: one of tonight's versions, chosen by what each answered of rows that it had not learned from.

Never by the holdout: that judges the one that is chosen, and stays honest.
"""

import math
from collections.abc import Mapping, Set
from pathlib import Path
from typing import Any

import numpy as np

from avocet.conditions import reaches
from avocet.evidence import resampled
from avocet.methods.answers import Answers, load_answers
from avocet.metrics import LabelScore, macro_f1
from avocet.recipe import Gate
from avocet.scorecard import Scorecard

LEAST_ROWS = 30  # fewer tell nothing apart
_DRAWS = 1000
_CLEARLY = 2  # standard errors: one time in twenty by chance


def choose_challenger(
    trained: Mapping[str, str],
    infos: Mapping[str, Mapping[str, Any]],
    gate: Gate,
    folders: Mapping[str, Path] | None = None,
) -> str | None:
    """The version that is judged for promotion, as `gate.prefer` says; the earlier candidate on a tie.

    `infos`: candidate -> training_info; `folders`: candidate -> the version's folder, with what it answered.
    `best`: the surest of those that are no clearly worse than the best (`surest_of_the_best`), or by validation
    macro-F1 where not all answered enough of the same rows. `fastest` takes the fastest of those that reach the target,
    and the best where none does. Where nothing has a score (too few rows), the first candidate is named; the
    gate will find the holdout too small.
    """
    if not trained:
        return None
    good = [c for c in trained if gate.target is not None and reaches(gate.target, validation_card(infos[c]))]
    if good:
        return trained[min(good, key=lambda c: float(infos[c].get("ms_per_mail") or math.inf))]
    if gate.prefer != "precision":
        answers = {c: load_answers(folders[c]) for c in trained} if folders else {}
        blends = {c for c in trained if infos[c].get("method") == "blend"}
        surest = surest_of_the_best({c: a for c, a in answers.items() if a is not None}, blends)
        if surest is not None and len(answers) == len(trained) and None not in answers.values():
            return trained[surest]
    metric = "val_precision" if gate.prefer == "precision" else "val_macro_f1"
    return trained[max(trained, key=lambda c: _or_least(infos[c].get(metric)))]


def surest_of_the_best(answers: Mapping[str, Answers], blends: Set[str] = frozenset()) -> str | None:
    """The candidate with the least log loss among those within one standard error of the best macro-F1; a blend first.

    Macro-F1 of a few hundred rows moves by points when a handful of them fall otherwise: picked by it alone, a winner by
    luck costs more than it gains. The log loss, of labels of equal weight, uses all that a candidate said
    about each row. A blend averages its members' errors, so unless it is clearly worse (_CLEARLY standard errors) it is
    the safer one (docs/LOG.md: passed over for a difference of one, it lost 2 points to luck on banking77). The
    standard error is that of the difference to the best, by paired bootstrap (the rule is Breiman et al. 1984's, who
    then take the smallest tree). None where fewer than LEAST_ROWS rows were answered.
    """
    most = max((len(a.rows) for a in answers.values()), default=0)
    widely = {c: a for c, a in answers.items() if len(a.rows) == most}
    first = _surest(widely, blends)
    if first is None or len(widely) == len(answers):
        return first
    # `full` answers validation rows alone: the others are compared on all rows first, then their best with it.
    return _surest({c: a for c, a in answers.items() if c == first or c not in widely}, blends) or first


def _surest(answers: Mapping[str, Answers], blends: Set[str]) -> str | None:
    """The same among candidates as far as all of them answered the same rows."""
    if not answers:
        return None
    shared = sorted(set.intersection(*(set(a.rows) for a in answers.values())))
    if len(shared) < LEAST_ROWS:
        return None
    any_of_them = next(iter(answers.values()))
    labels = any_of_them.labels
    true = [labels[any_of_them.rows[mark][0]] for mark in shared]
    said = {c: [a.labels[int(np.argmax(a.rows[mark][1]))] for mark in shared] for c, a in answers.items()}
    scores = {c: macro_f1(true, said[c], labels) for c in answers}
    best = max(scores, key=lambda c: scores[c])

    def near(candidate: str) -> bool:
        spread = float(np.std(resampled(true, said[candidate], said[best], labels, 0, _DRAWS)))
        return scores[best] - scores[candidate] <= spread * (_CLEARLY if candidate in blends else 1)

    contenders = [c for c in answers if c == best or near(c)]
    return min(contenders, key=lambda c: (c not in blends, _log_loss(answers[c], shared)))


def _log_loss(its: Answers, marks: list[str]) -> float:
    """Mean over labels of the mean log loss of a label's rows, in nats."""
    losses: dict[int, list[float]] = {}
    for mark in marks:
        label, scores = its.rows[mark]
        losses.setdefault(label, []).append(-math.log(max(scores[label] / max(math.fsum(scores), 1e-9), 1e-6)))
    return float(np.mean([np.mean(each) for each in losses.values()]))


def _or_least(value: object) -> float:
    return -math.inf if value is None else float(str(value))


def validation_card(info: Mapping[str, Any]) -> Scorecard:
    """What a version scored on its validation rows, as a card that a target can be held against."""
    worst = info.get("val_worst_label_f1")
    return Scorecard(
        str(info["version"]), str(info["candidate"]), "candidate", "validation",
        macro_f1=info.get("val_macro_f1"), accuracy=info.get("val_accuracy"), precision=info.get("val_precision"),
        recall=info.get("val_recall"), ms_per_mail=info.get("ms_per_mail"), size_bytes=info.get("size_bytes"),
        per_label=() if worst is None else (LabelScore("the worst", 0.0, 0.0, float(worst), 1),),
    )  # fmt: skip

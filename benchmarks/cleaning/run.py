"""What cleaning does to macro-F1 on test rows: `python benchmarks/cleaning/run.py`.

A ridge on terms and embedding (as method joint), 501 rows to learn from, rows that nothing has seen to judge on. First the
template: the whole body, or what its sender wrote. Then 0, 5 and 10 % of the labels changed at random (five draws), with the
suspects (avocet/suspects.py, out of fold) counting 1, 0.5, 0.2 and 0.
"""

import sys
from pathlib import Path
from statistics import mean, stdev

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, hstack

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "quality"))
import sets

from avocet.folds import grouped_folds
from avocet.methods.bases import embedded_base
from avocet.methods.encoder import Encoder
from avocet.methods.linear import choose
from avocet.methods.tfidf import counts_of, weigh, weighed
from avocet.metrics import macro_f1
from avocet.suspects import ranked
from avocet.template import build

WEIGHTS = (1.0, 0.5, 0.2, 0.0)
SEEDS = range(5)


def main() -> None:
    """Two tables."""
    print("| template on sa_mailbox | macro-F1 |\n| --- | --- |")
    for template in ("{subject} [SEP] {body:.400}", "{subject} [SEP] {body.own:.400}"):
        learn, names, judged = features("sa_mailbox", template)
        ys = [names.index(label) for label in sets.learn("sa_mailbox")[1]]
        print(f"| `{template}` | {score(learn, judged, ys, names, 'sa_mailbox', []):.3f} |", flush=True)
    print("\n| set | labels changed | " + " | ".join(f"suspects count {w:g}" for w in WEIGHTS) + " |")
    print("| --- " * (2 + len(WEIGHTS)) + "|")
    for name in ("sa_mailbox", "banking77"):
        learn, names, judged = features(name, sets.TEXT[name])
        true = np.array([names.index(label) for label in sets.learn(name)[1]])
        for share in (0.0, 0.05, 0.10):
            found = [one(learn, judged, true, names, name, share, seed) for seed in SEEDS]
            shown = [f"{mean(f[i] for f in found):.3f} ± {stdev(f[i] for f in found):.3f}" for i in range(len(WEIGHTS))]
            print(f"| {name} | {share:.0%} | " + " | ".join(shown) + " |", flush=True)


def features(name: str, template: str) -> tuple[csr_matrix, list[str], csr_matrix]:
    """(of the rows to learn from, the labels, of the test rows)."""
    learn = [build(template, row) for row in sets.rows(sets.DATA / name / "small.jsonl")]
    judged = [build(template, row) for row in sets.test(name)[0]]
    terms, encoder = weighed(learn), Encoder.open(embedded_base(), 256)
    ours = hstack([terms.features, csr_matrix(encoder.embed(learn))], format="csr")
    others = hstack(
        [weigh(counts_of(judged), terms.idf)[:, terms.seen], csr_matrix(encoder.embed(judged))], format="csr"
    )
    return ours, sorted(set(sets.learn(name)[1])), others


def one(
    learn: csr_matrix, judged: csr_matrix, true: NDArray[np.int64], names: list[str], name: str, share: float, seed: int
) -> list[float]:
    """Macro-F1 for each weight of the suspects, for one draw of wrong labels."""
    rng = np.random.default_rng(seed)
    ys, n = true.copy(), round(share * len(true))
    flipped = rng.choice(len(ys), n, replace=False)
    ys[flipped] = (true[flipped] + rng.integers(1, len(names), n)) % len(names)
    folds = grouped_folds([str(i) for i in range(len(ys))], list(ys), 5, seed)
    assert folds is not None
    answered = choose(learn, ys.tolist(), len(names), folds, "ridge", None).answered
    assert answered is not None
    at = np.asarray(answered.places)
    doubted = {int(at[i]) for i, _ in ranked(ys[at].tolist(), answered.scores)}
    found = []
    for weight in WEIGHTS:
        weights = [max(weight, 1e-6) if i in doubted else 1.0 for i in range(len(ys))]
        found.append(score(learn, judged, ys.tolist(), names, name, weights))
    return found


def score(
    learn: csr_matrix, judged: csr_matrix, ys: list[int], names: list[str], name: str, weights: list[float]
) -> float:
    """Macro-F1 on the test rows."""
    model = choose(learn, ys, len(names), [], "ridge", 0.3, weights).model
    said = [names[i] for i in model.logits(judged).argmax(axis=1)]
    return float(macro_f1(sets.test(name)[1], said, names))


if __name__ == "__main__":
    main()

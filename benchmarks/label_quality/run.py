"""How many of the planted label errors stand among the first k suspects: `python benchmarks/label_quality/run.py`.

5 and 10 % of the labels of a set's 501 rows are changed to another one at random; `joint` and `tfidf` answer the rows out of
fold in five folds, as at night. Precision among the first k by the loss of their label, k the number of planted errors; and
precision and recall of those whom avocet/suspects.py names, whose number it finds itself. The sets have errors of
their own, which count as misses.
"""

import argparse
import sys
from pathlib import Path
from statistics import mean, stdev

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "quality"))
import sets

from avocet.folds import grouped_folds
from avocet.methods.bases import embedded_base
from avocet.methods.encoder import Encoder
from avocet.methods.linear import choose
from avocet.methods.tfidf import weighed
from avocet.suspects import ranked


def main() -> None:
    """One table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    asked = parser.parse_args()
    print("| set | planted | random | first k by loss | suspects | precision | recall |\n" + "| --- " * 7 + "|")
    for name in ("sa_mailbox", "banking77"):
        texts, labels = sets.learn(name)
        embedded = Encoder.open(embedded_base(), 256).embed(texts)
        terms = weighed(texts).features
        for share in (0.05, 0.10):
            found = [one(terms, embedded, labels, share, seed) for seed in range(asked.seeds)]
            shown = [f"{mean(f[i] for f in found):.2f} ± {stdev(f[i] for f in found):.2f}" for i in range(3)]
            n, named = round(share * len(texts)), mean(f[3] for f in found)
            print(f"| {name} | {n} | {share:.2f} | {shown[0]} | {named:.0f} | {shown[1]} | {shown[2]} |", flush=True)


def one(
    terms: object, embedded: np.ndarray, labels: list[str], share: float, seed: int
) -> tuple[float, float, float, int]:
    """(precision of the first k by loss, of the suspects, their recall, their number) for one draw of errors."""
    from scipy.sparse import csr_matrix, hstack

    names = sorted(set(labels))
    true = np.array([names.index(label) for label in labels])
    rng = np.random.default_rng(seed)
    n = round(share * len(true))
    flipped = rng.choice(len(true), n, replace=False)
    ys = true.copy()
    ys[flipped] = (true[flipped] + rng.integers(1, len(names), n)) % len(names)
    folds = grouped_folds([str(i) for i in range(len(ys))], list(ys), 5, seed)
    assert folds is not None
    logs = np.zeros((len(ys), len(names)))
    for features in (terms, hstack([terms, csr_matrix(embedded)], format="csr")):
        answered = choose(features, list(ys), len(names), folds, "ridge", None).answered
        assert answered is not None
        logs[answered.places] += np.log(np.maximum(answered.scores, 1e-6)) / 2
    scores = np.exp(logs)
    scores /= scores.sum(axis=1, keepdims=True)
    planted = set(flipped.tolist())
    suspects = [i for i, _ in ranked(ys.tolist(), scores)]
    by_loss = np.argsort(scores[np.arange(len(ys)), ys])
    hit = len(planted & set(suspects))
    return len(planted & set(by_loss[:n].tolist())) / n, hit / max(len(suspects), 1), hit / n, len(suspects)


if __name__ == "__main__":
    main()

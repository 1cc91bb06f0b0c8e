"""Labels needed to reach a macro-F1, with our review queue and at random: `python benchmarks/review/run.py`.

The pool are sa_mailbox's 1,935 further mails. 40 are labelled at random, then batches of 20 as the queue asks for them, up to 400;
after each batch a ridge on terms and embedding (method joint's) learns from all labelled ones and is scored on 1,000 test mails.
"""

import argparse
import sys
from pathlib import Path
from statistics import mean, stdev
from typing import Any, get_args

import numpy as np
from scipy.sparse import csr_matrix, hstack

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "quality"))
import sets

from avocet.methods.bases import embedded_base
from avocet.methods.encoder import Encoder
from avocet.methods.linear import fit_linear
from avocet.methods.tfidf import weighed
from avocet.metrics import macro_f1
from avocet.review import Order, queue

FIRST, BATCH, LAST, N_TEST = 40, 20, 400, 1000
SHARPNESS = 4.0  # what a ridge's answers are sharpened by where nothing was answered out of fold


def main() -> None:
    """One table: macro-F1 along the way, and how many labels random's last macro-F1 took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    asked = parser.parse_args()
    rows = sets.rows(sets.DATA / "sa_mailbox" / "more.jsonl.gz")
    judged, true = sets.test("sa_mailbox")
    judged, true = judged[:N_TEST], true[:N_TEST]
    names = sorted({row["label"] for row in rows})
    texts = [sets.TEXT["sa_mailbox"].format(**row) for row in [*rows, *judged]]
    embedded = Encoder.open(embedded_base(), 256).embed(texts)
    features = hstack([weighed(texts).features, csr_matrix(embedded)], format="csr")
    ys = np.array([names.index(row["label"]) for row in rows])
    curves = {
        order: [one(features, embedded, ys, true, names, order, seed) for seed in range(asked.seeds)]
        for order in get_args(Order)
    }
    shown = (60, 100, 160, 240, LAST)
    print("| order | " + " | ".join(f"{n} labels" for n in shown) + " | labels to random's last |")
    print("| --- " * (len(shown) + 2) + "|")
    steps = list(range(FIRST, LAST + 1, BATCH))
    for order, its in curves.items():
        cells = [
            f"{mean(c[steps.index(n)] for c in its):.3f} ± {stdev(c[steps.index(n)] for c in its):.3f}" for n in shown
        ]
        needed = [
            next((n for n, f in zip(steps, curve, strict=True) if f >= random[-1]), LAST)
            for curve, random in zip(its, curves["random"], strict=True)
        ]
        print(f"| {order} | {' | '.join(cells)} | {mean(needed):.0f} |")


def one(
    features: Any, embedded: np.ndarray, ys: np.ndarray, true: list[str], names: list[str], order: Order, seed: int
) -> list[float]:
    """macro-F1 after each batch."""
    n_pool = len(ys)
    labelled = np.random.default_rng(seed).permutation(n_pool)[:FIRST].tolist()
    found = []
    while True:
        present = sorted(set(ys[labelled].tolist()))
        place = {label: i for i, label in enumerate(present)}
        model = fit_linear(features[labelled], [place[y] for y in ys[labelled]], len(present), "ridge", 0.3).sharpened(
            SHARPNESS
        )
        said = [names[present[i]] for i in model.logits(features[n_pool:]).argmax(axis=1)][: len(true)]
        found.append(macro_f1(true, said, names))
        if len(labelled) >= LAST:
            return found
        pool = sorted(set(range(n_pool)) - set(labelled))
        scores = np.full((len(pool), len(names)), 1e-6)
        scores[:, present] = model.probabilities(features[pool])
        counts = np.bincount(ys[labelled], minlength=len(names)).tolist()
        asked = queue(scores, BATCH, order, seed + len(labelled), counts, embedded[pool])
        labelled += [pool[i] for i, _ in asked]


if __name__ == "__main__":
    main()

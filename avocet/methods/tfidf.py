"""Method tfidf: hashed TF-IDF over words and characters, with a class-balanced logistic regression."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avocet.events import Emit
from avocet.methods import faults
from avocet.methods.job import Job
from avocet.methods.logistic import Logistic, fit_logistic
from avocet.methods.memory import memory
from avocet.recipe import Tfidf

# Hashed, not looked up: a vocabulary file would carry the names and addresses of the mail into models/.
N_FEATURES = 2**16
_FILE = "tfidf.safetensors"


@dataclass(frozen=True)
class TfidfScorer:
    """Inverse document frequencies (shape (2 * N_FEATURES,)) and the regression on top."""

    idf: NDArray[np.float32]
    head: Logistic

    def scores(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Probabilities of shape (len(texts), n labels)."""
        return self.head.probabilities(_weigh(_counts(texts), self.idf))


def fit(texts: Sequence[str], ys: Sequence[int], n_labels: int, inverse_penalty: float) -> TfidfScorer:
    """Learn from `texts` and their label indices `ys` (each of range(n_labels) at least once)."""
    counts = _counts(texts)
    n_texts_with = np.asarray((counts > 0).sum(axis=0), dtype=np.float64).ravel()
    # sklearn's smoothed idf: ln((1 + n) / (1 + df)) + 1
    idf = (np.log((1 + len(texts)) / (1 + n_texts_with)) + 1).astype(np.float32)
    # A feature that no text has would get weight 0: leaving it out makes the fit several times faster.
    seen = np.flatnonzero(n_texts_with)
    seen = seen if len(seen) else np.zeros(1, dtype=np.int64)  # texts without a single letter: only the bias can learn
    narrow = fit_logistic(_weigh(counts, idf)[:, seen], ys, n_labels, inverse_penalty)
    weight = np.zeros((n_labels, len(idf)), dtype=np.float32)
    weight[:, seen] = narrow.weight
    return TfidfScorer(idf, Logistic(weight, narrow.bias))


def train(job: Job, folder: Path, emit: Emit) -> dict[str, Any]:
    """See Method.train."""
    from safetensors.numpy import save_file

    settings: Tfidf = job.method
    texts, ys = job.texts("train")
    faults.strike(faults.planned(), 0, job.rung.micro_batch)
    scorer = fit(texts, ys, len(job.labels), settings.inverse_penalty)
    save_file({"idf": scorer.idf, **scorer.head.tensors()}, folder / _FILE)
    return {"epochs_run": 1}


def load(folder: Path, info: dict[str, Any]) -> TfidfScorer:
    """See Method.load."""
    from safetensors.numpy import load_file

    tensors = load_file(folder / _FILE)
    return TfidfScorer(tensors.pop("idf"), Logistic.of(tensors))


def _counts(texts: Sequence[str]) -> Any:
    """Sparse term counts, shape (n, 2 * N_FEATURES); a text that is remembered is not counted again."""
    from scipy.sparse import vstack

    known = memory("terms")
    if known is None or not texts:
        return _counted(texts)
    new = [text for text in dict.fromkeys(texts) if text not in known]
    if new:
        known |= dict(zip(new, _counted(new), strict=True))
    return vstack([known[text] for text in texts], format="csr")


def _counted(texts: Sequence[str]) -> Any:
    """Words and word pairs, then characters within words."""
    from scipy.sparse import hstack
    from sklearn.feature_extraction.text import HashingVectorizer

    plain = {"n_features": N_FEATURES, "alternate_sign": False, "norm": None}
    words = HashingVectorizer(ngram_range=(1, 2), token_pattern=r"(?u)\b\w+\b", **plain)
    letters = HashingVectorizer(analyzer="char_wb", ngram_range=(3, 5), **plain)
    return hstack([words.transform(texts), letters.transform(texts)], format="csr")


def _weigh(counts: Any, idf: NDArray[np.float32]) -> Any:
    """Sublinear term frequency times idf, words and letters each of length 1."""
    from scipy.sparse import hstack
    from sklearn.preprocessing import normalize

    weighed = counts.astype(np.float64)
    weighed.data = 1 + np.log(weighed.data)
    weighed = weighed.multiply(idf).tocsr()
    halves = (weighed[:, :N_FEATURES], weighed[:, N_FEATURES:])
    return hstack([normalize(half) for half in halves], format="csr")

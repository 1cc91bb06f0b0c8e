"""Method tfidf: hashed TF-IDF over words and characters, with a class-balanced linear model."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avocet.candidates import Tfidf
from avocet.events import Emit
from avocet.methods import faults
from avocet.methods.job import Job
from avocet.methods.kept import made_by
from avocet.methods.lessons import Learned
from avocet.methods.linear import Linear, choose, fit_linear
from avocet.methods.memory import of_each

# Hashed, not looked up: a vocabulary file would carry the names and addresses of the mail into models/.
N_FEATURES = 2**16
_FILE = "tfidf.safetensors"
Counts = tuple[NDArray[np.int32], NDArray[np.uint32]]  # the columns of a text's terms, and how often each is there


@dataclass(frozen=True)
class TfidfScorer:
    """Inverse document frequencies (shape (2 * N_FEATURES,)) and the linear model on top."""

    idf: NDArray[np.float32]
    head: Linear

    def scores(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Probabilities of shape (len(texts), n labels)."""
        return self.head.probabilities(weigh(counts_of(texts), self.idf))


def fit(texts: Sequence[str], ys: Sequence[int], n_labels: int, inverse_penalty: float) -> TfidfScorer:
    """With a logistic regression, as the baseline that everybody knows; `ys` as of `fit_linear`."""
    terms = weighed(texts)
    narrow = fit_linear(terms.features, ys, n_labels, "logistic", inverse_penalty)
    return TfidfScorer(terms.idf, terms.widened(narrow))


@dataclass(frozen=True)
class Terms:
    """Weighed terms of some texts (sparse, (n, n seen)), which of all features those are, and all features' idf."""

    features: Any
    seen: NDArray[np.int64]
    idf: NDArray[np.float32]

    def widened(self, narrow: Linear) -> Linear:
        """A model over the seen features as one over all of them."""
        weight = np.zeros((len(narrow.bias), len(self.idf)), dtype=np.float32)
        weight[:, self.seen] = narrow.weight
        return Linear(weight, narrow.bias)


def weighed(texts: Sequence[str]) -> Terms:
    """The terms of the texts to learn from, weighed by how many of those have them.

    Rows that are answered out of fold count among them: counting words takes no label.
    """
    counts = counts_of(texts)
    n_texts_with = np.asarray((counts > 0).sum(axis=0), dtype=np.float64).ravel()
    # sklearn's smoothed idf: ln((1 + n) / (1 + df)) + 1
    idf = (np.log((1 + len(texts)) / (1 + n_texts_with)) + 1).astype(np.float32)
    # A feature that no text has would get weight 0: leaving it out makes the fit several times faster.
    seen = np.flatnonzero(n_texts_with)
    seen = seen if len(seen) else np.zeros(1, dtype=np.int64)  # texts without a single letter: only the bias can learn
    return Terms(weigh(counts, idf)[:, seen], seen, idf)


def train(job: Job, folder: Path, emit: Emit) -> Learned:
    """See Method.train. A ridge: on TF-IDF it beat the logistic regression on each of three sets (docs/LOG.md)."""
    from safetensors.numpy import save_file

    settings: Tfidf = job.method
    lessons = job.lessons()
    faults.strike(faults.planned(), 0, job.rung.micro_batch)
    terms = weighed(lessons.texts)
    found = choose(
        terms.features, lessons.ys, lessons.n_labels, lessons.folds, "ridge", settings.inverse_penalty, lessons.weights
    )
    save_file({"idf": terms.idf, **terms.widened(found.model).tensors()}, folder / _FILE)
    return Learned({"epochs_run": 1, **found.info}, found.answered)


def load(folder: Path, info: dict[str, Any]) -> TfidfScorer:
    """See Method.load."""
    from safetensors.numpy import load_file

    tensors = load_file(folder / _FILE)
    return TfidfScorer(tensors.pop("idf"), Linear.of(tensors))


def counts_of(texts: Sequence[str]) -> Any:
    """Sparse term counts, shape (n, 2 * N_FEATURES); a text that is remembered is not counted again."""
    from scipy.sparse import csr_matrix

    mark = f"terms {made_by(__file__, 'scikit-learn')}"
    rows = of_each(texts, mark, _counted, _packed, _unpacked)
    starts = np.cumsum([0, *(len(columns) for columns, _ in rows)])
    columns = np.concatenate([columns for columns, _ in rows]) if rows else np.zeros(0, np.int32)
    counts = np.concatenate([counts for _, counts in rows]) if rows else np.zeros(0, np.uint32)
    return csr_matrix((counts.astype(np.float64), columns, starts), shape=(len(rows), 2 * N_FEATURES))


def _packed(row: Counts) -> bytes:
    """Steps from column to column and counts are small numbers: about 1 KB a mail instead of 5."""
    columns, counts = row
    return zlib.compress(np.diff(columns, prepend=np.int32(0)).tobytes() + counts.tobytes(), 1)


def _unpacked(raw: bytes) -> Counts:
    steps, counts = np.frombuffer(zlib.decompress(raw), dtype=np.int32).reshape(2, -1)
    return np.cumsum(steps, dtype=np.int32), counts.view(np.uint32)


def _counted(texts: Sequence[str]) -> list[Counts]:
    """Words and word pairs, then characters within words; columns ascend."""
    from scipy.sparse import hstack
    from sklearn.feature_extraction.text import HashingVectorizer

    plain = {"n_features": N_FEATURES, "alternate_sign": False, "norm": None}
    words = HashingVectorizer(ngram_range=(1, 2), token_pattern=r"(?u)\b\w+\b", **plain)
    letters = HashingVectorizer(analyzer="char_wb", ngram_range=(3, 5), **plain)
    both = hstack([words.transform(texts), letters.transform(texts)], format="csr")
    both.sort_indices()
    columns, counts = both.indices.astype(np.int32), both.data.astype(np.uint32)
    return [(columns[a:b], counts[a:b]) for a, b in pairwise(both.indptr)]


def weigh(counts: Any, idf: NDArray[np.float32]) -> Any:
    """Sublinear term frequency times idf, words and letters each of length 1."""
    from scipy.sparse import hstack
    from sklearn.preprocessing import normalize

    weighed = counts.astype(np.float64)
    weighed.data = 1 + np.log(weighed.data)
    weighed = weighed.multiply(idf).tocsr()
    halves = (weighed[:, :N_FEATURES], weighed[:, N_FEATURES:])
    return hstack([normalize(half) for half in halves], format="csr")

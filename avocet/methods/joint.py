"""Method joint: the frozen embedding beside the text's TF-IDF, in one class-balanced ridge regression."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avocet.candidates import Joint
from avocet.events import Emit
from avocet.methods.encoder import Encoder
from avocet.methods.head import embedded_lessons, frozen_info, its_encoder
from avocet.methods.job import Job
from avocet.methods.lessons import Learned
from avocet.methods.linear import Linear, choose, softmax
from avocet.methods.tfidf import counts_of, weigh, weighed

_FILE = "joint.safetensors"


@dataclass(frozen=True)
class JointScorer:
    """An encoder, the terms' idf, and a linear model over each; their logits add up."""

    encoder: Encoder
    idf: NDArray[np.float32]
    over_terms: Linear
    over_embedding: Linear

    def scores(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Probabilities of shape (len(texts), n labels)."""
        terms = self.over_terms.logits(weigh(counts_of(texts), self.idf))
        return softmax(terms + self.over_embedding.logits(self.encoder.embed(texts)))


def train(job: Job, folder: Path, emit: Emit) -> Learned:
    """See Method.train."""
    from safetensors.numpy import save_file
    from scipy.sparse import csr_matrix, hstack

    settings: Joint = job.method
    lessons = job.lessons()
    encoder, embedded = embedded_lessons(job, lessons.texts, emit)
    terms = weighed(lessons.texts)
    # A penalty sees a longer vector as a cheaper one: this is how much the embedding counts beside the words.
    scale = np.sqrt(settings.weight)
    both = hstack([terms.features, csr_matrix(embedded * scale)], format="csr")
    found = choose(
        both, lessons.ys, lessons.n_labels, lessons.folds, "ridge", settings.inverse_penalty, lessons.weights
    )
    n_terms = terms.features.shape[1]
    weight = found.model.weight
    over_terms = terms.widened(Linear(np.ascontiguousarray(weight[:, :n_terms]), found.model.bias))
    save_file(
        {
            "idf": terms.idf,
            **over_terms.tensors(),
            "embedding": np.ascontiguousarray(weight[:, n_terms:] * scale, dtype=np.float32),
        },
        folder / _FILE,
    )
    return Learned({**frozen_info(encoder, lessons.texts), **found.info}, found.answered)


def load(folder: Path, info: dict[str, Any]) -> JointScorer:
    """See Method.load."""
    from safetensors.numpy import load_file

    tensors = load_file(folder / _FILE)
    over_embedding = Linear(tensors.pop("embedding"), np.zeros_like(tensors["bias"]))
    return JointScorer(its_encoder(info), tensors.pop("idf"), Linear.of(tensors), over_embedding)

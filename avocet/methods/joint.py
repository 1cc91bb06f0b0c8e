"""Method joint: the frozen embedding beside the text's TF-IDF, in one class-balanced ridge regression."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from avocet.candidates import Joint
from avocet.engines import Outputs
from avocet.events import Emit
from avocet.methods.head import Embeds, EmbedsBy, embedded_lessons, frozen_info, its_encoder, network_of
from avocet.methods.job import Job
from avocet.methods.lessons import Learned
from avocet.methods.linear import Linear, choose, softmax
from avocet.methods.tfidf import counts_of, weigh, weighed

if TYPE_CHECKING:
    from avocet.engines.network import Network

_FILE = "joint.safetensors"


@dataclass(frozen=True)
class JointScorer:
    """An encoder, the terms' idf, and a linear model over each; their logits add up."""

    encoder: Embeds
    idf: NDArray[np.float32]
    over_terms: Linear
    over_embedding: Linear

    def scores(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Probabilities of shape (len(texts), n labels)."""
        terms = self.over_terms.logits(weigh(counts_of(texts), self.idf))
        return softmax(terms + self.over_embedding.logits(self.encoder.embed(texts)))

    def networks(self) -> "dict[str, Network]":
        """See Networked."""
        return {"": network_of(self.encoder)}

    def through(self, outputs: Mapping[str, Outputs]) -> "JointScorer":
        """See Networked."""
        return replace(self, encoder=EmbedsBy(outputs[""]))


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
    return _on(its_encoder(info), folder)


def answering(folder: Path, info: Mapping[str, Any], outputs: Mapping[str, Outputs]) -> JointScorer:
    """See methods.answering."""
    return _on(EmbedsBy(outputs[""]), folder)


def _on(encoder: Embeds, folder: Path) -> JointScorer:
    from safetensors.numpy import load_file

    tensors = load_file(folder / _FILE)
    over_embedding = Linear(tensors.pop("embedding"), np.zeros_like(tensors["bias"]))
    return JointScorer(encoder, tensors.pop("idf"), Linear.of(tensors), over_embedding)

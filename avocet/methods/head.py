"""Method head: a frozen base, its pooled and normalised embedding, and a class-balanced logistic regression."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from avocet.candidates import Head, OnBase
from avocet.engines import Outputs
from avocet.errors import DamagedVersionError, NotAtHandError
from avocet.events import Emit
from avocet.methods import faults
from avocet.methods.job import BaseAtHand, Job
from avocet.methods.lessons import Learned
from avocet.methods.linear import Linear, choose

if TYPE_CHECKING:
    from avocet.engines.network import Network
    from avocet.methods.encoder import Encoder

_FILE = "head.safetensors"


class Embeds(Protocol):
    """What makes embeddings of length 1, shape (len(texts), width): a base in torch, or an engine."""

    def embed(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """In the order of the texts."""
        ...


@dataclass(frozen=True)
class EmbedsBy:
    """An engine in the place of a base."""

    outputs: Outputs

    def embed(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """See Embeds."""
        return self.outputs(texts)


@dataclass(frozen=True)
class HeadScorer:
    """An encoder and the regression on its embedding."""

    encoder: Embeds
    head: Linear

    def scores(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Probabilities of shape (len(texts), n labels)."""
        return self.head.probabilities(self.encoder.embed(texts))

    def networks(self) -> "dict[str, Network]":
        """See Networked."""
        return {"": network_of(self.encoder)}

    def through(self, outputs: Mapping[str, Outputs]) -> "HeadScorer":
        """See Networked."""
        return HeadScorer(EmbedsBy(outputs[""]), self.head)


def network_of(encoder: Any) -> "Network":
    """The network of a base in torch."""
    from avocet.engines.network import Embedding, Network

    return Network(encoder.tokenizer, Embedding(encoder.model), encoder.max_tokens)


def train(job: Job, folder: Path, emit: Emit) -> Learned:
    """See Method.train."""
    from safetensors.numpy import save_file

    settings: Head = job.method
    lessons = job.lessons()
    encoder, embedded = embedded_lessons(job, lessons.texts, emit)
    found = choose(
        embedded, lessons.ys, lessons.n_labels, lessons.folds, "logistic", settings.inverse_penalty, lessons.weights
    )
    save_file(found.model.tensors(), folder / _FILE)
    return Learned({**frozen_info(encoder, lessons.texts), **found.info}, found.answered)


def embedded_lessons(job: Job, texts: Sequence[str], emit: Emit) -> "tuple[Encoder, NDArray[np.float64]]":
    """(the frozen base, its embeddings of the texts)."""
    from avocet.methods.encoder import Encoder

    base = job.its_base()
    faults.strike(faults.planned(), 0, job.rung.micro_batch)
    encoder = Encoder.open(Path(base.path), job.method.max_tokens, base.digest)
    n = len(texts)
    return encoder, encoder.embed(texts, lambda done: emit({"type": "progress", "step": done, "of": n}))


def frozen_info(encoder: "Encoder", texts: Sequence[str]) -> dict[str, Any]:
    """What training_info says of a training that leaves its base as it is."""
    from avocet.methods.encoder import n_truncated

    cut = n_truncated(encoder.tokenizer, texts, encoder.max_tokens)
    return {"epochs_run": 1, "n_truncated": cut, "max_tokens": encoder.max_tokens}


def load(folder: Path, info: dict[str, Any]) -> HeadScorer:
    """See Method.load. The base is not copied into the version: it is found again and must be the same bytes."""
    return HeadScorer(its_encoder(info), _its_head(folder))


def answering(folder: Path, info: Mapping[str, Any], outputs: Mapping[str, Outputs]) -> HeadScorer:
    """See methods.answering."""
    return HeadScorer(EmbedsBy(outputs[""]), _its_head(folder))


def _its_head(folder: Path) -> Linear:
    from safetensors.numpy import load_file

    return Linear.of(load_file(folder / _FILE))


def its_encoder(info: dict[str, Any]) -> "Encoder":
    """The base of a version that refers to it. Raises DamagedVersionError where it is not the same bytes."""
    from avocet.methods.encoder import Encoder

    base = its_base(info)
    return Encoder.open(Path(base.path), info["max_tokens"], base.digest)


def its_base(info: dict[str, Any]) -> BaseAtHand:
    """Where the base of a version that refers to it lies. Raises DamagedVersionError where it is not the same bytes."""
    from avocet.home import home
    from avocet.methods.bases import at_hand

    settings = OnBase(base=info["base_model_id"], max_tokens=info["max_tokens"], revision=_pinned(info))
    try:
        base = at_hand(settings, home())
    except NotAtHandError as e:
        raise DamagedVersionError(f"version {info['version']}: {e}") from None
    if base.digest != info["base_digest"]:
        raise DamagedVersionError(
            f"version {info['version']}: base {base.id} on this machine is not the one it was trained on"
        )
    return base


def _pinned(info: dict[str, Any]) -> str | None:
    """The revision to look up again; 'package' and 'local' are no revisions of a hub."""
    revision = info.get("base_revision")
    return revision if revision not in ("package", "local") else None

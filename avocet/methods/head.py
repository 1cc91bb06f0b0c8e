"""Method head: a frozen base, its pooled and normalised embedding, and a class-balanced logistic regression."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avocet.errors import DamagedVersionError, NotAtHandError
from avocet.events import Emit
from avocet.methods import faults
from avocet.methods.encoder import Encoder, n_truncated
from avocet.methods.job import Job
from avocet.methods.logistic import Logistic, fit_logistic
from avocet.recipe import Head

_FILE = "head.safetensors"


@dataclass(frozen=True)
class HeadScorer:
    """An encoder and the regression on its embedding."""

    encoder: Encoder
    head: Logistic

    def scores(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Probabilities of shape (len(texts), n labels)."""
        return self.head.probabilities(self.encoder.embed(texts))


def train(job: Job, folder: Path, emit: Emit) -> dict[str, Any]:
    """See Method.train."""
    from safetensors.numpy import save_file

    settings: Head = job.method
    if job.base is None:
        raise NotAtHandError("method head needs a base")
    texts, ys = job.texts("train")
    faults.strike(faults.planned(), 0, job.rung.micro_batch)
    encoder = Encoder.open(Path(job.base.path), settings.max_tokens)
    max_tokens = encoder.max_tokens
    embedded = encoder.embed(texts, lambda done: emit({"type": "progress", "step": done, "of": len(texts)}))
    head = fit_logistic(embedded, ys, len(job.labels), settings.inverse_penalty)
    save_file(head.tensors(), folder / _FILE)
    return {"epochs_run": 1, "n_truncated": n_truncated(encoder.tokenizer, texts, max_tokens), "max_tokens": max_tokens}


def load(folder: Path, info: dict[str, Any]) -> HeadScorer:
    """See Method.load. The base is not copied into the version: it is found again and must be the same bytes."""
    from safetensors.numpy import load_file

    from avocet.home import home
    from avocet.methods.bases import at_hand

    settings = Head(method="head", base=info["base_model_id"], max_tokens=info["max_tokens"], revision=_pinned(info))
    try:
        base = at_hand(settings, home())
    except NotAtHandError as e:
        raise DamagedVersionError(f"version {info['version']}: {e}") from None
    if base.digest != info["base_digest"]:
        raise DamagedVersionError(
            f"version {info['version']}: base {base.id} on this machine is not the one it was trained on"
        )
    return HeadScorer(Encoder.open(Path(base.path), info["max_tokens"]), Logistic.of(load_file(folder / _FILE)))


def _pinned(info: dict[str, Any]) -> str | None:
    """The revision to look up again; 'package' and 'local' are no revisions of a hub."""
    revision = info.get("base_revision")
    return revision if revision not in ("package", "local") else None

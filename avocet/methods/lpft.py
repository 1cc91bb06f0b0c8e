"""Method lpft: a linear probe of the embedding first, then all weights from there (Kumar et al. 2022).

A head drawn at random pulls the pretrained features apart while it learns; one that already fits leaves them whole.
"""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import nn
from transformers import AutoTokenizer, set_seed

from avocet.candidates import Lpft
from avocet.events import Emit
from avocet.methods.encoder import SAFE, Encoder, freeze, positions
from avocet.methods.finetuning import Lesson, fine_tune, tokenised, truncated
from avocet.methods.job import Job
from avocet.methods.lessons import Learned, cross_fitted
from avocet.methods.machine import attention
from avocet.methods.probe import put_probe
from avocet.methods.trained import TrainedScorer, fresh, load_trained, save_trained


def train(job: Job, folder: Path, emit: Emit) -> Learned:
    """See Method.train."""
    settings: Lpft = job.method
    at_hand = job.its_base()
    base = Path(at_hand.path)
    tokenizer = AutoTokenizer.from_pretrained(base, **SAFE)
    max_tokens = min(settings.max_tokens, positions(base, tokenizer))
    lessons = job.lessons(dear=True)
    embedded = Encoder.open(base, max_tokens, at_hand.digest).embed(lessons.texts)
    rows = tokenised(tokenizer, lessons.texts, lessons.ys, max_tokens, lessons.weights)
    info: dict[str, Any] = {}

    def train_on(learn: list[int]) -> Any:
        model = _probed(base, job, settings, embedded[learn], [lessons.ys[i] for i in learn], lessons.weights_at(learn))
        info.update(fine_tune(model, tokenizer, Lesson([rows[i] for i in learn], lessons.n_labels), job, folder, emit))
        return model

    def score(model: Any, texts: list[str]) -> NDArray[np.float64]:
        return TrainedScorer.of(tokenizer, model, max_tokens).scores(texts)

    model, answered = cross_fitted(lessons, train_on, score, emit)
    save_trained(model, tokenizer, folder, pooled=True)
    info |= {"pooled": True, "normalised": True, **truncated(tokenizer, lessons.texts, max_tokens)}
    return Learned(info, answered)


def _probed(
    base: Path, job: Job, settings: Lpft, embedded: NDArray[np.float64], ys: list[int], weights: list[float]
) -> Any:
    """The base with a head that was fitted on its embedding of these rows; a label without a row keeps weight 0."""
    set_seed(job.seed)
    model = fresh(base, True, job.labels, **attention())
    model.normalised = True
    put_probe(model, embedded, ys, settings.inverse_penalty, weights)
    if not settings.dropout:
        for module in model.modules():
            if isinstance(module, nn.Dropout):
                module.p = 0.0
    if settings.freeze_layers:
        freeze(model.encoder, settings.freeze_layers)
    return model


def load(folder: Path, info: dict[str, Any]) -> TrainedScorer:
    """See Method.load."""
    return load_trained(folder, info)

"""Method contrastive: the embedding learns which mails share a label, then a logistic head is fitted on it.

The idea of SetFit (Tunstall et al. 2022) with the supervised contrastive loss (Khosla et al. 2020) in place of a
list of all n^2 pairs: only the pairs within a batch are compared, so the memory is O(batch^2).
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import Sampler
from transformers import AutoTokenizer, set_seed
from transformers.modeling_outputs import SequenceClassifierOutput

from avocet.candidates import Contrastive
from avocet.events import Emit
from avocet.methods.encoder import SAFE, batched, device, freeze, mean_pooled, positions
from avocet.methods.finetuning import Lesson, fine_tune, tokenised, truncated
from avocet.methods.job import Job
from avocet.methods.lessons import Learned, cross_fitted
from avocet.methods.machine import attention
from avocet.methods.probe import put_probe
from avocet.methods.trained import TrainedScorer, fresh, load_trained, save_trained
from avocet.methods.trainer import WeightedTrainer


def train(job: Job, folder: Path, emit: Emit) -> Learned:
    """See Method.train."""
    settings: Contrastive = job.method
    base = Path(job.its_base().path)
    tokenizer = AutoTokenizer.from_pretrained(base, **SAFE)
    max_tokens = min(settings.max_tokens, positions(base, tokenizer))
    lessons = job.lessons(dear=True)
    rows = tokenised(tokenizer, lessons.texts, lessons.ys, max_tokens, lessons.weights)
    info: dict[str, Any] = {}

    def train_on(learn: list[int]) -> Any:
        set_seed(job.seed)
        model = fresh(base, True, job.labels, **attention())
        model.normalised = True
        if settings.freeze_layers:
            freeze(model.encoder, settings.freeze_layers)
        lesson = Lesson([rows[i] for i in learn], lessons.n_labels)
        more: dict[str, Any] = {"trainer_class": ContrastiveTrainer, "temperature": settings.temperature}
        info.update(fine_tune(Embedder(model.encoder), tokenizer, lesson, job, folder, emit, **more))
        embedded = embed(model, tokenizer, [lessons.texts[i] for i in learn], max_tokens)
        put_probe(model, embedded, [lessons.ys[i] for i in learn], settings.inverse_penalty, lessons.weights_at(learn))
        return model

    def score(model: Any, texts: list[str]) -> NDArray[np.float64]:
        return TrainedScorer.of(tokenizer, model, max_tokens).scores(texts)

    model, answered = cross_fitted(lessons, train_on, score, emit)
    save_trained(model, tokenizer, folder, pooled=True)
    info |= {"pooled": True, "normalised": True, **truncated(tokenizer, lessons.texts, max_tokens)}
    return Learned(info, answered)


def load(folder: Path, info: dict[str, Any]) -> TrainedScorer:
    """See Method.load."""
    return load_trained(folder, info)


def embed(model: Any, tokenizer: Any, texts: Sequence[str], max_tokens: int) -> NDArray[np.float64]:
    """Embeddings of length 1, shape (len(texts), width), by a model as it is now."""
    model.eval().to(device())
    return batched(lambda batch: model.pooled(**batch), tokenizer, texts, max_tokens)


def supervised_contrastive(embedded: Tensor, labels: Tensor, temperature: float) -> Tensor:
    """Loss of each row against the others of its batch: (n, width) of length 1, (n,) -> (n,); 0 without a positive.

    L_out of Khosla et al. 2020, equation 2: minus the mean, over the other rows p of the same label, of
    log(exp(z_i z_p / t) / sum over all a != i of exp(z_i z_a / t)).
    """
    itself = torch.eye(len(labels), dtype=torch.bool, device=labels.device)
    alike = (embedded @ embedded.T / temperature).masked_fill(itself, torch.finfo(embedded.dtype).min)
    log_share = alike - alike.logsumexp(dim=1, keepdim=True)
    positive = (labels[:, None] == labels[None, :]) & ~itself
    found = log_share.masked_fill(~positive, 0.0).sum(dim=1)
    return -found / positive.sum(dim=1).clamp(min=1)


class Embedder(nn.Module):
    """An encoder whose answer is its mean-pooled embedding of length 1, for a Trainer that wants `logits`."""

    def __init__(self, encoder: Any) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, input_ids: Tensor, attention_mask: Tensor, **more: Tensor) -> SequenceClassifierOutput:
        """Embeddings of shape (batch, width), in fp32 also under autocast."""
        tokens = self.encoder(input_ids=input_ids, attention_mask=attention_mask, **more).last_hidden_state
        return SequenceClassifierOutput(logits=F.normalize(mean_pooled(tokens.float(), attention_mask), dim=1))

    def activation_checkpointing_enable(self, **kwargs: Any) -> None:
        """What the Trainer calls on the last rung of the ladder."""
        self.encoder.activation_checkpointing_enable(**kwargs)


class ContrastiveTrainer(WeightedTrainer):
    """Rows of one label are pulled together, others apart.

    Only pairs within one forward pass are seen: accumulation adds up the losses of its micro-batches and compares
    no row of one with a row of another. A lower rung of the memory ladder keeps the rows of a step, but each of
    them meets fewer others.
    """

    def __init__(self, *args: Any, temperature: float, **kwargs: Any) -> None:
        self.temperature = temperature
        super().__init__(*args, **kwargs)

    def _get_train_sampler(self, train_dataset: Any = None) -> Sampler[int]:
        """At least two rows of each label in a forward pass."""
        return InPairs(self.ys, self.args.train_batch_size, self.args.seed)

    def of_each(self, outputs: Any, labels: Tensor, training: bool) -> Tensor:
        """The loss of each row of a micro-batch, shape (n,); in fp32, since it divides by a small temperature."""
        with torch.autocast(labels.device.type, enabled=False):
            return supervised_contrastive(outputs.logits.float(), labels, self.temperature)


class InPairs(Sampler[int]):
    """The places of one epoch, as many as there are rows, so that each label of a batch is in it at least twice.

    Labels take turns whatever their share, and a label's rows all come before one comes again; where a label has
    a single row, that row stands beside itself, told apart by dropout alone. Depends on (seed, epoch) alone.
    """

    def __init__(self, ys: Sequence[int], batch: int, seed: int) -> None:
        self.ys, self.batch, self.seed = np.asarray(ys), batch, seed
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Called by the data loader before each epoch."""
        self.epoch = epoch

    def __len__(self) -> int:
        return len(self.ys)

    def __iter__(self) -> Iterator[int]:
        rng = np.random.default_rng([self.seed, self.epoch])
        labels = np.unique(self.ys)
        turns = _cycle(labels, rng)
        rows = {label: _cycle(np.flatnonzero(self.ys == label), rng) for label in labels}
        for at in range(0, len(self.ys), self.batch):
            n = min(self.batch, len(self.ys) - at)
            k = max(1, min(len(labels), n // 2))
            drawn = _distinct(turns, k)
            yield from (int(next(rows[drawn[i % k]])) for i in range(n))


def _cycle(places: NDArray[Any], rng: np.random.Generator) -> Iterator[Any]:
    """The places over and over, in a new order each time round."""
    while True:
        yield from rng.permutation(places)


def _distinct(turns: Iterator[Any], k: int) -> list[Any]:
    """The next k different ones; at the seam of two rounds one may come twice in a row."""
    found: dict[Any, None] = {}
    while len(found) < k:
        found[next(turns)] = None
    return list(found)

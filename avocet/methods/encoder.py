"""A sentence-transformers base with plain transformers: mean-pooled token vectors, with or without a class head."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from transformers import AutoConfig, AutoModel, AutoTokenizer
from transformers.modeling_outputs import SequenceClassifierOutput
from transformers.utils.logging import disable_progress_bar

from avocet.errors import AvocetError, NonFiniteError
from avocet.methods import pieces
from avocet.methods.kept import made_by
from avocet.methods.machine import use_our_cores
from avocet.methods.memory import of_each

disable_progress_bar()  # 103 tensors that load in 4 ms are no news on a person's terminal
# Written out at every load: unset, transformers may ask on stdin whether to run a folder's own code.
SAFE: dict[str, Any] = {"trust_remote_code": False, "local_files_only": True}
SAFE_WEIGHTS: dict[str, Any] = {**SAFE, "use_safetensors": True, "dtype": torch.float32}
# Rows of similar length share a batch, so the padding is small. On two CPU cores 324 mails took 8.7 s in
# batches of 16, 11.3 s in batches of 32 and 11.6 s in batches of 64: the smaller ones fit the cache.
BATCH = 16


def device() -> torch.device:
    """The GPU where there is one, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def mean_pooled(tokens: Tensor, mask: Tensor) -> Tensor:
    """Mean of the token vectors that are no padding: (batch, tokens, width), (batch, tokens) -> (batch, width)."""
    weights = mask.unsqueeze(-1).to(tokens.dtype)
    return (tokens * weights).sum(1) / weights.sum(1).clamp(min=1e-9)


class PooledClassifier(nn.Module):
    """A linear head on the mean-pooled embedding; BERT's own pooler was never trained in these bases.

    `normalised`: on the embedding of length 1, as a linear probe of it was fitted.
    """

    def __init__(self, encoder: Any, n_labels: int, normalised: bool = False) -> None:
        super().__init__()
        self.encoder = encoder
        self.normalised = normalised
        self.dropout = nn.Dropout(0.1)
        self.head = nn.Linear(encoder.config.hidden_size, n_labels)

    def forward(
        self,
        input_ids: Tensor,
        attention_mask: Tensor,
        token_type_ids: Tensor | None = None,
        labels: Tensor | None = None,
    ) -> SequenceClassifierOutput:
        """Logits of shape (batch, n labels). `labels` is there for the Trainer, which looks for the name."""
        pooled = self.pooled(input_ids, attention_mask, token_type_ids)
        return SequenceClassifierOutput(logits=self.head(self.dropout(pooled)))

    def pooled(self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor | None = None) -> Tensor:
        """Mean-pooled embedding of shape (batch, width), of length 1 where `normalised`; fp32 also under autocast."""
        extra = {} if token_type_ids is None else {"token_type_ids": token_type_ids}
        tokens = self.encoder(input_ids=input_ids, attention_mask=attention_mask, **extra).last_hidden_state
        found = mean_pooled(tokens.float(), attention_mask)
        return nn.functional.normalize(found, dim=1) if self.normalised else found

    def activation_checkpointing_enable(self, **kwargs: Any) -> None:
        """What the Trainer calls on the last rung of the ladder."""
        self.encoder.activation_checkpointing_enable(**kwargs)


def freeze(encoder: Any, n_layers: int) -> None:
    """Keep the embeddings and the `n_layers` lowest layers of a transformers encoder as they are.

    They also stay without dropout: what is not trained needs no noise, and on a CPU dropout is a quarter of a
    step. Raises AvocetError where the base has fewer layers, or none that can be found.
    """
    stacks = [
        m
        for name, m in encoder.named_modules()
        if isinstance(m, nn.ModuleList) and name.split(".")[-1] in ("layer", "layers")
    ]
    if not stacks or n_layers > len(stacks[0]):
        raise AvocetError(f"freeze_layers is {n_layers}, the base has {len(stacks[0]) if stacks else 0} layers")
    for module in (
        encoder.get_input_embeddings(),
        getattr(encoder, "embeddings", None),
        *stacks[0][:n_layers],
    ):
        if module is not None:
            module.requires_grad_(False).eval()
            module.train = lambda mode=True, module=module: module


@dataclass(frozen=True)
class Encoder:
    """A frozen base and its tokenizer; `digest` of the base, where its embeddings may be remembered."""

    path: Path
    tokenizer: Any
    model: Any
    max_tokens: int
    digest: str = ""

    @classmethod
    def open(cls, base: Path, max_tokens: int, digest: str = "") -> Self:
        """The base in the folder `base`, on the GPU where there is one; `max_tokens` at most what it has positions for."""
        use_our_cores()
        model = AutoModel.from_pretrained(base, **SAFE_WEIGHTS).eval().to(device())
        tokenizer = AutoTokenizer.from_pretrained(base, **SAFE)
        return cls(base, tokenizer, model, min(max_tokens, positions(base, tokenizer)), digest)

    def embed(self, texts: Sequence[str], progress: Callable[[int], None] = lambda done: None) -> NDArray[np.float64]:
        """Embeddings of length 1, shape (len(texts), width)."""
        code = made_by(__file__, "torch", "transformers", "tokenizers")
        mark = f"{self.digest} {device().type} {self.max_tokens} {code}" if self.digest else None
        rows = of_each(texts, mark, lambda new: list(self._embedded(new, progress)), _packed, _unpacked)
        return np.stack(rows) if rows else np.zeros((0, 0))

    def _embedded(self, texts: Sequence[str], progress: Callable[[int], None]) -> NDArray[np.float64]:
        def run(batch: dict[str, Tensor]) -> Tensor:
            pooled = mean_pooled(self.model(**batch).last_hidden_state, batch["attention_mask"])
            return nn.functional.normalize(pooled, dim=1)

        return batched(run, self.tokenizer, texts, self.max_tokens, progress)


def _packed(vector: NDArray[np.float64]) -> bytes:
    return vector.astype(np.float32).tobytes()


def _unpacked(raw: bytes) -> NDArray[np.float64]:
    return np.frombuffer(raw, dtype=np.float32).astype(np.float64)


def positions(base: Path, tokenizer: Any) -> int:
    """The most tokens that the base has positions for; RoBERTa's family counts from the padding index on."""
    config = AutoConfig.from_pretrained(base, **SAFE)
    positions = int(getattr(config, "max_position_embeddings", 0) or tokenizer.model_max_length)
    if "roberta" in config.model_type:
        positions -= int(config.pad_token_id) + 1
    return min(positions, int(tokenizer.model_max_length))


def n_truncated(tokenizer: Any, texts: Sequence[str], max_tokens: int) -> int:
    """How many texts have more tokens than the model reads."""
    return sum(len(ids) > max_tokens for ids in tokenizer(list(texts))["input_ids"]) if texts else 0


def batched(
    run: Callable[[dict[str, Tensor]], Tensor],
    tokenizer: Any,
    texts: Sequence[str],
    max_tokens: int,
    progress: Callable[[int], None] = lambda done: None,
) -> NDArray[np.float64]:
    """`run` over all texts in batches of similar length; rows come back in the order of `texts`.

    Where memory runs out the batch is halved, down to one text, before the error is let out.
    """
    where = device()
    order = sorted(range(len(texts)), key=lambda i: len(texts[i]))

    def rows(part: slice) -> NDArray[np.float64]:
        chosen = [texts[i] for i in order[part]]
        its = tokenizer(chosen, padding=True, truncation=True, max_length=max_tokens, return_tensors="pt")
        factor = pieces.begin(len(chosen))
        found = run(dict(its.to(where))).double().cpu().numpy() * factor
        progress(part.stop)
        return np.asarray(found)

    with torch.inference_mode():
        parts = pieces.Pieces(pieces.most(BATCH)).over(len(order), rows)
    if not parts:
        return np.zeros((0, 0))
    found = np.concatenate(parts)
    bad = int((~np.isfinite(found)).any(axis=1).sum())
    if bad:  # a regression on them would fail in its own words
        raise NonFiniteError(f"the model's output for {bad} of {len(texts)} texts is NaN or infinite")
    return np.asarray(found[np.argsort(order)])

"""A trained network as torch holds it, on its way to an engine: one module from token columns to outputs."""

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from transformers import PreTrainedModel

from avocet.engines import Outputs
from avocet.methods.encoder import batched


@dataclass(frozen=True)
class Network:
    """A module that makes (batch, width) of a tokenizer's columns by keyword, its tokenizer, and how much it reads."""

    tokenizer: Any
    module: nn.Module
    max_tokens: int

    def example(self, texts: Sequence[str]) -> dict[str, Tensor]:
        """Two texts of different length as columns: traced without padding, a network would know none."""
        some = sorted(texts, key=len)
        chosen = [some[0] or "a", (some[-1] or "a") + " and more words than the other one has"]
        return dict(
            self.tokenizer(chosen, padding=True, truncation=True, max_length=self.max_tokens, return_tensors="pt")
        )

    def outputs(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """By torch as it is, shape (len(texts), width)."""
        return batched(lambda batch: self.module(**batch), self.tokenizer, texts, self.max_tokens)

    def in_bf16(self) -> Outputs:
        """By torch with the transformer's weights in bfloat16, cast once; heads stay as they are."""
        module = copy.deepcopy(self.module)
        for part in module.modules():
            if isinstance(part, PreTrainedModel):
                part.to(torch.bfloat16)
        return Network(self.tokenizer, module, self.max_tokens).outputs


class ByPlace(nn.Module):
    """The same module with its columns by place, as exporters trace it."""

    def __init__(self, module: nn.Module, columns: Sequence[str]) -> None:
        super().__init__()
        self.module, self.columns = module, tuple(columns)

    def forward(self, *tensors: Tensor) -> Tensor:
        """As the module."""
        found: Tensor = self.module(**dict(zip(self.columns, tensors, strict=True)))
        return found


class Logits(nn.Module):
    """A classifier's logits, of whatever its library wraps them in; fp32."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, **batch: Tensor) -> Tensor:
        """Shape (batch, n labels)."""
        found: Tensor = self.model(**batch).logits.float()
        return found


class Embedding(nn.Module):
    """An encoder's mean-pooled embedding of length 1; fp32."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, attention_mask: Tensor, **batch: Tensor) -> Tensor:
        """Shape (batch, width)."""
        tokens = self.model(attention_mask=attention_mask, **batch).last_hidden_state.float()
        weights = attention_mask.unsqueeze(-1).to(tokens.dtype)
        return nn.functional.normalize((tokens * weights).sum(1) / weights.sum(1).clamp(min=1e-9), dim=1)

"""A first guess at the memory that a training needs, from config.json and the recipe; only where to start the ladder.

Reality has the last word: a guess that was too bold fails and goes a rung down, and the rung that worked is
remembered and wins over any guess. Texts are taken to fill `max_tokens`, so short mails need less.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from avocet.candidates import FineTuned, Lora, OnBase
from avocet.methods.job import BaseAtHand
from avocet.methods.ladder import Rung

# Weights, gradients and AdamW's two moments, all in fp32; mixed precision keeps the same masters.
BYTES_TRAINED = 16
BYTES_FROZEN = 4
CAST = 2  # mixed precision holds a half-precision copy of each weight while it computes
KEPT = 9.5  # numbers a token, in units of the hidden size, that one layer keeps for its backward pass
KEPT_SCORES = 2.25  # numbers an attention score: after softmax, after dropout, and a mask of one byte
PROCESS = 600 * 2**20  # Python with torch and transformers, or a CUDA context


@dataclass(frozen=True)
class Shape:
    """What of a transformer decides its memory."""

    layers: int
    hidden: int
    heads: int
    inner: int
    vocabulary: int
    positions: int
    disentangled: bool  # DeBERTa: three kinds of scores, and no attention that does without them

    @classmethod
    def read(cls, base: Path) -> Self | None:
        """The shape in the base's config.json; None where it does not say it in words that we know."""
        try:
            config = json.loads((base / "config.json").read_text(encoding="utf-8"))
            hidden = _of(config, "hidden_size", "d_model", "dim")
            return cls(
                _of(config, "num_hidden_layers", "n_layers", "num_layers"),
                hidden,
                _of(config, "num_attention_heads", "n_heads", "num_heads"),
                int(config.get("intermediate_size") or config.get("hidden_dim") or 4 * hidden),
                _of(config, "vocab_size"),
                int(config.get("max_position_embeddings") or 512),
                "deberta" in str(config.get("model_type")),
            )
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return None

    @property
    def layer_parameters(self) -> int:
        """Numbers in one layer: attention's four matrices and the two after it."""
        return 4 * self.hidden**2 + 2 * self.hidden * self.inner


def _of(config: Mapping[str, Any], *names: str) -> int:
    """The first of these that the config says. Raises KeyError where it says none."""
    for name in names:
        if config.get(name):
            return int(config[name])
    raise KeyError(names[0])


def needs(candidate: OnBase, base: BaseAtHand, rung: Rung, gpu: bool) -> int:
    """Bytes that training `candidate` at `rung` takes, process included."""
    return PROCESS + grows(candidate, base, rung, gpu)


def grows(candidate: OnBase, base: BaseAtHand, rung: Rung, gpu: bool) -> int:
    """Bytes beyond the process: weights, gradients, optimizer, and what is kept for the backward pass."""
    shape = Shape.read(Path(base.path))
    if not isinstance(candidate, FineTuned):
        return base.n_parameters * BYTES_FROZEN
    half = gpu and (candidate.fp16 or candidate.bf16)
    trained = base.n_parameters - _frozen(candidate, base, shape)
    static = base.n_parameters * (BYTES_FROZEN + CAST * half) + max(trained, 0) * (BYTES_TRAINED - BYTES_FROZEN)
    return static + (0 if shape is None else _activations(candidate, shape, rung, gpu, half))


def _frozen(candidate: FineTuned, base: BaseAtHand, shape: Shape | None) -> int:
    if isinstance(candidate, Lora):
        width = shape.hidden * shape.layers if shape else 0
        return base.n_parameters - 8 * candidate.r * width  # four matrices at most, two factors each
    if not candidate.freeze_layers or shape is None:
        return 0
    return shape.vocabulary * shape.hidden + candidate.freeze_layers * shape.layer_parameters


def _activations(candidate: FineTuned, shape: Shape, rung: Rung, gpu: bool, half: bool) -> int:
    tokens = min(candidate.max_tokens, shape.positions)
    rows = rung.micro_batch
    number = 2 if half else 4
    kept = KEPT * shape.hidden + 2 * shape.inner
    # A GPU's fused attention keeps no scores; DeBERTa's cannot be fused.
    kinds = 3 if shape.disentangled else 0 if gpu else 1
    kept += kinds * KEPT_SCORES * shape.heads * tokens
    layer = rows * tokens * kept * number
    through = shape.layers - min(candidate.freeze_layers, shape.layers)
    inputs = shape.layers * rows * tokens * shape.hidden * 4
    # One more layer is in the making beside those that are kept.
    return int(inputs + layer if rung.gradient_checkpointing else (through + 1) * layer)


def first_fit(candidate: OnBase, base: BaseAtHand | None, ladder: tuple[Rung, ...], free: int, gpu: bool) -> int:
    """The place of the first rung that is thought to fit into `free` bytes; the last where none is."""
    if base is None:
        return 0
    fitting = (i for i, rung in enumerate(ladder) if needs(candidate, base, rung, gpu) <= free)
    return next(fitting, len(ladder) - 1)

"""Texts as token columns without transformers: the tokenizer's own file, and batches of similar length within a budget."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from avocet.engines import Arrays, Run
from avocet.errors import NonFiniteError

# Tokens with padding in one forward pass, and texts. More rows than this gained nothing on two cores, and a batch of long
# texts is held in the cache when it is small.
BUDGET, MOST = 2048, 32
_FILE, _ABOUT = "tokenizer.json", "tokens.json"


@dataclass(frozen=True)
class TextModel:
    """A tokenizer and what runs the network: texts in, one row of outputs a text out."""

    tokenizer: Any
    columns: tuple[str, ...]
    pad_id: int
    run: Run

    @classmethod
    def open(cls, folder: Path, run: Run) -> Self:
        """What `write_tokens` wrote, on this network."""
        from tokenizers import Tokenizer

        about = json.loads((folder / _ABOUT).read_text(encoding="utf-8"))
        tokenizer = Tokenizer.from_file(str(folder / _FILE))
        tokenizer.no_padding()
        tokenizer.enable_truncation(int(about["max_tokens"]))
        return cls(tokenizer, tuple(about["columns"]), int(about["pad_id"]), run)

    def outputs(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """The network's outputs, shape (len(texts), width), in the order of `texts`. Raises NonFiniteError."""
        if not texts:
            return np.zeros((0, 0))
        encoded = self.tokenizer.encode_batch_fast(list(texts))
        lengths = [len(one.ids) for one in encoded]
        found: list[NDArray[np.float32] | None] = [None] * len(texts)
        for batch in batches(lengths):
            rows = self.run(self._columns([encoded[i] for i in batch]))
            for i, row in zip(batch, rows, strict=True):
                found[i] = row
        whole = np.asarray(found, dtype=np.float64)
        if bad := int((~np.isfinite(whole)).any(axis=1).sum()):
            raise NonFiniteError(f"the model's output for {bad} of {len(texts)} texts is NaN or infinite")
        return whole

    def _columns(self, encoded: Sequence[Any]) -> Arrays:
        shape = (len(encoded), max(len(one.ids) for one in encoded))
        made = {"input_ids": np.full(shape, self.pad_id, dtype=np.int64)}
        made |= {name: np.zeros(shape, dtype=np.int64) for name in ("attention_mask", "token_type_ids")}
        for i, one in enumerate(encoded):
            n = len(one.ids)
            made["input_ids"][i, :n] = one.ids
            made["attention_mask"][i, :n] = 1
            made["token_type_ids"][i, :n] = one.type_ids
        return {name: made[name] for name in self.columns}


def batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Places, texts of similar length together, at most BUDGET tokens with padding and MOST texts in each."""
    batch: list[int] = []
    for i in sorted(range(len(lengths)), key=lengths.__getitem__):
        if batch and ((len(batch) + 1) * max(lengths[i], 1) > BUDGET or len(batch) == MOST):
            yield batch
            batch = []
        batch.append(i)
    if batch:
        yield batch


def write_tokens(tokenizer: Any, columns: Sequence[str], max_tokens: int, folder: Path) -> None:
    """Write what `TextModel.open` needs. Raises ValueError for a tokenizer that has no file of the fast kind."""
    if not getattr(tokenizer, "is_fast", False):
        raise ValueError("its tokenizer has no tokenizer.json")
    tokenizer.backend_tokenizer.save(str(folder / _FILE))
    about = {"columns": list(columns), "pad_id": int(tokenizer.pad_token_id or 0), "max_tokens": max_tokens}
    (folder / _ABOUT).write_text(json.dumps(about), encoding="utf-8")

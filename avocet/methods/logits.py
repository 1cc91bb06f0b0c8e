"""Answers by a network's logits, whatever runs it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avocet.engines import Outputs
from avocet.methods.linear import softmax


@dataclass(frozen=True)
class LogitScorer:
    """The network of a fine-tuned version, behind an engine."""

    outputs: Outputs

    def scores(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Probabilities of shape (len(texts), n labels). A decoder's tokenizer makes no token of an empty text."""
        return softmax(self.outputs([text or " " for text in texts]))

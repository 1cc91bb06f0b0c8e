"""The linear probe of an embedding as the class head of a model that is trained, or was."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from avocet.methods.linear import fit_linear


def put_probe(
    model: Any,
    embedded: NDArray[np.float64],
    ys: Sequence[int],
    inverse_penalty: float,
    weights: Sequence[float] = (),
) -> None:
    """Fit a regression on embeddings (n, width) and write it into `model.head`.

    A label without a row keeps weight 0 and a bias below all others, so that it is never answered.
    """
    present = sorted(set(ys))
    probe = fit_linear(embedded, [present.index(y) for y in ys], len(present), "logistic", inverse_penalty, weights)
    with torch.no_grad():
        model.head.weight.zero_()
        model.head.bias.fill_(float(probe.bias.min()) - 1)
        model.head.weight[present] = torch.from_numpy(probe.weight).to(model.head.weight.device)
        model.head.bias[present] = torch.from_numpy(probe.bias).to(model.head.bias.device)

"""Pictures of a run as PNG bytes: the confusion matrix, the training curves, how far confidence can be believed."""

from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any

from avocet import calibration
from avocet.scorecard import Scorecard

INK = "#1f3044"
_BLUE, _ORANGE = "#2f6f9f", "#d9822b"


def confusion(card: Scorecard, labels: Sequence[str]) -> bytes:
    """Rows: the true label; columns: the predicted one; colour: share of the row; figures: mails."""
    import numpy as np

    counts = np.array(card.confusion)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    figure, axes = _axes(1.6 + 0.62 * len(labels), 1.4 + 0.5 * len(labels))
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    axes.set_xticks(range(len(labels)), labels, rotation=40, ha="right", fontsize=8)
    axes.set_yticks(range(len(labels)), labels, fontsize=8)
    axes.set_xlabel("predicted")
    axes.set_ylabel("true")
    axes.set_title(f"{card.candidate}: macro-F1 {card.macro_f1:.3f} on {counts.sum()} mails", color=INK, fontsize=10)
    for i, j in zip(*np.nonzero(counts), strict=True):
        axes.text(
            j,
            i,
            counts[i, j],
            ha="center",
            va="center",
            fontsize=8,
            color="white" if shares[i, j] > 0.55 else INK,
        )
    axes.spines[:].set_visible(False)
    return _png(figure)


def curves(candidate: str, curve: Sequence[Mapping[str, Any]]) -> bytes:
    """Loss (left) and validation macro-F1 (right) by epoch; below, the learning rate that each epoch ended with."""
    epochs = [e["epoch"] for e in curve]
    figure, axes = _axes(6.4, 3.4)
    lowest = axes
    if any(e.get("learning_rate") is not None for e in curve):
        figure.clear()
        axes, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
        lowest = below
        below.plot(epochs, [e.get("learning_rate") for e in curve], "o-", color=INK, markersize=3)
        below.set_ylabel("rate", color=INK)
        below.set_ylim(bottom=0)
        below.spines[["top", "right"]].set_visible(False)
    for name, style in (("loss", "-"), ("validation_loss", "--")):
        values = [e.get(name) for e in curve]
        if any(v is not None for v in values):
            axes.plot(epochs, values, style, color=_BLUE, label=name.replace("_", " "))
    lowest.set_xlabel("epoch")
    axes.set_ylabel("loss", color=_BLUE)
    axes.set_xticks(epochs)
    axes.spines[["top", "right"]].set_visible(False)
    if any(e.get("macro_f1") is not None for e in curve):
        right = axes.twinx()
        right.plot(epochs, [e.get("macro_f1") for e in curve], "o-", color=_ORANGE)
        right.set_ylabel("validation macro-F1", color=_ORANGE)
        right.set_ylim(0, 1)
        right.spines[["top"]].set_visible(False)
    axes.set_title(candidate, color=INK, fontsize=10)
    if len(axes.lines) > 1:
        axes.legend(frameon=False, fontsize=8, loc="lower left")
    return _png(figure)


def reliability(card: Scorecard, true: Sequence[str]) -> bytes:
    """Accuracy over confidence, in bins as large as they hold mails; on the diagonal it says what it knows."""
    right = [a == b for a, b in zip(card.predictions, true, strict=True)]
    bins = calibration.reliability(card.confidences, right)
    figure, axes = _axes(4.2, 4.0)
    axes.plot([0, 1], [0, 1], "--", color=INK, linewidth=0.8)
    sizes = [12 + 400 * one.n / len(right) for one in bins]
    axes.scatter([b.confidence for b in bins], [b.accuracy for b in bins], sizes, color=_BLUE, alpha=0.75)
    axes.set_xlabel("confidence")
    axes.set_ylabel("accuracy")
    axes.set_xlim(0, 1.02)
    axes.set_ylim(0, 1.02)
    axes.spines[["top", "right"]].set_visible(False)
    error = calibration.expected_error(card.confidences, right)
    axes.set_title(f"{card.candidate}: calibration error {error:.3f} on {len(right)} mails", color=INK, fontsize=10)
    return _png(figure)


def _axes(width: float, height: float) -> tuple[Any, Any]:
    """A figure without pyplot: no global state, no display."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), dpi=110, layout="constrained")
    return figure, figure.add_subplot()


def _png(figure: Any) -> bytes:
    buffer = BytesIO()
    figure.savefig(buffer, format="png", facecolor="white")
    return buffer.getvalue()

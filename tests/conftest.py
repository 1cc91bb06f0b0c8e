"""What all tests share: homes of their own, invented rows, and tiny bases in the hub's real file formats."""

import json
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

# Before anything imports Prefect: nothing of a test may reach the developer's own server or home.
os.environ.update(
    {
        "PREFECT_HOME": tempfile.mkdtemp(prefix="avocet-prefect-"),
        "DO_NOT_TRACK": "1",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_LOGGING_TO_API_ENABLED": "false",
        "PREFECT_LOGGING_LEVEL": "WARNING",
        "HF_HUB_OFFLINE": "1",
    }
)
for _name in ("PREFECT_API_URL", "PREFECT_API_AUTH_STRING", "AVOCET_FAULT", "AVOCET_DATABASE"):
    os.environ.pop(_name, None)

from avocet.home import CHECKOUT, Home

if TYPE_CHECKING:
    from avocet.store.database import Database

LABELS = ("rejected", "digest", "neutral")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """An empty AVOCET_HOME, set for this process and its children."""
    root = tmp_path / "home"
    (root / "data").mkdir(parents=True)
    (root / "recipes").mkdir()
    monkeypatch.setenv("AVOCET_HOME", str(root))
    return Home(root.resolve())


@pytest.fixture(scope="session")
def demo_rows() -> list[dict[str, Any]]:
    """The committed invented mails."""
    lines = (CHECKOUT / "data" / "demo_mail.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


@pytest.fixture
def make_recipe(place: Home) -> Callable[..., str]:
    """Writes recipes/<name>.yaml and its rows into `place`; returns the name."""

    def make(
        rows: Sequence[dict[str, Any]],
        candidates: dict[str, Any],
        name: str = "tiny",
        labels: Sequence[str] = LABELS,
        **settings: Any,
    ) -> str:
        file = f"data/{name}.jsonl"
        (place.root / file).write_text("".join(json.dumps(r) + "\n" for r in rows), encoding="utf-8")
        recipe = {
            "name": name,
            "rows": file,
            "text": "{subject} [SEP] {body:.400}",
            "labels": list(labels),
            "candidates": candidates,
            "serve": {"engines": []},  # trying them takes seconds a run; tests/integration/test_engines.py does
            **settings,
        }
        # JSON is YAML, so the strict reader takes it.
        (place.root / "recipes" / f"{name}.yaml").write_text(json.dumps(recipe, indent=1), encoding="utf-8")
        return name

    return make


@pytest.fixture(scope="session")
def few_rows(demo_rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """40 rows of each of three labels: enough for an honest holdout of 24, quick to train on."""
    return [row for label in LABELS for row in [r for r in demo_rows if r["label"] == label][:40]]


def _sentences(rows: list[dict[str, Any]], file: Path) -> str:
    file.write_text("\n".join(f"{r['subject']} {r['body']}".replace("\n", " ") for r in rows), encoding="utf-8")
    return str(file)


@pytest.fixture(scope="session")
def tiny_deberta(tmp_path_factory: pytest.TempPathFactory, demo_rows: list[dict[str, Any]]) -> Path:
    """A DeBERTa-v2 of 2 layers with an NLI head of 3 classes and a sentencepiece tokenizer, as the hub holds them."""
    import sentencepiece
    from transformers import DebertaV2Config, DebertaV2ForSequenceClassification

    folder = tmp_path_factory.mktemp("bases") / "tiny-deberta"
    folder.mkdir()
    sentencepiece.SentencePieceTrainer.train(
        input=_sentences(demo_rows, folder.parent / "rows.txt"), model_prefix=str(folder / "spm"), vocab_size=800,
        pad_id=0, bos_id=1, eos_id=2, unk_id=3, pad_piece="[PAD]", bos_piece="[CLS]", eos_piece="[SEP]", unk_piece="[UNK]",
        user_defined_symbols=["[MASK]"], minloglevel=2,
    )  # fmt: skip
    config = DebertaV2Config(
        vocab_size=801, hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64,
        max_position_embeddings=512, relative_attention=True, position_buckets=256, norm_rel_ebd="layer_norm",
        share_att_key=True, pos_att_type="p2c|c2p", position_biased_input=False, num_labels=3, pooler_hidden_size=32,
        type_vocab_size=0,
    )  # fmt: skip
    DebertaV2ForSequenceClassification(config).save_pretrained(folder)
    settings = {
        "tokenizer_class": "DebertaV2Tokenizer",
        "do_lower_case": False,
        "vocab_type": "spm",
        "model_max_length": 512,
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    return folder


@pytest.fixture(scope="session")
def tiny_xlmr(tmp_path_factory: pytest.TempPathFactory, demo_rows: list[dict[str, Any]]) -> Path:
    """An XLM-R of 2 layers with a 3-class head, stored in fp16, whose tokenizer claims more tokens than positions."""
    import sentencepiece
    from transformers import XLMRobertaConfig, XLMRobertaForSequenceClassification

    folder = tmp_path_factory.mktemp("bases") / "tiny-xlmr"
    folder.mkdir()
    sentencepiece.SentencePieceTrainer.train(
        input=_sentences(demo_rows, folder.parent / "rows.txt"),
        model_prefix=str(folder / "sentencepiece.bpe"),
        vocab_size=800,
        minloglevel=2,
    )
    config = XLMRobertaConfig(
        vocab_size=810, hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64,
        max_position_embeddings=514, type_vocab_size=1, num_labels=3, pad_token_id=1, bos_token_id=0, eos_token_id=2,
    )  # fmt: skip
    XLMRobertaForSequenceClassification(config).half().save_pretrained(folder)
    settings = {"tokenizer_class": "XLMRobertaTokenizer", "model_max_length": 8192}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    return folder


TEMPLATE = "{subject} [SEP] {body:.400}"


@pytest.fixture(scope="session")
def tfidf_tensors(few_rows: list[dict[str, Any]]) -> Callable[[float], dict[str, Any]]:
    """The weights of a small tfidf for a penalty, fitted once a session."""
    from avocet.methods import tfidf

    @cache
    def fit(penalty: float) -> dict[str, Any]:
        texts, ys = zip(*((TEMPLATE.format(**r), LABELS.index(r["label"])) for r in few_rows[::4]), strict=True)
        scorer = tfidf.fit(texts, ys, len(LABELS), penalty)
        return {"idf": scorer.idf, **scorer.head.tensors()}

    return fit


@pytest.fixture
def tfidf_version(place: Home, tfidf_tensors: Callable[[float], dict[str, Any]]) -> Callable[..., str]:
    """Publishes a small tfidf version of the recipe `tiny`; returns its id."""
    from safetensors.numpy import save_file

    from avocet import registry

    def make(
        version: str, penalty: float = 10.0, recipe: str = "tiny", learned: Sequence[str] = ("a" * 64,), **more: Any
    ) -> str:
        staging = registry.new_staging(place.models)
        save_file(tfidf_tensors(penalty), staging / "tfidf.safetensors")
        info = {
            "name": f"avocet-{recipe}-tfidf", "base_model_id": "none", "timestamp": "2026-11-01T02:00:00Z", "epochs_run": 1,
            "val_macro_f1": 0.5, "val_accuracy": 0.6, "sample_count": 30, "train_sample_count": 30,
            "label_counts": dict.fromkeys(LABELS, 10), "holdout_macro_f1": 0.4, "version": version, "recipe": recipe,
            "candidate": "tfidf", "method": "tfidf", "settings": {"method": "tfidf"}, "text": TEMPLATE, "labels": list(LABELS), "trained_labels": list(LABELS),
            "base_revision": None, "base_digest": None, "seed": 13, "rows_digest": "0" * 64, "training_key": version,
            "run": "run-1", "libraries": {}, **more,
        }  # fmt: skip
        registry.write_learned_from(staging, {"train": list(learned), "validation": []})
        registry.write_info(staging, info)
        registry.seal(staging)
        return registry.publish(staging, f"avocet-{recipe}-tfidf").id

    return make


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> "Iterator[Database]":
    """An empty store, in a file and on a server: what holds for one holds for the other."""
    from avocet.store.database import Database, on_sqlite
    from tests.databases import on_postgresql

    if request.param == "sqlite":
        yield on_sqlite(tmp_path / "data" / "avocet.db")
        return
    with on_postgresql() as url:
        yield Database(url)

"""What the integration tests share: the HTTP door, a version that travelled, and tiny bases."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from avocet.exchange import export
from avocet.home import Home

Make = Callable[..., str]


@pytest.fixture
def client(place: Home) -> Iterator[TestClient]:
    """The application over `place`, as a script with its token asks it."""
    from app.api import create_app

    headers = {"Authorization": "Bearer t"}
    with TestClient(create_app(place, "t"), base_url="http://127.0.0.1", headers=headers) as found:
        yield found


@pytest.fixture
def zipped(place: Home, tfidf_version: Make, tmp_path: Path) -> Path:
    """A version `tfidf-1` that was exported, in a home that has it no more."""
    tfidf_version("tfidf-1")
    out = export(place, "tfidf-1", tmp_path / "out.zip")
    shutil.rmtree(place.models / "tfidf-1")
    (place.models / "avocet-tiny-tfidf").unlink()
    return out


def _tokenizer(folder: Path, rows: list[dict[str, Any]], **special: Any) -> None:
    """A byte-level BPE of 400 tokens, as decoders have it, learned from the rows' subjects."""
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=list(special.values()),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    bpe.train_from_iterator([r["subject"] for r in rows], trainer)
    PreTrainedTokenizerFast(
        tokenizer_object=bpe,
        model_max_length=64,
        model_input_names=["input_ids", "attention_mask"],
        padding_side="left",
        **special,
    ).save_pretrained(folder)


@pytest.fixture(scope="session")
def tiny_pooled(tmp_path_factory: pytest.TempPathFactory, few_rows: list[dict[str, Any]]) -> Path:
    """A BERT of 2 layers that says it is a sentence embedding."""
    from transformers import BertConfig, BertModel

    folder = tmp_path_factory.mktemp("bases") / "tiny-pooled"
    config = BertConfig(
        vocab_size=400, hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64,
        max_position_embeddings=64,
    )  # fmt: skip
    BertModel(config).save_pretrained(folder)
    (folder / "modules.json").write_text("[]")
    _tokenizer(folder, few_rows, pad_token="[PAD]", cls_token="[CLS]", sep_token="[SEP]", unk_token="[UNK]")
    return folder


@pytest.fixture(scope="session")
def tiny_llama(tmp_path_factory: pytest.TempPathFactory, few_rows: list[dict[str, Any]]) -> Path:
    """A Llama of 2 layers with grouped keys, whose tokenizer knows no padding."""
    from transformers import LlamaConfig, LlamaForCausalLM

    folder = tmp_path_factory.mktemp("bases") / "tiny-llama"
    config = LlamaConfig(
        vocab_size=400, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
        intermediate_size=64, max_position_embeddings=64, pad_token_id=None, bos_token_id=0, eos_token_id=0,
    )  # fmt: skip
    LlamaForCausalLM(config).save_pretrained(folder)
    _tokenizer(folder, few_rows, eos_token="</s>")
    return folder


@pytest.fixture(scope="session")
def tiny_gpt2(tmp_path_factory: pytest.TempPathFactory, few_rows: list[dict[str, Any]]) -> Path:
    """A GPT-2 of 2 layers, whose linear layers keep their weights turned."""
    from transformers import GPT2Config, GPT2LMHeadModel

    folder = tmp_path_factory.mktemp("bases") / "tiny-gpt2"
    config = GPT2Config(
        vocab_size=400, n_embd=32, n_layer=2, n_head=2, n_positions=64, bos_token_id=0, eos_token_id=0
    )  # fmt: skip
    GPT2LMHeadModel(config).save_pretrained(folder)
    _tokenizer(folder, few_rows, eos_token="<|endoftext|>")
    return folder

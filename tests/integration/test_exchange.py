"""Versions that travel: what comes back is what went out, and each attack is refused for its own reason."""

import json
import shutil
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from app.cli import main
from avocet import archive, registry
from avocet.classifier import load
from avocet.errors import ArchiveError, BusyError, NothingToDoError, WrongUseError
from avocet.exchange import export, import_version
from avocet.home import Home
from avocet.runs import only_one

Make = Callable[..., str]
MAIL = [{"subject": "Jobs for you", "body": "New jobs this week"}, {"subject": "a", "body": ""}]
Files = dict[str, bytes]


@pytest.fixture
def zipped(place: Home, tfidf_version: Make, tmp_path: Path) -> Path:
    """A version `tfidf-1` that was exported, in a home that has it no more."""
    tfidf_version("tfidf-1")
    out = export(place, "tfidf-1", tmp_path / "out.zip")
    shutil.rmtree(place.models / "tfidf-1")
    (place.models / "avocet-tiny-tfidf").unlink()
    return out


def files_of(path: Path) -> Files:
    with zipfile.ZipFile(path) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def pack(path: Path, files: Files, kind: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", kind) as into:
        for name, content in files.items():
            into.writestr(name, content)
    return path


def sealed(files: Files, **info: Any) -> Files:
    """`files` with another story and a manifest that fits: an attacker can compute digests too."""
    import hashlib

    story = {**json.loads(files["training_info.json"]), **info}
    files = {**files, "training_info.json": json.dumps({k: v for k, v in story.items() if v is not ...}).encode()}
    kept = {k: v for k, v in files.items() if k not in ("manifest.json", *archive.TOLD)}
    marks = {k: {"sha256": hashlib.sha256(v).hexdigest(), "bytes": len(v)} for k, v in kept.items()}
    manifest = {"format": 1, "version": story["version"], "files": marks}
    return {**files, "manifest.json": json.dumps(manifest).encode()}


def tensors(header: Any, data: bytes, n_header: int | None = None) -> bytes:
    raw = json.dumps(header).encode() if not isinstance(header, bytes) else header
    return struct.pack("<Q", len(raw) if n_header is None else n_header) + raw + data


# --- Good archives -------------------------------------------------------------------------------------------------


def test_a_version_comes_back_as_it_went_and_answers_the_same(place: Home, tfidf_version: Make, tmp_path: Path) -> None:
    """To the last bit; as a candidate: no pointer, no alias."""
    tfidf_version("tfidf-1")
    before = load(place.models / "tfidf-1").scores(MAIL)
    kept = {p.name: p.read_bytes() for p in (place.models / "tfidf-1").iterdir()}
    out = export(place, "tfidf-1", tmp_path / "out.zip")
    there = Home(tmp_path / "there")
    found = import_version(there, out)
    assert (found.version, found.recipe, found.candidate) == ("tfidf-1", "tiny", "tfidf")
    assert "no recipe tiny here yet" in found.note
    assert {p.name: p.read_bytes() for p in (there.models / "tfidf-1").iterdir()} == kept
    assert np.array_equal(load(there.models / "tfidf-1").scores(MAIL), before)
    assert sorted(p.name for p in there.models.iterdir()) == ["ledger.jsonl", "tfidf-1"]
    assert [e["event"] for e in registry.ledger(there.models)] == ["imported"]
    with pytest.raises(NothingToDoError, match="is here already"):
        import_version(there, out)


def test_a_full_model_with_its_tokenizer_travels(place: Home, tiny_deberta: Path, tmp_path: Path) -> None:
    """What transformers writes is what the importer allows."""
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    staging = registry.new_staging(place.models)
    AutoModelForSequenceClassification.from_pretrained(tiny_deberta).save_pretrained(staging)
    AutoTokenizer.from_pretrained(tiny_deberta).save_pretrained(staging)
    labels = ["rejected", "digest", "neutral"]
    registry.write_learned_from(staging, {"train": [], "validation": []})
    info = {
        "version": "full-1", "recipe": "tiny", "candidate": "small", "method": "full", "text": "{subject} {body:.400}",
        "labels": labels, "trained_labels": labels, "base_model_id": "a/tiny", "base_revision": None, "base_digest": "0",
        "timestamp": "2026-11-01T02:00:00Z", "max_tokens": 48, "val_macro_f1": None, "val_accuracy": None, "pooled": False,
    }  # fmt: skip
    registry.write_info(staging, info)
    registry.seal(staging)
    registry.publish(staging, "avocet-tiny-small")
    before = load(place.models / "full-1").scores(MAIL)
    out = export(place, "full-1", tmp_path / "out.zip")
    there = Home(tmp_path / "there")
    import_version(there, out)
    assert np.array_equal(load(there.models / "full-1").scores(MAIL), before)


@pytest.mark.parametrize("kind", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_an_archive_that_another_tool_packed_again_is_accepted(kind: int, place: Home, zipped: Path) -> None:
    """Compressed, in another order, without the card."""
    files = files_of(zipped)
    del files["README.md"], files["metrics.json"]
    again = pack(zipped.with_name("again.zip"), dict(reversed(files.items())), kind)
    assert import_version(place, again).version == "tfidf-1"


def test_it_fits_the_recipe_that_is_here(
    place: Home, zipped: Path, make_recipe: Callable[..., str], few_rows: list[dict[str, Any]]
) -> None:
    """Labels, template, candidate, method and base."""
    make_recipe(few_rows, {"tfidf": {"method": "tfidf"}})
    assert "a candidate of tiny; the champion stays" in import_version(place, zipped).note


def test_the_same_version_is_the_same_zip_without_mail(place: Home, tfidf_version: Make, tmp_path: Path) -> None:
    """Byte for byte; with a card whose model-index the hub understands; never over another file."""
    from huggingface_hub import ModelCard

    tfidf_version("tfidf-1")
    one, two = (export(place, "tfidf-1", tmp_path / name) for name in ("1.zip", "2.zip"))
    assert one.read_bytes() == two.read_bytes() and sorted(tmp_path.glob(".*")) == []
    with pytest.raises(WrongUseError, match="is there already"):
        export(place, "tfidf-1", one)
    assert one.read_bytes() == two.read_bytes()
    files = files_of(one)
    assert set(files) == {
        "README.md", "learned_from.json", "manifest.json", "metrics.json", "tfidf.safetensors", "training_info.json"
    }  # fmt: skip
    card = ModelCard(files["README.md"].decode())
    assert card.data.model_name == "tfidf-1" and card.data.pipeline_tag == "text-classification"
    told = {result.metric_name: result.metric_value for result in card.data.eval_results or []}
    assert told == {"validation macro-F1": 0.5, "validation accuracy": 0.6, "holdout macro-F1": 0.4}
    assert "{subject} [SEP] {body:.400}" in card.text and "- `digest`" in card.text


def test_a_head_names_its_base_by_digest(place: Home) -> None:
    """It does not carry it."""
    from avocet.card import card
    from avocet.registry import Version

    info = {
        "method": "head",
        "base_model_id": "a/base",
        "base_digest": "abc",
        "recipe": "tiny",
        "trained_labels": ["x"],
    }
    numbers = dict.fromkeys(("val_macro_f1", "val_accuracy", "holdout_macro_f1"))
    told = card(Version("head-1", place.models / "head-1", info), numbers)
    assert "base_model: a/base" in told and "`a/base` is not in this folder" in told and "digest `abc`" in told


# --- Attacks -------------------------------------------------------------------------------------------------------


def _renamed(name: str) -> Callable[[Files], Files]:
    return lambda files: {**files, name: b"x"}


def _weights(**changed: Any) -> Callable[[Files], Files]:
    entry = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8], **changed}
    return lambda files: sealed({**files, "tfidf.safetensors": tensors({"bias": entry}, b"\0" * 8)})


def _raw_weights(raw: bytes) -> Callable[[Files], Files]:
    return lambda files: sealed({**files, "tfidf.safetensors": raw})


def _story(**info: Any) -> Callable[[Files], Files]:
    return lambda files: sealed(files, **info)


def _config(name: str = "config.json", **settings: Any) -> Callable[[Files], Files]:
    return lambda files: sealed({**files, name: json.dumps(settings).encode()})


ATTACKS: dict[str, tuple[Callable[[Files], Files], str]] = {
    "absolute name": (_renamed("/etc/cron.d/x"), "not a file that a version may hold"),
    "upward name": (_renamed("../../x.json"), "not a file that a version may hold"),
    "upward within": (_renamed("encoder/../../config.json"), "not a file that a version may hold"),
    "backslashes": (_renamed("..\\config.json"), "not a file that a version may hold"),
    "drive": (_renamed("C:config.json"), "not a file that a version may hold"),
    "hidden file": (_renamed(".config.json"), "not a file that a version may hold"),
    "other case": (_renamed("TRAINING_INFO.json"), "not a file that a version may hold"),
    "look-alike name": (_renamed("config.jsоn"), "not a file that a version may hold"),
    "pickle": (_renamed("pytorch_model.bin"), "not a file that a version may hold"),
    "code": (_renamed("modeling.py"), "not a file that a version may hold"),
    "file below another": (_renamed("config.json/x.json"), "not a file that a version may hold"),
    "no manifest": (lambda f: {k: v for k, v in f.items() if k != "manifest.json"}, "manifest.json is missing"),
    "no story": (lambda f: {k: v for k, v in f.items() if k != "training_info.json"}, "training_info.json is missing"),
    "empty": (lambda f: {}, "is missing"),
    "altered file": (lambda f: {**f, "learned_from.json": b'{"train": [], "validation": []}'}, "^learned_from.json is not the file that was sealed"),
    "file beside the manifest": (lambda f: {**f, "config.json": b"{}"}, "not in the manifest"),
    "file that the manifest wants": (lambda f: {k: v for k, v in f.items() if k != "tfidf.safetensors"}, "tfidf.safetensors is missing"),
    "manifest of another version": (lambda f: {**f, "manifest.json": f["manifest.json"].replace(b'"tfidf-1"', b'"tfidf-2"')}, "another version or format"),
    "NaN in JSON": (lambda f: {**f, "metrics.json": b"{}", "learned_from.json": b'{"train": NaN}'}, "NaN is no number"),
    "a key twice": (lambda f: {**f, "training_info.json": f["training_info.json"].replace(b"{", b'{"recipe": "x",', 1)}, "a key is there twice"),
    "deep JSON": (lambda f: {**f, "learned_from.json": b"[" * 200_000}, "not strict JSON .RecursionError"),
    "JSON that is a list": (lambda f: {**f, "manifest.json": b"[]"}, "holds no object"),
    "not UTF-8": (lambda f: {**f, "training_info.json": b'{"a": "\xff"}'}, "not strict JSON"),
    "huge number": (lambda f: {**f, "learned_from.json": b'{"train": ' + b"9" * 5000 + b"}"}, "not strict JSON"),
    "digests that are no names": (lambda f: sealed({**f, "learned_from.json": b'{"train": [{}], "validation": []}'}), "does not list names"),
    "code by config": (_config(auto_map={"AutoModel": "x--y.Z"}), "sets auto_map"),
    "code deep in a config": (_config(text_config={"auto_map": {"AutoModel": "x"}}), "sets auto_map"),
    "kernels by config": (_config(_attn_implementation="someone/kernel"), "sets _attn_implementation"),
    "quantised": (_config(quantization_config={"quant_method": "x"}), "sets quantization_config"),
    "a tokenizer's file elsewhere": (_config("tokenizer_config.json", vocab_file="/etc/passwd"), "sets vocab_file"),
    "a billion layers": (_config(num_hidden_layers=10**9), "more than 100 is no model"),
    "a wide model": (_config(hidden_size=10**9), "more than 8192 is no model"),
    "version that is a path": (_story(version="../x"), "training_info.json: version"),
    "version with a line break": (_story(version="x\n"), "training_info.json: version"),
    "recipe that is a path": (_story(recipe="../../x"), "training_info.json: recipe"),
    "method of its own": (_story(method="os.system"), "no method of that name"),
    "method of another kind": (_story(method=["tfidf"]), "training_info.json: method"),
    "template that looks inside": (_story(text="{body.__class__}"), "plain fields"),
    "template that fills the memory": (_story(text="{body:>9999999999}"), "may only cut"),
    "template without a field": (_story(text="hello"), "reads no field"),
    "labels with escapes": (_story(labels=["a", "b\x1b[2J"], trained_labels=["a", "b\x1b[2J"]), "printable"),
    "labels twice": (_story(labels=["a", "a"], trained_labels=["a", "a"]), "distinct"),
    "trained on others": (_story(trained_labels=["rejected", "other"]), "names a label that labels does not"),
    "fewer labels than weights": (_story(trained_labels=["rejected", "digest"]), "does not work here"),
    "score above 1": (_story(val_macro_f1=17.0), "training_info.json: val_macro_f1"),
    "no labels at all": (_story(labels=...), "training_info.json: labels"),
    "time that is none": (_story(timestamp="tomorrow"), "training_info.json: timestamp"),
    "says that it is damaged": (_story(damaged="x"), "our own word"),
    "weights that are none": (_raw_weights(b"not weights"), "header says that it is longer"),
    "weights of 3 bytes": (_raw_weights(b"abc"), "header says that it is longer"),
    "header of a terabyte": (_raw_weights(tensors({}, b"", 10**12)), "header says that it is longer"),
    "header that is a list": (_raw_weights(tensors([], b"")), "holds no object"),
    "header with NaN": (_raw_weights(tensors(b'{"a": NaN}', b"")), "NaN is no number"),
    "tensor out of bounds": (_weights(data_offsets=[0, 10**6]), "does not lie where its shape says"),
    "tensors over each other": (_weights(data_offsets=[4, 12]), "does not lie where its shape says"),
    "shape of 2**60": (_weights(shape=[2**30, 2**30]), "does not lie where its shape says|not read here"),
    "shape below zero": (_weights(shape=[-2]), "not read here"),
    "tensor of objects": (_weights(dtype="PICKLE"), "not read here"),
    "bytes of no tensor": (_raw_weights(tensors({}, b"\0" * 100)), "belong to no tensor"),
    "NaN weights": (_raw_weights(tensors({"bias": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}, b"\0\0\xc0\x7f")), "NaN or infinity"),
    "infinite weights": (_raw_weights(tensors({"bias": {"dtype": "F16", "shape": [1], "data_offsets": [0, 2]}}, b"\0\x7c")), "NaN or infinity"),
    "weights of another method": (_weights(), "does not work here"),
}  # fmt: skip


def refused(place: Home, path: Path, says: str) -> None:
    """Importing `path` ends with that reason and leaves nothing behind."""
    before = sorted(p.relative_to(place.root) for p in place.models.rglob("*"))
    with pytest.raises(ArchiveError, match=says) as caught:
        import_version(place, path)
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 400
    assert sorted(p.relative_to(place.root) for p in place.models.rglob("*")) == before
    assert sorted(p.name for p in place.root.parent.iterdir()) == sorted({"home", "out.zip", path.name})


@pytest.mark.parametrize("what", ATTACKS)
def test_each_attack_is_refused_for_its_own_reason(what: str, place: Home, zipped: Path) -> None:
    """And nothing of it is kept."""
    make, says = ATTACKS[what]
    refused(place, pack(zipped.with_name("attack.zip"), make(files_of(zipped))), says)


def _bomb(path: Path, files: Files) -> None:
    pack(path, sealed({**files, "config.json": b"{" + b" " * 50_000_000 + b"}"}), zipfile.ZIP_DEFLATED)


def _many(path: Path, files: Files) -> None:
    pack(path, {**files, **{f"{i}.json": b"{}" for i in range(100)}})


def _twice(path: Path, files: Files) -> None:
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(path, "w") as into:
        for name, content in (*files.items(), ("manifest.json", b"{}")):
            into.writestr(name, content)


def _link(path: Path, files: Files) -> None:
    pack(path, files)
    with zipfile.ZipFile(path, "a") as into:
        entry = zipfile.ZipInfo("config.json")
        entry.create_system, entry.external_attr = 3, 0o120777 << 16
        into.writestr(entry, "/etc/passwd")


def _device(path: Path, files: Files) -> None:
    pack(path, files)
    with zipfile.ZipFile(path, "a") as into:
        entry = zipfile.ZipInfo("config.json")
        entry.create_system, entry.external_attr = 3, 0o020666 << 16
        into.writestr(entry, "")


def _odd_packing(path: Path, files: Files) -> None:
    pack(path, files, zipfile.ZIP_LZMA)


def _patched(old: bytes, new: bytes) -> Callable[[Path, Files], None]:
    def write(path: Path, files: Files) -> None:
        pack(path, files)
        path.write_bytes(path.read_bytes().replace(old, new))

    return write


def _encrypted(path: Path, files: Files) -> None:
    pack(path, files)
    raw = bytearray(path.read_bytes())
    at = raw.index(b"PK\x01\x02")
    raw[at + 8] |= 1
    path.write_bytes(raw)


def _lying_size(path: Path, files: Files) -> None:
    """The directory says 10 bytes, the data are as long as before."""
    pack(path, files)
    raw = bytearray(path.read_bytes())
    at = raw.index(b"PK\x01\x02")
    raw[at + 20 : at + 28] = struct.pack("<LL", 10, 10)
    path.write_bytes(raw)


def _other_local_name(path: Path, files: Files) -> None:
    pack(path, files)
    raw = path.read_bytes()
    path.write_bytes(raw.replace(b"learned_from.json", b"learned_frox.json", 1))


def _nul_in_name(path: Path, files: Files) -> None:
    pack(path, {**files, "config.json0.py": b"{}"})
    path.write_bytes(path.read_bytes().replace(b"config.json0.py", b"config.json\0.py"))


def _before_the_beginning(path: Path, files: Files) -> None:
    pack(path, files)
    raw = bytearray(path.read_bytes())
    (offset,) = struct.unpack("<L", raw[-6:-2])
    raw[-6:-2] = struct.pack("<L", offset + 10**6)
    path.write_bytes(raw)


def _cut(path: Path, files: Files) -> None:
    pack(path, files)
    path.write_bytes(path.read_bytes()[:-30])


ARCHIVES: dict[str, tuple[Callable[[Path, Files], None], str]] = {
    "zip bomb": (_bomb, "unpacks to far more than it may"),
    "too many files": (_many, "lists more than 64 files"),
    "a file twice": (_twice, "manifest.json is in it twice"),
    "symbolic link": (_link, "a link or a device"),
    "device": (_device, "a link or a device"),
    "encrypted": (_encrypted, "is encrypted"),
    "packed in another way": (_odd_packing, "compressed in a way"),
    "checksum that does not fit": (_patched(b'"validation"', b'"validatiom"'), "no whole zip"),
    "sizes that lie": (_lying_size, "no whole zip"),
    "another name in the data": (_other_local_name, "no whole zip"),
    "NUL in a name": (_nul_in_name, "not a file that a version may hold"),
    "files before its beginning": (_before_the_beginning, "its directory points out of it"),
    "cut off": (_cut, "does not end as a plain zip"),
    "a comment behind it": (lambda p, f: p.write_bytes(pack(p, f).read_bytes() + b"#!/bin/sh"), "does not end as a plain zip"),
    "no zip": (lambda p, f: p.write_bytes(b"hello"), "does not end as a plain zip"),
    "nothing": (lambda p, f: p.write_bytes(b""), "does not end as a plain zip"),
}  # fmt: skip


@pytest.mark.parametrize("what", ARCHIVES)
def test_each_odd_archive_is_refused_for_its_own_reason(what: str, place: Home, zipped: Path) -> None:
    """Before zipfile would do something with it."""
    write, says = ARCHIVES[what]
    path = zipped.with_name("attack.zip")
    write(path, files_of(zipped))
    refused(place, path, says)


def test_what_unpacks_to_too_much_is_refused_by_what_comes_out(
    place: Home, zipped: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both where the directory admits it and where it does not."""
    monkeypatch.setattr(archive, "MAX_BYTES", 10_000)
    refused(place, zipped, "unpacks to more than")
    monkeypatch.setattr(archive, "MAX_BYTES", 10**9)
    monkeypatch.setattr(archive, "MAX_JSON_BYTES", 10)
    refused(place, zipped, "unpacks to far more than it may")


RECIPES: dict[str, tuple[dict[str, Any], str]] = {
    "other labels": ({"labels": ["rejected", "digest", "hired"]}, "its label 'neutral' is none of recipe tiny"),
    "other fields": ({"text": "{subject}"}, "its template reads body"),
    "no such candidate": ({"candidates": {"other": {"method": "tfidf"}}}, "has no candidate tfidf; it has other"),
    "another method": ({"candidates": {"tfidf": {"method": "head", "base": "a/b"}}}, "is head on a/b"),
}


@pytest.mark.parametrize("what", RECIPES)
def test_a_version_that_does_not_fit_the_recipe_is_refused(
    what: str, place: Home, zipped: Path, make_recipe: Callable[..., str]
) -> None:
    """Labels and base must match where the recipe is here."""
    changed, says = RECIPES[what]
    candidates = changed.get("candidates", {"tfidf": {"method": "tfidf"}})
    more: dict[str, Any] = {k: v for k, v in changed.items() if k != "candidates"}
    make_recipe([], candidates, **more)
    refused(place, zipped, says)


def test_another_version_of_that_name_is_kept(place: Home, zipped: Path, tfidf_version: Make) -> None:
    """Versions are immutable; an import is no way around it."""
    tfidf_version("tfidf-1", penalty=1.0)
    refused(place, zipped, "another version called tfidf-1 is here already")
    registry.verify(place.models / "tfidf-1")


def test_no_import_while_a_run_is_at_work(place: Home, zipped: Path) -> None:
    """Its sweep would take our staging for a left-over."""
    with only_one(place), pytest.raises(BusyError):
        import_version(place, zipped)


def test_the_verbs_say_it_in_one_line(place: Home, zipped: Path, tmp_path: Path) -> None:
    """With an exit code; --json is one document."""

    def avocet(*words: Any) -> Any:
        return CliRunner().invoke(main, ["models", *map(str, words)])

    (tmp_path / "bad.zip").write_bytes(b"x")
    for words, code, says in [
        (("import", tmp_path / "bad.zip"), 1, "bad.zip was refused, nothing of it was kept: it does not end"),
        (("import", tmp_path / "none.zip"), 2, "is no file"),
        (("export", "nope", tmp_path / "x.zip"), 3, "no model"),
        (("export", "../x", tmp_path / "x.zip"), 1, "is no name"),
    ]:
        done = avocet(*words)
        assert (done.exit_code, done.stdout, done.stderr.count("\n")) == (code, "", 1) and says in done.stderr
    assert json.loads(avocet("import", zipped, "--json").stdout)["version"] == "tfidf-1"
    assert avocet("import", zipped).exit_code == 3
    assert avocet("export", "tfidf-1", tmp_path / "again.zip").exit_code == 0
    assert (tmp_path / "again.zip").read_bytes() == zipped.read_bytes()
    full = avocet("export", "tfidf-1", tmp_path / "no" / "such.zip")
    assert full.exit_code == 1 and "No such file" in full.stderr

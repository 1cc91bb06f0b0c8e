"""Archives of strangers, each with the words that it is refused with: files changed within a good one, and odd zips."""

import gzip
import json
import pickle
import struct
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from tests.archives import Files, pack, sealed, tensors


def _renamed(name: str) -> Callable[[Files], Files]:
    return lambda files: {**files, name: b"x"}


def _weights(**changed: Any) -> Callable[[Files], Files]:
    entry = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8], **changed}
    return lambda files: sealed({**files, "tfidf.safetensors": tensors({"bias": entry}, b"\0" * 8)})


def _raw_weights(raw: bytes) -> Callable[[Files], Files]:
    return lambda files: sealed({**files, "tfidf.safetensors": raw})


def _story(**info: Any) -> Callable[[Files], Files]:
    return lambda files: sealed(files, **info)


def _manifest(change: Callable[[dict[str, Any]], Any]) -> Callable[[Files], Files]:
    def make(files: Files) -> Files:
        manifest = json.loads(files["manifest.json"])
        change(manifest)
        return {**files, "manifest.json": json.dumps(manifest).encode()}

    return make


def _zip_of(files: Files) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as into:
        for name, content in files.items():
            into.writestr(name, content)
    return out.getvalue()


def _config(name: str = "config.json", **settings: Any) -> Callable[[Files], Files]:
    return lambda files: sealed({**files, name: json.dumps(settings).encode()})


_NOT_OURS = "not a file that a version may hold"
# Names that another system, another tool or a tired eye takes for another one.
NAMES = {
    "a folder of its own": "model/config.json",
    "dot folder": "./config.json",
    "two slashes": "encoder//config.json",
    "up and down again": "encoder/../config.json",
    "network share": "\\\\server\\share\\config.json",
    "a home": "~/config.json",
    "device of Windows": "CON",
    "device with an end": "NUL.json",
    "device as a folder": "aux/config.json",
    "second stream": "config.json:evil",
    "blank behind": "config.json ",
    "dot behind": "config.json.",
    "blank before": " config.json",
    "read from right": "config\u202enosj.json",
    "no width": "config\u200b.json",
    "full width": "ｃonfig.json",
    "another i": "confıg.json",
    "taken apart": "encoder/cönfig.json".replace("ö", "o\u0308"),
    "control character": "config\x07.json",
    "line break": "config.json\n",
    "a member's name that is a path": "members/../config.json",
    "a member's name in capitals": "members/UPPER/config.json",
    "a member's member": "members/a/members/b/config.json",
    "weights as a pickle": "model.pt",
    "a head as a pickle": "head.joblib",
    "numbers as a pickle": "learned.npy",
    "an object as a pickle": "data.pkl",
    "a graph to run": "model.onnx",
    "layers to run": "model.keras",
    "a library": "encoder/kernel.so",
    "a package": "encoder/__init__.py",
    "what pip reads": "requirements.txt",
    "what git reads": ".gitattributes",
    "a template of a chat": "chat_template.jinja",
    "a zip within": "encoder/inner.zip",
    "a thousand letters": "x" * 1000 + ".json",
    "a folder's place": "training_info.json/",
}


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
    "template that looks inside": (_story(text="{body.__class__}"), "only fields like"),
    "template that fills the memory": (_story(text="{body:>9999999999}"), "may only cut"),
    "template without a field": (_story(text="hello"), "reads no field"),
    "a temperature of nothing": (_story(temperature=0.0), "training_info.json: temperature"),
    "a temperature that is text": (_story(temperature="hot"), "training_info.json: temperature"),
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
    "a pointer's name": (_story(version="champion-r"), "the name of a pointer"),
    "an alias' name": (_story(version="avocet-tiny-tfidf"), "the name of a pointer"),
    "no epochs": (_story(epochs_run=...), "epochs_run"),
    "no settings": (_story(settings=None), "settings"),
    "settings of nobody": (_story(settings={"method": "tfidf", "evil": 1}), "no settings of a method"),
    "counts that are a list": (_story(label_counts=[1]), "label_counts"),
    "a score in words": (_story(val_precision="high"), "val_precision"),
    "weights of another method": (_weights(), "does not work here"),
}  # fmt: skip
# More of the same kinds, tried over HTTP only.
MORE_ATTACKS: dict[str, tuple[Callable[[Files], Files], str]] = {
    **{what: (_renamed(name), _NOT_OURS) for what, name in NAMES.items()},
    "altered weights": (lambda f: {**f, "tfidf.safetensors": f["tfidf.safetensors"][:-1] + b"\x01"}, "tfidf.safetensors is not the file that was sealed"),
    "a pickle called weights": (_raw_weights(pickle.dumps({"a": 1})), "header says that it is longer"),
    "a zip called weights": (lambda f: sealed({**f, "tfidf.safetensors": _zip_of({"data.pkl": pickle.dumps(1)})}), "header says that it is longer"),
    "a zip called a config": (lambda f: sealed({**f, "config.json": _zip_of({"x": b"y" * 99})}), "not strict JSON"),
    "a pickle called a config": (lambda f: sealed({**f, "config.json": pickle.dumps({"a": 1})}), "not strict JSON"),
    "a manifest of digests that do not fit": (_manifest(lambda m: m["files"].update({"learned_from.json": {"sha256": "0" * 64, "bytes": 5}})), "learned_from.json is not the file that was sealed"),
    "a manifest that leaves weights out": (_manifest(lambda m: m["files"].pop("tfidf.safetensors")), "tfidf.safetensors is not in the manifest"),
    "a manifest with a file elsewhere": (_manifest(lambda m: m["files"].update({"../../x": {"sha256": "0" * 64, "bytes": 1}})), "../../x is missing"),
    "a manifest of no files": (_manifest(lambda m: m.update(files=None)), "the manifest lists no files"),
    "a manifest of another format": (_manifest(lambda m: m.update(format=2)), "another version or format"),
    "infinity in a story": (lambda f: {**f, "training_info.json": f["training_info.json"].replace(b'"seed": 13', b'"seed": Infinity')}, "Infinity is no number"),
    "a tokenizer with code": (_config("tokenizer_config.json", auto_map={"AutoTokenizer": ["x--y.Z", None]}), "sets auto_map"),
    "its own code allowed": (_config(trust_remote_code=True), "sets trust_remote_code"),
    "a pipeline of its own": (_config(custom_pipelines={"x": {"impl": "x.Y"}}), "sets custom_pipelines"),
    "a template without bounds": (_story(text="{body}" * 400), "training_info.json: text"),
    "a template that calls": (_story(text="{body!r}"), "only fields like"),
    "a template that indexes": (_story(text="{body[0]}"), "only fields like"),
    "a thousand labels and one": (_story(labels=[f"l{i}" for i in range(1001)], trained_labels=["l0", "l1"]), "training_info.json: labels"),
    "a label that turns the line": (_story(labels=["a", "b\u202ec"], trained_labels=["a", "b\u202ec"]), "printable"),
    "one label only": (_story(labels=["a"], trained_labels=["a"]), "training_info.json: labels"),
    "weights of double size": (lambda f: sealed({**f, "tfidf.safetensors": f["tfidf.safetensors"] + f["tfidf.safetensors"]}), "belong to no tensor"),
}  # fmt: skip


def _bomb(path: Path, files: Files) -> None:
    pack(path, sealed({**files, "config.json": b"{" + b" " * 20_000_000 + b"}"}), zipfile.ZIP_DEFLATED)


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


def _kind(kind: int) -> Callable[[Path, Files], None]:
    """An entry that says it is no plain file: a device, a pipe, a socket, a folder."""

    def write(path: Path, files: Files) -> None:
        pack(path, files)
        with zipfile.ZipFile(path, "a") as into:
            entry = zipfile.ZipInfo("config.json")
            entry.create_system, entry.external_attr = 3, (kind | 0o666) << 16
            into.writestr(entry, "")

    return write


def _one_for_two(path: Path, files: Files) -> None:
    """Two entries of the directory name one place in the data: a bomb without compression (Fifield 2019)."""
    pack(path, {**files, "vocab.txt": b"x"})
    raw = bytearray(path.read_bytes())
    first, last = raw.index(b"PK\x01\x02"), raw.rindex(b"PK\x01\x02")
    raw[last + 42 : last + 46] = raw[first + 42 : first + 46]
    path.write_bytes(raw)


def _huge_count(path: Path, files: Files) -> None:
    """The end says that there are 65,534 files."""
    pack(path, files)
    raw = bytearray(path.read_bytes())
    raw[-14:-10] = struct.pack("<HH", 65534, 65534)
    path.write_bytes(raw)


def _huge_directory(path: Path, files: Files) -> None:
    """The end says that the directory has 4 GB."""
    pack(path, files)
    raw = bytearray(path.read_bytes())
    raw[-10:-6] = struct.pack("<L", 2**32 - 2)
    path.write_bytes(raw)


def _two_ends(path: Path, files: Files) -> None:
    """A 64-bit end that points elsewhere than before itself."""
    pack(path, files)
    raw = path.read_bytes()
    path.write_bytes(raw[:-22] + struct.pack("<4sLQL", b"PK\x06\x07", 0, 10, 1) + raw[-22:])


def _said_small(path: Path, files: Files) -> None:
    """The directory says that 20 MB are 100 bytes."""
    pack(path, sealed({**files, "vocab.txt": b" " * 20_000_000}), zipfile.ZIP_DEFLATED)
    raw = bytearray(path.read_bytes())
    at = raw.index(b"vocab.txt", raw.index(b"PK\x01\x02")) - 46
    raw[at + 24 : at + 28] = struct.pack("<L", 100)
    path.write_bytes(raw)


def _bomb_of_card(path: Path, files: Files) -> None:
    """In a file that is not kept."""
    pack(path, {**files, "README.md": b" " * 20_000_000}, zipfile.ZIP_DEFLATED)


def _cut_at(share: float) -> Callable[[Path, Files], None]:
    def write(path: Path, files: Files) -> None:
        pack(path, files)
        path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])

    return write


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
    "device": (_kind(0o020000), "a link or a device"),
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
MORE_ARCHIVES: dict[str, tuple[Callable[[Path, Files], Any], str]] = {
    "disk": (_kind(0o060000), "a link or a device"),
    "pipe": (_kind(0o010000), "a link or a device"),
    "socket": (_kind(0o140000), "a link or a device"),
    "folder called a file": (_kind(0o040000), "a link or a device"),
    "one place for two files": (_one_for_two, "no whole zip"),
    "a huge count": (_huge_count, "lists more than 64 files"),
    "a huge directory": (_huge_directory, "lists more than 64 files"),
    "two ends": (_two_ends, "its end says two things"),
    "a bomb that says it is small": (_said_small, "no whole zip|unpacks to far more than it may"),
    "a bomb in what is not kept": (_bomb_of_card, "README.md unpacks to far more than it may"),
    **{f"cut at {share:.0%}": (_cut_at(share), "does not end as a plain zip") for share in (0.1, 0.5, 0.9)},
    "a program before it": (lambda p, f: p.write_bytes(b"MZ" + b"\0" * 98 + pack(p, f).read_bytes()), "does not begin as a plain zip"),
    "a picture before it": (lambda p, f: p.write_bytes(b"GIF89a" + pack(p, f).read_bytes()), "does not begin as a plain zip"),
    "a tar": (lambda p, f: p.write_bytes(b"config.json".ljust(512, b"\0") * 20), "does not end as a plain zip"),
    "packed by gzip": (lambda p, f: p.write_bytes(gzip.compress(pack(p, f).read_bytes())), "does not end as a plain zip"),
    "packed by bzip2": (lambda p, f: pack(p, f, zipfile.ZIP_BZIP2), "compressed in a way"),
}  # fmt: skip

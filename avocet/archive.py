"""A version as a zip from outside: read within limits, names on an allow-list, every file parsed strictly."""

import errno
import json
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from avocet.errors import ArchiveError
from avocet.home import NAME
from avocet.methods import adapter

MAX_ENTRIES = 64
MAX_BYTES = 8 * 2**30  # unpacked; the largest base of our recipes has 2.3 GB
MAX_JSON_BYTES = 128 * 2**20  # a tokenizer has 17 MB, the digests of a million groups 67
MAX_RATIO = 200  # weights hardly shrink; 1,000 zeros shrink to one byte
MAX_HEADER_BYTES = 10 * 2**20
_CHUNK = 2**20
# Told to people and written anew at each export; they are read for their checksums and not kept. The last one is mail,
# which an export holds only where somebody asked for it.
TOLD = ("README.md", "metrics.json", "training_data.json")
_STORY = ("training_info.json", "learned_from.json", "manifest.json")
_WEIGHTS = ("tfidf.safetensors", "joint.safetensors", "head.safetensors", "model.safetensors", adapter.WEIGHTS)
_BASE = (
    "config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json",
    "vocab.json", "vocab.txt", "merges.txt",
)  # fmt: skip
_ANSWERS = "answers.json"  # what it answered out of fold: digests of row ids and scores
_MODEL = (
    adapter.CONFIG,
    *_WEIGHTS,
    *_BASE,
    *(f"encoder/{name}" for name in ("model.safetensors", *_BASE)),
)
_KNOWN = (*_STORY, *TOLD, _ANSWERS, *_MODEL)
_MEMBERS = "members"  # of a blend: members/<candidate>/<a file of its model>
# What makes transformers run, fetch or open something that is not in the folder.
_ACTIVE = {
    "auto_map", "custom_pipelines", "quantization_config", "trust_remote_code", "attn_implementation",
    "_attn_implementation", "_attn_implementation_internal", "experts_implementation", "kernel_config", "torchscript",
}  # fmt: skip


def allowed(name: str) -> bool:
    """Whether a version may hold a file of this name when it travels."""
    first, _, rest = name.partition("/")
    if first == _MEMBERS:
        member, _, file = rest.partition("/")
        return bool(NAME.fullmatch(member)) and file in _MODEL
    return name in _KNOWN


def unpack(raw: IO[bytes], name: str, folder: Path) -> None:
    """Write the files of the archive `raw`, called `name`, into the empty `folder`.

    Raises ArchiveError with the rule that it breaks.
    """
    try:
        _small_directory(raw)
        with zipfile.ZipFile(raw) as opened:
            _write_all(opened, _members(opened), folder)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, struct.error, UnicodeError, ValueError) as e:
        raise ArchiveError(f"{name} is no whole zip file ({type(e).__name__}: {str(e)[:80]!r})") from None
    except OSError as e:
        if e.errno != errno.EINVAL:  # a place before the file's beginning, as a forged directory names it
            raise
        raise ArchiveError(f"{name} is no whole zip file (its directory points out of it)") from None


def _small_directory(raw: IO[bytes]) -> None:
    """Looks at the end record before zipfile reads the directory: a million entries are a million objects."""
    size = raw.seek(0, 2)
    raw.seek(0)
    begins = raw.read(4) in (b"PK\x03\x04", b"PK\x05\x06")  # the latter: an empty one
    raw.seek(max(0, size - 98))
    end = raw.read(98).rjust(98, b"\0")
    if end[-22:-18] != b"PK\x05\x06":
        raise ArchiveError("it does not end as a plain zip file does (cut off, or with a comment behind it)")
    if not begins:
        raise ArchiveError("it does not begin as a plain zip file does (a program or a picture before it)")
    n_entries, n_bytes = struct.unpack("<HL", end[-12:-6])
    if end[-42:-38] == b"PK\x06\x07":  # zip64, as files of over 2 GB need it: its record must stand right before
        if end[:4] != b"PK\x06\x06" or struct.unpack("<Q", end[-34:-26])[0] != size - 98:
            raise ArchiveError("its end says two things")
        n_entries, n_bytes = struct.unpack("<QQ", end[32:48])
    if n_entries > MAX_ENTRIES or n_bytes > MAX_ENTRIES * 1024:
        raise ArchiveError(f"it lists more than {MAX_ENTRIES} files")
    raw.seek(0)


def _members(opened: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """The files to read. Raises ArchiveError for a name, a kind or a size that no version has."""
    listed = [m for m in opened.infolist() if m.filename != "encoder/"]  # other tools list folders too
    for member in listed:
        _checked_member(member)
    twice = [name for name, n in Counter(m.filename for m in listed).items() if n > 1]
    if twice:
        raise ArchiveError(f"{twice[0]} is in it twice")
    if sum(m.file_size for m in listed) > MAX_BYTES:
        raise ArchiveError(f"it unpacks to more than {MAX_BYTES // 2**30} GB")
    for name in _STORY:
        if name not in {m.filename for m in listed}:
            raise ArchiveError(f"{name} is missing, so it is no version that Avocet exported")
    return listed


def _checked_member(member: zipfile.ZipInfo) -> None:
    # zipfile cuts a name at a NUL and turns backslashes; what the archive says is in orig_filename.
    name, kind = member.orig_filename, member.external_attr >> 28
    if name != member.filename or not allowed(name):
        raise ArchiveError(f"{name!r:.80} is not a file that a version may hold")
    if kind not in (0, 0o10):  # S_IFREG; other systems leave it empty
        raise ArchiveError(f"{name} is a link or a device, not a file")
    if member.flag_bits & 1:
        raise ArchiveError(f"{name} is encrypted")
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ArchiveError(f"{name} is compressed in a way that is not read here")


def _write_all(opened: zipfile.ZipFile, members: list[zipfile.ZipInfo], folder: Path) -> None:
    left = MAX_BYTES
    for member in members:
        most = min(left, MAX_JSON_BYTES if not member.filename.endswith(".safetensors") else left)
        left -= _write(opened, member, folder, most)
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        check_file(path, path.relative_to(folder).as_posix())


def _write(opened: zipfile.ZipFile, member: zipfile.ZipInfo, folder: Path, most: int) -> int:
    """Copy one file, counting what comes out: what the archive says of its sizes may be a lie."""
    n = 0
    target = folder / ("." + member.filename if member.filename in TOLD else member.filename)
    target.parent.mkdir(parents=True, exist_ok=True)
    with opened.open(member) as source, target.open("xb") as sink:
        while chunk := source.read(_CHUNK):
            n += len(chunk)
            if n > most or n > MAX_RATIO * max(member.compress_size, 1024):
                raise ArchiveError(f"{member.filename} unpacks to far more than it may")
            sink.write(chunk)
    if member.filename in TOLD:
        target.unlink()
    return n


def check_file(path: Path, name: str) -> None:
    """Parse one file strictly. Raises ArchiveError."""
    if name.endswith(".safetensors"):
        check_tensors(path, name)
    elif name.split("/")[-1] == adapter.CONFIG:
        strict_json(path.read_bytes(), name)  # a key twice is read in one way by us and in another by PEFT
        adapter.Adapter.read(path.parent)
    elif name.endswith(".json"):
        _check_json(strict_json(path.read_bytes(), name), name)
    else:
        try:
            path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            raise ArchiveError(f"{name} is not text in UTF-8") from None


def strict_json(raw: bytes, name: str) -> Any:
    """JSON without NaN, infinity, a key twice, or depth that ends the process. Raises ArchiveError."""

    def refuse(constant: str) -> Any:
        raise ValueError(f"{constant} is no number")

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise ValueError("a key is there twice")
        return found

    try:
        return json.loads(raw.decode("utf-8"), parse_constant=refuse, object_pairs_hook=once)
    except (ValueError, RecursionError) as e:
        why = str(e) if type(e) is ValueError else type(e).__name__
        raise ArchiveError(f"{name} is not strict JSON ({why[:80]})") from None


def _check_json(value: Any, name: str) -> None:
    if not isinstance(value, dict):
        raise ArchiveError(f"{name} holds no object")
    if name == _ANSWERS and not _are_answers(value):
        raise ArchiveError(f"{name} holds something else than scores of rows")
    if name.split("/")[-1] not in ("config.json", "tokenizer_config.json", "special_tokens_map.json"):
        return
    for key, its in _entries(value):
        if (key in _ACTIVE and its not in (None, False)) or (key.endswith("_file") and its is not None):
            raise ArchiveError(f"{name} sets {key}, which can make a model run or open something else")
        if name.endswith("config.json") and not name.endswith("_config.json"):
            _check_size(key, its, name)


def _are_answers(value: dict[str, Any]) -> bool:
    """Whether it is {"labels": [...], "rows": {digest: [label's place, [score, ...]]}} and nothing else."""
    labels, rows = value.get("labels"), value.get("rows")
    return (
        set(value) == {"labels", "rows"}
        and isinstance(labels, list)
        and all(isinstance(label, str) for label in labels)
        and isinstance(rows, dict)
        and all(_is_answer(row, len(labels)) for row in rows.values())
    )


def _is_answer(row: Any, n_labels: int) -> bool:
    if not (isinstance(row, list) and len(row) == 2 and type(row[0]) is int and 0 <= row[0] < n_labels):
        return False
    scores = row[1]
    return (
        isinstance(scores, list)
        and len(scores) == n_labels
        and all(type(p) in (int, float) and 0 <= p <= 1 for p in scores)
    )


def _check_size(key: str, its: Any, name: str) -> None:
    most = {"num_hidden_layers": 100, "hidden_size": 8192}.get(key, 1_000_000)
    if isinstance(its, int | float) and not -most <= its <= most:
        raise ArchiveError(f"{name} sets {key} to {its:.3g}; more than {most} is no model for one machine")


def _entries(value: Any) -> Iterator[tuple[str, Any]]:
    """Every key at any depth, with its value."""
    waiting = [value]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            yield from node.items()
            waiting.extend(node.values())
        elif isinstance(node, list):
            waiting.extend(node)


# Bits of the exponent: all set is NaN or infinity.
_EXPONENT = {
    "F64": ("<u8", 0x7FF0 << 48),
    "F32": ("<u4", 0x7F80 << 16),
    "F16": ("<u2", 0x7C00),
    "BF16": ("<u2", 0x7F80),
}
_BYTES = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U8": 1, "BOOL": 1}


def check_tensors(path: Path, name: str) -> None:
    """Header within bounds, every byte in exactly one tensor, every number finite. Raises ArchiveError."""
    size = path.stat().st_size
    with path.open("rb") as stream:
        n_header = int.from_bytes(stream.read(8), "little")
        if size < 8 or n_header > min(MAX_HEADER_BYTES, size - 8):
            raise ArchiveError(f"{name}: the header says that it is longer than it may be")
        header = strict_json(stream.read(n_header), name)
        if not isinstance(header, dict):
            raise ArchiveError(f"{name}: the header holds no object")
        header.pop("__metadata__", None)
        at = 8 + n_header
        for tensor, entry in sorted(header.items(), key=_begin):
            at = _check_tensor(stream, at, 8 + n_header, tensor, entry, name)
    if at != size:
        raise ArchiveError(f"{name}: {size - at} bytes belong to no tensor")


def _begin(item: tuple[str, Any]) -> tuple[int, int]:
    try:
        begin, end = item[1]["data_offsets"]
        return int(begin), int(end)
    except (TypeError, KeyError, ValueError):
        return -1, -1


def _check_tensor(stream: IO[bytes], at: int, start: int, tensor: str, entry: Any, name: str) -> int:
    """Check one tensor, which must begin at byte `at`; returns where it ends."""
    import numpy as np

    try:
        kind, (begin, end) = str(entry["dtype"]), entry["data_offsets"]
        n = _BYTES[kind]
        for side in entry["shape"]:
            if not isinstance(side, int) or isinstance(side, bool) or not 0 <= side <= MAX_BYTES:
                raise ValueError
            n *= side
    except (TypeError, KeyError, ValueError):
        raise ArchiveError(f"{name}: tensor {tensor!r:.80} is described in a way that is not read here") from None
    if (begin, end) != (at - start, at - start + n) or end > MAX_BYTES:
        raise ArchiveError(f"{name}: tensor {tensor!r:.80} does not lie where its shape says")
    word, mask = _EXPONENT.get(kind, ("u1", 0))
    for offset in range(0, n, _CHUNK):
        raw = stream.read(min(_CHUNK, n - offset))
        if len(raw) != min(_CHUNK, n - offset):
            raise ArchiveError(f"{name}: tensor {tensor!r:.80} is cut off")
        if mask and ((np.frombuffer(raw, dtype=word) & mask) == mask).any():
            raise ArchiveError(f"{name}: tensor {tensor!r:.80} holds NaN or infinity")
    return at + n

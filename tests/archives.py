"""Zips of versions for tests: taken apart, packed, sealed anew as an attacker could, and refused."""

import json
import struct
import zipfile
from pathlib import Path
from typing import Any

import pytest

from avocet import archive
from avocet.errors import ArchiveError
from avocet.exchange import import_version
from avocet.home import Home

Files = dict[str, bytes]


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


def refused(place: Home, path: Path, says: str) -> None:
    """Importing `path` ends with that reason and leaves nothing behind."""
    before = sorted(p.relative_to(place.root) for p in place.models.rglob("*"))
    with pytest.raises(ArchiveError, match=says) as caught:
        import_version(place, path)
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 400
    assert sorted(p.relative_to(place.root) for p in place.models.rglob("*")) == before
    assert sorted(p.name for p in place.root.parent.iterdir()) == sorted({"home", "out.zip", path.name})

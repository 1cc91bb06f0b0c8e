"""Bases: found on this machine or refused with the reason and the way out; the network is never asked."""

import json
import os
import select
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from safetensors.numpy import save_file

from avocet.candidates import Full, Head
from avocet.errors import NotAtHandError
from avocet.home import Home
from avocet.methods.bases import EMBEDDED, GIB, at_hand, gpu_memory, memory_holders
from avocet.methods.job import BaseAtHand

PARAMETERS = 3 * 4 + 5


def much() -> int:
    return 1024 * GIB


@pytest.fixture
def folder(place: Home) -> Path:
    """A local base of 17 numbers, without what a sentence embedding needs."""
    base = place.root / "bases" / "tiny"
    base.mkdir(parents=True)
    (base / "config.json").write_text('{"model_type": "bert"}')
    save_file(
        {"a": np.zeros((3, 4), np.float32), "b": np.zeros(5, np.float16)},
        base / "model.safetensors",
        metadata={"format": "pt"},
    )
    return base


def full(base: str = "bases/tiny") -> Full:
    return Full(method="full", base=base)


def refusal(candidate: Full | Head, place: Home, memory: Callable[[], int] = much) -> str:
    with pytest.raises(NotAtHandError) as caught:
        at_hand(candidate, place, memory)
    return str(caught.value)


def test_the_embedded_base_is_found_and_pooled(place: Home) -> None:
    """Every install carries it: all-MiniLM-L6-v2, 22.7 million parameters, safetensors."""
    found = at_hand(Head(method="head", base=EMBEDDED), place, much)
    assert (found.id, found.revision, found.pooled, round(found.n_parameters / 1e6, 1)) == (
        EMBEDDED,
        "package",
        True,
        22.7,
    )
    assert (Path(found.path) / "model.safetensors").is_file()
    assert len(found.digest) == 64


def test_a_local_folder_is_found_by_its_path_from_home(folder: Path, place: Home) -> None:
    """Its numbers are counted from the header alone; an absolute path is the same base."""
    found = at_hand(full(), place, much)
    assert found == BaseAtHand("bases/tiny", str(folder), "local", found.digest, PARAMETERS, pooled=False)
    assert at_hand(full(str(folder)), place, much).digest == found.digest


@pytest.mark.parametrize("name", ["config.json", "model.safetensors", "vocab.txt", "tokenizer.json"])
def test_the_digest_knows_config_tokenizer_and_weights(name: str, folder: Path, place: Home) -> None:
    """Another byte in one of them is another base; a README is not."""
    before = at_hand(full(), place, much).digest
    (folder / "README.md").write_text("words")
    assert at_hand(full(), place, much).digest == before
    if name == "config.json":
        (folder / name).write_text("{}")
    elif name == "model.safetensors":
        save_file({"a": np.ones((3, 4), np.float32), "b": np.zeros(5, np.float16)}, folder / name)
    else:
        (folder / name).write_text("{}")
    assert at_hand(full(), place, much).digest != before


def test_weights_in_several_files_are_added_up(folder: Path, place: Home) -> None:
    """As the hub holds large bases."""
    save_file({"c": np.zeros((2, 2), np.float32)}, folder / "model-00002-of-00002.safetensors")
    assert at_hand(full(), place, much).n_parameters == PARAMETERS + 4


def test_a_folder_without_config_is_refused(folder: Path, place: Home) -> None:
    """It is no base."""
    (folder / "config.json").unlink()
    assert refusal(full(), place) == "base bases/tiny: bases/tiny has no config.json"


def test_a_folder_with_pickled_weights_only_is_refused(folder: Path, place: Home) -> None:
    """They could run code."""
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    assert refusal(full(), place) == (
        "base bases/tiny: no .safetensors in bases/tiny; other formats can run code and are not read"
    )


@pytest.mark.parametrize(
    "weights",
    [
        pytest.param(
            b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 90000000\n", id="a git-lfs pointer"
        ),
        pytest.param(b"", id="empty"),
        pytest.param(b"\x40\x00\x00\x00\x00\x00\x00\x00{", id="half a header"),
    ],
)
def test_weights_that_cannot_be_read_are_refused(weights: bytes, folder: Path, place: Home) -> None:
    """One half-downloaded base costs its candidate, not the night."""
    (folder / "model.safetensors").write_bytes(weights)
    with pytest.raises(NotAtHandError):
        at_hand(full(), place, much)


def test_a_head_needs_a_sentence_embedding(folder: Path, place: Home) -> None:
    """modules.json is what makes one; `full` trains on either."""
    head = Head(method="head", base="bases/tiny")
    assert refusal(head, place) == "base bases/tiny is no sentence embedding (no modules.json): method head needs one"
    (folder / "modules.json").write_text(json.dumps([]))
    assert at_hand(head, place, much).pooled


@pytest.mark.parametrize("base", ["example-org/no-such-base", "no-such-base", "not a name at all/x/y"])
def test_a_base_that_is_nowhere_is_refused_with_how_to_get_it(base: str, place: Home) -> None:
    """Neither a folder nor in the hub's cache, and the hub is not asked."""
    assert refusal(full(base), place) == (
        f"base {base} is neither a folder nor in the Hugging Face cache; get it with: hf download {base}"
    )


def test_the_hub_is_not_asked_where_it_could_be(place: Home) -> None:
    """Even in a process that is allowed to: a night must not hang on a network."""
    code = (
        "import sys\nfrom avocet.errors import NotAtHandError\nfrom avocet.home import home\nfrom avocet.methods.bases import at_hand\n"
        "from avocet.candidates import Full\ntry:\n    at_hand(Full(method='full', base='example-org/no-such-base'), home())\n"
        "except NotAtHandError:\n    print('refused')"
    )
    with socket.create_server(("127.0.0.1", 0)) as hub:
        address = f"http://127.0.0.1:{hub.getsockname()[1]}"
        env = {
            **os.environ,
            "HF_HUB_OFFLINE": "0",
            "HF_ENDPOINT": address,
            "no_proxy": "127.0.0.1",
            "HF_HUB_ETAG_TIMEOUT": "1",
        }
        child = subprocess.Popen([sys.executable, "-c", code], env=env, stdout=subprocess.PIPE, text=True)
        readable, _, _ = select.select([hub, child.stdout], [], [], 60)
        child.kill() if hub in readable else None
        told = child.communicate()[0]
        assert (hub in readable, told) == (False, "refused\n")


@pytest.mark.parametrize(("bytes_each", "candidate"), [(16, full()), (4, Head(method="head", base="bases/tiny"))])
def test_a_base_must_fit_the_memory(bytes_each: int, candidate: Full | Head, folder: Path, place: Home) -> None:
    """16 bytes a parameter where all are trained, 4 where the base is frozen; to the byte."""
    (folder / "modules.json").write_text("[]")
    assert at_hand(candidate, place, lambda: PARAMETERS * bytes_each).n_parameters == PARAMETERS
    assert "does not fit" in refusal(candidate, place, lambda: PARAMETERS * bytes_each - 1)


def test_a_base_that_does_not_fit_is_refused_with_both_numbers(place: Home) -> None:
    """What it needs and what there is."""
    assert refusal(Full(method="full", base=EMBEDDED), place, lambda: GIB // 4) == (
        f"base {EMBEDDED} does not fit: 23M parameters need about 0.3 GiB for weights, gradients and optimizer "
        "before the first row, and there are 0.2 GiB"
    )


def test_a_folder_that_is_gone_is_looked_for_in_the_cache(folder: Path, place: Home) -> None:
    """Whoever deleted it reads how to get a base again."""
    shutil.rmtree(folder)
    assert "hf download bases/tiny" in refusal(full(), place)


class NoGpuError(Exception):
    """As NVML's."""


def fake_nvml(sizes: tuple[int, ...]) -> SimpleNamespace:
    """NVML with GPUs of `sizes` bytes; the real one cannot be had without a driver."""

    def handle(i: int) -> int:
        if not 0 <= i < len(sizes):
            raise NoGpuError
        return i

    return SimpleNamespace(
        NVMLError=NoGpuError,
        nvmlInit=lambda: None,
        nvmlDeviceGetCount=lambda: len(sizes),
        nvmlDeviceGetHandleByIndex=handle,
        nvmlDeviceGetHandleByUUID=lambda name: handle(int(name.removeprefix("GPU-"))),
        nvmlDeviceGetMemoryInfo=lambda i: SimpleNamespace(total=sizes[i]),
    )


@pytest.mark.parametrize(
    ("visible", "sizes"),
    [(None, [8, 24, 80]), ("1", [24]), ("2,0", [80, 8]), ("GPU-1", [24]), ("", []), ("-1", []), ("0,7,1", [8])],
)
def test_only_the_gpus_that_this_process_may_use_count(
    visible: str | None, sizes: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A large GPU that is kept for somebody else must not make a base seem to fit; -1 and rubbish end the list."""
    monkeypatch.setitem(sys.modules, "pynvml", fake_nvml((8, 24, 80)))
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if visible is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert gpu_memory() == sizes


def test_the_holders_of_the_memory_are_named_with_their_size() -> None:
    """At most five, each as `name (pid) n GiB`."""
    found = memory_holders()
    assert 1 <= len(found) <= 5
    assert all(line.endswith(" GiB") and "(" in line for line in found)

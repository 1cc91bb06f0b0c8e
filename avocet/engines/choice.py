"""Which engine serves a version on this machine, as trial.py found; and the version's networks by that engine.

models/.engines/<machine>/<version>/<engine>/<network>/   what was exported
models/.engines/<machine>/<version>/choice.json           which one serves, why, and the digests of its files

A version is the same bytes everywhere and knows nothing of this: what a machine computes fast is the machine's own.
"""

import hashlib
import platform
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from avocet import registry
from avocet.engines import Outputs, engine
from avocet.errors import DamagedVersionError
from avocet.recipe import digest

ROOM = ".engines"
_LIBRARIES = ("torch", "transformers", "tokenizers", "onnx", "onnxruntime", "openvino", "nncf")
FILE = "choice.json"


@dataclass(frozen=True)
class Measured:
    """What one engine did beside torch-fp32 on the same rows; `why_not` says why it may not serve."""

    engine: str
    single_ms: float | None = None  # median of single mails
    batch_ms: float | None = None  # a mail, in batches
    agreement: float | None = None  # share of rows with the same label
    macro_f1_loss: float | None = None
    why_not: str = ""


@dataclass(frozen=True)
class Choice:
    """The engine that serves a version here; `files` are digests of what it is opened from."""

    manifest: str  # digest of the version's manifest, so that the choice is of these bytes
    serve: str  # digest of the recipe's bounds
    engine: str
    why: str
    measured: tuple[Measured, ...]
    networks: tuple[str, ...]
    files: Mapping[str, Any]


CHOICES = TypeAdapter(Choice)


def read(version: Path) -> Choice | None:
    """What was chosen for the version in this folder, if that holds: same bytes, machine, libraries and code."""
    path = room_of(version) / FILE
    try:
        found = CHOICES.validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return None  # nothing was chosen, or it cannot be read: torch answers, as it always can
    return found if found.manifest == manifest_of(version) else None


def intact(version: Path, choice: Choice) -> bool:
    """Whether what was exported is what was checked; true where nothing had to be."""
    return not choice.files or registry.fingerprints(room_of(version) / choice.engine) == choice.files


def open_outputs(version: Path, choice: Choice) -> dict[str, Outputs]:
    """What runs each network of the version, by the chosen engine. Raises DamagedVersionError for an altered file."""
    folder = room_of(version) / choice.engine
    if not intact(version, choice):
        raise DamagedVersionError(f"the export of {version.name} for {choice.engine} is not what was checked")
    return {name: opened(folder / place_of(name), choice.engine) for name in choice.networks}


def room_of(version: Path) -> Path:
    """Where this machine keeps what it exported of a version."""
    return version.parent / ROOM / machine() / version.name


def sweep(models: Path) -> None:
    """Remove what was exported of versions that are gone, and for libraries or code that are."""
    for room in sorted((models / ROOM).glob("*/*")):
        if not (models / room.name).is_dir():
            shutil.rmtree(room, ignore_errors=True)


@cache
def machine() -> str:
    """A name for what an engine's speed and its last bits hang on: the chip, the libraries, and our code."""
    code = sorted(path.read_bytes().hex() for path in Path(__file__).parent.glob("*.py"))
    return digest([platform.machine(), _chip(), {name: _version(name) for name in _LIBRARIES}, code])[:16]


def _chip() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")


def _version(name: str) -> str:
    try:
        return installed(name)
    except PackageNotFoundError:
        return ""


def manifest_of(version: Path) -> str:
    """Digest of the version's manifest; empty where it has none."""
    try:
        return hashlib.sha256((version / registry.MANIFEST).read_bytes()).hexdigest()
    except OSError:
        return ""


def opened(folder: Path, name: str) -> Outputs:
    """The network that the engine `name` exported into `folder`."""
    from avocet.engines.tokens import TextModel

    module, precision = engine(name)
    return TextModel.open(folder, module.open(folder, precision)).outputs


def place_of(network: str) -> str:
    """A network's name as a folder's."""
    return network.strip("/") or "network"

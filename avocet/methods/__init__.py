"""How a candidate is trained: one module a method, all behind one small Protocol; found by name, loaded late."""

from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from avocet.engines import Outputs
    from avocet.engines.network import Network
    from avocet.events import Emit
    from avocet.methods.job import Job
    from avocet.methods.lessons import Learned


class Scorer(Protocol):
    """A trained thing: texts in, one row of class probabilities a text out."""

    def scores(self, texts: Sequence[str]) -> "NDArray[np.float64]":
        """Probabilities of shape (len(texts), n labels), columns in the order of the trained labels."""
        ...


class Networked(Scorer, Protocol):
    """A scorer in which networks answer, so that an engine can run them: by name, "" where there is one."""

    def networks(self) -> "Mapping[str, Network]":
        """The networks, as torch holds them."""
        ...

    def through(self, outputs: "Mapping[str, Outputs]") -> Scorer:
        """The same answers with the networks run by `outputs`, one for each of their names."""
        ...


class Method(Protocol):
    """What each module of this package offers."""

    def train(self, job: "Job", folder: Path, emit: "Emit") -> "Learned":
        """Train as `job` says and write all that loading needs into `folder`."""
        ...

    def load(self, folder: Path, info: dict[str, Any]) -> Scorer:
        """The scorer that `train` wrote into `folder`; `info` is its training_info.json."""
        ...


FINE_TUNED = ("full", "lpft", "lora", "contrastive")
NAMES = ("tfidf", "head", "joint", "blend", "full", "lpft", "lora", "contrastive")


def method(name: str) -> Method:
    """The method called `name`. Raises ValueError for another name; imports only what that method needs."""
    if name not in NAMES:
        raise ValueError(f"no method {name!r}; there are {', '.join(NAMES)}")
    return cast(Method, import_module(f"avocet.methods.{name}"))


def answering(folder: Path, info: Mapping[str, Any], outputs: "Mapping[str, Outputs]") -> Scorer:
    """The scorer in `folder` with its networks run by `outputs`. Imports no torch, which takes two seconds."""
    name = str(info["method"])
    if name in FINE_TUNED:
        from avocet.methods.logits import LogitScorer

        return LogitScorer(outputs[""])
    module: Any = method(name)
    return cast(Scorer, module.answering(folder, info, outputs))

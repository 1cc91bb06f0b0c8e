"""From a version's folder to answers: verify, load, build the text by the version's own template, classify."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from avocet import registry
from avocet.calibration import calibrated
from avocet.cleaning import encodable
from avocet.engines import EXPORTED, LINEAR, REFERENCE, TORCH
from avocet.engines import choice as choices
from avocet.errors import AvocetError, DamagedVersionError, NotFoundError, WrongUseError
from avocet.events import is_out_of_memory
from avocet.home import checked_name
from avocet.methods import Scorer, answering, method
from avocet.metrics import checked_scores
from avocet.template import build, template_digest, template_fields

_log = logging.getLogger("avocet")


@dataclass(frozen=True)
class Prediction:
    """One answer: the label, its probability, all labels best first, which version said so, and what ran it."""

    label: str
    confidence: float
    ranked: tuple[tuple[str, float], ...]
    version: str
    engine: str = REFERENCE
    template: str = ""  # digest of the version's template: what an answer was given to


@dataclass(frozen=True)
class Classifier:
    """A loaded version. Its stored template builds the text, so serving sees what training saw."""

    version: registry.Version
    scorer: Scorer
    engine: str = REFERENCE

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels it can answer with, in the order of its scores."""
        return tuple(self.version.info["trained_labels"])

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields its template reads."""
        return template_fields(self.version.info["text"])

    @property
    def template(self) -> str:
        """Digest of its template."""
        return template_digest(str(self.version.info["text"]))

    def scores(self, rows: Sequence[Mapping[str, str]]) -> NDArray[np.float64]:
        """Probabilities (len(rows), n labels), calibrated. Raises NonFiniteError: an inference error is never a label.

        Raises AvocetError for a text that is no Unicode.
        """
        texts = [build(str(self.version.info["text"]), row) for row in rows]
        if not all(map(encodable, texts)):
            raise AvocetError("a text holds half a surrogate pair, which no tokenizer can read; repair its source")
        raw = checked_scores(self.scorer.scores(texts), len(texts), len(self.labels))
        return calibrated(raw, float(self.version.info.get("temperature") or 1.0))

    def classify_fields(self, rows: Sequence[Mapping[str, str]], template: str | None = None) -> list[Prediction]:
        """One prediction for each mapping of field -> text, in order, in one pass.

        `template` is the digest that a caller counts on: raises WrongUseError where the version has another one.
        """
        if template is not None and template != self.template:
            raise WrongUseError(
                f"version {self.version.id} builds its text by another template ({self.template}, not {template}); "
                "ask what it reads and send that"
            )
        if not rows:
            return []
        found = []
        for row in self.scores(rows):
            order = np.argsort(-row, kind="stable")
            ranked = tuple((self.labels[i], float(row[i])) for i in order)
            found.append(Prediction(*ranked[0], ranked, self.version.id, self.engine, self.template))
        return found


def chosen(models: Path, recipe: str | None, model: str | None) -> Path:
    """The folder or link of the version that shall answer: `model`, or the champion.

    Raises NotFoundError where there is no champion, AvocetError where it is not said whose.
    """
    if model:
        return models / checked_name(model, "model")
    champions = registry.champions(models)
    if recipe is None and len(champions) > 1:
        raise AvocetError(f"there are {len(champions)} champions; say whose: --recipe {' | '.join(champions)}")
    wanted = recipe or next(iter(champions), None)
    if wanted is None:
        raise NotFoundError("there is no champion yet: `make run` or `avocet train` trains and judges the first")
    if wanted not in champions:
        raise NotFoundError(f"recipe {wanted!r:.80} has no champion; there are: {', '.join(champions) or 'none'}")
    return models / f"champion-{wanted}"


def load(folder: Path, engine: str | None = None) -> Classifier:
    """The classifier in a version's folder, or behind a link such as models/avocet-minilm.

    By the engine that was chosen for it on this machine (avocet/engines/choice.py), else in torch; `engine`: by this one.
    Raises NotFoundError where there is none, DamagedVersionError where a file was altered or does not load, WrongUseError
    for an engine that was not chosen here.
    """
    return load_folder(registry.open_version(folder).folder, engine)


def load_folder(folder: Path, engine: str | None = None) -> Classifier:
    """Like `load`, for a real folder (also a staging folder)."""
    registry.verify(folder)
    info = registry.read_info(folder)
    version = registry.Version(str(info["version"]), folder, info)
    choice = None if engine == REFERENCE else choices.read(folder)
    if engine not in (None, REFERENCE) and (choice is None or choice.engine != engine):
        chosen = choice.engine if choice else "none, so torch-fp32 answers"
        raise WrongUseError(f"{engine} was not chosen for {folder.name} on this machine ({chosen})")
    if choice is not None and choice.engine in EXPORTED:
        try:
            return Classifier(version, answering(folder, info, choices.open_outputs(folder, choice)), choice.engine)
        except Exception as e:  # an export is a copy that can be made again: torch has the weights and answers
            if is_out_of_memory(e):
                raise
            why = str(e) if isinstance(e, AvocetError) else type(e).__name__
            _log.warning("%s does not serve %s, %s answers instead: %s", choice.engine, folder.name, REFERENCE, why)
    scorer = _in_torch(folder, info)
    if not hasattr(scorer, "networks"):
        return Classifier(version, scorer, LINEAR)
    if choice is None or choice.engine not in TORCH or choice.engine == REFERENCE:
        return Classifier(version, scorer)
    networks = scorer.networks()
    return Classifier(version, scorer.through({k: n.in_bf16() for k, n in networks.items()}), choice.engine)


def _in_torch(folder: Path, info: dict[str, Any]) -> Any:
    """The version's own scorer. Raises DamagedVersionError."""
    try:
        return method(info["method"]).load(folder, info)
    except AvocetError:
        raise
    except Exception as e:  # libraries fail on a strange file in any way; the text of it may quote anything
        if is_out_of_memory(e):
            raise
        # The manifest holds, so the files are what was sealed: another library version, or a missing one.
        raise DamagedVersionError(f"version {folder.name} does not load here: {type(e).__name__}") from e


@dataclass(frozen=True)
class FineTunedAdapter:
    """For a mail tool that has adapters: `FineTunedAdapter.load(model_dir).classify(subject, body)`."""

    classifier: Classifier

    @classmethod
    def load(cls, model_dir: str | Path) -> Self:
        """The adapter over a version's folder or link, such as models/avocet-deberta-small."""
        return cls(load(Path(model_dir)))

    def classify(self, subject: str, body: str) -> str:
        """The top label of one mail: one forward pass over the text that the stored template builds."""
        fields: dict[str, Any] = {"subject": subject, "body": body}
        missing = set(self.classifier.fields) - set(fields)
        if missing:
            raise AvocetError(
                f"version {self.classifier.version.id} reads {', '.join(sorted(missing))}, not subject and body"
            )
        return self.classifier.classify_fields([fields])[0].label

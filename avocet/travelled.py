"""The story (training_info.json) of a version from outside, checked before anything is done with it."""

import json
import re
import string
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, field_validator, model_validator

from avocet import registry
from avocet.candidates import Candidate
from avocet.errors import ArchiveError, DamagedVersionError
from avocet.home import NAME
from avocet.methods import NAMES
from avocet.methods.answers import load_answers
from avocet.template import template_fields

_Score = Annotated[float | None, Field(ge=0, le=1, allow_inf_nan=False)]
# A width such as {body:>9999999999} would fill the memory at the first mail.
_CUT = re.compile(r"(\.\d{1,6})?")


class Member(BaseModel):
    """What must be right in the story of one of a blend's members, which is loaded by it."""

    model_config = ConfigDict(frozen=True, strict=True, extra="allow")

    method: str
    text: str
    base_model_id: str = Field(max_length=200)
    base_revision: str | None = Field(max_length=200)
    base_digest: str | None = Field(max_length=200)
    settings: dict[str, Any]
    seed: int = Field(ge=0)
    trained_labels: list[str]
    max_tokens: int | None = Field(None, ge=8, le=8192)

    @model_validator(mode="after")
    def _readable(self) -> "Member":
        if self.method not in NAMES or self.method == "blend":
            raise ValueError("no method here that a blend can be made of")
        _checked_settings(self.settings)
        return self


class Story(BaseModel):
    """What must be right in a training_info.json; what else it says is kept and not believed."""

    model_config = ConfigDict(frozen=True, strict=True, extra="allow")

    version: str = Field(pattern=NAME.pattern)
    recipe: str = Field(pattern=NAME.pattern)
    candidate: str = Field(pattern=NAME.pattern)
    method: str
    text: str = Field(max_length=2000)
    labels: list[str] = Field(min_length=2, max_length=1000)
    trained_labels: list[str] = Field(min_length=2, max_length=1000)
    base_model_id: str = Field(max_length=200)
    base_revision: str | None = Field(max_length=200)
    base_digest: str | None = Field(max_length=200)
    settings: dict[str, Any]
    seed: int = Field(ge=0)
    epochs_run: int | None = Field(ge=0)
    label_counts: dict[str, int] = Field(default_factory=dict)
    n_truncated: int = Field(0, ge=0)
    timestamp: str = Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
    max_tokens: int | None = Field(None, ge=8, le=8192)
    val_macro_f1: _Score
    val_accuracy: _Score
    holdout_macro_f1: _Score = None
    val_precision: _Score = None
    val_recall: _Score = None
    val_worst_label_f1: _Score = None
    ms_per_mail: Annotated[float | None, Field(ge=0, allow_inf_nan=False)] = None
    members: dict[Annotated[str, Field(pattern=NAME.pattern)], Member] = Field(default_factory=dict, max_length=16)
    temperature: Annotated[float | None, Field(gt=1e-3, lt=1e3, allow_inf_nan=False)] = None
    suspects: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] = 1.0
    weights: dict[str, Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False)]] = Field(default_factory=dict)

    @property
    def fields(self) -> tuple[str, ...]:
        """The row fields that its template reads."""
        return template_fields(self.text)

    @field_validator("version")
    @classmethod
    def _no_pointer(cls, version: str) -> str:
        if version.startswith(registry.POINTERS):
            raise ValueError("that is the name of a pointer, not of a version")
        return version

    @field_validator("settings")
    @classmethod
    def _readable(cls, settings: dict[str, Any]) -> dict[str, Any]:
        return _checked_settings(settings)

    @field_validator("method")
    @classmethod
    def _known(cls, method: str) -> str:
        if method not in NAMES:
            raise ValueError(f"no method of that name here; there are {', '.join(NAMES)}")
        return method

    @field_validator("text")
    @classmethod
    def _plain(cls, text: str) -> str:
        for _, _, spec, _ in string.Formatter().parse(text):  # before template_fields, which tries each width out
            if not _CUT.fullmatch(spec or ""):
                raise ValueError("a template from outside may only cut, as in {body:.400}")
        template_fields(text)
        return text

    @field_validator("labels", "trained_labels")
    @classmethod
    def _shown(cls, labels: list[str]) -> list[str]:
        if len(set(labels)) != len(labels) or not all(x.isprintable() and 0 < len(x) <= 100 for x in labels):
            raise ValueError("labels are distinct, printable and at most 100 characters")
        return labels

    @model_validator(mode="after")
    def _one_label_space(self) -> "Story":
        if not set(self.trained_labels) <= set(self.labels):
            raise ValueError("trained_labels names a label that labels does not")
        if (self.method == "blend") != bool(self.members) or set(self.members) != set(self.weights):
            raise ValueError("a blend has members and a weight for each, and nothing else has")
        for name, member in self.members.items():
            if (member.text, member.trained_labels) != (self.text, self.trained_labels):
                raise ValueError(f"its member {name} reads or answers something else than it does")
        if "damaged" in (self.model_extra or {}):
            raise ValueError("damaged is our own word")
        return self


def _checked_settings(settings: dict[str, Any]) -> dict[str, Any]:
    try:
        TypeAdapter(Candidate).validate_python(settings)
    except ValidationError as e:
        raise ValueError(f"no settings of a method here ({e.errors()[0]['msg']})") from None
    return settings


def read_story(folder: Path) -> Story:
    """The story of the version unpacked in `folder`, once manifest and files agree. Raises ArchiveError."""
    try:
        registry.verify(folder)
        info = registry.read_info(folder)
        registry.learned_from(folder)
    except DamagedVersionError as e:
        raise ArchiveError(str(e).replace(f"version {folder.name}: ", "")) from None
    except TypeError:
        raise ArchiveError("learned_from.json does not list names") from None
    manifest: dict[str, Any] = json.loads((folder / registry.MANIFEST).read_bytes())
    if (manifest.get("format"), manifest.get("version")) != (1, info.get("version")):
        raise ArchiveError("manifest.json is of another version or format than training_info.json")
    try:
        story = Story.model_validate(info)
    except ValidationError as e:
        first = e.errors(include_input=False)[0]
        raise ArchiveError(f"training_info.json: {'.'.join(map(str, first['loc'])) or 'it'}: {first['msg']}") from None
    answers = load_answers(folder)
    if answers is not None and list(answers.labels) != story.trained_labels:
        raise ArchiveError("answers.json answers other labels than the version was trained on")
    return story

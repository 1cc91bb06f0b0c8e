"""adapter_config.json: the few fields of PEFT's that Avocet writes and believes, and what adapters need of memory.

PEFT's own reader takes whatever the file says: modules to import, a base to fetch, files to open. This one is light
(no torch), so that an archive from outside is checked by the same rules.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from avocet.candidates import Lora
from avocet.errors import ArchiveError

CONFIG, WEIGHTS = "adapter_config.json", "adapter_model.safetensors"
# PEFT reads a list of names as names and a plain string as a regular expression: only names are taken.
_Module = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.]{1,200}$")]


class Adapter(BaseModel):
    """What the adapters are; the base is named, with its digest, by training_info.json and by nothing else."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    peft_type: Literal["LORA"] = "LORA"
    task_type: Literal["FEATURE_EXTRACTION"] = "FEATURE_EXTRACTION"
    base_model_name_or_path: None = None
    auto_mapping: None = None
    inference_mode: Literal[True] = True
    bias: Literal["none"] = "none"
    fan_in_fan_out: bool = False
    r: int = Field(ge=1, le=512)
    lora_alpha: int = Field(ge=1, le=1_000_000)
    lora_dropout: float = Field(ge=0, lt=1, allow_inf_nan=False)
    target_modules: list[_Module] = Field(min_length=1, max_length=1000)

    def write(self, folder: Path) -> None:
        """Write it where `read` finds it."""
        (folder / CONFIG).write_text(self.model_dump_json(indent=2) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> Self:
        """The adapter in `folder`. Raises ArchiveError for a field that is not ours."""
        return cls.checked((folder / CONFIG).read_bytes())

    @classmethod
    def checked(cls, raw: bytes) -> Self:
        """The adapter that `raw` describes. Raises ArchiveError with the first field that is not ours."""
        try:
            return cls.model_validate_json(raw)
        except ValidationError as e:
            first = e.errors(include_input=False)[0]
            where = ".".join(map(str, first["loc"])) or "it"
            raise ArchiveError(f"{CONFIG}: {where:.80}: {first['msg']:.120}") from None


def n_adapter_parameters(settings: Lora, tensors: Iterable[tuple[str, Sequence[int]]]) -> int:
    """At most how many numbers the adapters of `settings` have beside a base of these (name, shape).

    r rows and r columns beside each matrix; where no targets are named, beside each but the word embeddings.
    """
    total = 0
    for name, shape in tensors:
        module = name.removesuffix(".weight")
        if len(shape) == 2 and "embed" not in name and "wte" not in name and _targeted(module, settings.targets):
            total += settings.r * sum(shape)
    return total


def _targeted(module: str, targets: Sequence[str]) -> bool:
    return not targets or any(module == target or module.endswith(f".{target}") for target in targets)

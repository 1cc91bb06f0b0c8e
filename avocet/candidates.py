"""How a candidate is trained: one strict model of settings for each method, with defaults that were measured."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

EPOCHS = (1, 20)  # document 0: `--epochs 1..20`


class Strict(BaseModel):
    """Unknown keys are refused: a mistyped key that is ignored is a setting that silently does nothing."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Tfidf(Strict):
    """TF-IDF over words and characters with a ridge regression: seconds on any machine, and hard to beat."""

    method: Literal["tfidf"]
    inverse_penalty: float | None = Field(None, gt=0, description="1 / alpha; unset, chosen out of fold")


class OnBase(Strict):
    """A candidate that starts from a pretrained model."""

    base: str
    revision: str | None = None
    max_tokens: int = Field(256, ge=8, le=8192)


class Head(OnBase):
    """A frozen base with a logistic head on its pooled, normalised embedding."""

    method: Literal["head"]
    inverse_penalty: float | None = Field(None, gt=0, description="C of the regression; unset, chosen out of fold")


class Joint(OnBase):
    """The frozen embedding beside the text's TF-IDF, in one regression."""

    method: Literal["joint"]
    inverse_penalty: float | None = Field(None, gt=0, description="as of tfidf")
    weight: float = Field(1.0, gt=0, description="of the embedding, whose length is 1 as that of words and letters is")


class Blend(Strict):
    """Other candidates of tonight, weighed by what they answered out of fold; trains nothing anew."""

    method: Literal["blend"]
    of: tuple[str, ...] = Field(min_length=2, description="candidates that stand above it in the recipe")


Tracker = Literal["tensorboard", "wandb", "mlflow"]
Imbalance = Literal["class_weights", "balanced_batches", "logit_adjustment", "none"]


class FineTuned(OnBase):
    """What all methods share that train the base itself."""

    epochs: int = Field(5, ge=EPOCHS[0], le=EPOCHS[1])
    learning_rate: float | None = Field(None, gt=0, lt=1, description="unset, by method and size of the base")
    warmup: float = Field(0.1, ge=0, lt=1, description="share of the steps")
    weight_decay: float = Field(0.0, ge=0)
    batch_size: int = Field(16, ge=1, description="rows in one forward pass")
    accumulation: int = Field(1, ge=1, description="forward passes in one optimizer step")
    bf16: bool = Field(True, description="mixed precision, where the chip computes bfloat16 itself")
    fp16: bool = Field(False, description="mixed precision, where there is a GPU; before bf16")
    gradient_checkpointing: bool = False
    freeze_layers: int = Field(
        0, ge=0, description="the embeddings and this many of the lowest layers stay as they are"
    )
    imbalance: Imbalance = "class_weights"
    report_to: tuple[Tracker, ...] = Field((), description="trackers; figures and settings go there, no row does")


class Full(FineTuned):
    """Every weight of the base is trained, with class weights and early stopping (document 0's training)."""

    method: Literal["full"]
    max_tokens: int = Field(512, ge=8, le=8192)
    learning_rate: float | None = Field(2e-5, gt=0, lt=1)
    bf16: bool = False
    patience: int = Field(3, ge=1, description="epochs without a better validation macro-F1")


class Lpft(FineTuned):
    """Linear probe first, then all weights from there: the pretrained features are not torn up by a random head."""

    method: Literal["lpft"]
    dropout: bool = Field(False, description="measured without a gain at 400 rows, and a quarter of the time")
    inverse_penalty: float = Field(10.0, gt=0, description="C of the probe")


class Lora(FineTuned):
    """Low-rank adapters beside frozen weights; encoders and decoders."""

    method: Literal["lora"]
    r: int = Field(16, ge=1, le=512, description="rank")
    alpha: int = Field(32, ge=1, description="the adapters' output is scaled by alpha / r")
    dropout: float = Field(0.1, ge=0, lt=1)
    targets: tuple[str, ...] = Field((), description="names of linear layers; unset, what PEFT knows for the base")


class Contrastive(FineTuned):
    """The embedding is pulled together within labels and apart between them, then a logistic head is fitted."""

    method: Literal["contrastive"]
    epochs: int = Field(1, ge=EPOCHS[0], le=EPOCHS[1])
    batch_size: int = Field(
        32, ge=2, multiple_of=2, description="rows in one forward pass: each is compared with all others in it"
    )
    imbalance: Literal["balanced_batches"] = Field(
        "balanced_batches", description="labels take turns in each batch, or there would be no pairs of rare ones"
    )
    temperature: float = Field(0.1, gt=0, description="of the supervised contrastive loss")
    inverse_penalty: float = Field(10.0, gt=0)


Candidate = Annotated[Tfidf | Head | Joint | Blend | Full | Lpft | Lora | Contrastive, Field(discriminator="method")]

"""The model card and the metrics that travel with a version: numbers, labels and names, never a mail."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from avocet.home import Home
from avocet.registry import Version
from avocet.views.judged import scores


def metrics(place: Home, version: Version) -> dict[str, Any]:
    """The numbers of a version: what it was trained with, and each run's score of it on that night's holdout."""
    keys = ("val_macro_f1", "val_accuracy", "holdout_macro_f1", "sample_count", "train_sample_count", "label_counts")
    known = {key: version.info.get(key) for key in keys}
    return {"version": version.id, **known, "judged": [asdict(score) for score in scores(place, version.id)]}


def card(version: Version, numbers: dict[str, Any]) -> str:
    """README.md with the hub's front matter (a model-index where there are numbers)."""
    from huggingface_hub import ModelCard, ModelCardData

    info = version.info
    base = str(info.get("base_model_id", "none"))
    results = _results(str(info.get("recipe")), numbers)
    data = ModelCardData(
        model_name=version.id,
        library_name="avocet",
        pipeline_tag="text-classification",
        tags=["avocet", "text-classification", str(info.get("method"))],
        base_model=base if base.count("/") == 1 and not base.startswith("/") else None,
        eval_results=results or None,
    )
    return str(ModelCard(f"---\n{data.to_yaml()}\n---\n\n{_body(version, base)}").content)


def _results(recipe: str, numbers: dict[str, Any]) -> list[Any]:
    from huggingface_hub import EvalResult

    told = [("val_macro_f1", "f1", "validation macro-F1"), ("val_accuracy", "accuracy", "validation accuracy"),
            ("holdout_macro_f1", "f1", "holdout macro-F1")]  # fmt: skip
    return [
        EvalResult(
            task_type="text-classification",
            dataset_type="private",
            dataset_name=f"rows of the recipe {recipe}",
            metric_type=kind,
            metric_name=name,
            metric_value=numbers[key],
        )
        for key, kind, name in told
        if isinstance(numbers[key], float)
    ]


def _body(version: Version, base: str) -> str:
    info = version.info
    labels = "\n".join(f"- `{label}`" for label in info.get("trained_labels", []))
    return f"""# {version.id}

A text classifier of the method `{info.get("method")}`, trained and sealed by Avocet for the recipe `{info.get("recipe")}`.
{_about_bases(info)}

It reads the text that this template builds: `{info.get("text")}`, and answers with one of:

{labels}

The scores above were measured when it was trained, on rows that it did not learn from and that are not in here: there
is no mail text in this folder. They cannot be compared with scores that another model got on other rows.

`manifest.json` holds the sha256 of every file. `avocet models import FILE.zip` checks them and takes the version in as
a candidate; it becomes champion only where a gate finds it better, or a person says so.
"""


# Methods whose versions hold no base, and what they hold instead.
REFERRING = {"head": "head", "joint": "regression", "lora": "adapters and its head"}


def _about_bases(info: Mapping[str, Any]) -> str:
    """What the version starts from; of a blend, what each member does."""
    members = info.get("members") or {}
    if members:
        return "\n".join(f"Its member `{name}`: {_about_base(its)}" for name, its in members.items())
    return _about_base(info)


def _about_base(info: Mapping[str, Any]) -> str:
    method, base, digest = str(info.get("method")), str(info.get("base_model_id")), info.get("base_digest")
    if base == "none":
        return "It needs no pretrained base."
    if method in REFERRING:
        what = REFERRING[method]
        return (
            f"The weights here are only its {what}. Its base `{base}` is not in this folder and must be the very same "
            f"bytes (digest `{digest}`) where it is loaded."
        )
    return f"It started from the base `{base}` (digest `{digest}`); all weights are here."

"""What the unit tests share: rows as bytes, recipes without a file, and small sealed versions."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from avocet import registry, rows
from avocet.home import Home
from avocet.recipe import Recipe
from avocet.registry import Version
from avocet.rows import Reading
from avocet.runs import Run


@pytest.fixture
def read_bytes(tmp_path: Path) -> Callable[[bytes], Reading]:
    """Reads bytes as the file `rows.jsonl` with the text fields subject and body."""

    def read(raw: bytes) -> Reading:
        path = tmp_path / "rows.jsonl"
        path.write_bytes(raw)
        return rows.read([(path, "rows.jsonl")], ["subject", "body"])

    return read


@pytest.fixture
def recipe_of() -> Callable[..., Recipe]:
    """A valid recipe called `tiny`, with the settings of the test's choice."""

    def make(**settings: Any) -> Recipe:
        plain = {
            "name": "tiny",
            "rows": "data/tiny.jsonl",
            "text": "{subject} [SEP] {body:.400}",
            "labels": ["rejected", "digest", "neutral"],
            "candidates": {"tfidf": {"method": "tfidf"}},
        }
        return Recipe.model_validate({**plain, **settings})

    return make


@pytest.fixture
def make_run(place: Home) -> Callable[..., Run]:
    """A run with its folder, for a recipe and rows (dicts, written to the recipe's file) of the test's choice."""
    made: list[Run] = []

    def make(recipe: Recipe, lines: Sequence[dict[str, Any]] = ()) -> Run:
        (place.root / recipe.rows[0]).write_text("".join(json.dumps(r) + "\n" for r in lines), encoding="utf-8")
        run = Run(f"run-{len(made)}", place, recipe)
        run.folder.mkdir(parents=True)
        made.append(run)
        return run

    return make


@pytest.fixture
def staged() -> Callable[..., Path]:
    """A sealed staging folder under `models` with weights of a few bytes and a file in a folder of its own."""

    def make(models: Path, version: str, groups: Sequence[str] = (), **info: Any) -> Path:
        staging = registry.new_staging(models)
        (staging / "weights.safetensors").write_bytes(b"weights of " + version.encode())
        (staging / "encoder").mkdir()
        (staging / "encoder" / "config.json").write_text("{}")
        registry.write_learned_from(staging, {"train": list(groups), "validation": []})
        registry.write_info(staging, {"version": version, "recipe": "tiny", "candidate": "tfidf", **info})
        registry.seal(staging)
        return staging

    return make


@pytest.fixture
def published(staged: Callable[..., Path]) -> Callable[..., Version]:
    """A version under `models`, published under the alias `avocet-tfidf`."""

    def make(models: Path, version: str, groups: Sequence[str] = (), **info: Any) -> Version:
        return registry.publish(staged(models, version, groups, **info), "avocet-tfidf")

    return make


@pytest.fixture
def client(place: Home) -> TestClient:
    """The HTTP door of `place`, for a program that has the token."""
    from app.api import create_app

    return TestClient(create_app(place, "t"), base_url="http://127.0.0.1", headers={"Authorization": "Bearer t"})


@pytest.fixture
def stored_recipe(place: Home, make_recipe: Callable[..., str]) -> str:
    """A recipe `tiny` that reads the collection of its name, which is empty."""
    name = make_recipe([], {"tfidf": {"method": "tfidf"}})
    path = place.root / "recipes" / f"{name}.yaml"
    path.write_text(
        json.dumps({**json.loads(path.read_text(encoding="utf-8")), "rows": ["store:tiny"]}), encoding="utf-8"
    )
    return name

"""The API's description: problems as they are answered, and how to get in. `python -m app.openapi` writes openapi.json."""

import json
import sys
from pathlib import Path
from typing import Any

import click
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from app.door import PUBLIC
from avocet.home import CHECKOUT, Home

FILE = CHECKOUT / "openapi.json"
PROBLEM = {
    "type": "object",
    "description": "RFC 9457; `type` leads to the reason's paragraph in docs/problems.md.",
    "required": ["type", "title", "status", "detail", "instance"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "detail"],
                "properties": {"pointer": {"type": "string"}, "detail": {"type": "string"}},
            },
        },
    },
}
_ANSWER = {
    "description": "What went wrong",
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
}
_DOORS = {"token": {"type": "http", "scheme": "bearer"}}


def add_schema(app: FastAPI) -> None:
    """Put our problems where the framework describes its own errors."""

    def described() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _described(app)
        return app.openapi_schema

    app.openapi = described  # type: ignore[method-assign]  # as FastAPI's documentation extends it


def _described(app: FastAPI) -> dict[str, Any]:
    found = get_openapi(title=app.title, version=app.version, routes=app.routes)
    for path, operations in found["paths"].items():
        for operation in operations.values():
            answers = operation["responses"]
            if "HTTPValidationError" in json.dumps(answers.get("422")):
                del answers["422"]
            answers.setdefault("default", _ANSWER)
            if path in PUBLIC:
                operation["security"] = []
    parts = found.setdefault("components", {})
    schemas = parts.setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schemas["Problem"] = PROBLEM
    parts["securitySchemes"] = _DOORS
    return {**found, "security": [{"token": []}]}


def text_of(app: FastAPI) -> str:
    """The description as it is committed."""
    return json.dumps(app.openapi(), indent=1, ensure_ascii=False) + "\n"


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("file", type=click.Path(path_type=Path), default=FILE)
@click.option("--check", is_flag=True, help="Only say whether FILE is as the code describes itself: exit 1 if not.")
def main(file: Path, check: bool) -> None:
    """Write FILE (openapi.json of the checkout)."""
    from app.api import create_app

    text = text_of(create_app(Home(CHECKOUT), "token"))
    if not check:
        file.write_text(text, encoding="utf-8")
    elif not file.is_file() or file.read_text(encoding="utf-8") != text:
        click.echo(f"{file} is old: python -m app.openapi", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()

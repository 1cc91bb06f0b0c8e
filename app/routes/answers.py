"""Classification by the champion."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any

from anyio import to_thread
from fastapi import APIRouter, Body, Query
from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag

from app.champions import ModelInfo, TheChampions
from app.needs import RecipeName
from avocet.answer import Answer

router = APIRouter()
MAX_ROWS = 1_000  # of one request; `avocet classify --out` takes any number

Rows = Annotated[list[dict[str, Any]], Field(max_length=MAX_ROWS)]


class Asked(BaseModel):
    """What is to be classified: each row has the fields of the recipe's template, or only a `text`."""

    model_config = ConfigDict(extra="forbid")

    rows: Rows = Field(examples=[[{"subject": "Your interview", "body": "is on Monday"}, {"text": "Ten new jobs"}]])


@dataclass(frozen=True)
class Answers:
    """One answer a row, in the rows' order, all by the same version."""

    items: Sequence[Answer]


def _shape(value: Any) -> str:
    return "array" if isinstance(value, list) else "object"


@router.post("/api/classify")
async def classify(
    asked: Annotated[Annotated[Asked, Tag("object")] | Annotated[Rows, Tag("array")], Body(), Discriminator(_shape)],
    champions: TheChampions,
    recipe: RecipeName,
    top: Annotated[
        int | None, Query(ge=1, description="So many labels of each row, best first; all if not given.")
    ] = None,
) -> Answers:
    """Label up to 1,000 mails with the recipe's champion: `{"rows": [...]}`, or the bare array of rows."""
    rows, at = (asked.rows, "/body/rows") if isinstance(asked, Asked) else (asked, "/body")
    # In threads of their own: a long request must not take those that all other routes share.
    work = partial(champions.classify, recipe, rows, top, at)
    return Answers(await to_thread.run_sync(work, limiter=champions.limit))


@router.get("/api/model-info")
def model_info(champions: TheChampions, recipe: RecipeName) -> ModelInfo:
    """Which version answers, what it scored, and why it is not the champion, where it is not."""
    return champions.info(recipe)

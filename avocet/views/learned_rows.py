"""The mails that a version learned from, as its run kept them: document 1's training_data.json, only where asked for."""

import json
from pathlib import Path
from typing import Any

from avocet import registry
from avocet.errors import NotFoundError
from avocet.home import NAME, Home
from avocet.registry import Version


def learned_rows(place: Home, version: Version) -> bytes:
    """{"rows": [{id, label, side, fields}, ...]} of its training and validation rows. This is mail.

    Raises NotFoundError where its run's rows are not here any more, or never were: it was imported.
    """
    run = version.info.get("run")
    path = place.runs / run / "rows.jsonl" if isinstance(run, str) and NAME.fullmatch(run) else None
    known = registry.learned_from(version.folder)
    rows = [row for row in _rows(path) if row.get("key") in known] if path and path.is_file() else []
    if not rows:
        raise NotFoundError(f"the mails that {version.id} learned from are not here; export it without them")
    return (json.dumps({"rows": [_told(row) for row in rows]}, ensure_ascii=True) + "\n").encode()


def _rows(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return [row for row in rows if row.get("side") in ("train", "validation")]


def _told(row: dict[str, Any]) -> dict[str, Any]:
    return {"id": row["id"], "label": row["label"], "side": row["side"], "fields": row["fields"]}

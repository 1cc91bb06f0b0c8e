"""A run's events as lines for people: what the terminal and document 0's streams show of them."""

from collections.abc import Mapping
from typing import Any

_STATUS = {"waiting": "waiting to begin", "preparing": "begun"}


def words(event: Mapping[str, Any]) -> str | None:
    """One line, or None for an event that only machines need: steps, phases, and what another event says as well."""
    kind, who = event.get("type"), event.get("candidate")
    if kind == "status":
        return _STATUS.get(str(event["status"]))
    if kind == "stage":
        return f"stage {event['n']} of {event['of']}: {event['stage']}"
    if kind in ("log", "oom"):
        return str(event["message"])
    if kind == "note":
        return f"{who}: {event['message']}"
    if kind in ("progress", "trial") and event.get("message"):
        return f"{'judging' if kind == 'progress' else 'trying'} {event['message']}"
    if kind == "attempt":
        return (
            f"{who}: begins" if not event["attempt"] else f"{who}: attempt {event['attempt'] + 1}, {event['setting']}"
        )
    if kind == "metrics":
        return epoch_sentence(str(who), event) if event.get("kept", True) else None
    return str(event["sentence"]) if kind in ("verdict", "end") else None


def epoch_sentence(candidate: str, event: Mapping[str, Any]) -> str:
    """One epoch in one line."""
    figures = [
        f"loss {event['loss']:.3f}" if event.get("loss") is not None else "",
        *(
            f"validation {name.replace('_', '-')} {event[name]:.3f}"
            for name in ("macro_f1", "accuracy")
            if event.get(name) is not None
        ),
    ]
    return f"{candidate} epoch {event['epoch']}/{event['of']}: {', '.join(filter(None, figures))}"

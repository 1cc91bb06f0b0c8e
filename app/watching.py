"""A run's events in the terminal, as they come, and the exit code that its end stands for."""

import time
from collections.abc import Callable
from typing import Any

import click

from app import runs
from app.terminal import plain
from avocet.errors import AvocetError
from avocet.home import Home
from avocet.running import endings
from avocet.running.endings import Ending
from avocet.running.request import asked_of
from avocet.running.timeline import LOOK_S, POLL_S, Reader, ending, parsed
from avocet.running.words import words

_CODES = {"promoted": 0, "refused": 5, "no_change": 3, "stopped": 3, "cancelled": 130}


def watch(home: Home, name: str, lines: bool = False) -> int:
    """Show the run until it has ended; its exit code (README, "Exit codes"). `lines`: as JSON, one event a line."""
    reader = Reader(home.runs / name)
    _until_it_ends(home, reader, lambda: show(reader, lines))
    return exit_code(home, name)


def wait_for(home: Home, name: str) -> None:
    """Until the run has ended."""
    reader = Reader(home.runs / name)
    _until_it_ends(home, reader, lambda: bool(reader.read()))


def _until_it_ends(home: Home, reader: Reader, news: Callable[[], bool]) -> None:
    quiet = 0.0
    while True:
        quiet = 0.0 if news() else quiet + POLL_S
        if reader.ended:
            return
        if quiet >= LOOK_S:  # whoever writes it may be dead
            quiet = 0.0
            runs.look(home, reader.folder.name)
        time.sleep(POLL_S)


def show(reader: Reader, lines: bool) -> bool:
    """What came since the last time; whether there was anything."""
    found = reader.read()
    for _, line in found:
        event = parsed(line.encode())
        told = line if lines else _line(event)
        if told is not None:
            click.echo(told)
    return bool(found)


def _line(event: dict[str, Any]) -> str | None:
    told = words(event)
    if told is None or event["type"] == "verdict":  # the end says it again
        return None
    when = str(event.get("at", ""))[11:19]
    return f"{when:8}  {plain(told)}"


def exit_code(home: Home, name: str) -> int:
    """Of a run that has ended."""
    told = ending(home.runs / name)
    its = endings.of_event(told) if told else Ending("failed", "failed", "")
    asked = asked_of(home, name)
    if its.status == "completed" and asked is not None and asked.purpose == "benchmark":
        return 0
    return _CODES[its.outcome] if its.outcome in _CODES else _failed(its.reason)


def _failed(reason: str | None) -> int:
    kinds = [AvocetError]
    for kind in kinds:
        kinds += kind.__subclasses__()
    return next((kind.exit_code for kind in kinds if kind.reason == reason), 1)

"""Looks that are kept: a night makes those of its new rows, and nothing that is kept, lost or damaged changes a result."""

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from avocet import looked, looks
from avocet.home import Home
from avocet.looked import looks_of
from avocet.recipe import Recipe
from avocet.rows import words_key
from avocet.runs import Run
from avocet.sides import divide
from expectations.validation import validate_rows

TEMPLATE = "{subject} [SEP] {body:.40}"
SENTENCE = "the parcel was handed to a neighbour on second floor who is at home every evening after six"
WORDS = SENTENCE.split()


def line(i: int, **headers: str) -> dict[str, Any]:
    body = " ".join(WORDS[(i * k) % len(WORDS)] for k in range(1, 12)) + f"\n> canary of {i}"
    return {
        "fields": {"subject": f"Re: parcel {WORDS[i % 13]}", "body": body},
        "more": {"title": "ü"},
        "headers": headers,
    }


LINES = [line(i, **({"from": f"p{i % 3}@x", "thread_id": f"t{i}"} if i % 2 else {})) for i in range(40)]


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The keys of rows whose look was made and not taken from what is kept."""
    found: list[str] = []
    make = looks.looks

    def counted(rows: Any, template: str) -> Any:
        found.extend(row["key"] for row in rows)
        return make(rows, template)

    monkeypatch.setattr(looks, "looks", counted)
    return found


def plain(lines: list[dict[str, Any]], template: str = TEMPLATE) -> list[looks.Look]:
    return looks.looks([{**x, "key": words_key(x["fields"], x["more"])} for x in lines], template)


def test_a_kept_look_is_the_look(tmp_path: Path) -> None:
    """With a file, with what is kept in it, and with none; also where few words leave no signature."""
    lines = [*LINES, {"fields": {"subject": "", "body": "short"}, "more": {}, "headers": {}}, LINES[0]]
    disk = tmp_path / "kept.sqlite"
    asked = [list(looks_of(lines, TEMPLATE, where)) for where in (None, disk, disk)]
    assert asked == [plain(lines)] * 3
    assert [look.text_key for look in asked[2]] == [look.links[0].removeprefix("text ") for look in plain(lines)]


def test_a_night_looks_at_its_new_rows_only(tmp_path: Path, made: list[str]) -> None:
    """And at each of two equal ones once; an edited row is a new one."""
    disk = tmp_path / "kept.sqlite"
    list(looks_of([*LINES, LINES[3]], TEMPLATE, disk))
    assert len(made) == 40
    edited = {**LINES[0], "headers": {"from": "other@x"}}
    list(looks_of([edited, *LINES[1:], line(99)], TEMPLATE, disk))
    assert made[40:] == [words_key(x["fields"], x["more"]) for x in (edited, line(99))]


def test_another_template_code_or_python_makes_anew(
    tmp_path: Path, made: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A look holds a digest of the text that the template made, by this code's rules of what is a letter."""
    disk = tmp_path / "kept.sqlite"
    list(looks_of(LINES, TEMPLATE, disk))
    assert list(looks_of(LINES, "{body}", disk)) == plain(LINES, "{body}")
    assert len(made) == 40 + 40 + 40  # the last of them are the comparison's
    monkeypatch.setattr(looked, "_code", lambda: "other code")
    list(looks_of(LINES, TEMPLATE, disk))
    assert len(made) == 160


@pytest.mark.parametrize("harm", ["gone", "no database", "flipped bits", "no folder can be made"])
def test_what_is_kept_can_be_lost(harm: str, tmp_path: Path) -> None:
    """The looks are the same; only time is lost."""
    disk = tmp_path / "cache" / "kept.sqlite"
    list(looks_of(LINES, TEMPLATE, disk))
    if harm == "gone":
        disk.unlink()
    elif harm == "no database":
        disk.write_bytes(b"x" * 9000)
    elif harm == "flipped bits":
        with sqlite3.connect(disk) as db:
            db.execute("UPDATE made SET value = substr(value, 1, 20) || x'00' || substr(value, 22)")
    else:
        disk.unlink()
        disk.parent.rmdir()
        disk.parent.write_text("")
    assert list(looks_of(LINES, TEMPLATE, disk)) == plain(LINES)


def test_what_is_kept_of_a_look_holds_no_text(tmp_path: Path) -> None:
    """Digests of a mail only."""
    disk = tmp_path / "kept.sqlite"
    list(looks_of(LINES, TEMPLATE, disk))
    assert b"canary" not in disk.read_bytes() and b"parcel" not in disk.read_bytes()


def test_a_grown_night_ends_the_same_with_and_without_what_is_kept(
    recipe_of: Callable[..., Recipe], make_run: Callable[..., Run], place: Home, made: list[str]
) -> None:
    """Report, rows, groups and sides; and with it, four new mails are four looks, in validate and split together."""
    names = ("rejected", "digest", "neutral")
    mails = [{"id": f"m{i}", "label": names[i % 3], **line(i)["fields"]} for i in range(44)]

    def night(n: int) -> tuple[Any, ...]:
        run = make_run(recipe_of(text=TEMPLATE), mails[:n])
        report = validate_rows(run)
        return report, divide(run, report.dropped_labels), [json.loads(x) for x in run.rows.open()]

    first = night(40)
    assert len(made) == 40
    grown = night(44)
    assert len(made) == 44
    place.store.unlink()
    assert night(40) == first
    assert len(made) == 44
    place.kept.unlink()
    assert night(44) == grown
    assert len(made) == 88

"""Look-alikes: what is one mail to a person is one group, and what only shares a phrase is not."""

import json
import random
from typing import Any

import pytest

from avocet.cleaning import group_key, own_words
from avocet.looks import group, looks

NEWS = (
    "thank you for your interest in the position of data engineer. we have decided to go on with other people, and "
    "wish you all the best for your search. please do not answer this mail, nobody reads it."
)
OTHER = "your parcel was handed to the neighbour on the second floor, who is at home every evening after six."


def row(body: str, subject: str = "", **headers: str) -> dict[str, Any]:
    words = {"subject": subject, "body": body}
    return {"fields": words, "more": {}, "headers": headers, "key": group_key(f"{subject} {body}")}


def together(*rows: dict[str, Any]) -> bool:
    """Whether all rows are one group."""
    return len(set(group(looks(rows, "{subject} {body:.400}")))) == 1


PAIRS = {
    "numbers and dates": (row(f"Ticket 17 of 3 May. {OTHER}"), row(f"Ticket 4711 of 24 December. {OTHER}")),
    "a name": (row(f"Dear Ann, {NEWS}"), row(f"Dear Bob, {NEWS}")),
    "quoted mail": (row(OTHER), row(f"{OTHER}\n\nOn Mon, 3 Aug 2026 at 11:30, Ann wrote:\n> {NEWS}")),
    "a German quote": (row(OTHER), row(f"{OTHER}\nAm 3. August schrieb Ann <a@b.de>:\n> {NEWS}")),
    "a signature": (row(OTHER), row(f"{OTHER}\n-- \nAnn Other\nHead of Parcels\n+49 30 1234")),
    "the same start": (row("a " * 300 + NEWS), row("a " * 300 + OTHER)),
    "a thread id": (row(NEWS, thread_id="t1"), row(OTHER, thread_id="t1")),
    "an answer's header": (row(NEWS, message_id="<1@x>"), row(OTHER, in_reply_to="<1@x>")),
    "references": (row(NEWS, references="<0@x> <1@x>"), row(OTHER, references="<0@x> <7@x>")),
    "an answer's subject": (row(NEWS, "Parcel on the stairs"), row(OTHER, "Re: parcel on the  stairs")),
    "two answers' subject": (row(NEWS, "AW: Parcel on the stairs"), row(OTHER, "Fwd: Re: Parcel on the stairs")),
}


@pytest.mark.parametrize("pair", PAIRS)
def test_look_alikes_are_one_group(pair: str) -> None:
    """Each for a reason of its own."""
    assert together(*PAIRS[pair])


STRANGERS = {
    "other words": (row(NEWS), row(OTHER)),
    "another thread": (row(NEWS, thread_id="t1"), row(OTHER, thread_id="t2")),
    "a subject of one word": (row(NEWS, "Hello"), row(OTHER, "Re: Hello")),
    "two openers": (row(NEWS, "Your application"), row(OTHER, "Your application")),
    "short thanks": (row("Thanks, Ann"), row("Thanks, Ann!\n> other")),
    "a phrase in common": (row(f"{OTHER} thank you for your interest."), row(NEWS)),
    "no sender": (row(NEWS, **{"from": ""}), row(OTHER, **{"from": ""})),
    "no words": (row(" "), row("...")),
}


@pytest.mark.parametrize("pair", STRANGERS)
def test_strangers_stay_apart(pair: str) -> None:
    """A group that is too large costs judged rows."""
    assert not together(*STRANGERS[pair])


def test_a_subject_that_many_open_is_nobodys_thread() -> None:
    """Sixty firms write "Your application"; one answer to one of them does not make them a thread."""
    firms = [row(f"{chr(97 + i) * 5} {chr(97 + i) * 4} {chr(97 + i) * 3} x y", "Your application") for i in range(20)]
    assert len(set(group(looks([*firms, row(NEWS, "Re: Your application")], "{subject} {body}")))) == 21


def test_one_sender_is_given_less_room() -> None:
    """Half of the words in common is a template when one address sends both, and a phrase when two do."""
    first = f"{OTHER} The code for the door is green fox."
    second = f"{OTHER} Take your card along when you fetch it."
    same = {"from": "Parcels <News@Post.example>"}
    assert together(row(first, **same), row(second, **{"from": "news@post.example"}))
    assert not together(row(first, **same), row(second, **{"from": "b@post.example"}))


def test_groups_hold_all_that_is_connected_and_do_not_depend_on_the_order() -> None:
    """A is like B, B answers C: one group, named the same from any end."""
    rows = [row(f"Dear Ann, {NEWS}", "One two"), row(f"Dear Bob, {NEWS}", "Re: three four"), row(OTHER, "Three four")]
    rows += [row(f"{word * 3} {word * 4} {word * 5} {word * 6} {word}") for word in "bcdefghij"]
    found = dict(zip(map(json.dumps, rows), group(looks(rows, "{subject} {body}")), strict=True))
    assert len({found[json.dumps(r)] for r in rows[:3]}) == 1
    assert len(set(found.values())) == 10
    for seed in range(5):
        mixed = random.Random(seed).sample(rows, len(rows))
        again = dict(zip(map(json.dumps, mixed), group(looks(mixed, "{subject} {body}")), strict=True))
        assert again == found


def test_no_rows_give_no_groups() -> None:
    """And one row is a group."""
    assert group([]) == []
    assert len(group(looks([row(NEWS)], "{body}"))) == 1


def test_a_look_holds_no_text() -> None:
    """Digests only: looks stay in the ledger when the row is gone."""
    found = looks([row("canary " * 9, "canary re", **{"from": "canary@x", "thread_id": "canary"})], "{subject} {body}")[
        0
    ]
    assert "canary" not in "".join(found.links) + found.sender and len(found.signature) == 256


@pytest.mark.parametrize(
    "text",
    [
        "\n" * 200_000, ">" * 200_000, "On " * 60_000, "Am \n" * 60_000, " " * 200_000,
        "On Monday Bob wrote:\n> x\n" * 40_000, "On Monday Bob wrote:\n" * 50_000 + "\n" * 200_000 + "> x",
        ("On Monday Bob wrote:\n" + "\n" * 1000) * 1000 + "> x",
    ],
)  # fmt: skip
@pytest.mark.timeout(20)
def test_an_awkward_body_costs_no_minutes(text: str) -> None:
    """The reply parsers that were tried are quadratic in blank lines."""
    assert own_words(text) is not None


def test_what_is_left_of_a_mail_that_only_quotes_is_the_mail() -> None:
    """A forwarded mail has no words of its own."""
    assert own_words("> all\n> of it") == "> all\n> of it"
    assert own_words("mine\n> yours\nmine too\n-----Original Message-----\nrest") == "mine\nmine too"

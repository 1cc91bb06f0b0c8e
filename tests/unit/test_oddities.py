"""What a person is shown beside what models doubt: copies with two labels, texts of odd length."""

from typing import Any

from avocet.oddities import conflicts, odd_lengths
from avocet.suspects import Suspect


def line(name: str, label: str, key: str = "", body: str = "b", side: str = "train") -> dict[str, Any]:
    return {"id": name, "label": label, "key": key or name, "side": side, "fields": {"body": body}}


def test_copies_with_two_labels_are_named_on_both_sides_the_rarer_label_first() -> None:
    """Each says which row contradicts it."""
    lines = [
        line("a", "x", "k"), line("b", "y", "k", side="holdout"), line("c", "x", "k"), line("d", "x", "other"),
        line("e", "x", "other"), line("f", "z"),
    ]  # fmt: skip
    same = "the same words as {}, which is labelled {}"
    assert conflicts(lines) == [
        Suspect("b", "y", "x", "holdout", same.format("a", "x")),
        Suspect("a", "x", "y", "train", same.format("b", "y")),
        Suspect("c", "x", "y", "train", same.format("b", "y")),
    ]


def test_texts_of_odd_length_are_named_the_farthest_first() -> None:
    """Against the others, on a log scale: twice as long is nothing."""
    lines = [line(f"r{i}", "x", body="w" * (300 + 10 * i)) for i in range(30)]
    lines += [line("twice", "x", body="w" * 900), line("short", "y", body="ok"), line("long", "z", body="w" * 90_000)]
    found = odd_lengths(lines, "{body}")
    usual = "where half of all have 365 to 535"
    assert found == [
        Suspect("long", "z", "", "train", f"a text of 90000 characters, {usual}"),
        Suspect("short", "y", "", "train", f"a text of 2 characters, {usual}"),
    ]
    assert odd_lengths(lines, "{body:.400}")[0].row_id == "short", "what the model sees is what counts"
    assert odd_lengths(lines[-3:], "{body}") == [], "of a few rows nothing can be said"

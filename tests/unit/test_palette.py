"""How labels are shown and given: each has a key of its own, and none that means something else."""

from pathlib import Path

import pytest

from avocet.errors import WrongUseError
from avocet.store.database import Database, on_sqlite
from avocet.store.palette import COLOURS, KEYS, RESERVED, LabelLook, show, shown, targets
from avocet.store.settings import load

NAMES = [f"label_{i}" for i in range(12)]


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return on_sqlite(tmp_path / "avocet.db")


def test_the_first_ten_labels_have_the_digits(database: Database) -> None:
    """The others letters, as long as there are any; a person need not set anything."""
    found = shown(database, "tiny", NAMES)
    assert "".join(one.key for one in found) == "1234567890ab"
    assert [one.colour for one in found[:10]] == list(COLOURS) and found[10].colour == COLOURS[0]
    many = shown(database, "tiny", [f"l{i}" for i in range(60)])
    keys = [one.key for one in many if one.key]
    assert len(set(keys)) == len(keys) == len(KEYS) and not set(keys) & set(RESERVED)


def test_what_a_person_set_is_kept_and_gets_in_nobodys_way(database: Database) -> None:
    """Of this recipe only; a label that the recipe has since keeps to a free key, one that it has no more is passed over."""
    its = LabelLook("label_3", "1", "#123456", "what it means", 40)
    found = show(database, "tiny", NAMES, [its], "ann")
    assert found[3] == its and targets(found)["label_3"] == 40
    assert len({one.key for one in found}) == 12 and found[1].key == "2"
    assert shown(database, "other", NAMES)[3].key == "4"
    assert shown(database, "tiny", NAMES[:2])[0].key == "1", "label_3 is none of its labels any more"
    assert load(database).min_training_examples == 20, "the switches beside it are as they were"


@pytest.mark.parametrize(
    ("given", "pointer", "why"),
    [
        ([LabelLook("label_1", "U", "#123456")], "/body/items/0/key", "U is taken: u, s, d, h, g, ?, /, j, k"),
        ([LabelLook("label_1", "12", "#123456")], "/body/items/0/key", "one character"),
        ([LabelLook("label_1", " ", "#123456")], "/body/items/0/key", "one character"),
        ([LabelLook("label_1", "\x07", "#123456")], "/body/items/0/key", "one character"),
        (
            [LabelLook("label_1", "a", "#123456"), LabelLook("label_2", "A", "#123456")],
            "/body/items/1/key",
            "key of label_1 already",
        ),
        ([LabelLook("label_1", "a", "red")], "/body/items/0/colour", "#2f7ed8"),
        ([LabelLook("nothing", "a", "#123456")], "/body/items/0/name", "the recipe has no label 'nothing'"),
        ([LabelLook("label_1", "a", "#123456"), LabelLook("label_1", "b", "#123456")], "/body/items/1/name", "twice"),
        ([LabelLook("label_1", "a", "#123456", "x" * 2001)], "/body/items/0/description", "at most 2000"),
        ([LabelLook("label_1", "a", "#123456", "", 0)], "/body/items/0/target", "from 1 to"),
    ],
)
def test_what_cannot_be_is_refused_with_its_place(
    given: list[LabelLook], pointer: str, why: str, database: Database
) -> None:
    """And nothing is kept."""
    with pytest.raises(WrongUseError) as caught:
        show(database, "tiny", NAMES, given, "ann")
    ((where, told),) = caught.value.errors
    assert where == pointer and why in told
    assert shown(database, "tiny", NAMES)[1].key == "2"


def test_several_labels_may_go_without_a_key(database: Database) -> None:
    """There are recipes with more labels than a keyboard has keys."""
    given = [LabelLook("label_1", "", "#123456"), LabelLook("label_2", "", "#123456")]
    assert [one.key for one in show(database, "tiny", NAMES, given, "ann")[1:3]] == ["", ""]

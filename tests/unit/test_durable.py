"""Writing in one move: a reader sees the old state or the new one, and a torn line costs no other."""

from pathlib import Path

import pytest

from avocet import durable


def test_a_text_is_replaced_whole_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    """Also where there was none."""
    path = tmp_path / "decision.json"
    for text in ("first", "zweiter é\n", ""):
        durable.replace_text(path, text)
        assert path.read_text(encoding="utf-8") == text
    assert [p.name for p in tmp_path.iterdir()] == ["decision.json"]


def test_a_reader_of_the_old_text_keeps_it(tmp_path: Path) -> None:
    """The file is another one, not the same one written over."""
    path = tmp_path / "a"
    durable.replace_text(path, "old")
    with path.open() as reader:
        durable.replace_text(path, "new")
        assert (reader.read(), path.read_text()) == ("old", "new")


def test_a_text_that_cannot_be_written_leaves_the_old_one(tmp_path: Path) -> None:
    """Half a surrogate pair is no UTF-8."""
    path = tmp_path / "a"
    durable.replace_text(path, "old")
    with pytest.raises(UnicodeEncodeError):
        durable.replace_text(path, "new \ud800")
    assert path.read_text() == "old"


def test_a_link_is_moved_in_one_move(tmp_path: Path) -> None:
    """From nothing, from another target, and from a target that is gone."""
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    link = tmp_path / "champion"
    for target in ("one", "two", "gone", "one"):
        durable.replace_link(link, target)
        assert link.readlink() == Path(target)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["champion", "one", "two"]
    assert list((tmp_path / "one").iterdir()) == []


def test_a_folder_is_not_replaced_by_a_link(tmp_path: Path) -> None:
    """What is no pointer stays."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "file").touch()
    with pytest.raises(OSError):
        durable.replace_link(tmp_path / "folder", "elsewhere")
    assert (tmp_path / "folder" / "file").exists()


def test_lines_are_appended_for_the_owner_alone(tmp_path: Path) -> None:
    """One call, one line."""
    path = tmp_path / "ledger.jsonl"
    durable.append_line(path, "one")
    durable.append_line(path, "zwei é")
    assert path.read_bytes() == "one\nzwei é\n".encode()
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("torn", [b"half a li", b"whole\nhalf", b"{"])
def test_a_torn_line_is_closed_off_first(torn: bytes, tmp_path: Path) -> None:
    """The next line stands alone."""
    path = tmp_path / "ledger.jsonl"
    path.write_bytes(torn)
    durable.append_line(path, "next")
    assert path.read_bytes() == torn + b"\nnext\n"


def test_files_and_folders_can_be_synced(tmp_path: Path) -> None:
    """A tree with empty folders and files; what is not there is an error, not a silence."""
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "file").write_text("x")
    durable.sync_tree(tmp_path)
    durable.sync(tmp_path / "a" / "file")
    with pytest.raises(FileNotFoundError):
        durable.sync(tmp_path / "gone")


def test_every_file_and_folder_of_a_tree_is_synced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Children before their folder, the root last: without the folders' own a power cut undoes a promotion."""
    (tmp_path / "a" / "b").mkdir(parents=True)
    for name in ("root", "a/one", "a/b/two"):
        (tmp_path / name).touch()
    seen: list[str] = []
    monkeypatch.setattr(durable, "sync", lambda path: seen.append(path.relative_to(tmp_path).as_posix()))
    durable.sync_tree(tmp_path)
    assert sorted(seen) == [".", "a", "a/b", "a/b/two", "a/one", "root"]
    assert seen.index("a/b/two") < seen.index("a/b") < seen.index("a") < seen.index(".") == len(seen) - 1

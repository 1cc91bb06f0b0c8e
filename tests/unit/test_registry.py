"""Versions: built aside, sealed, immutable; one pointer to the champion; a ledger that survives a kill."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from avocet import durable, registry
from avocet.errors import AvocetError, DamagedVersionError, NotFoundError
from avocet.registry import Version

Make = Callable[..., Version]
Stage = Callable[..., Path]


@pytest.fixture
def models(tmp_path: Path) -> Path:
    return tmp_path / "models"


def events(models: Path) -> list[dict[str, object]]:
    """The ledger without its times."""
    return [{k: v for k, v in entry.items() if k != "at"} for entry in registry.ledger(models)]


def test_a_published_version_is_whole_and_found(models: Path, staged: Stage) -> None:
    """By its id and by its alias; the staging folder has become it."""
    staging = staged(models, "tfidf-1", timestamp="2026-01-01T00:00:00Z")
    version = registry.publish(staging, "avocet-tfidf")
    registry.verify(version.folder)
    info = {"version": "tfidf-1", "recipe": "tiny", "candidate": "tfidf", "timestamp": "2026-01-01T00:00:00Z"}
    assert version == Version("tfidf-1", (models / "tfidf-1").resolve(), info)
    assert registry.open_version(models / "avocet-tfidf") == version
    assert sorted(p.name for p in models.iterdir()) == ["avocet-tfidf", "tfidf-1"]


def test_the_alias_moves_to_the_newest_version(models: Path, published: Make) -> None:
    """The older one stays as it was."""
    published(models, "tfidf-1")
    published(models, "tfidf-2")
    assert (models / "avocet-tfidf").readlink() == Path("tfidf-2")
    registry.verify(models / "tfidf-1")


def test_a_version_is_never_written_over(models: Path, published: Make, staged: Stage) -> None:
    """A second one of the same id is an error, and the first is untouched."""
    before = published(models, "tfidf-1")
    again = staged(models, "tfidf-1", other="yes")
    with pytest.raises(OSError):
        registry.publish(again, "avocet-tfidf")
    registry.verify(before.folder)
    assert registry.open_version(before.folder) == before


def test_staging_is_invisible(models: Path, staged: Stage) -> None:
    """Whole or not, it is no version before it is published."""
    staging = staged(models, "tfidf-1")
    assert staging.name.startswith(".")
    assert registry.versions(models) == []
    registry.discard(staging)
    assert list(models.iterdir()) == []


def test_only_staging_can_be_discarded(models: Path, published: Make) -> None:
    """A published version is not thrown away by mistake."""
    version = published(models, "tfidf-1")
    with pytest.raises(ValueError, match="tfidf-1 is no staging folder"):
        registry.discard(version.folder)
    registry.verify(version.folder)


def _append(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b" ")


def _swap_bytes(path: Path) -> None:
    raw = bytearray(path.read_bytes())
    raw[0] ^= 1
    path.write_bytes(raw)


def _to_link(path: Path) -> None:
    outside = path.parent.parent / f"outside-{path.name}"
    path.rename(outside)
    path.symlink_to(outside)


DAMAGE: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing file": (lambda v: (v / "weights.safetensors").unlink(), "weights.safetensors is missing"),
    "missing file in a folder": (lambda v: (v / "encoder" / "config.json").unlink(), "encoder/config.json is missing"),
    "extra file": (lambda v: (v / "pickle.bin").write_bytes(b"x"), "pickle.bin is not in the manifest"),
    "extra file in a folder": (lambda v: (v / "encoder" / "x.py").touch(), "encoder/x.py is not in the manifest"),
    "hidden extra file": (lambda v: (v / ".x").touch(), ".x is not in the manifest"),
    "one altered byte": (lambda v: _swap_bytes(v / "weights.safetensors"), "weights.safetensors is not the file that was sealed"),
    "one more byte": (lambda v: _append(v / "weights.safetensors"), "weights.safetensors is not the file that was sealed"),
    "altered story": (lambda v: _append(v / "training_info.json"), "training_info.json is not the file that was sealed"),
    "altered memory": (lambda v: (v / "learned_from.json").write_text("{}"), "learned_from.json is not the file"),
    "empty file": (lambda v: (v / "weights.safetensors").write_bytes(b""), "weights.safetensors is not the file"),
    "file that is a link": (lambda v: _to_link(v / "weights.safetensors"), "weights.safetensors is a link"),
    "extra link to a file": (lambda v: (v / "x").symlink_to("weights.safetensors"), "x is not in the manifest"),
    "dangling link": (lambda v: (v / "x").symlink_to("nowhere"), "x is not in the manifest"),
    "folder that is a link": (lambda v: _to_link(v / "encoder"), "encoder"),
    "no manifest": (lambda v: (v / "manifest.json").unlink(), "manifest.json is missing or not JSON"),
    "half a manifest": (lambda v: (v / "manifest.json").write_text('{"files": {'), "manifest.json is missing or not JSON"),
    "manifest of another kind": (lambda v: (v / "manifest.json").write_text("[]"), "manifest.json holds no object"),
    "manifest without files": (lambda v: (v / "manifest.json").write_text("{}"), "the manifest lists no files"),
}  # fmt: skip
UNSEEN: dict[str, Callable[[Path], object]] = {
    "extra link to a folder": lambda v: (v / "x").symlink_to("/etc"),
    "manifest that is a link": lambda v: _to_link(v / "manifest.json"),
}


@pytest.mark.parametrize("what", DAMAGE)
def test_every_kind_of_damage_is_found(what: str, models: Path, published: Make) -> None:
    """Before a version is loaded, judged or promoted; the message names version and file."""
    version = published(models, "tfidf-1")
    damage, told = DAMAGE[what]
    damage(version.folder)
    with pytest.raises(DamagedVersionError) as caught:
        registry.verify(version.folder)
    assert told in str(caught.value)
    with pytest.raises(DamagedVersionError):
        registry.promote(models, "tiny", "tfidf-1", "run", "sentence")
    assert (registry.champion(models, "tiny"), events(models)) == (None, [])


@pytest.mark.parametrize("what", UNSEEN)
def test_a_link_to_a_folder_or_instead_of_the_manifest_is_found(what: str, models: Path, published: Make) -> None:
    """A version holds files only: what a link leads to can change after the sealing."""
    version = published(models, "tfidf-1")
    UNSEEN[what](version.folder)
    with pytest.raises(DamagedVersionError):
        registry.verify(version.folder)


def test_a_damaged_staging_folder_is_not_published(models: Path, staged: Stage) -> None:
    """Nothing has changed then."""
    staging = staged(models, "tfidf-1")
    (staging / "weights.safetensors").unlink()
    with pytest.raises(DamagedVersionError):
        registry.publish(staging, "avocet-tfidf")
    assert list(models.iterdir()) == [staging]


LEGACY = {
    "name": "avocet-deberta-small",
    "base_model_id": "cross-encoder/nli-deberta-v3-small",
    "timestamp": "2026-03-02T03:11:09Z",
    "epochs_run": 5,
    "val_macro_f1": 0.81,
    "val_accuracy": 0.88,
    "sample_count": 500,
    "train_sample_count": 425,
    "label_counts": {"digest": 300, "hired": 200},
}


def test_folders_from_before_avocet_are_found_newest_first(models: Path, published: Make) -> None:
    """training_info.json is all they need; a manifest they have not."""
    others = {
        "avocet-deberta-small": LEGACY,
        "avocet-bge-m3": {**LEGACY, "name": "avocet-bge-m3", "timestamp": "2026-03-01T00:00:00Z"},
    }
    for name, info in others.items():
        (models / name).mkdir(parents=True)
        (models / name / "training_info.json").write_text(json.dumps(info))
        (models / name / "model.safetensors").write_bytes(b"weights")
    published(models, "tfidf-1", timestamp="2026-03-01T12:00:00Z")
    (models / "no-model").mkdir()
    (models / "training_info.json").write_text("{}")
    found = registry.versions(models)
    assert [v.id for v in found] == ["avocet-deberta-small", "tfidf-1", "avocet-bge-m3"]
    assert {v.id: v.info for v in found if v.id != "tfidf-1"} == others
    with pytest.raises(DamagedVersionError, match=r"manifest\.json is missing"):
        registry.verify(models / "avocet-bge-m3")


def test_a_folder_in_the_place_of_an_alias_is_kept(models: Path, published: Make) -> None:
    """A model from before Avocet is moved aside, not lost."""
    (models / "avocet-tfidf").mkdir(parents=True)
    (models / "avocet-tfidf" / "training_info.json").write_text(json.dumps(LEGACY))
    published(models, "tfidf-1")
    assert (models / "avocet-tfidf").readlink() == Path("tfidf-1")
    assert registry.open_version(models / "avocet-tfidf-before-tfidf-1").info == LEGACY


@pytest.mark.parametrize("story", ["{", "[]", "\udcff"])
def test_a_version_with_an_unreadable_story_is_listed_as_damaged(story: str, models: Path, published: Make) -> None:
    """It does not hide the others."""
    published(models, "tfidf-1")
    published(models, "tfidf-2")
    (models / "tfidf-2" / "training_info.json").write_bytes(story.encode("utf-8", "surrogateescape"))
    found = {v.id: v.info for v in registry.versions(models)}
    assert found["tfidf-1"]["version"] == "tfidf-1"
    assert list(found["tfidf-2"]) == ["damaged"]


def test_no_models_folder_is_no_versions(models: Path) -> None:
    """A fresh checkout answers every question."""
    assert (registry.versions(models), registry.champions(models), registry.ledger(models)) == ([], {}, [])
    assert (registry.champion(models, "tiny"), registry.recover(models), registry.sweep(models)) == (None, [], [])
    with pytest.raises(NotFoundError, match="no model at"):
        registry.open_version(models / "x")


def test_learned_from_are_the_groups_of_both_learning_sides(models: Path) -> None:
    """What was stopped early on is not judged on either."""
    staging = registry.new_staging(models)
    registry.write_learned_from(staging, {"train": ["a", "b"], "validation": ["c"]})
    assert registry.learned_from(staging) == {"a", "b", "c"}
    (staging / "learned_from.json").unlink()
    with pytest.raises(DamagedVersionError):
        registry.learned_from(staging)


def test_a_memory_without_its_sides_is_damage(models: Path) -> None:
    """`learned_from` says that it raises DamagedVersionError."""
    staging = registry.new_staging(models)
    registry.write_learned_from(staging, {"train": ["a"]})
    with pytest.raises(DamagedVersionError):
        registry.learned_from(staging)


def test_promote_moves_the_pointer_between_two_lines(models: Path, published: Make) -> None:
    """Before, after, and the second time with what was there before."""
    published(models, "tfidf-1")
    second = published(models, "tfidf-2")
    registry.promote(models, "tiny", "tfidf-1", "run-1", "promoted it", "key-1")
    registry.promote(models, "tiny", "tfidf-2", "run-2", "promoted it too")
    assert registry.champion(models, "tiny") == second
    assert (registry.champion_id(models, "tiny"), registry.champions(models)) == ("tfidf-2", {"tiny": "tfidf-2"})
    one = {"recipe": "tiny", "version": "tfidf-1", "before": None, "run": "run-1"}
    two = {"recipe": "tiny", "version": "tfidf-2", "before": "tfidf-1", "run": "run-2"}
    assert events(models) == [
        {"event": "promoting", **one},
        {"event": "promoted", **one, "champion": "tfidf-1", "sentence": "promoted it", "run_key": "key-1"},
        {"event": "promoting", **two},
        {"event": "promoted", **two, "champion": "tfidf-2", "sentence": "promoted it too", "run_key": None},
    ]
    assert registry.recover(models) == []


def test_each_recipe_has_its_own_champion(models: Path, published: Make) -> None:
    """One recipe's promotion is not the other's."""
    published(models, "tfidf-1")
    registry.promote(models, "tiny", "tfidf-1", "run-1", "")
    registry.promote(models, "tiny-2", "tfidf-1", "run-2", "")
    assert registry.champions(models) == {"tiny": "tfidf-1", "tiny-2": "tfidf-1"}


def test_a_refusal_is_one_line_and_moves_nothing(models: Path, published: Make) -> None:
    """With the champion that stays."""
    published(models, "tfidf-1")
    registry.promote(models, "tiny", "tfidf-1", "run-1", "")
    registry.refuse(models, "tiny", "tfidf-2", "run-2", "refused it", "not_better", "key")
    assert registry.champion_id(models, "tiny") == "tfidf-1"
    assert events(models)[2:] == [
        {
            "event": "refused", "recipe": "tiny", "version": "tfidf-2", "champion": "tfidf-1", "run": "run-2",
            "reason": "not_better", "sentence": "refused it", "run_key": "key",
        }
    ]  # fmt: skip


@pytest.mark.parametrize(("pointer", "event"), [("tfidf-2", "promoted"), ("tfidf-1", "abandoned")])
def test_an_interrupted_promotion_is_closed_as_the_pointer_says(
    pointer: str, event: str, models: Path, published: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A kill just before the pointer moved, or just after: the ledger tells the truth again, once."""
    published(models, "tfidf-1")
    published(models, "tfidf-2")
    registry.promote(models, "tiny", "tfidf-1", "run-1", "")

    def killed(link: Path, target: str) -> None:
        if pointer == target:
            link.unlink()
            link.symlink_to(target)
        raise KeyboardInterrupt

    monkeypatch.setattr(durable, "replace_link", killed)
    with pytest.raises(KeyboardInterrupt):
        registry.promote(models, "tiny", "tfidf-2", "run-2", "")
    ending = "finished" if event == "promoted" else "left undone"
    assert registry.recover(models) == [f"an interrupted promotion of tfidf-2 was {ending}"]
    story = {"recipe": "tiny", "version": "tfidf-2", "before": "tfidf-1", "run": "run-2"}
    assert events(models)[2:] == [{"event": "promoting", **story}, {**story, "event": event, "recovered": True}]
    assert registry.champion_id(models, "tiny") == pointer
    assert registry.recover(models) == []


def test_a_torn_last_line_costs_no_other(models: Path) -> None:
    """It is passed over, and the next line does not grow into it."""
    registry.record(models, {"event": "one"})
    with (models / "ledger.jsonl").open("ab") as stream:
        stream.write(b'{"event": "to')
    assert [e["event"] for e in registry.ledger(models)] == ["one"]
    registry.record(models, {"event": "three"})
    assert [e["event"] for e in registry.ledger(models)] == ["one", "three"]


def test_a_ledger_line_is_one_line_whatever_it_says(models: Path) -> None:
    """Line breaks and other scripts stay inside their line."""
    registry.record(models, {"sentence": "one\ntwo\u2028three é"})
    registry.record(models, {"sentence": "four"})
    assert [e["sentence"] for e in registry.ledger(models)] == ["one\ntwo\u2028three é", "four"]


def test_sweep_removes_what_killed_runs_left_and_nothing_else(models: Path, published: Make, staged: Stage) -> None:
    """Staging folders and the temporary links of a pointer that was being moved."""
    published(models, "tfidf-1")
    registry.promote(models, "tiny", "tfidf-1", "run", "")
    (models / ".keep").touch()
    (models / "notes.txt").touch()
    before = sorted(p.name for p in models.iterdir())
    stale = [
        staged(models, "tfidf-2").name,
        registry.new_staging(models).name,
        ".avocet-tfidf.0a1b",
        ".champion-tiny.0a1b",
    ]
    for name in stale[2:]:
        (models / name).symlink_to("tfidf-1")
    assert registry.sweep(models) == sorted(stale)
    assert sorted(p.name for p in models.iterdir()) == before
    registry.verify(models / "tfidf-1")
    assert registry.sweep(models) == []


def test_sweep_removes_the_temporary_link_of_any_alias(models: Path, published: Make) -> None:
    """A recipe with `alias: mail-{candidate}` leaves `.mail-tfidf.<hex>` behind when it is killed there."""
    published(models, "tfidf-1")
    link = models / ".mail-tfidf.0a1b2c3d"
    link.symlink_to("tfidf-1")
    registry.sweep(models)
    assert not link.is_symlink()


NAMES = ["../x", "a/b", "/etc", "", ".", "..", ".x", "X", "x y", "x\n", "a" * 65, "\u0430"]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_is_no_name_leads_nowhere(name: str, models: Path, published: Make, staged: Stage) -> None:
    """As version, recipe, or alias: an error, and nothing outside of models/ is touched."""
    published(models, "tfidf-1")
    staging = staged(models, name)
    for attempt in (
        lambda: registry.promote(models, "tiny", name, "run", ""),
        lambda: registry.promote(models, name, "tfidf-1", "run", ""),
        lambda: registry.champion(models, name),
        lambda: registry.publish(staging, "avocet-tfidf"),
    ):
        with pytest.raises(AvocetError, match="is no name"):
            attempt()
    assert staging.exists()
    assert registry.champions(models) == {}
    assert [p.name for p in models.parent.iterdir()] == ["models"]


def test_a_promotion_for_no_recipe_leaves_no_line(models: Path, published: Make) -> None:
    """`promote` raises before anything changes."""
    published(models, "tfidf-1")
    with pytest.raises(AvocetError):
        registry.promote(models, "../x", "tfidf-1", "run", "")
    assert registry.ledger(models) == []


def test_a_version_with_a_wrong_alias_is_not_published(models: Path, staged: Stage) -> None:
    """An alias is at most 64 characters; a long recipe name and a long candidate make a longer one."""
    staging = staged(models, "tfidf-1")
    with pytest.raises(AvocetError):
        registry.publish(staging, "avocet-" + "n" * 40 + "-" + "c" * 30)
    assert [p.name for p in models.iterdir()] == [staging.name]

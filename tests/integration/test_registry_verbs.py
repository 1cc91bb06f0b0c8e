"""The terminal's verbs over models/: what they print, their JSON, and one line with an exit code for each mistake."""

import json
import subprocess
import sys
from collections.abc import Callable

import pytest
from click.testing import CliRunner, Result

from app.cli import main
from avocet import registry
from avocet.home import Home

Make = Callable[..., str]


def avocet(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


@pytest.fixture
def two(place: Home, tfidf_version: Make) -> tuple[str, str]:
    """Two versions of `tiny`, promoted one after the other."""
    first, second = tfidf_version("tfidf-1", penalty=1.0), tfidf_version("tfidf-2", penalty=2.0)
    for version in (first, second):
        registry.promote(place.models, "tiny", version, "run-1", f"promoted {version}: better")
    return first, second


def test_history_champion_and_rollback_agree(two: tuple[str, str]) -> None:
    """In words and in JSON."""
    told = avocet("history").stdout.splitlines()
    assert len(told) == 2 and told[1].endswith("Z  tiny  tfidf-2  promoted tfidf-2: better")
    (champion,) = json.loads(avocet("models", "champion", "--json").stdout)["champions"]
    assert (champion["recipe"], champion["version"], champion["event"]) == ("tiny", "tfidf-2", "promoted")
    moved = json.loads(avocet("rollback", "--json").stdout)
    assert (moved["version"], moved["before"]) == ("tfidf-1", "tfidf-2")
    assert avocet("models", "champion").stdout.startswith("tiny: tfidf-1 since 20")
    assert json.loads(avocet("history", "tiny", "--json").stdout)[-1]["event"] == "rolled_back"
    promoted = avocet("models", "promote", "tfidf-2", "--force", "--reason", "we want it")
    assert promoted.exit_code == 0 and "without the gate: we want it" in promoted.stdout
    assert "without the gate: we want it" in avocet("status").stdout


def test_each_mistake_of_these_verbs_is_one_line_and_an_exit_code(
    two: tuple[str, str], place: Home, tfidf_version: Make
) -> None:
    """No traceback, nothing on standard output, the champion as it was."""
    tfidf_version("tfidf-3", penalty=3.0)
    for arguments, code, says in [
        (("rollback", "tfidf-2"), 3, "is the champion of tiny already"),
        (("rollback", "--recipe", "other"), 3, "has no champion to roll back; those that have one: tiny"),
        (("rollback", "../x"), 1, "is no name"),
        (("models", "promote", "tfidf-3"), 5, "no gate has judged it as a challenger yet: `avocet train tiny --model"),
        (("models", "promote", "tfidf-1", "--reason", "x"), 2, "goes with --force"),
        (("models", "promote", "tfidf-1", "--force"), 2, "needs a reason"),
        (("models", "promote", "nope", "--force", "--reason", "x"), 3, "no model"),
        (("models", "champion", "--at", "2026-11-03 02:00"), 2, "no time zone"),
        (("models", "champion", "--at", "2020-01-01T00:00Z"), 3, "there was no champion at 2020-01-01T00:00:00Z"),
        (("models", "rm", "tfidf-1"), 1, "is or was the champion of tiny"),
        (("models", "rm", "avocet-tiny-tfidf"), 2, "is a name for tfidf-3; remove that by its own name"),
        (("models", "rm", "nope"), 3, "there is no version nope"),
        (("history", "other"), 3, "nothing was decided yet about other"),
        (("history", "../x"), 1, "is no name"),
    ]:
        done = avocet(*arguments)
        assert (done.exit_code, done.stdout) == (code, ""), (arguments, done.output)
        assert done.stderr.startswith("avocet: ") and done.stderr.count("\n") == 1 and says in done.stderr
    assert registry.champion_id(place.models, "tiny") == "tfidf-2"


TWICE = """
import sys, time
from app.cli import main
from avocet import byhand
proved = byhand.proved
def slowly(folder):
    print("at work", flush=True)
    sys.stdin.readline()
    proved(folder)
byhand.proved = slowly
main(sys.argv[1:])
"""


def test_of_two_at_once_one_wins_and_the_other_says_so(two: tuple[str, str], place: Home) -> None:
    """Two processes: the first is in the middle of a rollback when the second wants to promote."""
    words = [sys.executable, "-c", TWICE]
    first = subprocess.Popen([*words, "rollback"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert first.stdout and first.stdout.readline() == "at work\n"
    second = subprocess.run(
        [*words, "models", "promote", "tfidf-1", "--force", "--reason", "me too"],
        stdin=subprocess.DEVNULL, capture_output=True, text=True,
    )  # fmt: skip
    assert (second.returncode, second.stdout) == (6, "")
    assert second.stderr.startswith("avocet: another run is at work") and second.stderr.count("\n") == 1
    assert registry.champion_id(place.models, "tiny") == "tfidf-2"
    told, _ = first.communicate("go\n")
    assert first.returncode == 0 and "rolled back from tfidf-2 to tfidf-1" in told
    assert [e["event"] for e in registry.ledger(place.models)][-2:] == ["rolling_back", "rolled_back"]


def test_doctor_and_prune_answer(two: tuple[str, str], place: Home) -> None:
    """Damage is exit code 1, in words and in JSON; nothing to prune is no error."""
    assert avocet("doctor").exit_code == 0
    assert json.loads(avocet("models", "prune", "--dry-run", "--json").stdout)["removed"] == []
    (place.models / "tfidf-2" / "tfidf.safetensors").write_bytes(b"rot")
    done = avocet("doctor")
    assert done.exit_code == 1 and done.stdout.startswith("damaged: champion version tfidf-2: tfidf.safetensors is not")
    found = json.loads(avocet("doctor", "--json").stdout)
    assert found["damaged"] and found["findings"][0]["kind"] == "damaged"
    assert avocet("rollback").exit_code == 0 and registry.champion_id(place.models, "tiny") == "tfidf-1"
    assert avocet("models", "prune", "--keep", "0").exit_code == 2


def test_compare_shows_both_and_what_may_be_compared(two: tuple[str, str]) -> None:
    """In a table and in JSON."""
    told = avocet("models", "compare", *two).stdout
    assert "tfidf-1" in told and "must not be compared" in told
    found = json.loads(avocet("models", "compare", *two, "--json").stdout)
    assert {"what": "method", "a": "tfidf", "b": "tfidf"} in found["lines"] and found["together"] is None
    assert avocet("models", "compare", "tfidf-1", "tfidf-1").exit_code == 2


def test_what_never_was_champion_can_be_removed(two: tuple[str, str], place: Home, tfidf_version: Make) -> None:
    """And the champion that was rolled back from can come back as it went."""
    tfidf_version("tfidf-3", penalty=3.0)
    assert avocet("models", "rm", "tfidf-3").stdout.startswith("removed tfidf-3, ")
    assert not (place.models / "tfidf-3").exists()
    assert avocet("rollback").exit_code == 0
    assert avocet("models", "promote", "tfidf-2").stdout == "tiny: rolled back from tfidf-1 to tfidf-2\n"
    assert registry.champion_id(place.models, "tiny") == "tfidf-2"

"""A long-lived program over many promotions: no request fails, no answer is of two versions, nothing is kept of the old."""

import threading
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import psutil
import pytest

from avocet import registry
from avocet.classifier import load
from avocet.errors import NotFoundError, WrongUseError
from avocet.home import Home
from avocet.live import Live
from tests.conftest import LABELS

ROWS = [{"subject": "your interview", "body": "is on Monday"}, {"subject": "weekly digest", "body": "ten jobs"}]
N_THREADS = 2


@pytest.fixture
def two(tfidf_version: Callable[..., str]) -> tuple[str, str]:
    """Two versions that say other labels of the same mail."""
    return tfidf_version("tfidf-one"), tfidf_version("tfidf-two", trained_labels=[*LABELS[1:], LABELS[0]])


def promote(place: Home, version: str) -> None:
    registry.promote(place.models, "tiny", version, "run-1", "promoted")


@pytest.mark.parametrize(("n_requests", "n_promotions"), [(300, 6), pytest.param(10_000, 100, marks=pytest.mark.slow)])
def test_requests_go_on_over_promotions(n_requests: int, n_promotions: int, place: Home, two: tuple[str, str]) -> None:
    """Each is answered, each by one version whole; both had their turn."""
    said = {v: [p.label for p in load(place.models / v).classify_fields(ROWS)] for v in two}
    assert said[two[0]] != said[two[1]]
    promote(place, two[0])
    live, answers, failed, left = Live(place.models, "tiny"), list[str](), list[str](), iter(range(n_requests))
    lock = threading.Lock()

    def ask() -> None:
        while True:
            with lock:
                if next(left, None) is None:
                    return
            try:
                found = live.classify_fields(ROWS)
            except Exception as e:  # noqa: BLE001  the test is that there is none
                failed.append(repr(e))
                return
            versions = {p.version for p in found}
            if len(versions) != 1 or [p.label for p in found] != said[versions.copy().pop()]:
                failed.append(f"mixed: {found}")
            answers.append(versions.pop())

    threads = [threading.Thread(target=ask) for _ in range(N_THREADS)]
    for thread in threads:
        thread.start()
    for i in range(n_promotions):
        promote(place, two[(i + 1) % 2])
        until = n_requests * (i + 1) // n_promotions
        while len(answers) < until and any(t.is_alive() for t in threads) and not failed:
            threads[0].join(0.005)
    for thread in threads:
        thread.join()
    assert (failed, len(answers)) == ([], n_requests)
    n_changes = sum(a != b for a, b in pairwise(answers))
    assert set(answers) == set(two) and n_changes >= n_promotions / 2


@pytest.mark.slow
def test_the_old_ones_memory_is_given_back(place: Home, two: tuple[str, str]) -> None:
    """After twenty-five changes hardly more is held than after five; a version is megabytes."""
    promote(place, two[0])
    live, held = Live(place.models, "tiny"), []
    for i in range(25):
        promote(place, two[(i + 1) % 2])
        live.classifier()
        live.wait()
        assert live.classifier().version.id == two[(i + 1) % 2]
        held.append(psutil.Process().memory_info().rss)
    assert held[-1] - held[4] < 30 * 2**20


def test_a_damaged_champion_is_refused_and_the_old_one_goes_on(
    place: Home, two: tuple[str, str], tfidf_version: Callable[..., str]
) -> None:
    """It is told, not tried again at each request, and the next whole one is taken up."""
    promote(place, two[0])
    live = Live(place.models, "tiny")
    promote(place, two[1])
    (place.models / two[1] / "tfidf.safetensors").write_bytes(b"rot")
    tried: list[Path] = []
    live._loads = lambda folder: (tried.append(folder), load(folder))[1]
    for _ in range(20):
        assert live.classify_fields(ROWS)[0].version == two[0]
        live.wait()
    assert len(tried) == 1 and live.problem is not None and "is not the file that was sealed" in live.problem
    third = tfidf_version("tfidf-three")
    promote(place, third)
    live.classifier()
    live.wait()
    assert (live.classifier().version.id, live.problem) == (third, None)


def test_whatever_loading_fails_with_the_old_one_goes_on(place: Home, two: tuple[str, str]) -> None:
    """A full memory is no error of ours; it is told once, and not met again at each request."""
    promote(place, two[0])
    live, tried = Live(place.models, "tiny"), list[Path]()

    def full(folder: Path) -> Any:
        tried.append(folder)
        raise MemoryError

    live._loads = full
    promote(place, two[1])
    for _ in range(5):
        assert live.classify_fields(ROWS)[0].version == two[0]
        live.wait()
    assert (len(tried), live.problem) == (1, "it cannot be loaded here (MemoryError)")


def test_without_a_champion_nothing_is_served(place: Home) -> None:
    """It says how to get one."""
    with pytest.raises(NotFoundError, match="`avocet train tiny` trains and judges the first"):
        Live(place.models, "tiny")


def test_an_answer_names_its_template_and_another_one_is_refused(place: Home, two: tuple[str, str]) -> None:
    """Whoever built texts for one version must not send them to another."""
    classifier = load(place.models / two[0])
    found = classifier.classify_fields(ROWS, template=classifier.template)
    assert {(p.template, p.engine) for p in found} == {(classifier.template, "linear")}
    with pytest.raises(WrongUseError, match=f"another template \\({classifier.template}, not 0123456789ab\\)"):
        classifier.classify_fields(ROWS, template="0123456789ab")

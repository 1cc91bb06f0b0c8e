"""Judging in pieces: every row once and in order, smaller where memory runs out, and never larger again."""

import pytest

from avocet.methods.pieces import Pieces, at_most, begin, most


def hungry(above: int, error: Exception, sizes: list[int]) -> object:
    """Judges at most `above` rows at once."""

    def run(part: slice) -> list[int]:
        n = part.stop - part.start
        sizes.append(n)
        if n > above:
            raise error
        return list(range(part.start, part.stop))

    return run


@pytest.mark.parametrize("above", [1, 2, 3, 5, 8, 16])
@pytest.mark.parametrize("n", [0, 1, 7, 16, 33])
def test_every_row_is_judged_once_and_in_order(n: int, above: int) -> None:
    """In pieces that fit, and once memory ran out no larger one is tried."""
    sizes: list[int] = []
    found = Pieces(16).over(n, hungry(above, MemoryError(), sizes))  # type: ignore[arg-type]
    assert [i for part in found for i in part] == list(range(n))
    failed = [i for i, size in enumerate(sizes) if size > above]
    assert failed == list(range(len(failed))), "only at the start"


def test_a_row_that_is_too_much_alone_is_an_error() -> None:
    """There is nothing smaller."""
    sizes: list[int] = []
    with pytest.raises(RuntimeError, match="out of memory"):
        Pieces(8).over(8, hungry(0, RuntimeError("CUDA out of memory"), sizes))  # type: ignore[arg-type]
    assert sizes == [8, 4, 2, 1]


@pytest.mark.parametrize("message", ["CUDA error: device-side assert triggered", "shapes do not match"])
def test_another_error_is_let_out_at_once(message: str) -> None:
    """A smaller piece would not mend it."""
    sizes: list[int] = []
    with pytest.raises(RuntimeError, match=message):
        Pieces(8).over(8, hungry(0, RuntimeError(message), sizes))  # type: ignore[arg-type]
    assert sizes == [8]


def test_a_rung_may_ask_for_less_and_planned_faults_strike_there_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Outside of a training child nothing is limited and no fault of ours strikes: a server answers there."""
    monkeypatch.setenv("AVOCET_FAULT", "oom@eval>4")
    assert (most(16), begin(16)) == (16, 1.0)
    with at_most(0):
        assert most(16) == 16
        with pytest.raises(MemoryError):
            begin(5)
        with at_most(4):
            assert (most(16), begin(most(16))) == (4, 1.0)
    assert (most(16), begin(16)) == (16, 1.0)

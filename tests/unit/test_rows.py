"""Reading rows: which bytes are a row, which are told as unusable, and where."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from avocet import records
from avocet.rows import Reading, Row, Unusable, read, write_unusable

Read = Callable[[bytes], Reading]
SUITE = Path(__file__).resolve().parents[3] / "shared" / "data" / "dirty_visible" / "json_test_suite"


def line(body: Any = "b", **more: Any) -> bytes:
    """One good line, or one with a field replaced."""
    return json.dumps({"subject": "s", "body": body, "label": "x", **more}).encode() + b"\n"


def bodies(reading: Reading) -> list[str]:
    return [row.fields["body"] for row in reading.rows]


def reasons(reading: Reading) -> list[tuple[int, str]]:
    return [(u.line, u.reason) for u in reading.unusable]


def test_a_row_keeps_id_label_fields_and_place(read_bytes: Read) -> None:
    """All that a row is, and nothing of the fields that the template does not read."""
    raw = b"\n" + line("body", id="m1", labeled_at="2026-01-02", label=" digest ", secret="kept out")
    assert read_bytes(raw) == Reading(
        rows=(Row("m1", "digest", {"subject": "s", "body": "body"}, "rows.jsonl", 2, "2026-01-02"),),
        unusable=(),
        n_lines=1,
    )


@pytest.mark.parametrize("sign", ["\u2028", "\u2029", "\x85", "\x0c", "\x1e", "\u000b"])
def test_only_a_newline_ends_a_line(sign: str, read_bytes: Read) -> None:
    """Signs that str.splitlines breaks at are part of the body, raw or escaped."""
    escaped = line(f"one{sign}two")
    raw = json.dumps({"subject": "s", "body": f"one{sign}two", "label": "x"}, ensure_ascii=False).encode() + b"\n"
    may_stand_raw = ord(sign) >= 0x20
    found = read_bytes(escaped + (raw if may_stand_raw else b""))
    assert bodies(found) == [f"one{sign}two"] * (1 + may_stand_raw)
    assert found.unusable == ()


def test_a_carriage_return_inside_a_body_does_not_split(read_bytes: Read) -> None:
    """An escaped one is kept; a raw one makes its own line bad and no other."""
    raw = b'{"subject": "s", "body": "one\rtwo", "label": "x"}\n'
    found = read_bytes(line("one\rtwo") + raw + line("last"))
    assert bodies(found) == ["one\rtwo", "last"]
    assert reasons(found) == [(2, "not JSON at column 30: Invalid control character at")]


def test_a_byte_order_mark_and_crlf_ends_are_no_part_of_the_rows(read_bytes: Read) -> None:
    """A file that a Windows editor saved reads like any other."""
    raw = line("one") + b"\n" + line("two")
    assert read_bytes(b"\xef\xbb\xbf" + raw.replace(b"\n", b"\r\n")) == read_bytes(raw)


def test_blank_lines_are_not_counted_but_numbered(read_bytes: Read) -> None:
    """Line numbers are those that an editor shows."""
    found = read_bytes(b"\n  \t\r\n" + line("one") + b"\n\nbad\n")
    assert [r.line for r in found.rows] == [3]
    assert [u.line for u in found.unusable] == [6]
    assert found.n_lines == 2


@pytest.mark.parametrize("raw", [b"", b"\n", b"\xef\xbb\xbf", b" \n\r\n"])
def test_an_empty_file_holds_nothing(raw: bytes, read_bytes: Read) -> None:
    """No row, no bad line, no error."""
    assert read_bytes(raw) == Reading((), (), 0)


def test_a_last_line_without_its_newline_is_a_row(read_bytes: Read) -> None:
    """Nothing is lost at the end of a file."""
    assert bodies(read_bytes(line("one") + line("two").rstrip())) == ["one", "two"]


BAD = {
    "NaN": (b'{"subject":"s","body":"b","label":"x","n":NaN}', "NaN is not JSON"),
    "Infinity": (b'{"subject":"s","body":"b","label":"x","n":Infinity}', "Infinity is not JSON"),
    "-Infinity": (b'{"subject":"s","body":"b","label":"x","n":[-Infinity]}', "-Infinity is not JSON"),
    "1e999": (b'{"subject":"s","body":"b","label":"x","n":1e999}', "a number that is too large"),
    "many digits": (
        b'{"subject":"s","body":"b","label":"x","n":' + b"9" * 5000 + b"}",
        "a number that is too long",
    ),
    "twins": (b'{"subject":"s","body":"b","label":"x","label":"y"}', "a key stands twice in one object"),
    "inner twins": (
        b'{"subject":"s","body":"b","label":"x","n":{"a":1,"a":1}}',
        "a key stands twice in one object",
    ),
    "deep": (b'{"subject":"s","n":' + b"[" * 200_000 + b"]" * 200_000 + b"}", "JSON nested too deep"),
    "invalid UTF-8": (b'{"subject":"\xff","body":"b","label":"x"}', "not UTF-8 at byte 12"),
    "a surrogate in UTF-8": (b'{"subject":"\xed\xa0\x80","body":"b","label":"x"}', "not UTF-8 at byte 12"),
    "half a pair": (rb'{"subject":"s","body":"\ud83d","label":"x"}', "body holds half a surrogate pair"),
    "half a pair, low": (
        rb'{"subject":"\udc00","body":"b","label":"x"}',
        "subject holds half a surrogate pair",
    ),
    "half a pair in the label": (
        rb'{"subject":"s","body":"b","label":"\ud800"}',
        "label holds half a surrogate pair",
    ),
    "half a pair in the id": (
        rb'{"id":"\ud800","subject":"s","body":"b","label":"x"}',
        "id holds half a surrogate pair",
    ),
    "list": (b"[]", "a JSON list, not an object"),
    "text": (b'"subject"', "a JSON text, not an object"),
    "number": (b"17", "a JSON number, not an object"),
    "null": (b"null", "a JSON null, not an object"),
    "boolean": (b"true", "a JSON boolean, not an object"),
    "null body": (b'{"subject":"s","body":null,"label":"x"}', "body is null, not text"),
    "number body": (b'{"subject":"s","body":1,"label":"x"}', "body is number, not text"),
    "list body": (b'{"subject":"s","body":["b"],"label":"x"}', "body is list, not text"),
    "no body": (b'{"subject":"s","label":"x"}', "no field 'body'"),
    "no label": (b'{"subject":"s","body":"b"}', "no field 'label'"),
    "blank label": (b'{"subject":"s","body":"b","label":" \\t"}', "label is empty"),
    "long label": (b'{"subject":"s","body":"b","label":"' + b"x" * 201 + b'"}', "label of 201 characters"),
    "object id": (b'{"id":{},"subject":"s","body":"b","label":"x"}', "id is object, not text"),
    "boolean id": (b'{"id":true,"subject":"s","body":"b","label":"x"}', "id is boolean, not text"),
    "number date": (
        b'{"subject":"s","body":"b","label":"x","labeled_at":1}',
        "labeled_at is number, not text",
    ),
    "two objects": (b"{}{}", "not JSON at column 3: Extra data"),
}


@pytest.mark.parametrize("what", BAD)
def test_a_bad_line_is_told_by_number_and_reason_and_costs_no_other(what: str, read_bytes: Read) -> None:
    """The rows before and after it are kept."""
    raw, reason = BAD[what]
    found = read_bytes(line("before") + raw + b"\n" + line("after"))
    assert bodies(found) == ["before", "after"]
    assert reasons(found) == [(2, reason)]
    assert found.n_lines == 3


def test_the_column_of_a_line_that_stops_short_is_its_end(read_bytes: Read) -> None:
    """A person who goes to that column sees what is missing."""
    assert reasons(read_bytes(b'{"subject":"s","body"\n')) == [(1, "not JSON at column 22: Expecting ':' delimiter")]


def test_a_whole_surrogate_pair_is_one_character(read_bytes: Read) -> None:
    """Refusing halves does not cost the emoji that JSON writes as two escapes."""
    assert bodies(read_bytes(rb'{"subject":"s","body":"\ud83d\ude00","label":"x"}')) == ["\U0001f600"]


def test_no_reason_quotes_the_line(read_bytes: Read) -> None:
    """What is told of a bad line goes to logs; its text may be a mail."""
    for raw, _ in BAD.values():
        found = read_bytes(raw.replace(b'"b"', b'"canary-2716"') + b" canary-2716\n")
        assert found.rows == () and "canary" not in found.unusable[0].reason


def test_a_line_over_the_limit_is_skipped_whole(read_bytes: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    """However long it is, it is one bad line; a line just within the limit is a row."""
    monkeypatch.setattr(records, "MAX_LINE_BYTES", 64)
    fits = line("f" * (64 - len(line(""))))
    assert len(fits) == 64
    for excess in (1, 64, 65, 1000):
        found = read_bytes(line("one") + fits[:-3] + b"x" * excess + fits[-3:] + fits)
        assert [(r.line, len(r.fields["body"])) for r in found.rows] == [(1, 3), (3, 64 - len(line("")))]
        assert reasons(found) == [(2, "line longer than 64 bytes")]


def test_a_first_line_over_the_limit_behind_a_byte_order_mark_is_one_bad_line(
    read_bytes: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The middle of a long line is never read as a row of its own."""
    monkeypatch.setattr(records, "MAX_LINE_BYTES", 64)
    hidden = line("half")
    found = read_bytes(b"\xef\xbb\xbf" + b"x" * 62 + hidden + line("next"))
    assert bodies(found) == ["next"]
    assert reasons(found) == [(1, "line longer than 64 bytes")]


def test_gzipped_rows_read_like_plain_ones(tmp_path: Path, read_bytes: Read) -> None:
    """The suffix .gz decides."""
    raw = line("one") + b"bad\n" + line("two")
    (tmp_path / "packed.jsonl.gz").write_bytes(gzip.compress(raw))
    assert read([(tmp_path / "packed.jsonl.gz", "rows.jsonl")], ["subject", "body"]) == read_bytes(raw)


_PACKED = gzip.compress(b"".join(line(f"body {i}") for i in range(50)), mtime=0)


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"no gzip at all", id="no gzip"),
        pytest.param(_PACKED[:-8] + bytes(8), id="wrong checksum"),
        pytest.param(_PACKED[:5], id="half a header"),
        pytest.param(_PACKED[:-12], id="half a download"),
    ],
)
def test_a_broken_gzip_file_is_an_os_error(raw: bytes, tmp_path: Path) -> None:
    """`read` says that it raises OSError where a file cannot be read; half a download is such a file."""
    (tmp_path / "cut.jsonl.gz").write_bytes(raw)
    with pytest.raises(OSError):
        read([(tmp_path / "cut.jsonl.gz", "cut.jsonl.gz")], ["subject", "body"])


def test_a_number_may_be_an_id_and_equals_its_text(read_bytes: Read) -> None:
    """17 and "17" name the same mail, so the second is refused."""
    found = read_bytes(line("one", id=17) + line("zero", id=0) + line("two", id="17"))
    assert [r.id for r in found.rows] == ["17", "0"]
    assert reasons(found) == [(3, "its id was seen before, in rows.jsonl line 1")]


@pytest.mark.parametrize(
    "given",
    [
        "m1",
        pytest.param("c-17"),
    ],
)
def test_a_given_id_that_comes_back_is_refused(given: str, read_bytes: Read) -> None:
    """One of the two rows would vanish behind the other, whatever the id looks like."""
    found = read_bytes(line("one", id=given) + line("two", id=given))
    assert [(r.id, r.fields["body"]) for r in found.rows] == [(given, "one")]
    assert reasons(found) == [(2, "its id was seen before, in rows.jsonl line 1")]


def test_an_id_is_unique_over_all_files(tmp_path: Path) -> None:
    """The second file's row is told with the place of the first."""
    for name in ("a", "b"):
        (tmp_path / name).write_bytes(line(name, id="m1"))
    found = read([(tmp_path / "a", "a.jsonl"), (tmp_path / "b", "b.jsonl")], ["subject", "body"])
    assert bodies(found) == ["a"]
    assert found.unusable == (Unusable("b.jsonl", 1, "its id was seen before, in a.jsonl line 1"),)


def test_the_same_text_without_an_id_is_numbered(read_bytes: Read) -> None:
    """A mail that is there three times is three rows, with ids that stay the same from night to night."""
    raw = line("same") + line("other") + line("same", label="y") + line("same")
    first, other, second, third = (r.id for r in read_bytes(raw).rows)
    assert (second, third) == (f"{first}-2", f"{first}-3")
    assert len({first, other, second, third}) == 4
    assert [r.id for r in read_bytes(b"\n" + raw).rows] == [first, other, second, third]


@pytest.mark.parametrize("given_first", [False, True])
def test_a_numbered_id_is_unique_too(given_first: bool, read_bytes: Read) -> None:
    """An export that comes back in holds ids that were given by number; two rows of one id would stop the run."""
    twice = line("same") + line("same", label="y")
    given = line("other", id=f"{read_bytes(twice).rows[0].id}-2")
    found = read_bytes(given + twice if given_first else twice + given)
    assert len({row.id for row in found.rows}) == len(found.rows)


@pytest.mark.parametrize("missing", [None, ""])
def test_an_empty_id_is_no_id(missing: str | None, read_bytes: Read) -> None:
    """The row gets the id of its text, as without the field."""
    assert read_bytes(line("b", id=missing)) == read_bytes(line("b"))


def test_every_line_is_a_row_or_unusable(read_bytes: Read) -> None:
    """n_lines == rows + unusable over everything that can go wrong at once."""
    raw = b"".join(bad + b"\n" + line(what) + b"\n" for what, (bad, _) in BAD.items())
    found = read_bytes(raw)
    assert (len(found.rows), len(found.unusable), found.n_lines) == (len(BAD), len(BAD), 2 * len(BAD))


def test_the_quarantine_file_holds_file_line_reason_and_id(tmp_path: Path) -> None:
    """One JSON object a line, in a folder that is made where it is missing."""
    told = [Unusable("a.jsonl", 3, "no field 'body'"), Unusable("a.jsonl", 9, "text length", "m1")]
    write_unusable(tmp_path / "q" / "run.jsonl", told)
    assert [json.loads(x) for x in (tmp_path / "q" / "run.jsonl").read_text().splitlines()] == [
        {"file": "a.jsonl", "line": 3, "reason": "no field 'body'", "id": None},
        {"file": "a.jsonl", "line": 9, "reason": "text length", "id": "m1"},
    ]


@pytest.fixture(scope="module")
def suite() -> dict[str, bytes]:
    """Name -> bytes of each file of JSONTestSuite at hand."""
    if not SUITE.is_dir():
        pytest.skip(f"{SUITE} is not on this machine")
    return {path.name: path.read_bytes() for path in sorted(SUITE.glob("*.json"))}


def test_jsontestsuite_as_lines_costs_no_good_row(suite: dict[str, bytes], read_bytes: Read) -> None:
    """Every line of those files, between good rows, is unusable under its own number."""
    lines: list[bytes] = []
    good: dict[int, str] = {}
    for name, raw in suite.items():
        lines += raw.split(b"\n")
        lines.append(line(name).rstrip())
        good[len(lines)] = name
    found = read_bytes(b"\n".join(lines) + b"\n")
    assert {row.line: row.fields["body"] for row in found.rows} == good
    bad = [number for number, text in enumerate(lines, 1) if text.strip() and number not in good]
    assert [u.line for u in found.unusable] == bad
    assert len(bad) >= len(suite)


def test_jsontestsuite_within_a_row_is_refused_or_accepted_as_it_says(
    suite: dict[str, bytes], read_bytes: Read
) -> None:
    """As the value of a field that is not read: y_ files make a row, n_ files never do; a key twice is ours to refuse."""
    names = [name for name in suite if b"\n" not in suite[name].strip()]
    raw = b"".join(
        b'{"subject":"s","body":"b","label":"x","id":"%d","extra":%b}\n' % (i, suite[n].strip())
        for i, n in enumerate(names)
    )
    accepted = {names[row.line - 1] for row in read_bytes(raw).rows}
    wanted = {n for n in names if n.startswith("y_") and "duplicated_key" not in n}
    assert {n for n in accepted if not n.startswith("i_")} == wanted
    assert len(wanted) >= 8

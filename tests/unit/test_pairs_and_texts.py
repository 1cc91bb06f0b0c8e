"""Suites for rows without labels: each rule is broken by small rows, and reports name ids and domains, never a text."""

from dataclasses import replace

import pytest

from avocet.findings import Finding
from avocet.rows import Unusable
from expectations.pairs import DOMAIN_COLUMNS, PAIR_COLUMNS, Pair, PairSettings, check_pairs, domain_table, pair_facts
from expectations.texts import TEXT_COLUMNS, Text, TextSettings, check_texts, text_facts

CANARY = "canary-2716"
LETTERS = "abcdefgh"
PAIRS = [
    Pair(f"p{i}", f"what is {x}", f"{x} is a letter", ("heart", "skin")[i % 2], "f", i) for i, x in enumerate(LETTERS)
]
TEXTS = [Text(f"t{i}", f"text {x}", "f", i) for i, x in enumerate(LETTERS)]
ANY, DOMAINS = PairSettings(), PairSettings(domains=("heart", "skin"))


def test_good_pairs_break_no_rule() -> None:
    """All are kept."""
    for settings in (ANY, DOMAINS):
        found = check_pairs(PAIRS, settings)
        assert (found.kept, found.aside, found.findings, found.n_rules) == (tuple(PAIRS), (), (), 12)


QUARANTINED = {
    "both texts are there": ({"query": " \n"}, ANY, "1 pairs lack their query or their positive"),
    "texts differ": ({"query": "A IS  a letter"}, ANY, "1 pairs have a query that is its own answer"),
    "query length": ({"query": "x" * 31}, PairSettings(query_chars=(2, 30)), "1 queries have fewer than 2 or more than 30 characters"),
    "positive length": ({"positive": "x"}, PairSettings(positive_chars=(2, 30)), "1 positives have fewer than 2 or more than 30 characters"),
    "domain known": ({"domain": "Skin"}, DOMAINS, "1 pairs have a domain that is not listed, or none"),
}  # fmt: skip


@pytest.mark.parametrize("rule", QUARANTINED)
def test_a_pair_that_breaks_a_rule_is_set_aside_by_file_line_and_rule(rule: str) -> None:
    """It alone, and it breaks no other rule."""
    change, settings, told = QUARANTINED[rule]
    bad = replace(PAIRS[0], **change)
    found = check_pairs([bad, *PAIRS[1:]], settings)
    assert found.findings == (Finding(rule, "quarantine", told, 1, ("p0",)),)
    assert (found.kept, found.aside) == (tuple(PAIRS[1:]), (Unusable("f", 0, rule, "p0"),))


def test_without_a_list_of_domains_a_short_name_is_one() -> None:
    """None, or a whole paragraph, is not."""
    rows = [
        replace(PAIRS[0], domain=" "),
        replace(PAIRS[1], domain="x" * 81),
        replace(PAIRS[2], domain="x" * 80),
        *PAIRS[3:],
    ]
    (finding,) = check_pairs(rows, ANY).findings
    assert (finding.rule, finding.where) == ("domain known", ("p0", "p1"))


def test_shared_positives_and_copies_are_told_and_kept() -> None:
    """Also where only case and numbers differ."""
    more = [
        replace(PAIRS[0], id="shares", query="another question"),
        replace(PAIRS[1], id="copy", query="WHAT is  b"),
    ]
    found = check_pairs([*PAIRS, *more], ANY)
    shared = "2 pairs share their positive with another query; in one batch each would be the other's negative"
    assert found.findings == (
        Finding("exact duplicates", "note", "1 pairs repeat an earlier one", 1, ("copy",)),
        Finding("positives serve one query", "note", shared, 2, ("p0", "shares")),
    )
    assert len(found.kept) == 10


def test_a_domain_with_few_pairs_is_named() -> None:
    """Of those that are kept; a listed one may have none."""
    settings = PairSettings(domains=("heart", "skin", "bones"), rows_per_domain=4)
    found = check_pairs([replace(PAIRS[0], query=""), *PAIRS[1:]], settings)
    told = "2 domains have fewer than 4 usable pairs"
    assert found.findings[1:] == (Finding("domains have pairs", "warn", told, 2, ("heart", "bones")),)
    table = domain_table(pair_facts(PAIRS, settings), settings)
    assert tuple(table.columns) == DOMAIN_COLUMNS
    assert table.to_numpy().tolist() == [["heart", 4], ["skin", 4], ["bones", 0]]


@pytest.mark.parametrize("n", [0, 7])
def test_too_few_usable_rows_stop_the_run(n: int) -> None:
    """Of either kind; none at all too."""
    assert [f.rule for f in check_pairs(PAIRS[:n], PairSettings(rows=8)).stopped] == ["enough pairs"]
    assert [f.rule for f in check_texts(TEXTS[:n], TextSettings(rows=8)).stopped] == ["enough texts"]
    assert check_pairs(PAIRS, PairSettings(rows=8)).stopped == check_texts(TEXTS, TextSettings(rows=8)).stopped == ()


def test_an_id_that_comes_twice_stops_the_run() -> None:
    """A report could not say which one it means."""
    told = Finding("ids are unique", "stop", "2 pairs share an id", 2, ("p1", "p1"))
    assert check_pairs([*PAIRS[1:], replace(PAIRS[0], id="p1")], ANY).stopped == (told,)
    told = replace(told, message="2 texts share an id", where=("t1", "t1"))
    assert check_texts([*TEXTS[1:], replace(TEXTS[0], id="t1")], TextSettings()).stopped == (told,)


def test_texts_are_set_aside_by_length_and_told_by_copies_and_lost_characters() -> None:
    """White space is no text; the limits themselves are within."""
    odd = [Text("blank", " \n\t", "g", 1), Text("long", "x" * 21, "g", 2), Text("limit", "x" * 20), Text("short", "xyzv"),
           Text("copy", "TEXT  a"), Text("lost", "caf\ufffd \ufffd")]  # fmt: skip
    found = check_texts([*TEXTS, *odd], TextSettings(text_chars=(4, 20)))
    assert found.findings == (
        Finding(
            "text length", "quarantine", "2 texts have fewer than 4 or more than 20 characters", 2, ("blank", "long")
        ),
        Finding("exact duplicates", "note", "1 texts repeat an earlier one", 1, ("copy",)),
        Finding(
            "decoded cleanly",
            "warn",
            "1 texts hold U+FFFD, the mark of a character that was lost in decoding",
            1,
            ("lost",),
        ),
    )
    assert found.aside == (Unusable("g", 1, "text length", "blank"), Unusable("g", 2, "text length", "long"))
    assert (len(found.kept), found.n_rules) == (12, 6)


def test_what_is_said_of_either_holds_no_text() -> None:
    """Facts, findings and what is set aside."""
    pairs = [replace(p, query=f"{CANARY} {p.query}", positive=CANARY * (1 + i % 2)) for i, p in enumerate(PAIRS)]
    pairs.append(replace(PAIRS[0], id="same", query=CANARY, positive=f"{CANARY}\ufffd"))
    texts = [Text("a", CANARY), Text("b", CANARY), Text("c", f"{CANARY}\ufffd" * 9)]
    told = [check_pairs(pairs, PairSettings(positive_chars=(1, 15))), check_texts(texts, TextSettings((1, 20)))]
    assert all(found.findings and found.aside for found in told)
    assert CANARY not in repr([(found.findings, found.aside) for found in told])
    facts, of_texts = pair_facts(pairs, ANY), text_facts(texts)
    assert CANARY not in facts.to_csv() + of_texts.to_csv()
    assert (tuple(facts.columns), tuple(of_texts.columns)) == (PAIR_COLUMNS, TEXT_COLUMNS)

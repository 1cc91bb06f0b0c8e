"""What look-alikes have in common: digests of a mail's own words, of its thread and of its sender; no text.

Exact copies share a link; near copies have similar MinHash signatures (Broder 1997); replies share a thread.
`group` puts all that is connected into one group, so that a split can keep it on one side.
"""

import hashlib
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.utils import parseaddr
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from avocet.cleaning import group_key, normal_form, own_words
from avocet.template import build

if TYPE_CHECKING:
    from collections.abc import Iterable

N_HASHES = 128
N_BANDS = 32  # two texts of similarity s meet in a band with probability 1 - (1 - s**4)**32: 0.99 at 0.6
# Chosen on the real mailbox and the invented mails (benchmarks/groups.py, docs/decisions/0003): at 0.6 nearly every
# planted near copy is found, and the invented look-alike templates stay apart.
SIMILAR = 0.6
SIMILAR_OF_ONE_SENDER = 0.45  # a sender's template, filled in differently
_TEXT = "text "  # begins the link between rows with the same text
SHORT_WORDS = 4  # "Thanks, see you tomorrow" is no copy of another such mail
_CHUNK = 2000
_WORD = re.compile(r"\w+")
_REPLY = re.compile(r"^\s*(?:(?:re|fwd?|aw|wg|sv|vs|antw|tr|rv|ref|r|i)(?:\[\d+\])?\s*:\s*)+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Look:
    """One row as it is compared with others."""

    key: str  # digest of its words; the same mail has the same key whatever the template reads
    links: tuple[str, ...]  # rows with a link in common are look-alikes
    sender: str  # digest of the address, or ""
    signature: bytes  # N_HASHES MinHashes of 16 bits, or b"" where there are too few words

    @property
    def text_key(self) -> str:
        """The `group_key` of the text that the template makes of it."""
        return next(link for link in self.links if link.startswith(_TEXT)).removeprefix(_TEXT)


def looks(rows: Sequence[Mapping[str, Any]], template: str) -> list[Look]:
    """The look of each row of rows.jsonl (id, fields, more, headers)."""
    own = [_own(row) for row in rows]
    signatures = _signatures(own)
    return [
        Look(row["key"], _links(row, template, words if signature else ""), _sender(row["headers"]), signature)
        for row, words, signature in zip(rows, own, signatures, strict=True)
    ]


def group(looks: Sequence[Look]) -> list[str]:
    """The group of each look, named by the smallest key in it; the same whatever the order."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    pairs = np.concatenate([_linked(looks), _similar(looks)])
    n = len(looks)
    graph = coo_matrix((np.ones(len(pairs), np.int8), (pairs[:, 0], pairs[:, 1])), shape=(n, n))
    component = connected_components(graph, directed=False)[1] if n else []
    name: dict[int, str] = {}
    for look, number in zip(looks, component, strict=True):
        name[number] = min(name.get(number, look.key), look.key)
    return [name[number] for number in component]


def alike(one: Look, others: Sequence[Look]) -> list[int]:
    """Places of the others that say what `one` says: copies, near copies, the same template of a sender; not its thread."""
    said = {link for link in one.links if link.startswith(("words ", "own "))}
    found = []
    for i, other in enumerate(others):
        least = SIMILAR_OF_ONE_SENDER if one.sender and one.sender == other.sender else SIMILAR
        if not said.isdisjoint(other.links) or (
            one.signature and other.signature and _agreement(one.signature, other.signature) >= least
        ):
            found.append(i)
    return found


def _agreement(one: bytes, other: bytes) -> float:
    """Share of the hashes in which two signatures agree, which is about the Jaccard similarity of the texts."""
    return float((np.frombuffer(one, np.uint16) == np.frombuffer(other, np.uint16)).mean())


def _own(row: Mapping[str, Any]) -> str:
    """The row's words without quoted mail and signatures, in normal form; a reply prefix is no word of a subject."""
    words = {**row["fields"], **row["more"]}
    return normal_form(" ".join(own_words(_REPLY.sub("", words[name])) for name in sorted(words)))


def _links(row: Mapping[str, Any], template: str, own: str) -> tuple[str, ...]:
    """What this row has in common with its exact copies and with its thread; `own` words, "" where they are too few."""
    headers = row["headers"]
    ids = [value for name in ("message_id", "in_reply_to", "references") for value in headers.get(name, "").split()]
    found = [f"{_TEXT}{group_key(build(template, row['fields']))}", f"words {row['key']}"]
    found += [f"own {group_key(own)}"] if own else []
    found += [f"thread {_digest(headers['thread_id'])}"] if headers.get("thread_id") else []
    found += [f"mail {_digest(value)}" for value in ids]
    subject = row["fields"].get("subject", row["more"].get("subject", ""))
    base = " ".join(_REPLY.sub("", subject).casefold().split())
    if len(base.split()) > 1:
        found.append(f"{'reply' if _REPLY.match(subject) else 'opens'} {_digest(base)}")
    return tuple(found)


def _sender(headers: Mapping[str, str]) -> str:
    address = parseaddr(headers.get("from", ""))[1].casefold()
    return _digest(address) if address else ""


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:20]


def _linked(looks: "Sequence[Look]") -> NDArray[np.int64]:
    """Pairs (n, 2) that hold all looks with a link in common together."""
    holders: dict[str, list[int]] = defaultdict(list)
    for i, look in enumerate(looks):
        for link in look.links:
            holders[link].append(i)
    pairs: list[tuple[int, int]] = []
    for link, its in holders.items():
        kind, _, name = link.partition(" ")
        if kind == "reply":
            # A thread has one opener (or two copies of it). A subject that many mails open is nobody's thread.
            openers = holders.get(f"opens {name}", [])
            its = its + openers if len(openers) <= 2 else []
        if kind != "opens":
            pairs += _chain(its)
    return _array(pairs)


def _chain(its: "Iterable[int]") -> list[tuple[int, int]]:
    listed = list(its)
    return list(pairwise(listed))


def _array(pairs: list[tuple[int, int]]) -> NDArray[np.int64]:
    return np.array(pairs, dtype=np.int64).reshape(-1, 2)


def _signatures(texts: Sequence[str]) -> list[bytes]:
    """MinHash signatures over pairs of neighbouring words, cut to 16 bits: 256 bytes a row."""
    from rensa import RMinHash

    found: list[bytes] = []
    for start in range(0, len(texts), _CHUNK):
        words = [_WORD.findall(text) for text in texts[start : start + _CHUNK]]
        pairs = [[f"{a} {b}" for a, b in pairwise(w)] for w in words]
        rows = RMinHash.digest_matrix_from_token_sets(pairs, num_perm=N_HASHES, seed=1).to_rows()
        hashes = np.asarray(rows, dtype=np.uint64).astype(np.uint16)
        found += [h.tobytes() if len(w) >= SHORT_WORDS else b"" for h, w in zip(hashes, words, strict=True)]
    return found


def _similar(looks: Sequence[Look]) -> NDArray[np.int64]:
    """Pairs (n, 2) of looks whose signatures agree in enough places; found by bands, hence never all with all."""
    at = np.array([i for i, look in enumerate(looks) if look.signature], dtype=np.int64)
    if len(at) < 2:
        return _array([])
    signatures = np.frombuffer(b"".join(looks[i].signature for i in at), dtype=np.uint16).reshape(len(at), N_HASHES)
    numbers: dict[str, int] = {}  # whoever is unknown is a sender of his own
    senders = np.array([numbers.setdefault(looks[i].sender or f"row {i}", len(numbers)) for i in at])
    width = N_HASHES // N_BANDS
    found = [_array([])]
    for band in range(N_BANDS):
        part = np.ascontiguousarray(signatures[:, band * width : (band + 1) * width]).view(np.uint64).ravel()
        order = np.argsort(part, kind="stable")
        same = np.flatnonzero(part[order[1:]] == part[order[:-1]])
        # Each with its neighbour in the bucket and with the bucket's first: 2n comparisons instead of n * n.
        starts = np.maximum.accumulate(
            np.where(np.r_[True, part[order[1:]] != part[order[:-1]]], np.arange(len(at)), 0)
        )
        left = np.r_[order[same], order[starts[same + 1]]]
        right = np.r_[order[same + 1], order[same + 1]]
        for some in range(0, len(left), 100_000):
            i, j = left[some : some + 100_000], right[some : some + 100_000]
            least = np.where(senders[i] == senders[j], SIMILAR_OF_ONE_SENDER, SIMILAR)
            close = (signatures[i] == signatures[j]).mean(axis=1) >= least
            found.append(np.stack([at[i[close]], at[j[close]]], axis=1))
    return np.concatenate(found)

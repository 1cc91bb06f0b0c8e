"""Writes the invented data/demo_mail.jsonl: `python data/make_demo.py`; --check exits 1 if old."""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import yaml  # type: ignore[import-untyped, unused-ignore]

TARGET = Path(__file__).resolve().parent / "demo_mail.jsonl"
PHRASES = TARGET.with_name("demo_phrases.yaml")
SEED = 20260803
START = datetime(2026, 8, 3, tzinfo=UTC)
DAYS = 60
STAMP = "%Y-%m-%dT%H:%M:%SZ"
LETTERS = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
FOREIGN = ("de", "fr")
PEOPLE = ("person", "agency")
FRESH = {"r": "roles", "role2": "roles", "role3": "roles", "c": "companies", "city": "cities"}
CHOICE = re.compile(r"\[([^\[\]]*\|[^\[\]]*)\]")
SLOT = re.compile(r"\{(\w+)\}")

Context = dict[str, str]
Times = tuple[datetime, datetime]  # when a mail came and when it was labelled
Draft = tuple[str, str, str]  # subject, text and kind of sender
T = TypeVar("T")


@dataclass(frozen=True)
class Mail:
    """One mail before it gets its id."""

    subject: str
    body: str
    sender: str
    date: datetime
    label: str
    labeled_at: datetime
    thread_id: str = ""

    def row(self, number: int) -> dict[str, str]:
        """The line of the file, keys in their fixed order."""
        row = {"id": f"demo-{number:04d}", "subject": self.subject, "body": self.body}
        row |= {"from": self.sender, "date": f"{self.date:{STAMP}}"}
        row |= {"label": self.label, "labeled_at": f"{self.labeled_at:{STAMP}}"}
        return row | ({"thread_id": self.thread_id} if self.thread_id else {})


def slug(name: str) -> str:
    """An invented name as a host or mailbox name."""
    return name.lower().translate(str.maketrans("äöüéèß' ", "aoueesx-"))


class Writer:
    """Draws phrases from shuffled decks, so that wordings repeat as late as possible."""

    def __init__(self, seed: int) -> None:
        """Reads the phrase file and starts the random numbers."""
        self.random = random.Random(seed).random
        self.phrases: dict[str, Any] = yaml.safe_load(PHRASES.read_text(encoding="utf-8"))
        self.decks: dict[str, list[str]] = {}
        self.counts: dict[str, int] = self.phrases["counts"]
        self.shares: dict[str, float] = self.phrases["shares"]

    def number(self, low: int, high: int) -> int:
        """A whole number from low to high, both included."""
        return low + int(self.random() * (high - low + 1))

    def chance(self, name: str) -> bool:
        """True in the share of the cases that the phrase file gives under this name."""
        return self.random() < self.shares[name]

    def choose(self, items: Sequence[T]) -> T:
        """One of the items."""
        return items[self.number(0, len(items) - 1)]

    def shuffled(self, items: Sequence[T]) -> list[T]:
        """The items in a random order that depends on the seed alone."""
        rest = list(items)
        return [rest.pop(self.number(0, len(rest) - 1)) for _ in items]

    def lines(self, path: str) -> list[str]:
        """The phrases (or whole mails) at a path such as `langs/de/openers`."""
        node: Any = self.phrases
        for key in path.split("/"):
            node = node.get(key, "")
        parts = node.split("\n---\n") if "\n---\n" in node else node.splitlines()
        return ["" if part == "-" else part.rstrip("\n") for part in parts]

    def draw(self, path: str) -> str:
        """The next phrase of the deck at this path."""
        if not self.decks.get(path):
            self.decks[path] = self.shuffled(self.lines(path))
        return self.decks[path].pop()

    def frequent(self, path: str) -> str:
        """A phrase of a list whose first lines are stock phrases and come up most."""
        phrases = self.lines(path)
        return phrases[int(len(phrases) * self.random() ** self.phrases["skew"])]

    def fill(self, text: str, words: Context) -> str:
        """Settles the [a|b] choices and the {slots} of a phrase."""
        while CHOICE.search(text):
            text = CHOICE.sub(lambda hit: self.choose(hit[1].split("|")), text)
        return SLOT.sub(lambda hit: self.slot(hit[1], words), text)

    def slot(self, name: str, words: Context) -> str:
        """The words for one slot: fixed for the mail, or fresh at every use."""
        if name in words:
            return words[name]
        if name == "token":  # tracking noise
            return "".join(self.choose(LETTERS) for _ in range(self.number(8, 22)))
        return self.draw(FRESH.get(name, f"{name}s"))

    def context(self, date: datetime, lang: str = "en") -> Context:
        """The fixed words of one mail: names, dates, sums."""
        suffix = f"_{lang}" if lang in FOREIGN else ""
        words = {key: self.phrases[key] for key in ("me", "me_full")}
        words |= {key: self.draw(f"{key}s") for key in ("role", "team")}
        words |= {"person": self.draw(f"people{suffix}"), "person2": self.draw("people")}
        words |= {"company": self.draw(f"companies{suffix}"), "agency": self.draw("agencies")}
        words |= {"board": self.draw(f"boards{suffix}"), "ats": self.draw("ats")}
        words["ref"] = f"{self.choose('RJKP')}-{self.number(1000, 99999)}"
        words |= {"n": str(self.number(3, 29)), "code": str(self.number(100000, 999999))}
        words["mailbox"] = slug(words["person"]).replace("-", ".", 1)
        words["first"] = words["person"].split()[0]
        for key in ("company", "agency", "ats", "board"):
            words[f"{key}_host"] = slug(words[key]) + ".example"
        pay = self.number(38, 84)
        words |= {"salary": f"{pay},000 EUR", "salary2": f"{pay + self.number(4, 15)},000 EUR"}
        return words | self.calendar(date, lang)

    def calendar(self, date: datetime, lang: str) -> Context:
        """Dates and times a few days after the mail."""
        names = self.phrases["calendar"][lang]
        style, clock = self.choose(names["styles"].split("/")), names["clock"]
        weekdays, months = names["weekdays"].split(), names["months"].split()
        early, late = date + timedelta(days=self.number(2, 5)), date
        early += timedelta(days=2 if early.weekday() > 4 else 0)
        while late <= early or late.weekday() > 4:
            late = early + timedelta(days=self.number(2, 8))
        words: Context = {}
        for name, day in {"day": early, "day2": late, "date_short": date}.items():
            parts = {"weekday": weekdays[day.weekday()], "month": months[day.month - 7]}
            words[name] = style.format(day=day.day, **parts)
        hour = self.number(8, 13)
        words["time"] = f"{hour}{clock}{self.choose(['00', '15', '30', '45'])}"
        return words | {"time2": f"{hour + self.number(1, 4)}{clock}{self.choose(['00', '30'])}"}

    def sent_before(self, labeled: datetime, hours: int = 64) -> datetime:
        """When a mail came that was labelled at this time; never in the small hours."""
        date = labeled - timedelta(seconds=self.number(300, hours * 3600))
        return date - timedelta(hours=7 if date.hour < 6 else 0)

    def moment(self) -> Times:
        """The times of a mail outside the threads."""
        seconds = self.number(0, DAYS - 1) * 86400 + self.number(7 * 3600, 22 * 3600)
        labeled = START + timedelta(seconds=seconds)
        return self.sent_before(labeled), labeled


def posted(writer: Writer, draft: Draft, words: Context, when: Times, label: str) -> Mail:
    """The finished mail with its From line."""
    sender = writer.fill(writer.draw(f"senders/{draft[2]}"), words)
    return Mail(draft[0], draft[1], sender, when[0], label, when[1])


def signature(writer: Writer, words: Context, kind: str, base: str) -> str:
    """Sign-off and name; recruiters add a title and a phone number now and then."""
    lines = [writer.draw(f"{base}signoffs")]
    if kind not in PEOPLE:
        return f"{lines[0]}\n{words['company']}"
    lines.append(words["first"] if writer.chance("first_name") else words["person"])
    if writer.chance("title"):
        firm = words["agency" if kind == "agency" else "company"]
        lines += [f"{writer.draw('titles')}, {firm}", f"+00 555 {writer.number(1000, 9999)}"]
    return "\n".join(lines)


def quoted(text: str, who: str, date: datetime) -> str:
    """A text as it stands quoted under an answer."""
    head = f"On {date:%a}, {date.day} {date:%b %Y} at {date:%H:%M}, {who} wrote:"
    return "\n".join([head, *(f"> {line}".rstrip() for line in text.splitlines())])


def noisy(writer: Writer, draft: Draft, words: Context, date: datetime, lang: str) -> str:
    """The text; some mails get quotes, footers, preheaders and remains of markup."""
    _, body, kind = draft
    source = "person" if kind in PEOPLE else "machine"
    if kind == "board":
        words = words | {"ats": words["board"], "ats_host": words["board_host"]}
    if kind == "person" and lang == "en" and writer.chance("reply"):
        mine = writer.fill(writer.draw("my_mails"), words)
        ago = date - timedelta(minutes=writer.number(50, 600))
        pair = [body, quoted(mine, words["me_full"], ago)]
        body = "\n\n".join(pair[::-1] if writer.chance("quote_first") else pair)
    if writer.chance(f"footer_{source}"):
        body += "\n\n--\n" + writer.fill(writer.draw("footers"), words)
    if writer.chance(f"preheader_{source}"):
        body = writer.fill(writer.draw("preheaders"), words) + "\n" + body
    html = body.replace("\n\n", "<br><br>\n").replace(", ", ",&nbsp;", 2)
    return f'<div dir="ltr">{html}</div>' if writer.chance("markup") else body


def decisive(writer: Writer, label: str, family: str) -> str:
    """The sentence that makes the label, with what usually follows it."""
    special = bool(writer.lines(f"decisive/{label}@{family}")) and writer.chance("special")
    text = writer.frequent(f"decisive/{label}@{family}" if special else f"decisive/{label}")
    follow = writer.shuffled(writer.lines(f"follow/{label}"))
    return " ".join([text, *(line for line in follow[:2] if writer.chance("follow"))])


def letter(writer: Writer, text: str, words: Context, kind: str, base: str = "") -> str:
    """A text with greeting, closing line and signature."""
    blocks = [writer.draw(f"{base}greetings"), text, writer.draw(f"{base}closers")]
    blocks.append(signature(writer, words, kind, base))
    return writer.fill("\n\n".join(filter(None, blocks)), words)


def shared_mail(writer: Writer, label: str, words: Context, family: str, kind: str) -> Draft:
    """A mail that looks like those of other labels but for a sentence or two."""
    families: dict[str, Any] = writer.phrases["families"]
    fitting = [name for name in families if label in families[name]["labels"]]
    family = family or writer.choose(fitting)
    kind = "person" if family == "outreach" else kind
    base = f"families/{family}"
    opener = writer.draw(f"{base}/openers") if writer.chance("opener") else ""
    filler = writer.draw(f"{base}/fillers") if writer.chance("filler") else ""
    middle = [decisive(writer, label, family), filler]
    parts = [opener, *(middle[::-1] if writer.chance("filler_first") else middle)]
    text = writer.choose([" ", " ", "\n\n"]).join(filter(None, parts))
    path = f"own_subjects/{label}" if writer.chance("own_subject") else f"{base}/subjects"
    return writer.fill(writer.draw(path), words), letter(writer, text, words, kind), kind


def foreign_mail(writer: Writer, label: str, words: Context, lang: str, kind: str) -> Draft:
    """A German or French mail."""
    base = f"langs/{lang}/"
    opener = "" if label == "new_lead" else writer.draw(f"{base}openers") + " "
    text = opener + writer.draw(f"{base}decisive/{label}")
    subject = writer.fill(writer.draw(f"{base}subjects"), words)
    return subject, letter(writer, text, words, kind, base), kind


def whole_mail(writer: Writer, text: str, words: Context) -> Draft:
    """A mail that stands complete in the phrase file."""
    head, body = text.split("\n", 1)
    kind, subject = head.split(": ", 1)
    body = writer.fill(body.strip(), words)
    if kind in PEOPLE and not body.endswith(words["first"]):
        body += "\n\n" + signature(writer, words, kind, "")
    return writer.fill(subject, words), body, kind


def one_liner(writer: Writer, label: str, words: Context) -> Draft:
    """A mail of one line."""
    body = writer.draw(f"oneline/{label}")
    kind = "person" if body.endswith("{first}") else writer.choose(["ats", "hr"])
    return writer.fill(writer.draw("oneline_subjects"), words), writer.fill(body, words), kind


def digest_mail(writer: Writer, words: Context, lang: str) -> Draft:
    """A job alert."""
    base = f"langs/{lang}/digest_" if lang in FOREIGN else "digest/"
    subject = writer.fill(writer.draw(f"{base}subjects"), words)
    kind = "hr" if "newsletter" in subject else "board"
    if lang == "en" and writer.chance("short_digest"):
        return subject, writer.fill(writer.draw("digest/short"), words), kind
    words = words | ({"c": words["company"]} if kind == "hr" else {})
    line = writer.draw("digest/lines")
    count = writer.number(3, 8) * (4 if writer.chance("long_digest") else 1)
    items = "\n".join(writer.fill(line, words) for _ in range(count))
    ends = [writer.fill(writer.draw(path), words) for path in (f"{base}intros", "digest/outros")]
    return subject, f"{ends[0]}\n\n{items}\n\n{ends[1]}".strip(), kind


def make_mail(writer: Writer, label: str, style: str) -> Mail:
    """One mail outside the threads."""
    when = writer.moment()
    lang = style if style in FOREIGN else "en"
    words = writer.context(when[0], lang)
    kind = writer.choose(["person", "person", "hr", "ats"])
    if label == "digest":
        draft = digest_mail(writer, words, lang)
    elif style in FOREIGN:
        draft = foreign_mail(writer, label, words, lang, kind)
    elif style == "free":
        draft = whole_mail(writer, writer.draw(f"free/{label}"), words)
    elif style == "oneline":
        draft = one_liner(writer, label, words)
    else:
        draft = shared_mail(writer, label, words, "", kind)
    if style != "oneline":
        draft = (draft[0], noisy(writer, draft, words, when[0], lang), draft[2])
    return posted(writer, draft, words, when, label)


def make_thread(writer: Writer, labels: Sequence[str], number: int) -> list[Mail]:
    """Two or three mails of one recruiter, each quoting the one before."""
    mails: list[Mail] = []
    labeled = START + timedelta(days=writer.number(4, 41), seconds=writer.number(25200, 79200))
    words: Context = {}
    for label in labels:
        date = writer.sent_before(labeled, 40)
        words = (words or writer.context(date)) | writer.calendar(date, "en")
        family = writer.phrases["thread_family"].get(label, "update")
        subject, body, kind = shared_mail(writer, label, words, family, "person")
        if mails:
            subject = "Re: " + mails[0].subject.removeprefix("Re: ")
            body += "\n\n" + quoted(mails[-1].body[:300], words["person"], mails[-1].date)
        mail = posted(writer, (subject, body, kind), words, (date, labeled), label)
        mails.append(replace(mail, thread_id=f"thread-{number:02d}"))
        labeled += timedelta(days=writer.number(3, 7), seconds=writer.number(0, 7200))
    return mails


def plain_mail(writer: Writer, text: str, label: str) -> Mail:
    """A mail of the phrase file without any noise."""
    when = writer.moment()
    words = writer.context(when[0])
    return posted(writer, whole_mail(writer, text, words), words, when, label)


def again(writer: Writer, mail: Mail, label: str) -> Mail:
    """The same text, sent once more some hours before or after."""
    shift = timedelta(seconds=writer.number(3600, 50 * 3600))
    shift = -shift if mail.labeled_at > START + timedelta(days=DAYS - 3) else shift
    return replace(mail, label=label, date=mail.date + shift, labeled_at=mail.labeled_at + shift)


def styles(writer: Writer, label: str, count: int) -> list[str]:
    """How the remaining mails of a label are written."""
    plan = [lang for lang in FOREIGN for _ in range(writer.phrases["foreign"][lang][label])]
    for style in () if label == "digest" else ("free", "oneline"):
        plan += [style] * round(writer.counts[label] * writer.shares[style])
    return plan[:count] + ["shared"] * (count - len(plan))


def build(writer: Writer) -> list[Mail]:
    """All mails in the order of their labelling."""
    mails = [plain_mail(writer, text, "profile_alert") for text in writer.lines("profile_alert")]
    for labels, text in (block.split("\n", 1) for block in writer.lines("conflicts")):
        mail = plain_mail(writer, text, labels.split("/")[0])
        mails += [mail, again(writer, mail, labels.split("/")[1])]
    for number, labels in enumerate(writer.shuffled(writer.lines("threads")), start=1):
        mails += make_thread(writer, labels.split(), number)
    for label, count in writer.counts.items():
        repeats = writer.phrases["duplicates"].get(label, 0)
        rest = count - repeats - sum(mail.label == label for mail in mails)
        own = [make_mail(writer, label, style) for style in styles(writer, label, rest)]
        mails += own + [again(writer, mail, label) for mail in writer.shuffled(own)[:repeats]]
    return sorted(mails, key=lambda mail: mail.labeled_at)


def verify(mails: Sequence[Mail], promised: dict[str, int]) -> None:
    """Stops where the promised numbers are not met."""
    texts: dict[tuple[str, str], list[str]] = {}
    for mail in mails:
        texts.setdefault((mail.subject, mail.body), []).append(mail.label)
        if not timedelta(0) <= mail.labeled_at - mail.date <= timedelta(days=3):
            raise ValueError(f"a mail with odd dates: {mail}")
    counts = {label: sum(mail.label == label for mail in mails) for label in promised}
    groups = [sorted(labels) for labels in texts.values() if len(labels) > 1]
    conflicts = sum(labels[0] != labels[-1] for labels in groups)
    if counts != promised or (conflicts, len(groups)) != (4, 14) or len(mails) != 503:
        raise ValueError(f"wrong numbers: {counts}, repeats: {groups}")


def render() -> bytes:
    """The whole file."""
    writer = Writer(SEED)
    mails = build(writer)
    verify(mails, writer.counts)
    rows = [mail.row(number) for number, mail in enumerate(mails, start=1)]
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def main(arguments: Sequence[str] | None = None) -> int:
    """Writes the file, or says whether the committed one is up to date."""
    parser = argparse.ArgumentParser(description="Writes the invented demo mails.")
    parser.add_argument("--check", action="store_true", help="compare only; 1 if different")
    if not parser.parse_args(arguments).check:
        TARGET.write_bytes(render())
        return 0
    same = TARGET.is_file() and TARGET.read_bytes() == render()
    print(f"{TARGET.name} is {'up to date' if same else 'out of date'}")
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())

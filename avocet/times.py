"""Times as rows and labels carry them: read in ISO 8601, written in UTC."""

from datetime import UTC, datetime


def moment(text: str | None) -> datetime | None:
    """The time that `text` says in ISO 8601 (a date is its midnight; without a zone it is UTC), None for no time."""
    try:
        found = datetime.fromisoformat((text or "").strip())
    except ValueError:
        return None
    try:
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except OverflowError:  # the year 1 or 9999, moved by a zone
        return None


def now() -> str:
    """This moment, to the microsecond."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def utc(text: str) -> str | None:
    """A time of the store as it is told; None where it is not known."""
    at = moment(text)
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ") if at else None

"""Records of JSON lines, CSV and Parquet files as rows on their way in."""

from pathlib import Path

from avocet import records
from avocet.incoming.items import Bad, Items, item_of
from avocet.records import Naming, Records


def json_lines(path: Path, shown: str, naming: Naming) -> Items:
    """One object a line; .gz too. Raises OSError."""
    return _items(records.json_lines(path), shown, naming)


def comma_separated(path: Path, shown: str, naming: Naming) -> Items:
    """A line of names, then records. Raises OSError, WrongUseError for a column that is not named there."""
    return _items(records.comma_separated(path, naming.needed), shown, naming)


def parquet(path: Path, shown: str, naming: Naming) -> Items:
    """Raises OSError, RowsUnreadableError, WrongUseError for a column that is not there, or without pyarrow."""
    return _items(records.parquet(path, naming.needed), shown, naming)


def _items(found: Records, shown: str, naming: Naming) -> Items:
    for place, record in found:
        yield Bad(place, record) if isinstance(record, str) else item_of(record, place, shown, naming)

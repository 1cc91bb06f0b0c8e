"""What can go wrong, as types: each says what was seen, where, and what to do next, in one line.

`reason` is a short code that is safe to log and to store; the message never carries mail text.
`exit_code` is what the terminal returns (README, "Exit codes").
"""

from collections.abc import Sequence


class AvocetError(Exception):
    """Anything Avocet stops for on purpose; shown without a traceback."""

    reason = "error"
    exit_code = 1
    errors: Sequence[tuple[str, str]] = ()  # several things at once: (JSON pointer into what was asked, what is wrong)


class RecipeError(AvocetError):
    """A recipe that cannot be read or does not fit the model; names file and place."""

    reason = "recipe"
    exit_code = 2


class RowsNotFoundError(AvocetError, FileNotFoundError):
    """The recipe's rows are not there; says how to get them."""

    reason = "rows_not_found"
    exit_code = 3


class RowsUnreadableError(AvocetError, OSError):
    """A file of rows is there and cannot be read: no permission, or an archive that is cut off."""

    reason = "rows_unreadable"


class NotFoundError(AvocetError):
    """A version, champion or run that was asked for does not exist."""

    reason = "not_found"
    exit_code = 3


class WrongUseError(AvocetError):
    """A verb was asked for something that it does not do like that; says how it does."""

    reason = "wrong_use"
    exit_code = 2


class NothingToDoError(AvocetError):
    """What was asked for is so already."""

    reason = "nothing_to_do"
    exit_code = 3


class NotPromotedError(AvocetError):
    """The gate has not said yes to a version; `errors` are its reasons."""

    reason = "not_promoted"
    exit_code = 5


class InUseError(AvocetError):
    """A version that is or was a champion: it stays, since a rollback may need it."""

    reason = "in_use"


class RowError(AvocetError):
    """Rows that were sent to be classified lack a text; `errors` say which rows, and what."""

    reason = "row"


class ChangedMeanwhileError(AvocetError):
    """A row is not as the person saw it: somebody said something of it since. Nothing was written."""

    reason = "changed_meanwhile"


class NotTheLastError(AvocetError):
    """Only what was said last can be undone, and something was said after it."""

    reason = "not_the_last"


class TooLargeError(AvocetError):
    """A file that is sent in is larger than is taken over HTTP."""

    reason = "too_large"


class SwitchedOffError(NothingToDoError):
    """A person switched training off."""

    reason = "switched_off"


class DataStoppedError(AvocetError):
    """The rows broke an expectation whose outcome is stop."""

    reason = "data_stopped"
    exit_code = 4


class BusyError(AvocetError):
    """Another run holds the lock of this AVOCET_HOME."""

    reason = "busy"
    exit_code = 6


class OrchestratorError(AvocetError):
    """The server that gives runs to workers is configured and does not answer, or says no."""

    reason = "orchestrator"


class NotAtHandError(AvocetError):
    """A candidate cannot train here (no base, or not enough memory): skipped, not failed."""

    reason = "not_at_hand"


class OutOfMemoryError(AvocetError):
    """A child ran out of memory, by exception or by the kernel: tried again one rung smaller.

    `where` it did (training or evaluation, empty where it did not come so far), `again`: whether a rung is left.
    """

    reason = "out_of_memory"
    where = ""
    again = True


class MemoryBusyError(AvocetError):
    """The memory is large enough and others hold it: tried again later."""

    reason = "memory_busy"


class StoreError(AvocetError):
    """The store cannot be used: not reachable, damaged, full, or of a newer Avocet. Nothing was written."""

    reason = "store"


class FetchError(AvocetError):
    """A mailbox cannot be read: not reachable, not trusted, no such folder, wrong password, or lost in the middle."""

    reason = "fetch"


class NonFiniteError(AvocetError):
    """A loss, weight, score or metric is NaN or infinite: failed, never promoted."""

    reason = "non_finite"


class ChildFailedError(AvocetError):
    """A child ended in a way that a smaller batch will not mend; names the log to read."""

    reason = "child_failed"


class NoSpaceError(AvocetError):
    """Too little room on the disk to begin a run."""

    reason = "no_space"


class DamagedDecisionError(AvocetError):
    """A decision.json that cannot be read as one."""

    reason = "damaged_decision"


class DamagedVersionError(AvocetError):
    """A version without a manifest, with a missing or altered file, or that does not load."""

    reason = "damaged_version"


class NothingTrainedError(AvocetError):
    """No candidate could be trained, so there is nothing to judge."""

    reason = "nothing_trained"


class DiskError(AvocetError, OSError):
    """A write, fsync or rename failed; what was published before stands."""

    reason = "disk"


class ArchiveError(AvocetError):
    """A file that `avocet models import` refuses; says which rule it breaks."""

    reason = "archive"


class HubError(AvocetError):
    """The Hugging Face hub cannot be reached or said no."""

    reason = "hub"

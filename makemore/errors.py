"""The errors that are the user's to fix. Any other exception is a bug, and shows its traceback."""


class UserError(Exception):
    """One sentence that names the file, the flag or the value, and says what to do."""

    exit_status = 1


class UsageError(UserError):
    """The command line, or the call, itself is wrong."""

    exit_status = 2


class StoppedError(UserError):
    """Who was asked to stop has done so; a user sees it only where there is nothing to keep yet."""

    def __init__(self) -> None:
        super().__init__("Stopped before the first step; nothing is kept.")


class OutputError(UserError):
    """Standard output can't be written."""


class MakemoreWarning(UserWarning):
    """One sentence that the user may want to know; what was asked for goes on."""

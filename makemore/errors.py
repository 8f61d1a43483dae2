"""The errors that are the user's to fix. Any other exception is a bug, and shows its traceback."""


class UserError(Exception):
    """One sentence that names the file, the flag or the value, and says what to do."""

    exit_status = 1


class UsageError(UserError):
    """The command line, or the call, itself is wrong."""

    exit_status = 2


class MakemoreWarning(UserWarning):
    """One sentence that the user may want to know; what was asked for goes on."""

"""The entry point: `makemore`, and `python -m makemore`."""

import atexit
import gc
import os
import sys

from makemore.errors import OutputError
from makemore.signals import SIGNALS


def main() -> None:
    """Run the command line. A signal is heard from here on, also while all else is imported."""
    SIGNALS.listen()
    # Imports make many thousand objects that stay until the end. Python's search for cycles among
    # them, again and again on the way and once more before it ends, is a quarter of `--help` and of
    # an import of torch.
    gc.set_threshold(100_000)
    atexit.register(gc.freeze)
    _leave_out_where_the_user_works()
    try:
        from makemore.commands import app
        from makemore.commands.messages import say, spelling_out
        from makemore.commands.streams import streams_that_fail_well

        with streams_that_fail_well():
            try:
                with spelling_out():
                    app(prog_name="makemore")
            except OutputError as error:
                say(str(error))
                sys.exit(error.exit_status)
            except BrokenPipeError:  # whoever read has gone
                sys.exit(1)
    finally:
        SIGNALS.end_if_asked()


def _leave_out_where_the_user_works() -> None:
    """Import nothing from there, as `python -m` would: a torch.py may have come with a run."""
    try:
        here = os.getcwd()  # noqa: PTH109  pathlib may lie there too
    except OSError:  # the folder is gone
        return
    if sys.path[:1] == [here]:
        del sys.path[0]


if __name__ == "__main__":
    main()

"""The entry point: `makemore`, and `python -m makemore`."""

import atexit
import gc
import sys


def main() -> None:
    """Run the command line; Ctrl-C ends it quietly, also while it is still being imported."""
    # Imports make many thousand objects that stay until the end. Python's search for cycles among
    # them, again and again on the way and once more before it ends, is a quarter of `--help` and of
    # an import of torch.
    gc.set_threshold(100_000)
    atexit.register(gc.freeze)
    try:
        from makemore.commands import app
        from makemore.commands.messages import spelling_out

        with spelling_out():
            app(prog_name="makemore")
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()

"""The entry point: `makemore`, and `python -m makemore`."""

import atexit
import gc

from makemore.signals import SIGNALS


def main() -> None:
    """Run the command line. A signal is heard from here on, also while all else is imported."""
    SIGNALS.listen()
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
    finally:
        SIGNALS.end_if_asked()


if __name__ == "__main__":
    main()

"""The entry point: `makemore`, and `python -m makemore`."""

import atexit
import gc
import os
import sys


def main() -> None:
    """Run the command line; Ctrl-C ends it quietly, also while it is still being imported."""
    # Imports make many thousand objects that stay until the end. Python's search for cycles among
    # them, again and again on the way and once more before it ends, is a quarter of `--help` and of
    # an import of torch.
    gc.set_threshold(100_000)
    atexit.register(gc.freeze)
    # A thread of PyTorch's that waits for another looks again and again whether it is done, and so
    # keeps a core from the one that it waits for: beside other programs a step may take ten times
    # as long. Told so, it sleeps meanwhile. The OpenMP library reads this when torch is imported.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    try:
        from makemore.commands import app
        from makemore.commands.messages import spelling_out

        with spelling_out():
            app(prog_name="makemore")
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()

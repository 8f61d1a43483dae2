"""The entry point: `makemore`, and `python -m makemore`."""

import sys


def main() -> None:
    """Run the command line; Ctrl-C ends it quietly, also while it is still being imported."""
    try:
        from makemore.cli import app

        app(prog_name="makemore")
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()

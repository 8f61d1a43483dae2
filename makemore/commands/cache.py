"""`makemore cache`."""

from typing import Annotated, Literal

import typer

from makemore.commands import flags
from makemore.commands.messages import reports_errors

ActionArgument = Annotated[Literal["list", "clear"], typer.Argument(help="What to do with them.")]


@reports_errors
def cache(action: ActionArgument = "list", as_json: flags.JsonOption = False) -> None:
    """List what large corpora are kept as, to be opened at once, or clear it."""
    from makemore.commands import console
    from makemore.corpus.cache import cache_folder, clear_cache, list_cache

    found = list_cache() if action == "list" else clear_cache()
    if as_json:
        for one in found:
            console.print_json(one.figures())
        return
    size = f"{sum(one.bytes for one in found) / 2**20:,.1f} MiB"
    if not found:
        console.say(f"Nothing is kept in {cache_folder()}.")
    elif action == "clear":
        console.say(f"{size} removed from {cache_folder()}.")
    else:
        console.show(found)
        console.say(f"{size} in {cache_folder()}; makemore cache clear removes all of it.")

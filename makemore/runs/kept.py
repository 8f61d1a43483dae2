"""Checkpoints kept along the way, weights alone, so that a training can be looked at again.

A model learns most in its first steps. So the steps that are kept lie closer at the beginning:
evenly spread over log(1 + step / unit).
"""

import math
from bisect import bisect_left
from collections.abc import Iterable
from contextlib import suppress

from makemore.errors import UserError
from makemore.runs.files import remove
from makemore.runs.run import Run

MOST_AVAILABLE = 10_000
"""Steps that are chosen among: of a very long training not every `log_interval`-th."""


def choose_steps(available: Iterable[int], n: int, unit: int) -> list[int]:
    """Choose the steps of a training to be kept, n or all where there are fewer.

    The last is among them, and from two on the first. The others are those nearest to n evenly
    spread points of log(1 + step / unit), from the first on, as long as enough are left. Where only
    a part of all steps is available, but all that were chosen are in it, the same are chosen again.
    So a training that was stopped keeps what one that never was does.

    Args:
        available: steps, each once.
        n: how many to choose.
        unit: of steps, at least 1; below it the spread is even.
    """
    steps = sorted(available)
    n = min(n, len(steps))
    places = [math.log1p(step / unit) for step in steps]
    chosen: list[int] = []
    first = 0  # of those that are left
    for number in range(n):
        point = places[-1] * (number / (n - 1) if n > 1 else 1)
        end = len(steps) - (n - 1 - number)  # behind it stand as many as are still to be chosen
        nearest = bisect_left(places, point, first, end)
        before = nearest - 1
        at_the_end = nearest == end
        if before >= first and (at_the_end or point - places[before] <= places[nearest] - point):
            nearest = before
        chosen.append(steps[nearest])
        first = nearest + 1
    return chosen


def plan(run: Run, n: int, unit: int, max_steps: int, resumed_at: int | None) -> set[int]:
    """Choose what a training keeps, of every `unit`-th step and the last, and drop all else.

    Args:
        run: its directory. What a resumed training has kept up to `resumed_at` may stay.
        n: how many to keep.
        unit: see `choose_steps`.
        max_steps: the last step; where it is 0, nothing is learned and nothing kept.
        resumed_at: the step that the training goes on from; None: it is new.

    Raises:
        UserError: a file can't be removed, or the folder of what is kept is a link to another.
    """
    if run.checkpoints.is_symlink():
        raise UserError(f"{run.checkpoints} is a link: remove it.")
    unit *= math.ceil(max_steps / unit / MOST_AVAILABLE) or 1
    begun = -1 if resumed_at is None else resumed_at
    to_come = {step for step in (*range(0, max_steps, unit), max_steps) if step > begun}
    kept = run.kept
    there = {step for step in kept if step <= begun}
    chosen = set(choose_steps(there | to_come, n, unit)) if max_steps else set()
    for step in kept.keys() - (chosen & there):
        remove(kept[step])
    if not chosen:
        with suppress(OSError):  # it may be gone, or hold something else
            run.checkpoints.rmdir()
    return chosen

"""The lectures, and how one is replayed."""

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from makemore.display import Grid, Shown
from makemore.errors import UsageError
from makemore.lectures.figures import Replay


@dataclass(frozen=True)
class Lecture:
    """A lecture of "Neural Networks: Zero to Hero", with its number there.

    Attributes:
        number: from 1 on.
        title: what it is about.
        replays: which figures are seen again.
        command: what to type for them.
        file: of this room, which replays it; none where the command is another.
        reads_names: whether it learns from names.
    """

    number: int
    title: str
    replays: str
    command: str
    file: str | None
    reads_names: bool = True


LECTURES = (
    Lecture(1, "micrograd", "a first training, number by number", "makemore moons", None),
    Lecture(2, "bigrams", "losses of counts and of descent", "makemore lecture 2", "bigrams"),
    Lecture(3, "an MLP", "first losses, one batch by heart, rates", "makemore lecture 3", "mlp"),
    Lecture(
        4,
        "activations, BatchNorm",
        "saturation, gradients and steps by layer; 1,001 steps",
        "makemore lecture 4",
        "activations",
    ),
    Lecture(
        5,
        "backprop by hand",
        "an MLP that learns by formulas alone",
        "makemore train --model mlp --gradients by-hand",
        None,
    ),
    Lecture(6, "WaveNet", "sizes, shapes, the first loss", "makemore lecture 6", "wavenet"),
    Lecture(7, "GPT", "averages, one head, its scale", "makemore lecture 7", "gpt", False),
)


@dataclass(frozen=True, repr=False)
class Course(Shown):
    """The list of the lectures."""

    def grid(self) -> Grid:
        """Show a row for each lecture."""
        rows = [(str(one.number), one.title, one.replays, one.command) for one in LECTURES]
        return Grid(rows, ("", "lecture", "what is replayed", "command"), left=4)

    def to_json(self) -> list[dict[str, Any]]:
        """Name all that a reader may want to know of each lecture."""
        return [
            {name: getattr(one, name) for name in ("number", "title", "replays", "command")}
            for one in LECTURES
        ]


def replay(number: int, path: Path | None = None) -> Replay:
    """Compute the figures of a lecture: in seconds, on the CPU.

    Args:
        number: of the lecture.
        path: a list of names, one a line; the one that comes with makemore unless given.

    Raises:
        UsageError: no lecture with that number is replayed here, or it reads no names.
        UserError: the file can't be read, or has fewer than ten names.
    """
    here = {lecture.number: lecture for lecture in LECTURES}
    if number not in here:
        *some, last = map(str, here)
        raise UsageError(f"There is no lecture {number} here: take {', '.join(some)} or {last}.")
    lecture = here[number]
    if lecture.file is None:
        raise UsageError(f"Lecture {number} has a command of its own: {lecture.command}.")
    if path is not None and not lecture.reads_names:
        raise UsageError(f"Lecture {number} reads no names: leave --names out.")
    from makemore.compute.threads import one_thread
    from makemore.lectures.windows import Names

    figures = import_module(f"makemore.lectures.{lecture.file}").replay
    with one_thread():  # several would wait for each other, and round otherwise
        if not lecture.reads_names:
            return Replay(number, [*figures()], same_data=True)
        names = Names.read(path)
        return Replay(number, [*figures(names)], names.original)

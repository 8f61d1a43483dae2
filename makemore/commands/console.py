"""What a person sees: colour and a live line in a terminal, plain lines in a pipe or a file."""

import math
import shlex
import time
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Self

import torch
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from makemore.corpus.splits import Corpus
from makemore.evaluation.losses import Evaluation, evaluate
from makemore.runs.checkpoint import Checkpoint
from makemore.runs.run import Run
from makemore.sampling.lines import Sample, preview
from makemore.training.status import Status

REFRESHES_A_SECOND = 5
STYLES = {"train": "dim", "val": "yellow", "test": "yellow", "new": "green"}

console = Console(highlight=False)


def in_terminal() -> bool:
    """Tell whether a person looks at standard output."""
    return console.file.isatty()


def say(line: str = "", style: str = "") -> None:
    """Print one line as it is, whatever its length and characters."""
    console.print(Text(line, style), soft_wrap=True)


class TrainingDisplay:
    """Follows a run: a live line in a terminal, a line for each validation elsewhere."""

    def __init__(self) -> None:
        self._drawn_at = 0.0
        self._live = Progress(
            BarColumn(bar_width=16),
            TextColumn("{task.fields[status]}"),
            console=console,
            auto_refresh=False,  # drawn from the loop: no thread takes time from the computation
        )
        self._task = self._live.add_task("", status="", visible=False)

    def __enter__(self) -> Self:
        if in_terminal():
            self._live.start()
        return self

    def __exit__(self, *error: object) -> None:
        if in_terminal():
            self._live.refresh()
            self._live.stop()

    def update(self, status: Status) -> None:
        """Show a run's newest status."""
        if status.max_steps == 0:
            return
        if not in_terminal():
            if status.validated:
                say(status_line(status))
            return
        self._live.update(
            self._task,
            total=status.max_steps,
            completed=status.step,
            status=status_line(status),
            visible=True,
        )
        now = time.perf_counter()
        if now - self._drawn_at >= 1 / REFRESHES_A_SECOND:
            self._drawn_at = now
            self._live.refresh()


def status_line(status: Status) -> str:
    """Put a status in a line: step, loss, validation loss, characters a second, time left."""
    parts = [
        f"step {status.step:,}/{status.max_steps:,}",
        f"loss {_loss(status.train_loss)}",
        f"val {_loss(status.val_loss)}",
    ]
    if not math.isnan(status.characters_per_second):
        parts += [
            f"{_short(status.characters_per_second)} characters/s",
            f"{_clock(status.seconds_left)} left",
        ]
    return "  ".join(parts)


def show_run(run: Run, corpus: Corpus, device: torch.device, seconds: float) -> None:
    """Show what a finished run has reached, some samples, and the commands to run next."""
    checkpoint = Checkpoint.load(run.checkpoint)
    model, vocabulary = checkpoint.build(device), checkpoint.vocabulary
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0), pad_edge=False)
    table.add_column(style="dim")
    table.add_column(justify="right", style="bold")
    table.add_row("parameters", f"{model.n_parameters:,}")
    text = corpus.format == "text"
    if not text:  # a pass over all of a long text takes its time: that is left to `makemore eval`
        train = evaluate(model, vocabulary.encode_lines(corpus.train))
        table.add_row("train loss", _loss(train.loss))
    best = checkpoint.progress.best_loss
    table.add_row("val loss", "no documents" if best is None else _loss(best))
    for name, value in model.report().items():
        table.add_row(name, f"{value:,}" if isinstance(value, int) else f"{value:.4g}")
    table.add_row("training time", f"{seconds:.2f} s")
    say()
    console.print(table)
    say()
    seed = checkpoint.config.training.seed
    samples = preview(model, vocabulary, checkpoint.longest, seed, text)
    if text:
        show_texts([samples[0].text])
    else:
        show_samples(samples, corpus)
    say()
    name, parent = shlex.quote(str(run)), shlex.quote(str(run.directory.parent))
    commands = {
        f"makemore sample{'' if text else ' -n 20'} --run {name}": "make more",
        f"makemore eval --run {name}": "measure it on train, val and test",
        f"tensorboard --logdir {parent}": "see the curves",
    }
    width = max(map(len, commands))
    for command, purpose in commands.items():
        line = Text(f"{command.ljust(width)}  ", "bold")
        console.print(line.append(purpose, "not bold dim"), soft_wrap=True)


def show_samples(samples: Iterable[Sample], corpus: Corpus | None) -> None:
    """Show samples; in a terminal with where each stands, elsewhere one a line and no more."""
    if not in_terminal():
        console.file.writelines(f"{one.text}\n" for one in samples)
        return
    width = 1 + min(40, corpus.longest) if corpus is not None else 0
    for one in samples:
        line = Text("".join(map(_visible, one.text)))
        if not one.finished:
            line.append("…", "dim")
        place = one.place(corpus) if corpus is not None else None
        if place is not None:
            line.pad_right(width - line.cell_len)
            line.append(f" {place}", STYLES[place])
        console.print(line, soft_wrap=True)


def show_texts(texts: Iterable[Iterable[str]], prompt: str = "") -> None:
    """Show texts, each character as it comes; a line of dashes stands between two."""
    live = in_terminal()
    for number, text in enumerate(texts):
        if number:
            say("-" * 16)
        if live:
            console.print(Text(prompt, "bold"), soft_wrap=True, end="")
        else:
            console.file.write(prompt)
        for character in text:
            console.file.write(character if character in "\n\t" else _visible(character))
            if live:
                console.file.flush()
        console.file.write("\n")


def show_evaluations(evaluations: Mapping[str, Evaluation], text: bool = False) -> None:
    """Show a row for each split; that it is one document goes without saying in a text."""
    columns = {
        "documents": "{0.documents:,}",
        "predictions": "{0.predictions:,}",
        "loss (nats/char)": "{0.loss:.4f}",
        "bits/char": "{0.bits:.4f}",
        "perplexity": "{0.perplexity:.3f}",
    }
    if text:
        del columns["documents"]
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    table.add_column("")
    for heading in columns:
        table.add_column(heading, justify="right")
    for split, one in evaluations.items():
        table.add_row(split, *(form.format(one) for form in columns.values()))
    console.print(table)


def _visible(character: str) -> str:
    """Spell out a control character, which a terminal would obey."""
    return repr(character)[1:-1] if unicodedata.category(character) == "Cc" else character


def _loss(loss: float) -> str:
    return "-" if math.isnan(loss) else f"{loss:.4f}"


def _short(number: float) -> str:
    return f"{number / 1e6:.2f}M" if number >= 1e6 else f"{number / 1e3:.0f}k"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"

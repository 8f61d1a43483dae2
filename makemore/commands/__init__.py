"""The commands: read flags, call, print.

torch takes over a second to import, so nothing here imports it until a command computes.
"""

import json
import math
import shlex
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from makemore import __version__
from makemore.commands.flags import (
    CountOption,
    DeviceOption,
    DistinctOption,
    MaxLengthOption,
    NovelOption,
    PromptOption,
    RunOption,
    SeedOption,
    TemperatureOption,
    TopKOption,
    TopPOption,
    with_setting_flags,
)
from makemore.commands.messages import reports_errors, warn, warn_of_change, warn_of_format
from makemore.commands.signals import stop_on_signals
from makemore.config import read_config
from makemore.corpus.reading import clean, read_documents
from makemore.corpus.splits import SPLITS, Split
from makemore.errors import UsageError, UserError
from makemore.models import ARCHITECTURES

if TYPE_CHECKING:
    from makemore.runs.checkpoint import Checkpoint
    from makemore.sampling.lines import Sample

app = typer.Typer(
    help="Train character-level language models on your text, and make more things like it.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(f"makemore {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    pass


@app.command()
@with_setting_flags
@reports_errors
def train(
    model: Annotated[
        str | None,
        typer.Option(
            help=f"Architecture: {', '.join(ARCHITECTURES)}, or your own: file.py:ClassName.",
            show_default="transformer",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Directory of the run.", show_default="runs/<time>-<model>"),
    ] = None,
    resume: Annotated[
        bool,
        typer.Option("--resume", help="Go on with the run in --out, or with the newest."),
    ] = False,
    config: Annotated[
        Path | None, typer.Option(help="TOML file with settings; flags are stronger.")
    ] = None,
    **settings: Any,
) -> None:
    """Train a model on a text file, one document a line or one long text, and make more."""
    if model is not None:
        settings["model"] = model
    if resume and config is not None:
        raise UsageError("--resume goes on with the run's own settings: leave out --config.")
    wanted = None if resume else read_config(config, settings)

    from makemore.commands import console
    from makemore.compute.devices import pick_device
    from makemore.models import build_model
    from makemore.runs.run import claimed, create_run, find_run, reopen
    from makemore.training import loop as training

    resumed: Checkpoint | None = None
    if wanted is not None:  # a run is made once nothing is left that can be refused
        corpus = wanted.data.load()
        resolved, device = wanted.resolve(corpus.longest), pick_device(wanted.training.device)
        # built here only to see that it can be: the trainer builds its own
        build_model(resolved.model, resolved.architecture, len(corpus.characters) + 1)
        run = create_run(out, wanted.name)
        warn_of_format(corpus)
    else:
        run = find_run(out)
    with stop_on_signals() as received, claimed(run):
        if resume:  # a checkpoint is read once no other process can write the next
            resolved, resumed, corpus = reopen(run, settings)
            device = pick_device(resolved.training.device)
        console.say(corpus.describe())
        if resume:
            console.say(f"resuming {run} at step {resumed.progress.step if resumed else 0:,}")
        with console.TrainingDisplay() as display:
            progress = training.train(
                resolved,
                corpus,
                run,
                device,
                resumed=resumed,
                watch=display.update,
                should_stop=lambda: bool(received),
            )
        if received and not progress.finished:
            console.say(f"\nStopped at step {progress.step:,}; all is saved. Go on with:")
            console.say(f"makemore train --resume --out {shlex.quote(str(run))}", "bold")
            raise typer.Exit(128 + received[0])
    console.show_run(run, corpus, device, progress.seconds)


@app.command()
@reports_errors
def sample(
    n: CountOption = None,
    run: RunOption = None,
    prompt: PromptOption = "",
    temperature: TemperatureOption = 1.0,
    top_k: TopKOption = None,
    top_p: TopPOption = None,
    max_length: MaxLengthOption = None,
    novel: NovelOption = False,
    distinct: DistinctOption = False,
    seed: SeedOption = None,
    device: DeviceOption = "auto",
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object a line: text, in, finished.")
    ] = False,
) -> None:
    """Make more: draw new documents from a trained model, or go on with a text."""
    import torch

    from makemore.commands import console
    from makemore.compute.devices import pick_device
    from makemore.runs.checkpoint import Checkpoint
    from makemore.runs.run import find_checkpoint
    from makemore.sampling.lines import Sampler, default_max_length, novel_samples, stream
    from makemore.sampling.lines import sample as draw
    from makemore.sampling.without_replacement import distinct_samples

    checkpoint = Checkpoint.load(find_checkpoint(run))
    prompt = clean(prompt)
    if not (math.isfinite(temperature) and math.isfinite(top_p or 0)):
        raise UsageError("--temperature and --top-p take numbers.")
    text = checkpoint.config.data.format == "text"
    if text and (novel or distinct):
        flag = "--novel" if novel else "--distinct"
        raise UsageError(f"{flag} is for a corpus of lines; this run was trained on one long text.")
    n = n or (1 if text else 10)
    longest = max_length or default_max_length(checkpoint.longest, text, prompt)
    sampler = Sampler(longest, temperature, top_k, top_p)
    if len(prompt) >= sampler.max_length:
        raise UsageError(
            f"--prompt has {len(prompt)} characters already, and a sample at most "
            f"{sampler.max_length}: give a larger --max-length."
        )
    generator = torch.Generator()
    generator.manual_seed(seed) if seed is not None else generator.seed()
    model = checkpoint.build(pick_device(device))

    if text:
        texts = [
            stream(model, checkpoint.vocabulary, generator, prompt=prompt, sampler=sampler)
            for _ in range(n)
        ]
        if as_json:
            for characters in texts:
                page = prompt + "".join(characters)
                typer.echo(json.dumps({"text": page, "in": None, "finished": False}))
        else:
            console.show_texts(texts, prompt)
        return

    corpus = None
    if novel or as_json or console.in_terminal():
        try:
            corpus = checkpoint.config.data.load()
        except UserError as error:
            if novel:
                raise
            warn(f"{error} So nothing is looked up in it.")
        else:
            warn_of_change(corpus, checkpoint)

    unlike = distinct_samples(  # one draw, so that no two rounds of it give the same
        model, checkpoint.vocabulary, n, generator, prompt=prompt, sampler=sampler
    )

    def draws() -> "Iterator[Sample]":
        if distinct:
            return islice(unlike, n)
        return draw(model, checkpoint.vocabulary, n, generator, prompt=prompt, sampler=sampler)

    samples = draws() if corpus is None or not novel else novel_samples(draws, n, corpus)
    if as_json:
        for one in samples:
            place = one.place(corpus) if corpus else None
            typer.echo(json.dumps({"text": one.text, "in": place, "finished": one.finished}))
    else:
        console.show_samples(samples, corpus)


@app.command("eval")
@reports_errors
def evaluate(
    run: RunOption = None,
    split: Annotated[
        Split | None, typer.Option(help="Only this split.", show_default="all three")
    ] = None,
    data: Annotated[
        Path | None, typer.Option(help="Another file, instead of the run's splits.")
    ] = None,
    device: DeviceOption = "auto",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Measure a trained model: exact losses over whole splits, or over another file."""
    if split and data:
        raise UsageError("--split is a part of the run's own data: leave it out with --data.")
    from makemore.commands import console
    from makemore.compute.devices import pick_device
    from makemore.evaluation import losses as evaluation
    from makemore.runs.checkpoint import Checkpoint
    from makemore.runs.run import find_checkpoint

    path = find_checkpoint(run)
    checkpoint = Checkpoint.load(path)
    text = checkpoint.config.data.format == "text"
    model = checkpoint.build(pick_device(device))
    if data:
        parts = {str(data): read_documents(data, checkpoint.config.data.format)}
    else:
        corpus = checkpoint.config.data.load()
        warn_of_change(corpus, checkpoint)
        parts = {name: corpus[name] for name in SPLITS if split in (None, name)}
        if split and not parts[split]:
            raise UserError(f"{corpus.source} has no document in its {split} split.")
    evaluations = {
        name: evaluation.evaluate(
            model, checkpoint.vocabulary.encode_documents(documents, checkpoint.config.data.format)
        )
        for name, documents in parts.items()
        if documents
    }
    if as_json:
        measured = {
            name: {
                figure: value if math.isfinite(value) else None  # JSON knows no infinity
                for figure, value in one.figures().items()
            }
            for name, one in evaluations.items()
        }
        typer.echo(json.dumps({"checkpoint": str(path), "splits": measured}))
    else:
        console.say(f"{path}: {checkpoint.config.name}, step {checkpoint.progress.step:,}")
        console.show_evaluations(evaluations, text)

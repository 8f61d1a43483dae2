"""Every setting becomes a flag: its name, type, bounds and help are written once, in its class."""

import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import typer
from pydantic.fields import FieldInfo

from makemore.commands.completion import complete_model, complete_out, complete_run
from makemore.config import flag
from makemore.corpus.settings import DataSettings
from makemore.corpus.splits import Split
from makemore.models import ARCHITECTURES
from makemore.recipe import COMPUTING, Device, TrainingSettings

ModelOption = Annotated[
    str | None,
    typer.Option(
        help=f"Architecture: {', '.join(ARCHITECTURES)}, or your own: file.py:ClassName.",
        show_default="transformer",
        autocompletion=complete_model,
    ),
]
OutOption = Annotated[
    Path | None,
    typer.Option(
        help="Directory of the run.",
        show_default="runs/<time>-<model>",
        autocompletion=complete_out,
    ),
]
ResumeOption = Annotated[
    bool, typer.Option("--resume", help="Go on with the run in --out, or with the newest.")
]
ConfigOption = Annotated[
    Path | None, typer.Option(help="TOML file with settings; flags are stronger.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, one object a line.")]
SplitOption = Annotated[
    Split | None, typer.Option(help="Only this split.", show_default="all three")
]
DataOption = Annotated[
    list[Path] | None,
    typer.Option(
        help="Another file or folder, or - for standard input, instead of the run's splits, read "
        "as the run's own; may be given several times. With --split, the run's own documents, "
        "where they have moved."
    ),
]
SkipUnknownOption = Annotated[
    bool,
    typer.Option(
        "--skip-unknown",
        help="Leave out documents of --data with a character that the model doesn't know.",
    ),
]
OtherColumnOption = Annotated[
    str | None,
    typer.Option(
        "--column", help="Of --data: column of a table, '' for none.", show_default="the run's own"
    ),
]
OtherEncodingOption = Annotated[
    str | None, typer.Option("--encoding", help="Of --data.", show_default="the run's own")
]
SameDataOption = Annotated[
    list[Path] | None,
    typer.Option("--data", help="The run's documents, where they have moved."),
]
RunOption = Annotated[
    Path | None,
    typer.Option(
        "--run",
        help="Run directory, its name under runs/, or a .safetensors file.",
        show_default="the newest run",
        autocompletion=complete_run,
    ),
]
OwnModelOption = Annotated[
    str | None,
    typer.Option(
        "--model", help="Your own model, file.py:ClassName, where it has moved or changed since."
    ),
]
TrustOption = Annotated[
    bool, typer.Option("--trust", help="Run the Python file that the run or --config names.")
]
DeviceOption = Annotated[Device, typer.Option(help="Where to compute.")]
CountOption = Annotated[
    int | None,
    typer.Option("-n", "--num-samples", min=1, help="How many.", show_default="10; 1 of a text"),
]
PromptOption = Annotated[str, typer.Option(help="Start each with these characters.")]
TemperatureOption = Annotated[
    float, typer.Option(min=0, help="Below 1 plays safe, above 1 dares; 0 takes the likeliest.")
]
TopKOption = Annotated[
    int | None, typer.Option(min=1, help="Draw among the k likeliest characters alone.")
]
TopPOption = Annotated[
    float | None,
    typer.Option(
        min=0, max=1, help="Draw among the likeliest characters that reach this probability."
    ),
]
MinLengthOption = Annotated[
    int, typer.Option(min=1, max=2**20, help="End none that is shorter; no sample is empty.")
]
MaxLengthOption = Annotated[
    int | None,
    typer.Option(
        min=1,
        help="Cut off after so many characters.",
        show_default="four times the longest document; 500 more of a text",
    ),
]
NovelOption = Annotated[
    bool, typer.Option("--novel", help="Only what stands nowhere in the corpus.")
]
DistinctOption = Annotated[
    bool, typer.Option("--distinct", help="No two alike: drawn without replacement.")
]
SeedOption = Annotated[
    int | None,
    typer.Option(min=0, max=2**63 - 1, help="Repeat a draw.", show_default="another each time"),
]
StepsOption = Annotated[int, typer.Option(min=1, help="How many steps of gradient descent.")]
PointsOption = Annotated[
    int | None,
    typer.Option(
        "--batch-size", min=1, help="Points a step.", show_default="all, the same in each"
    ),
]
MoonsSeedOption = Annotated[
    int,
    typer.Option("--seed", min=0, max=2**32 - 1, help="Of the points, weights and batches."),
]
PlotOption = Annotated[
    Path | None,
    typer.Option("--plot", metavar="FILE", help="Also draw the boundary, as FILE.svg or FILE.png."),
]
WordsArgument = Annotated[
    list[str] | None,
    typer.Argument(help="What is predicted, such as emma; several with --contexts."),
]
ExplainedRunOption = Annotated[
    Path | None,
    typer.Option(
        "--run",
        help="A trained model: run directory, its name under runs/, or a .safetensors file.",
        show_default="a fresh model of the settings given",
        autocompletion=complete_run,
    ),
]
AtOption = Annotated[
    int | None,
    typer.Option(
        "--at", min=1, help="Which prediction of the word.", show_default="that of the largest loss"
    ),
]
SvgOption = Annotated[
    Path | None,
    typer.Option(
        "--svg",
        metavar="FILE.svg",
        help="Also draw it, every value with its gradient: a small bigram or mlp.",
    ),
]
ContextsOption = Annotated[
    bool, typer.Option("--contexts", help="Only what the model sees before each prediction.")
]
ShapesOption = Annotated[
    bool,
    typer.Option(
        "--shapes", help="Every tensor's shape, parameters and multiplications, layer by layer."
    ),
]


LectureArgument = Annotated[
    int | None, typer.Argument(help="Of the lecture.", show_default="list the lectures")
]
NamesOption = Annotated[
    Path | None,
    typer.Option(
        "--names", help="A list of names, one a line.", show_default="those that come along"
    ),
]


def with_setting_flags(command: Callable[..., None]) -> Callable[..., None]:
    """Replace a command's `**settings` by one option for each setting of every model.

    An option that isn't given stays away from `settings`, so that a weaker layer can fill it in.
    """
    return _with_flags(command, [*_common_options(), *_model_options()])


def with_common_flags(command: Callable[..., None]) -> Callable[..., None]:
    """Do so with the settings that go to several models: of data and training, from the start."""
    return _with_flags(command, [o for o in _common_options() if o.name != "init_from"])


def _with_flags(
    command: Callable[..., None], options: list[inspect.Parameter]
) -> Callable[..., None]:
    signature = inspect.signature(command)
    own = [p for p in signature.parameters.values() if p.kind is not p.VAR_KEYWORD]

    def call(**arguments: Any) -> None:
        named = {p.name: arguments.pop(p.name) for p in own}
        command(**named, **{k: v for k, v in arguments.items() if v is not None and v != []})

    call.__name__ = command.__name__
    call.__doc__ = command.__doc__
    call.__signature__ = signature.replace(  # type: ignore[attr-defined]
        parameters=[*own, *options]
    )
    return call


def _common_options() -> Iterator[inspect.Parameter]:
    """Make the option of every setting of data and training."""
    for group in (DataSettings, TrainingSettings):
        for name, field in group.model_fields.items():
            defaults = {
                model: settings.recipe.get(name, field.default)
                for model, settings in ARCHITECTURES.items()
                if settings.recipe  # one that only counts has none
            }
            help_ = _help(str(field.description), defaults)
            panel = "Computing" if name in COMPUTING else group.panel
            yield _option(name, field.annotation, help_, panel)


def _model_options() -> Iterator[inspect.Parameter]:
    """Make the option of every model's settings, each name once; those that they share last."""
    owners: dict[str, dict[str, FieldInfo]] = {}
    for model, settings in ARCHITECTURES.items():
        for name, field in settings.model_fields.items():
            owners.setdefault(name, {})[model] = field
    for name, fields in sorted(owners.items(), key=lambda owner: len(owner[1]) > 1):
        descriptions = {model: field.description for model, field in fields.items()}
        defaults = {model: field.default for model, field in fields.items()}
        help_ = _help(_spell(descriptions, "{}: {}"), defaults)
        annotation = next(iter(fields.values())).annotation
        yield _option(name, annotation, help_, f"Model: {', '.join(fields)}")


def _help(description: str, defaults: dict[str, Any]) -> str:
    default = _spell(defaults, "{} {}")
    return rf"{description} \[default: {default}]" if default else description


def _spell(by_model: dict[str, Any], form: str) -> str:
    """Spell a value, with the models that share it where they differ; nothing where none is."""
    models: dict[Any, list[str]] = {}
    for model, value in by_model.items():
        if value is not None:
            models.setdefault(value, []).append(model)
    spelled = {
        ",".join(map(str, value)) if isinstance(value, tuple) else str(value): ", ".join(sharers)
        for value, sharers in models.items()
    }
    if len(spelled) == 1 and len(models[next(iter(models))]) == len(by_model):
        return next(iter(spelled))
    return "; ".join(form.format(sharers, value) for value, sharers in spelled.items())


def _option(name: str, annotation: Any, help_: str, panel: str) -> inspect.Parameter:
    spellings = [flag(name)]
    if annotation is bool:
        spellings = [f"{spellings[0]}/--no-{spellings[0].removeprefix('--')}"]
    if name == "init_from":
        spellings.append("--from")
    option = typer.Option(*spellings, help=help_, rich_help_panel=panel)
    return inspect.Parameter(
        name,
        inspect.Parameter.KEYWORD_ONLY,
        default=None,
        annotation=Annotated[_flag_type(annotation) | None, option],
    )


def _flag_type(annotation: Any) -> Any:
    """Find what the command line reads for a setting; bounds are checked with the whole config.

    A setting of several values is a flag that may be given several times.
    """
    if get_origin(annotation) in (Union, UnionType):
        (annotation,) = (part for part in get_args(annotation) if part is not NoneType)
    if get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    if get_origin(annotation) is tuple:
        first, *others = get_args(annotation)
        return list[first] if others == [...] else str  # type: ignore[valid-type]
    if get_origin(annotation) is Literal or isinstance(annotation, type):
        return annotation
    raise TypeError(f"no flag can spell {annotation}")

"""Every setting of a run, from three layers into one validated object.

A flag is stronger than a TOML file, and a file stronger than a default; a default may come from
the recipe of the chosen architecture. Names are flat and the same everywhere: the setting
`n_embd` is `--n-embd` on the command line and `n_embd = 64` in a file.
"""

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Self

import tomli_w
from pydantic import ValidationError

from makemore.corpus.settings import DataSettings
from makemore.corpus.sources import read_bytes
from makemore.errors import UsageError, UserError
from makemore.models import ARCHITECTURES, settings_of
from makemore.models.settings import ModelSettings
from makemore.models.trust import trust
from makemore.recipe import RESUMABLE, SGD_RECIPE, TrainingSettings
from makemore.settings import Settings, absolute

DEFAULT_MODEL = "transformer"
FILES = {"data", "val_data", "test_data"}
"""Where the documents are: a resumed run may find the same ones in another place."""


def _model_name(name: str) -> str:
    """Let a run remember where a user's own model is, too."""
    if name in ARCHITECTURES or ".py:" not in name:
        return name
    return str(absolute(Path(name)).resolve())


def _class_of(model: Any) -> str:
    return str(model).rpartition(":")[2]


class InvalidSettingError(Exception):
    """A setting that can't be, or several that can't be together."""

    def __init__(self, problem: str, *names: str) -> None:
        super().__init__(problem)
        self.names = names


@dataclass(frozen=True)
class Config:
    """All settings of a run, validated."""

    model: str
    architecture: ModelSettings
    data: DataSettings
    training: TrainingSettings

    @property
    def name(self) -> str:
        """Name of the architecture, or of the class of a user's own."""
        return _class_of(self.model)

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> Self:
        """Build from flat values; what is not given takes its default.

        Raises:
            InvalidSettingError: a name that the model doesn't have, or a value that can't be.
        """
        given = dict(values)
        model = given.pop("model", DEFAULT_MODEL)
        architecture = settings_of(model) if isinstance(model, str) else None
        if architecture is None:
            known = ", ".join(ARCHITECTURES)
            raise InvalidSettingError(
                f"{model!r} is none of {known}, nor path/to/file.py:ClassName", "model"
            )
        try:
            model = _model_name(model)
        except ValueError as error:
            raise InvalidSettingError(str(error), "model") from error
        if "max_steps" in given and "epochs" in given:
            raise InvalidSettingError("give it or max_steps, not both", "epochs")
        recipe = dict(architecture.recipe)
        if given.get("format") == "text":
            recipe |= architecture.text_recipe
        if given.get("optimizer") == "sgd":
            recipe |= SGD_RECIPE
        if "epochs" in given:
            recipe["max_steps"] = None
        defaults: dict[type[Settings], dict[str, Any]] = {
            architecture: {},
            DataSettings: {},
            TrainingSettings: recipe,
        }
        for name in given:
            if not any(name in group.model_fields for group in defaults):
                raise InvalidSettingError(_unknown(name, model, architecture), name)
        sections: list[Any] = []
        for group, default in defaults.items():
            own = {name: given[name] for name in given if name in group.model_fields}
            try:
                sections.append(group.model_validate(default | own))
            except ValidationError as error:
                first = error.errors()[0]
                culprits = first["loc"][:1] or own.keys()
                problem = first["msg"].removeprefix("Value error, ")
                problem = problem[0].lower() + problem[1:]
                raise InvalidSettingError(problem, *map(str, culprits)) from error
        return cls(model, *sections)

    def values(self) -> dict[str, Any]:
        """Give the settings flat and plain, as TOML and JSON write them; those not set left out."""
        values: dict[str, Any] = {"model": self.model}
        for section in (self.architecture, self.data, self.training):
            values |= section.model_dump(mode="json", exclude_none=True)
        return values

    def to_toml(self) -> str:
        """Write the settings as a file that `--config` reads."""
        return tomli_w.dumps(self.values())

    def resolve(self, longest: int) -> "Config":
        """Fill in what depends on the corpus, whose longest document has `longest` characters."""
        architecture = self.architecture.resolve(longest, self.data.format == "text")
        return Config(self.model, architecture, self.data, self.training)


def _unknown(name: str, model: str, architecture: type[ModelSettings]) -> str:
    owners = [other for other, settings in ARCHITECTURES.items() if name in settings.model_fields]
    own = ", ".join(architecture.model_fields)
    if owners:
        return f"belongs to {' and '.join(owners)}; the settings of {model} are {own}"
    groups: list[type[Settings]] = [DataSettings, TrainingSettings, architecture]
    close = get_close_matches(name, [own for group in groups for own in group.model_fields], n=1)
    if close:
        return f"there is no such setting; did you mean {close[0]}?"
    return "there is no such setting; `makemore train --help` names them all"


def flag(name: str) -> str:
    """Spell a setting as the command line does."""
    return "--" + name.replace("_", "-")


def read_config(
    file: Path | None,
    flags: Mapping[str, Any],
    *,
    trusted: bool = False,
    start: Callable[[str], Mapping[str, Any]] = lambda _: {},
) -> Config:
    """Put flags over a TOML file over the defaults.

    A table `[expected]` in the file is no setting: it says what the run must reach, for a test.
    A user's own model that a flag names may run from now on; one that only the file names, if the
    file is `trusted`, or if it may run already. Below all stand the settings that `start` gives for
    the run that is named by `init_from`.

    Raises:
        UserError: the file can't be read, or holds a wrong setting.
        UsageError: a flag is wrong.
    """
    from_file: dict[str, Any] = {}
    if file is not None:
        try:
            from_file = tomllib.loads(read_bytes(file).decode("utf-8-sig"))
        except OSError as error:
            raise UserError(f"Can't read {file}: {error.strerror}.") from error
        except UnicodeDecodeError as error:
            raise UserError(f"{file} is not UTF-8, as TOML is: save it so.") from error
        except RecursionError as error:
            raise UserError(f"{file} is nested too deep for a file of settings.") from error
        except ValueError as error:
            too_long = "a number has more digits than any setting takes"
            why = error if isinstance(error, tomllib.TOMLDecodeError) else too_long
            raise UserError(f"{file} is not valid TOML: {why}.") from error
    from_file.pop("expected", None)  # what the run must reach is for those who check the file
    values = overlay(from_file, flags)
    if below := dict(start(str(values["init_from"]))) if values.get("init_from") else {}:
        wanted, there = (_class_of(from_["model"]) for from_ in (below | values, below))
        if wanted != there:
            raise UsageError(
                f"--init-from takes over the weights of {there}, which {wanted} has not: "
                f"leave out --model."
            )
        if values.get("optimizer", below["optimizer"]) != below["optimizer"]:
            below = {name: below[name] for name in below.keys() - SGD_RECIPE.keys()}
        values = overlay(below, values) | {"init_from": below["init_from"]}
    try:
        config = Config.from_values(values)
    except InvalidSettingError as error:
        if flags.keys().isdisjoint(error.names):
            raise UserError(f"{file}, {', '.join(error.names)}: {error}.") from None
        raise _usage_error(error) from None
    if trusted or "model" in flags:
        trust(config.model)
    return config


def change_config(config: Config, flags: Mapping[str, Any]) -> Config:
    """Put the flags of `--resume` over a run's own settings.

    Raises:
        UsageError: a flag would make another run of it.
    """
    # another model doesn't have the same settings, so it is told apart first
    if _model_name(flags.get("model", config.model)) != config.model:
        raise _not_in_a_resumed_run("model", config.model)
    try:
        changed = Config.from_values(overlay(config.values(), flags))
    except InvalidSettingError as error:
        raise _usage_error(error) from None
    for name in flags.keys() - RESUMABLE - FILES:
        # a value may be spelled in several ways: it is compared as the config has read it
        old, new = (_spell(c.values().get(name, "not set")) for c in (config, changed))
        if old != new:
            raise _not_in_a_resumed_run(name, old)
    return changed


def _spell(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _not_in_a_resumed_run(name: str, value: str) -> UsageError:
    return UsageError(
        f"{flag(name)} can't be changed in a resumed run: it is {value} there. "
        f"Start a new run without --resume."
    )


def overlay(lower: Mapping[str, Any], upper: Mapping[str, Any]) -> dict[str, Any]:
    """Put stronger values over weaker ones; max_steps and epochs stand in for each other."""
    hidden = {"max_steps", "epochs"} if upper.keys() & {"max_steps", "epochs"} else set()
    return {name: value for name, value in lower.items() if name not in hidden} | dict(upper)


def _usage_error(error: InvalidSettingError) -> UsageError:
    return UsageError(f"{', '.join(map(flag, error.names))}: {error}.")

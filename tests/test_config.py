"""Settings: which source is the stronger, and what is wrong with them."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from makemore.config import Config, change_config, read_config
from makemore.corpus.settings import DataSettings
from makemore.errors import UsageError, UserError
from makemore.models import ARCHITECTURES
from makemore.models.settings import MLPSettings
from makemore.recipe import TrainingSettings
from makemore.settings import Settings
from tests.helpers import CONFIG_FOLDER, write_file

CONFIGS = sorted(CONFIG_FOLDER.rglob("*.toml"))


def test_a_flag_is_stronger_than_a_file_and_a_file_than_a_default(tmp_path: Path) -> None:
    file = write_file(tmp_path / "c.toml", 'model = "mlp"\nn_embd = 20\nn_hidden = 30\nseed = 5\n')
    config = read_config(file, {"n_hidden": 40, "seed": 6})
    assert config.architecture == MLPSettings(block_size=3, n_embd=20, n_hidden=40)
    assert config.training.seed == 6


def test_the_model_s_recipe_is_stronger_than_the_common_default() -> None:
    for model, settings in ARCHITECTURES.items():
        training = read_config(None, {"model": model}).training
        for name in TrainingSettings.model_fields:
            default = settings.recipe.get(name, TrainingSettings.model_fields[name].default)
            assert getattr(training, name) == default
    assert read_config(None, {"model": "mlp", "learning_rate": 0.5}).training.learning_rate == 0.5


def test_steps_and_epochs_stand_in_for_each_other(tmp_path: Path) -> None:
    file = write_file(tmp_path / "c.toml", "max_steps = 7\n")
    from_file = read_config(file, {}).training
    assert (from_file.max_steps, from_file.epochs) == (7, None)
    from_flag = read_config(file, {"epochs": 2.0}).training
    assert (from_flag.max_steps, from_flag.epochs) == (None, 2.0)
    with pytest.raises(UsageError, match="--epochs: give it or max_steps, not both"):
        read_config(None, {"epochs": 2.0, "max_steps": 7})


def test_gradient_descent_is_plain_unless_more_is_given(tmp_path: Path) -> None:
    """The recipe of each architecture is for Muon and AdamW."""
    plain = read_config(None, {"optimizer": "sgd", "model": "wavenet"}).training
    assert (plain.learning_rate, plain.momentum) == (0.1, 0)
    assert (plain.weight_decay, plain.grad_clip) == (0, 0)
    file = write_file(tmp_path / "c.toml", "momentum = 0.7\n")
    given = read_config(file, {"optimizer": "sgd", "model": "wavenet", "grad_clip": 2.0}).training
    assert (given.momentum, given.grad_clip) == (0.7, 2.0)


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ({"model": "gpt5"}, "--model: 'gpt5' is none of bigram, ngram, mlp"),
        (
            {"model": "mlp", "n_head": 2},
            "--n-head: belongs to transformer; the settings of mlp are",
        ),
        ({"n_layers": 2}, "--n-layers: there is no such setting"),
        ({"n_layer": 0}, "--n-layer: input should be greater than or equal to 1"),
        ({"n_head": 5}, "n_head 5 does not divide n_embd 88"),
        ({"learning_rate": float("nan")}, "--learning-rate: input should be"),
        ({"split": "0.9,0.2,0.1"}, "--split: three shares that sum to 1"),
        ({"split": "1.2,-0.1,-0.1"}, "--split: three shares"),
        ({"split": "a,b"}, "--split: three shares"),
        ({"split": "0.8,0.2"}, "--split: three shares"),
        ({"epochs": 1e308}, "--epochs: input should be less than"),
        ({"model": "bigram", "smoothing": -1.0}, "--smoothing"),
        ({"model": "mlp", "gain": 1.0}, "--gain: scales the weights of init kaiming"),
        ({"drop_at": 0.5}, "--drop-at: says when decay step drops"),
        ({"decay": "step", "drop_at": 1.5}, "--drop-at: input should be less than or equal to 1"),
    ],
)
def test_a_wrong_flag_is_bad_usage_and_is_named(flags: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError) as error:
        read_config(None, flags)
    assert message in str(error.value)
    assert error.value.exit_status == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("seed = 'x'\n", "seed"),
        ("colour = 1\n", "colour: there is no such setting"),
        ("seed = = 1\n", "not valid TOML"),
        ("[section]\nseed = 1\n", "section: there is no such setting"),
        ("model = ['mlp']\n", "model: .* is none of bigram"),
        ("n_head = 5\n", "n_head 5 does not divide n_embd 88"),
        ("seed = true\n", "seed: input should be a valid integer"),
        ("max_steps = '3'\n", "max_steps: input should be a valid integer"),
        ("split = [0.8, 0.2]\n", "split: three shares that sum to 1"),
        ("model = '~nobody-is-called-so/x.py:C'\n", "model: there is no such home directory"),
        ("data = '~nobody-is-called-so/x'\n", "data: there is no such home directory"),
    ],
)
def test_a_wrong_line_of_a_file_names_the_file(tmp_path: Path, text: str, message: str) -> None:
    file = write_file(tmp_path / "c.toml", text)
    with pytest.raises(UserError, match=message) as error:
        read_config(file, {})
    assert str(file) in str(error.value)
    assert error.value.exit_status == 1


def test_a_file_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="Can't read"):
        read_config(tmp_path / "nowhere.toml", {})


@given(
    model=st.sampled_from(sorted(ARCHITECTURES)),
    seed=st.integers(0, 2**63 - 1),
    rate=st.floats(1e-9, 1e3),
    split_seed=st.integers(-(2**63), 2**63 - 1),
    data=st.none() | st.text("ab cé'\"\\", min_size=1, max_size=8),
)
def test_a_config_survives_toml(
    model: str, seed: int, rate: float, split_seed: int, data: str | None
) -> None:
    values = {"model": model, "seed": seed, "learning_rate": rate, "split_seed": split_seed}
    if data is not None:
        values["data"] = data
    config = Config.from_values(values).resolve(longest=10)
    assert Config.from_values(tomllib.loads(config.to_toml())) == config


def test_paths_are_remembered_from_the_root(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert DataSettings.model_validate({"data": "x.txt"}).data == (tmp_path / "x.txt",)


def test_a_resumed_run_may_go_further_but_not_be_another() -> None:
    config = read_config(None, {"model": "mlp"})
    assert change_config(config, {"max_steps": 9}).training.max_steps == 9
    assert change_config(config, {"epochs": 1.5}).training.max_steps is None
    assert change_config(config, {"n_embd": 10, "model": "mlp", "split": "0.8,0.1,0.1"}) == config
    with pytest.raises(UsageError, match=r"--n-embd can't be changed .* it is 10 there"):
        change_config(config, {"n_embd": 11})
    with pytest.raises(UsageError, match="--model can't be changed"):
        change_config(config, {"model": "bigram"})


def test_every_setting_has_help_and_one_type_across_models() -> None:
    types: dict[str, object] = {}
    groups: list[type[Settings]] = [DataSettings, TrainingSettings]
    groups += ARCHITECTURES.values()
    for group in groups:
        for name, field in group.model_fields.items():
            assert field.description, name
            kind = str(field.annotation).replace(" | None", "").replace("<class 'int'>", "int")
            assert types.setdefault(name, kind) == kind, name


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_a_config_named_by_a_model_is_its_default_run(path: Path) -> None:
    config = read_config(path, {})
    if path.parent == CONFIG_FOLDER and path.stem in ARCHITECTURES:
        assert config == read_config(None, {"model": path.stem})


def test_a_config_comes_along_for_every_model() -> None:
    assert {path.stem for path in CONFIG_FOLDER.glob("*.toml")} >= set(ARCHITECTURES)

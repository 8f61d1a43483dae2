"""The recipe of each architecture: the loss that a default run reaches."""

import tomllib

import pytest

from makemore.models import ARCHITECTURES
from tests.helpers import CONFIG_FOLDER, Runner, measured_losses

COUNTED = {"bigram", "ngram"}


@pytest.mark.parametrize(
    "model",
    [
        pytest.param(model, marks=() if model in COUNTED else pytest.mark.campaign)
        for model in ARCHITECTURES
    ],
)
def test_a_default_run_reaches_the_loss_that_its_config_file_expects(
    run_makemore: Runner, model: str
) -> None:
    expected = tomllib.loads((CONFIG_FOLDER / f"{model}.toml").read_text(encoding="utf-8"))
    assert run_makemore("train", "--model", model, "--out", "run").exit_code == 0
    assert measured_losses(run_makemore, "run")[1] < expected["expected"]["val_loss"]


def test_the_registry_holds_each_file_that_a_user_can_name() -> None:
    """It is collected from the settings; the name is the file's."""
    assert list(ARCHITECTURES) == [
        "bigram",
        "ngram",
        "mlp",
        "wavenet",
        "bow",
        "rnn",
        "lstm",
        "gru",
        "transformer",
    ]
    for name, settings in ARCHITECTURES.items():
        assert settings.builds.startswith(f"{name}.")

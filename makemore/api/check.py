"""Look for mistakes in a training."""

from pathlib import Path
from typing import Any

from makemore.api.given import read_given, warn_of_the_format
from makemore.checks.checkup import check_subject
from makemore.checks.finding import Findings
from makemore.checks.subject import Subject
from makemore.compute.devices import pick_device
from makemore.compute.randomness import own_random_numbers
from makemore.config import Config
from makemore.corpus.sources import Paths
from makemore.errors import UsageError
from makemore.maker import Maker


def check(
    data: Paths | None = None,
    *,
    model: str | None = None,
    run: str | Path | None = None,
    config: str | Path | None = None,
    trust: bool = False,
    **settings: Any,
) -> Findings:
    """Look for the most common mistakes in a model and its training, on real data, in seconds.

    Args:
        data: the file; None takes the names that come with makemore. With a run, the documents of
            its corpus, where they have moved.
        model: an architecture, or your own: `file.py:ClassName`; None: a transformer.
        run: check the model of a run instead, with its settings and its weights.
        config: TOML file with settings; those given here are stronger.
        trust: run the Python file of a model that `config` or `run` names, though you have not
            named it.
        settings: any other setting by its name; with a run only `device`, and `model` where the
            file of your own has moved or changed.

    Returns:
        A finding for each check; `healthy` says whether none failed.

    Raises:
        UserError: a file can't be read, or the model can't be built or gives no logits.
        UsageError: a setting that can't be.
    """
    if run is None:
        return check_config(read_given(data, model, config, trust, settings))
    if (model and ".py:" not in model) or config or settings.keys() - {"device"}:
        raise UsageError("--run has settings of its own: leave out --config and those given here.")
    maker = Maker.load(run, settings.get("device", "auto"), data=data, model=model, trust=trust)
    with own_random_numbers(maker.model.device):
        return check_subject(Subject.of_run(maker))


def check_config(config: Config) -> Findings:
    """Check as `check` does, where all settings are in one object already."""
    device = pick_device(config.training.device)
    corpus = config.data.load()
    warn_of_the_format(corpus)
    with own_random_numbers(device):
        return check_subject(Subject(config, corpus, device))

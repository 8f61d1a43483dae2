"""Training and evaluation mode: where do they differ, and is the right one on?"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from makemore.checks.finding import Verdict, failed, passed
from makemore.models.base import Model
from makemore.models.normalization import BatchNorm

SAME = 1e-6
"""The largest difference of logits that counts as none."""


def evaluation_repeats_itself(predict: Callable[[], Tensor], model: nn.Module) -> Verdict:
    """See that two predictions in evaluation mode are the same.

    Args:
        predict: gives logits of the same batch at each call.
        model: who predicts; is put into evaluation mode.
    """
    model.eval()
    with torch.no_grad():
        difference = _difference(predict(), predict())
    found = f"Two predictions of one batch in evaluation mode differ by {difference:.2g}."
    if difference <= SAME:
        return passed(found)
    return failed(
        found,
        "Something stays random: dropout by a function needs training=self.training, a module of "
        "its own switches by itself, and a model that overrides eval keeps it on.",
    )


def modes_differ_for_a_reason(predict: Callable[[], Tensor], model: nn.Module) -> Verdict:
    """See that training mode predicts otherwise where there is dropout or BatchNorm, only there.

    Dropout is told by the random numbers that it draws.

    Args:
        predict: gives logits of the same batch at each call.
        model: who predicts; is put into both modes, and what it remembers of batches changes.
    """
    with torch.no_grad():
        model.eval()
        evaluated = predict()
        model.train()
        before = _random_state()
        trained = predict()
    reasons = ["dropout"] if not torch.equal(before, _random_state()) else []
    if any(isinstance(module, BatchNorm | _BatchNorm) for module in model.modules()):
        reasons.append("BatchNorm")
    difference = _difference(evaluated, trained)
    why = f" for {' and '.join(reasons)}" if reasons else ", and nothing asks for a difference"
    found = f"Logits in training and evaluation mode differ by {difference:.2g}{why}."
    if (difference > SAME) == bool(reasons):
        return passed(found)
    if reasons:
        return failed(
            found,
            "The model doesn't listen to its mode: don't override train or eval, let each module "
            "be one of the model's own attributes, and let a BatchNorm keep running statistics.",
        )
    return failed(found, "Something reads self.training: let both modes compute the same.")


def evaluation_sets_its_mode(evaluate: Callable[[], object], model: nn.Module) -> Verdict:
    """See that an evaluation switches to evaluation mode, and back.

    Args:
        evaluate: measures the model.
        model: is put into training mode first, as in a training.
    """
    model.train()
    with _watched(model) as modes:
        evaluate()
    if not modes:
        return failed("The evaluation never asked the model.", "Let it measure this model.")
    found = (
        f"The evaluation ran the model in {' and '.join(sorted(modes))} mode, "
        f"and left it in {_mode(model)} mode."
    )
    if modes == {"evaluation"} and model.training:
        return passed(found)
    return failed(
        found,
        "BatchNorm and dropout need to know: call model.eval() before an evaluation and "
        "model.train() behind it, and let no model override them.",
    )


@contextmanager
def _watched(model: nn.Module) -> Iterator[set[str]]:
    """Collect the modes in which a model and its modules are called."""
    modes: set[str] = set()

    def note(module: nn.Module, *_: Any) -> None:
        modes.add(_mode(module))

    hooks = [module.register_forward_pre_hook(note) for module in model.modules()]
    if isinstance(model, Model):  # which may predict from a table without a module's call

        def predict_table(table: Any, usual: Callable[..., Tensor] = model.predict_table) -> Tensor:
            note(model)
            return usual(table)

        model.predict_table = predict_table  # type: ignore[method-assign]
    try:
        yield modes
    finally:
        for hook in hooks:
            hook.remove()
        vars(model).pop("predict_table", None)


def _mode(module: nn.Module) -> str:
    return "training" if module.training else "evaluation"


def _random_state() -> Tensor:
    states = [torch.get_rng_state()]
    if torch.cuda.is_available() and torch.cuda.is_initialized():
        states.append(torch.cuda.get_rng_state())
    return torch.cat(states)


def _difference(some: Tensor, others: Tensor) -> float:
    """Give the largest; what is equal without being a number, as two infinities are, is equal."""
    differences = torch.where(some == others, 0, (some - others).abs())
    return differences.nan_to_num(nan=torch.inf).max().item()

"""SGD, AdamW and Muon against their formulas and PyTorch's own, and which parameters each has."""

import pytest
import torch
from torch import Tensor, nn

from makemore.compute.threads import Workers
from makemore.models import ARCHITECTURES
from makemore.recipe import TrainingSettings
from makemore.training import optimizers
from makemore.training.optimizers import (
    NEWTON_SCHULZ,
    SGD,
    AdamW,
    Muon,
    Optimizer,
    orthogonalise,
)
from tests.helpers import random_model

ALONE = Workers()


def test_matrices_decay_and_biases_and_norms_do_not() -> None:
    model = random_model("transformer", 5, bias=True, norm="layer")
    before = [p.detach().clone() for p in model.parameters()]
    optimizer = Optimizer(model, TrainingSettings(weight_decay=0.3, optimizer="adamw"), ALONE)
    optimizer.step(torch.zeros(model.n_parameters), 0.1)
    for (name, parameter), old in zip(model.named_parameters(), before, strict=True):
        vector = "bias" in name or ".ln_" in name or name.startswith("ln_")
        torch.testing.assert_close(parameter.detach(), old if vector else old * 0.97)


def test_adamw_is_pytorch_s() -> None:
    ours = torch.randn(39)
    decayed, others = (nn.Parameter(part.clone()) for part in ours.split([25, 14]))
    adamw = AdamW(ours, n_decayed=25, weight_decay=0.1, betas=(0.8, 0.99))
    groups = [{"params": [decayed], "weight_decay": 0.1}, {"params": [others], "weight_decay": 0}]
    reference = torch.optim.AdamW(groups, lr=0.05, betas=adamw.betas)
    for _ in range(20):
        gradient = torch.randn(39)
        decayed.grad, others.grad = gradient.clone().split([25, 14])
        adamw.step(gradient, 0.05)
        reference.step()
    theirs = torch.cat([decayed.detach(), others.detach()])
    torch.testing.assert_close(ours, theirs, atol=1e-6, rtol=1e-6)


@pytest.mark.parametrize(
    ("weight_decay", "momentum"), [(0.0, 0.0), (0.1, 0.0), (0.0, 0.9)], ids=str
)
def test_sgd_is_pytorch_s(weight_decay: float, momentum: float) -> None:
    """PyTorch's decay goes through the momentum, which ours doesn't: one of the two at a time."""
    ours = torch.randn(39, dtype=torch.float64)
    decayed, others = (nn.Parameter(part.clone()) for part in ours.split([25, 14]))
    sgd = SGD(ours, n_decayed=25, weight_decay=weight_decay, momentum=momentum)
    groups = [
        {"params": [decayed], "weight_decay": weight_decay},
        {"params": [others], "weight_decay": 0},
    ]
    reference = torch.optim.SGD(groups, lr=0.05, momentum=momentum)
    for _ in range(20):
        gradient = torch.randn(39, dtype=torch.float64)
        decayed.grad, others.grad = gradient.clone().split([25, 14])
        sgd.step(gradient, 0.05)
        reference.step()
    theirs = torch.cat([decayed.detach(), others.detach()])
    torch.testing.assert_close(ours, theirs, atol=1e-14, rtol=0)


def test_plain_gradient_descent_remembers_nothing_and_moves_every_weight_alike() -> None:
    model = random_model("transformer", 5)
    before = [parameter.detach().clone() for parameter in model.parameters()]
    settings = TrainingSettings(optimizer="sgd", momentum=0, weight_decay=0)
    optimizer = Optimizer(model, settings, ALONE)
    optimizer.step(torch.ones(model.n_parameters), 0.25)
    for parameter, old in zip(model.parameters(), before, strict=True):
        assert torch.equal(parameter.detach(), old - 0.25)
        assert optimizer.state(parameter) == {}


@pytest.mark.parametrize("name", [name for name in ARCHITECTURES if name != "ngram"])
@pytest.mark.parametrize("kind", ["muon", "adamw", "sgd"])
def test_every_parameter_has_its_place_in_the_vector(name: str, kind: str) -> None:
    model = random_model(name, 5)
    before = [parameter.detach().clone() for parameter in model.parameters()]
    optimizer = Optimizer(model, TrainingSettings.model_validate({"optimizer": kind}), ALONE)
    assert sum(optimizer.lengths) == model.n_parameters
    assert sorted(map(id, optimizer.parameters)) == sorted(map(id, model.parameters()))
    for parameter, old in zip(model.parameters(), before, strict=True):
        assert torch.equal(parameter.detach(), old)
    for parameter in model.parameters():
        assert {tuple(values.shape) for values in optimizer.state(parameter).values()} - {()} == {
            tuple(parameter.shape)
        }
    for rule in optimizer.rules:  # what an optimizer moves is the model itself
        rule.weights.fill_(7)
    assert all((parameter == 7).all() for parameter in model.parameters())


def test_what_is_remembered_of_a_parameter_is_of_its_own_gradient() -> None:
    model = random_model("gru", 5)
    optimizer = Optimizer(model, TrainingSettings(momentum=0.5), ALONE)
    gradients = [torch.randn_like(parameter) for parameter in optimizer.parameters]
    optimizer.step(torch.cat([gradient.flatten() for gradient in gradients]), 0.1)
    for parameter, gradient in zip(optimizer.parameters, gradients, strict=True):
        state = optimizer.state(parameter)
        mean = state["momentum"] if "momentum" in state else state["exp_avg"]
        torch.testing.assert_close(mean, gradient / 2)


def test_muon_has_the_matrices_inside_the_blocks() -> None:
    model = random_model("transformer", 5, n_layer=2)
    optimizer = Optimizer(model, TrainingSettings(optimizer="muon"), ALONE)
    names = {id(p): name for name, p in model.named_parameters()}
    layers = ("c_attn", "c_proj", "c_fc", "mlp_proj")
    remembered = [p for p in optimizer.parameters if "momentum" in optimizer.state(p)]
    assert {names[id(p)] for p in remembered} == {
        f"blocks.{i}.{layer}.weight" for i in range(2) for layer in layers
    }


def test_a_step_is_adamw_s_formula() -> None:
    """Loshchilov & Hutter 2019, algorithm 2, written out for two steps."""
    model = random_model("bigram", 3)
    (weights,) = model.parameters()
    expected = weights.detach().clone().double()
    settings = TrainingSettings(weight_decay=0.2, momentum=0.9)
    optimizer = Optimizer(model, settings, ALONE)
    m = v = torch.zeros(3, 3, dtype=torch.float64)
    for step in (1, 2):
        gradient = torch.randn(3, 3)
        optimizer.step(gradient.flatten(), 0.1)
        m = 0.9 * m + 0.1 * gradient
        v = 0.99 * v + 0.01 * gradient.double() ** 2
        m_hat, v_hat = m / (1 - 0.9**step), v / (1 - 0.99**step)
        expected = expected - 0.1 * 0.2 * expected - 0.1 * m_hat / (v_hat.sqrt() + 1e-8)
    torch.testing.assert_close(weights.detach().double(), expected, atol=1e-6, rtol=0)


@pytest.mark.parametrize("shape", [(24, 24), (16, 48), (48, 16)])
def test_orthogonalising_keeps_directions_and_levels_their_sizes(shape: tuple[int, int]) -> None:
    """U S V' becomes U S' V', where the quintics leave every S' near 1."""
    matrix = torch.randn(shape, dtype=torch.float64)
    (found,) = orthogonalise([matrix[None]])
    u, s, vt = torch.linalg.svd(matrix, full_matrices=False)
    levelled = u.T @ found[0] @ vt.T
    sizes = levelled.diagonal()
    torch.testing.assert_close(levelled, sizes.diag(), atol=1e-9, rtol=0)
    large = s > 0.003 * s.norm()  # a smaller one has not come all the way after four steps
    assert ((sizes[large] > 0.8) & (sizes[large] < 1.2)).all()


def test_orthogonalising_through_the_small_side_is_newton_schulz() -> None:
    """The iteration as it is published, one matrix at a time, also of a rank that is not full."""
    stacks = [torch.randn(3, 8, 20), torch.randn(2, 8, 8), torch.randn(1, 30, 8)]
    stacks += [torch.randn(1, 12, 4) @ torch.randn(1, 4, 24), torch.zeros(1, 5, 9)]
    stacks = [stack.double() for stack in stacks]
    for stack, found in zip(stacks, orthogonalise(stacks), strict=True):
        for matrix, direction in zip(stack, found, strict=True):
            x = matrix if len(matrix) <= len(matrix.T) else matrix.T
            x = x / (x.norm() + 1e-7)
            for a, b, c in NEWTON_SCHULZ:
                x = a * x + b * (x @ x.T) @ x + c * (x @ x.T) @ (x @ x.T) @ x
            expected = x if len(matrix) <= len(matrix.T) else x.T
            torch.testing.assert_close(direction, expected, atol=1e-6, rtol=0)


def parts(vector: Tensor, shapes: list[torch.Size]) -> list[tuple[Tensor, torch.Size]]:
    return list(zip(vector.split([shape.numel() for shape in shapes]), shapes, strict=True))


def test_muon_is_pytorch_s(monkeypatch: pytest.MonkeyPatch) -> None:
    """With Jordan's coefficients. torch.optim.Muon iterates in bfloat16, hence the tolerance."""
    monkeypatch.setattr(optimizers, "NEWTON_SCHULZ", 5 * [(3.4445, -4.7750, 2.0315)])
    shapes = [torch.Size((16, 48)), torch.Size((16, 48)), torch.Size((48, 16))]
    ours = torch.randn(3 * 768)
    theirs = [nn.Parameter(part.view(shape).clone()) for part, shape in parts(ours, shapes)]
    muon = Muon(ours, shapes, weight_decay=0.1, momentum=0.8)
    reference = torch.optim.Muon(
        theirs,
        lr=0.05,
        weight_decay=0.1,
        momentum=muon.momentum,
        adjust_lr_fn="match_rms_adamw",
    )
    for _ in range(3):
        gradient = torch.randn(3 * 768)
        for their, (part, shape) in zip(theirs, parts(gradient, shapes), strict=True):
            their.grad = part.view(shape).clone()
        muon.step(gradient, 0.05)
        reference.step()
    for their, (our, shape) in zip(theirs, parts(ours, shapes), strict=True):
        torch.testing.assert_close(our.view(shape), their.detach(), atol=2e-3, rtol=0)


def test_of_a_frozen_parameter_nothing_is_remembered() -> None:
    model = random_model("gru", 5)
    model.requires_grad_(False)
    weight = next(model.parameters()).requires_grad_()
    optimizer = Optimizer(model, TrainingSettings(), ALONE)
    optimizer.step(torch.ones(weight.numel()), 0.1)
    remembered = [bool(optimizer.state(parameter)) for parameter in model.parameters()]
    assert remembered == [True] + [False] * (len(remembered) - 1)


def test_matrices_are_moved_alike_by_one_worker_and_by_several(workers: Workers) -> None:
    moved = []
    for helpers in (Workers(), workers):
        model = random_model("transformer", 5, n_layer=3)
        optimizer = Optimizer(model, TrainingSettings(), helpers)
        torch.manual_seed(0)
        slopes = {parameter: torch.randn_like(parameter) for parameter in model.parameters()}
        optimizer.step(torch.cat([slopes[p].flatten() for p in optimizer.parameters]), 0.1)
        moved.append([p.detach().clone() for p in model.parameters()])
    for one, other in zip(*moved, strict=True):
        torch.testing.assert_close(one, other, atol=1e-6, rtol=1e-5)

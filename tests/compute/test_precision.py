"""What training multiplies in bf16 gives nearly the gradient of fp32; all else stays fp32."""

import pytest
import torch

from makemore.compute.precision import multiplying_in, pick_precision
from makemore.corpus.splits import Corpus
from makemore.errors import UsageError
from makemore.models import ARCHITECTURES
from makemore.training.learner import Learner
from tests.helpers import small_config

CPU, CUDA = torch.device("cpu"), torch.device("cuda")


def learner(corpus: Corpus, model: str, precision: str) -> Learner:
    fit = {"fit": "gradient"} if model == "bigram" else {}
    return Learner(small_config(model, precision=precision, **fit), corpus, CPU)


@pytest.mark.parametrize("model", [name for name in ARCHITECTURES if name != "ngram"])
def test_the_gradient_of_bf16_points_where_that_of_fp32_does(corpus: Corpus, model: str) -> None:
    found = {}
    for precision in ("fp32", "bf16"):
        one = learner(corpus, model, precision)
        one.begin()
        found[precision] = one.gradient(one.next_tables())
    exact, rough = found["fp32"], found["bf16"]
    assert rough.vector.dtype == torch.float32
    assert rough.loss.item() == pytest.approx(exact.loss.item(), abs=5e-3)
    assert torch.cosine_similarity(exact.vector, rough.vector, 0) > 0.999


def test_validation_stays_in_fp32(corpus: Corpus) -> None:
    exact, rough = (learner(corpus, "transformer", name) for name in ("fp32", "bf16"))
    assert exact.validate() == rough.validate()


@pytest.mark.parametrize(
    ("name", "device", "has_bf16", "picked"),
    [
        ("auto", CPU, False, "fp32"),
        ("auto", CUDA, True, "bf16"),
        ("auto", CUDA, False, "fp32"),
        ("fp32", CUDA, True, "fp32"),
        ("bf16", CPU, False, "bf16"),
    ],
)
def test_auto_takes_bf16_where_a_gpu_has_it(
    monkeypatch: pytest.MonkeyPatch, name: str, device: torch.device, has_bf16: bool, picked: str
) -> None:
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda: has_bf16)
    assert pick_precision(name, device) == picked


@pytest.mark.parametrize(("name", "device"), [("tf32", CPU), ("bf16", CUDA), ("tf32", CUDA)])
def test_a_precision_that_a_device_lacks_is_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, device: torch.device
) -> None:
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda: False)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: (7, 5))
    with pytest.raises(UsageError, match=f"--precision {name}"):
        pick_precision(name, device)


@pytest.mark.parametrize(
    ("precision", "product"), [("fp32", torch.float32), ("bf16", torch.bfloat16)]
)
def test_factors_of_products_are_in_that_precision(precision: str, product: torch.dtype) -> None:
    with multiplying_in(precision, CPU):
        assert (torch.eye(2) @ torch.eye(2)).dtype == product

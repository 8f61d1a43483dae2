"""The WaveNet against the lecture's fusion of pairs and PyTorch's dilated convolution."""

import pytest
import torch
import torch.nn.functional as F

from makemore.corpus.predictions import BOUNDARY
from makemore.models.settings import WaveNetSettings
from makemore.models.wavenet import Fuse, WaveNet
from tests.helpers import plain_predictions, random_model


def test_the_wavenet_of_lecture_five_has_its_parameters() -> None:
    assert WaveNet(27, WaveNetSettings()).n_parameters == 76_579


@pytest.mark.parametrize("norm", ["none", "batch", "layer", "rms"])
def test_convolving_is_the_lecture_s_fusion_of_each_window(norm: str) -> None:
    model = random_model("wavenet", 27, norm=norm)
    assert isinstance(model, WaveNet)
    tokens = torch.randint(27, (5, 20))
    windows = F.pad(tokens, (7, 0), value=BOUNDARY).unfold(1, 8, 1).flatten(0, 1)
    expected = plain_predictions(model, windows)
    torch.testing.assert_close(model(tokens).flatten(0, 1), expected, atol=1e-5, rtol=0)


def test_convolving_is_pytorch_s_dilated_convolution() -> None:
    model = random_model("wavenet", 27, norm="none")
    assert isinstance(model, WaveNet)
    tokens = torch.randint(27, (3, 12))
    x = model.embedding(F.pad(tokens, (7, 0))).mT  # (B, channels, time)
    for layer, fuse in enumerate(model.layers):
        left, right = fuse.linear.weight.chunk(2, dim=1)  # type: ignore[union-attr, operator]
        kernel = torch.stack([left, right], dim=-1)  # (out, in, 2)
        bias = fuse.linear.bias  # type: ignore[union-attr]
        x = torch.tanh(F.conv1d(x, kernel, bias, dilation=2**layer))  # type: ignore[arg-type]
    torch.testing.assert_close(model(tokens), model.output(x.mT), atol=1e-5, rtol=0)


def test_windows_may_stand_in_any_shape() -> None:
    model = random_model("wavenet", 27)
    assert isinstance(model, WaveNet)
    windows = torch.randint(27, (2, 3, 8))
    expected = model.predict(windows.flatten(0, 1)).view(2, 3, 27)
    torch.testing.assert_close(model.predict(windows), expected)


def test_each_distinct_part_of_a_window_is_fused_once() -> None:
    model = random_model("wavenet", 27)
    assert isinstance(model, WaveNet)
    rows: list[int] = []
    for fuse in model.layers:
        assert isinstance(fuse, Fuse)
        fuse.norm.register_forward_pre_hook(lambda _, inputs: rows.append(len(inputs[0])))
    contexts = torch.unique(torch.randint(27, (400, 8)) // 9, dim=0)
    model.predict(contexts)
    distinct = [
        len({tuple(w[i : i + n]) for w in contexts.tolist() for i in range(0, 8, n)})
        for n in (2, 4, 8)
    ]
    assert rows == distinct
